"""Pages of forms: the list and registration, the builder, and trying out."""

from __future__ import annotations

from saas.forms.views import builder, registration, trying
from saas.forms.views.blueprint import bp

__all__ = ["bp", "builder", "registration", "trying"]
