"""Pages of accounts: one's own, and those that the security administrator keeps."""

from __future__ import annotations

from saas.accounts.views import own, people
from saas.accounts.views.blueprint import bp

__all__ = ["bp", "own", "people"]
