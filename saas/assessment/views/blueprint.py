"""The blueprint of assessment and what its views share."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext
from flask_login import current_user

from saas.access.permissions import Permission
from saas.assessment.models import AssessmentRound
from saas.assessment.queries.rounds import is_roll_up, period_of_round
from saas.domain.errors import DomainError
from saas.domain.workflow import ROUND_MOVES, RoundStatus, allowed_actions

bp = Blueprint("assessment", __name__, url_prefix="/assessment")


def refuse_stale(shown: AssessmentRound, seen: str | None) -> None:
    """Raise DomainError (409) if the round moved since the page was shown."""
    if seen != str(shown.version):
        raise DomainError(gettext("本轮考核在您打开页面后已有变化，请刷新后再操作。"), code="stale_data")


def round_name(assessed: AssessmentRound) -> str:
    """What a round is called in a list: 2026年3月 农村环境卫生考核办法."""
    return f"{period_of_round(assessed).label} {assessed.scheme.name}"


def frame(assessed: AssessmentRound, current: str) -> dict[str, Any]:
    """What every page of a round shows: its name, its tabs, what may be done next."""
    may_recheck = current_user.permits(Permission.ASSESSMENT_RECHECK)
    links = [(gettext("概况"), "assessment.show")]
    if may_recheck and not is_roll_up(assessed):
        links.append((gettext("复核"), "assessment.recheck_progress"))
    if assessed.computed_at is not None:
        links.append((gettext("结果"), "assessment.results"))
    return {
        "round": assessed,
        "period": period_of_round(assessed),
        "name": round_name(assessed),
        "is_roll_up": is_roll_up(assessed),
        "is_published": assessed.status is RoundStatus.PUBLISHED,
        "actions": allowed_actions(ROUND_MOVES, assessed.status),
        "may_run": current_user.permits(Permission.ASSESSMENT_RUN),
        "may_recheck": may_recheck,
        "links": [
            (label, url_for(endpoint, round_id=assessed.id), endpoint == f"assessment.{current}", None)
            for label, endpoint in links
        ],
    }


def unit_url(assessed: AssessmentRound, unit_id: uuid.UUID) -> str:
    """The page that explains a unit's result."""
    return url_for("assessment.unit", round_id=assessed.id, unit_id=unit_id)
