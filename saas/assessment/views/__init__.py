"""Pages of assessment: schemes, rounds, the re-check, results."""

from __future__ import annotations

from saas.assessment import form_uses, jobs
from saas.assessment.views import recheck, results, rounds, schemes
from saas.assessment.views.blueprint import bp

__all__ = ["bp", "form_uses", "jobs", "recheck", "results", "rounds", "schemes"]
