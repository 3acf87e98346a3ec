"""Pages of bodies: the list, a body, its seats and meetings, default bodies, and the functions of units."""

from __future__ import annotations

from saas.bodies.views import bodies, defaults, functions, meetings, seats, templates
from saas.bodies.views.blueprint import bp

__all__ = ["bodies", "bp", "defaults", "functions", "meetings", "seats", "templates"]
