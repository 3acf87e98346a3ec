"""The preview of a draft, confirming it, and undoing what was confirmed."""

from __future__ import annotations

import uuid

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.reorganisation import queries, services
from saas.administration.reorganisation.impact import assess_impact
from saas.administration.reorganisation.stage import Wording
from saas.administration.reorganisation.views.blueprint import bp, lock_as_seen, to_reorganisation
from saas.db import local_today, unit_of_work
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.domain.reorganisation import reorganise
from saas.org.models import Reorganisation, ReorganisationStatus
from saas.org.reorganising import load_organisation


@bp.get("/<uuid:reorganisation_id>/preview")
@requires(Permission.ORG_EDIT)
def preview(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_reorganisation(reorganisation_id)
    if draft.status is not ReorganisationStatus.DRAFT:
        raise InvalidTransition("只有草稿可以预览影响")
    return _preview_page(draft)


def _preview_page(draft: Reorganisation, problem: str = "", status: int = 200) -> ResponseReturnValue:
    wording = Wording(draft)
    try:
        outcome = reorganise(load_organisation(), wording.steps, draft.effective_on)
        impact = assess_impact(outcome)
    except HierarchyError as error:
        outcome, impact, problem = None, None, problem or services.describe_refusal(error)
    page = render_template(
        "reorganisation/preview.html",
        draft=draft,
        steps=[wording.describe(step) for step in wording.steps],
        outcome=outcome,
        impact=impact,
        problem=problem,
        is_past=draft.effective_on <= local_today(),
        is_own=draft.created_by_id == current_user.id,
    )
    return page, status


@bp.post("/<uuid:reorganisation_id>/confirm")
@requires(Permission.ORG_EDIT)
def confirm(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    try:
        with unit_of_work():
            draft = lock_as_seen(reorganisation_id)
            steps = queries.steps_of(draft)
            services.refuse_out_of_reach(steps, current_user, local_today())
            impact = assess_impact(reorganise(load_organisation(), steps, draft.effective_on))
            services.confirm(draft, impact, actor=current_user)
    except HierarchyError as error:
        draft = queries.get_reorganisation(reorganisation_id)
        return _preview_page(draft, services.describe_refusal(error), status=409)
    flash(gettext("机构调整已确认，自 %(day)s 起生效。", day=draft.effective_on.isoformat()), "success")
    return to_reorganisation(reorganisation_id)


@bp.post("/<uuid:reorganisation_id>/undo")
@requires(Permission.ORG_EDIT)
def undo(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    with unit_of_work():
        found = lock_as_seen(reorganisation_id)
        services.refuse_out_of_reach(queries.steps_of(found), current_user, local_today())
        services.undo(found, actor=current_user)
    flash(gettext("已撤销，机构恢复到调整之前。"), "success")
    return to_reorganisation(reorganisation_id)
