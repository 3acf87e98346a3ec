"""Pages of forms: the list and registration, the builder, and trying out."""

from __future__ import annotations

from saas.forms.views import approving, builder, choice_lists, publishing, registration, trying
from saas.forms.views.blueprint import bp

__all__ = ["approving", "bp", "builder", "choice_lists", "publishing", "registration", "trying"]
