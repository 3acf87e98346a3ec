"""Jiceng (基层): county governance plans, forms, assessments and official documents for many counties."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from saas.config import Config

__version__ = "0.1.0"


def create_app(config: Config | None = None) -> Flask:
    """Build the application. The wiring is imported here, so that the pure packages can be used without the web."""
    from saas.app import build_app

    return build_app(config)
