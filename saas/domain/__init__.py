"""The rules of the business as pure functions over frozen dataclasses: no clock, no database, no web."""
