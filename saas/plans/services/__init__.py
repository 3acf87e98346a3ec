"""What is done with plans: drafting, signing and issuing, and progress on their tasks and targets."""

from __future__ import annotations

from saas.plans.services.drafting import Registration, create_plan, edit_plan
from saas.plans.services.signing import PlanNotReady, issue_plan, preview_plan, submit_plan

__all__ = ["PlanNotReady", "Registration", "create_plan", "edit_plan", "issue_plan", "preview_plan", "submit_plan"]
