"""Pages of assessment: schemes, rounds, the re-check, results."""

from __future__ import annotations

from saas.assessment import jobs
from saas.assessment.views import recheck, results, rounds, schemes
from saas.assessment.views.blueprint import bp

__all__ = ["bp", "jobs", "recheck", "results", "rounds", "schemes"]
