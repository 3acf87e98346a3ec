"""The demonstration: two invented counties with months of history, and the main job played over HTTP."""
