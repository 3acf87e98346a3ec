"""The console of the platform's operators (平台运维), at /operator, outside all counties."""

from __future__ import annotations

from saas.operator.views import changes, counties, own, platform
from saas.operator.views.blueprint import bp

__all__ = ["bp", "changes", "counties", "own", "platform"]
