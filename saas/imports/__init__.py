"""Bringing in tables (导入): a file is checked in the background, shown as a difference, and applied when asked."""
