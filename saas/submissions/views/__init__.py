"""Pages of collections and submissions."""

from __future__ import annotations

from saas.submissions.views import collections, filling, listing
from saas.submissions.views.blueprint import bp

__all__ = ["bp", "collections", "filling", "listing"]
