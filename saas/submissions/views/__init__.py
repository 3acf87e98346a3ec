"""Pages of collections and submissions."""

from __future__ import annotations

from saas.submissions.views import collections, days, filling, grid, listing, missing, tables, uploading
from saas.submissions.views.blueprint import bp

__all__ = ["bp", "collections", "days", "filling", "grid", "listing", "missing", "tables", "uploading"]
