"""Pages of plans: the list, one plan, its draft, its way to the signature, tasks and targets."""

from __future__ import annotations

from saas.plans.views import index, member_lists, parts, pieces, signing, targets, tasks
from saas.plans.views.blueprint import bp

__all__ = ["bp", "index", "member_lists", "parts", "pieces", "signing", "targets", "tasks"]
