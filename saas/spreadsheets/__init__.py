"""Workbooks and tables (Excel, CSV) in and out: checked before they are read, read apart, typed, written, marked."""
