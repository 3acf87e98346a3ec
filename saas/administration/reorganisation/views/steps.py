"""Adding steps to a draft one by one, taking them out and putting them in order."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.reorganisation import queries, services
from saas.administration.reorganisation.forms import StepForm
from saas.administration.reorganisation.picking import Picked, read_picked
from saas.administration.reorganisation.stage import KIND_LABELS, Stage, stage_of
from saas.administration.reorganisation.views.blueprint import bp, lock_as_seen, to_reorganisation
from saas.db import local_today, unit_of_work
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.org.models import Reorganisation, ReorganisationStatus


@bp.get("/<uuid:reorganisation_id>/steps/new")
@requires(Permission.ORG_EDIT)
def new_step(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    draft = _draft(reorganisation_id)
    stage = stage_of(draft, current_user, local_today())
    picked = read_picked(request.args, stage)
    return _step_page(draft, stage, picked, _form(picked, stage))


def _draft(reorganisation_id: uuid.UUID) -> Reorganisation:
    draft = queries.get_reorganisation(reorganisation_id)
    if draft.status is not ReorganisationStatus.DRAFT:
        raise InvalidTransition("只有草稿可以添加调整事项")
    return draft


def _form(picked: Picked, stage: Stage) -> StepForm:
    return StepForm(picked.kind, picked, stage, queries.list_types(), queries.list_hierarchies())


@bp.post("/<uuid:reorganisation_id>/steps")
@requires(Permission.ORG_EDIT)
def add_step(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    draft = _draft(reorganisation_id)
    stage = stage_of(draft, current_user, local_today())
    picked = read_picked(request.form, stage)
    filled = _form(picked, stage)
    if not picked.is_complete or not filled.form.validate_on_submit() or filled.refuse_incomplete():
        return _step_page(draft, stage, picked, filled, status=422)
    try:
        with unit_of_work():
            services.add_step(lock_as_seen(reorganisation_id), filled.step(), actor=current_user)
    except HierarchyError as error:
        return _step_page(queries.get_reorganisation(reorganisation_id), stage, picked, filled, 422, error)
    flash(gettext("已添加。草稿还没有生效。"), "success")
    return to_reorganisation(reorganisation_id)


def _step_page(
    draft: Reorganisation,
    stage: Stage,
    picked: Picked,
    filled: StepForm,
    status: int = 200,
    error: HierarchyError | None = None,
) -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:80]
    slot = request.args.get("slot", "")
    found, has_more = stage.search(words, picked.units(slot)) if words else ([], False)
    problem = error or stage.problem
    page = render_template(
        "reorganisation/step.html",
        draft=draft,
        stage=stage,
        picked=picked,
        form=filled.form,
        title=KIND_LABELS[picked.kind],
        slot=slot if slot in {each.name for each in picked.slots} else "" if picked.is_complete else picked.next_slot,
        words=words,
        found=found,
        has_more=has_more,
        problem=services.describe_refusal(problem) if problem else "",
        here=url_for(".new_step", reorganisation_id=draft.id),
    )
    return page, status


@bp.post("/<uuid:reorganisation_id>/steps/<int:number>/remove")
@requires(Permission.ORG_EDIT)
def remove_step(reorganisation_id: uuid.UUID, number: int) -> ResponseReturnValue:
    with unit_of_work():
        services.remove_step(lock_as_seen(reorganisation_id), number, actor=current_user)
    flash(gettext("已删除这项调整。"), "success")
    return to_reorganisation(reorganisation_id)


@bp.post("/<uuid:reorganisation_id>/steps/<int:number>/up")
@requires(Permission.ORG_EDIT)
def move_step_up(reorganisation_id: uuid.UUID, number: int) -> ResponseReturnValue:
    with unit_of_work():
        if number == 1:
            raise NoResultFound("it is the first")
        services.move_step_up(lock_as_seen(reorganisation_id), number, actor=current_user)
    return to_reorganisation(reorganisation_id)
