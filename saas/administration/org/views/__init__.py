"""Pages of the organisation: the tree and its units, posts and who holds them, links, unit types."""

from __future__ import annotations

from saas.administration.org.views import links, posts, types, units
from saas.administration.org.views.blueprint import bp

__all__ = ["bp", "links", "posts", "types", "units"]
