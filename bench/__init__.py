"""Measurements. Each is a ratio to a floor that is measured in the same run, so that a slow machine does not lie."""
