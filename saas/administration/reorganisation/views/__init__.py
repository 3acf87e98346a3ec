"""Pages of reorganisations: the list, a draft with its steps, the preview, and what was confirmed."""

from __future__ import annotations

from saas.administration.reorganisation.views import deciding, drafting, steps  # noqa: F401  (adds its routes)
from saas.administration.reorganisation.views.blueprint import bp

__all__ = ["bp"]
