"""Pages of collections and submissions."""

from __future__ import annotations

from saas.submissions.views import (
    asking,
    collections,
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
    "days",
    "filling",
    "grid",
    "listing",
    "missing",
    "revising",
    "tables",
    "uploading",
]
