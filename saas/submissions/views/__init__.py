"""Pages of collections and submissions."""

from __future__ import annotations

from saas.submissions import source_checks
from saas.submissions.views import (
    arranging,
    asking,
    burden,
    collections,
    compiling,
    days,
    explaining,
    filling,
    grid,
    listing,
    missing,
    objecting,
    revising,
    tables,
    uploading,
)
from saas.submissions.views.blueprint import bp

__all__ = [
    "arranging",
    "asking",
    "bp",
    "burden",
    "collections",
    "compiling",
    "days",
    "explaining",
    "filling",
    "grid",
    "listing",
    "missing",
    "objecting",
    "revising",
    "source_checks",
    "tables",
    "uploading",
]
