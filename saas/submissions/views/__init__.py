"""Pages of collections and submissions."""

from __future__ import annotations

from saas.submissions.views import (
    asking,
    collections,
    compiling,
    days,
    filling,
    grid,
    listing,
    missing,
    revising,
    tables,
    uploading,
)
from saas.submissions.views.blueprint import bp

__all__ = [
    "asking",
    "bp",
    "collections",
    "compiling",
    "days",
    "filling",
    "grid",
    "listing",
    "missing",
    "revising",
    "tables",
    "uploading",
]
