"""Pages of people."""

from __future__ import annotations

from saas.administration.people.views import people
from saas.administration.people.views.blueprint import bp

__all__ = ["bp", "people"]
