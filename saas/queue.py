"""RQ: the only module that knows it."""

from __future__ import annotations

from flask import Flask


def register_queue(app: Flask) -> None:
    """Connect the queue."""
