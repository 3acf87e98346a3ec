"""Pages of forms: the list and registration, and the builder."""

from __future__ import annotations

from saas.forms.views import builder, registration
from saas.forms.views.blueprint import bp

__all__ = ["bp", "builder", "registration"]
