"""Pages of notifications: a person's own, and the county's channels."""

from __future__ import annotations

from saas.notifications.views import channels, inbox
from saas.notifications.views.blueprint import bp

__all__ = ["bp", "channels", "inbox"]
