"""Pages of accounts: one's own, those that the security administrator keeps, delegations, terms and vacancies."""

from __future__ import annotations

from saas.accounts.views import delegations, email, own, people, terms
from saas.accounts.views.blueprint import bp

__all__ = ["bp", "delegations", "email", "own", "people", "terms"]
