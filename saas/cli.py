"""The application's own commands (`flask …`)."""

from __future__ import annotations

from flask import Flask


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
