"""Pages of plans: the list, one plan, its draft, its way to the signature, tasks and targets."""

from __future__ import annotations

from saas.plans.views import index, parts, pieces, signing, targets, tasks
from saas.plans.views.blueprint import bp

__all__ = ["bp", "index", "parts", "pieces", "signing", "targets", "tasks"]
