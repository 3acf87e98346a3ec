"""One record: what stands in it, its history, moving it on, and who answers for it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.exc import StaleDataError

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.answers import answers_from_stored
from saas.domain.errors import DomainError
from saas.domain.record_access import FieldAccess
from saas.domain.records import Mover, StateKind, may_move, missing_for
from saas.form_pages import worded
from saas.htmx import render_page
from saas.notifications.services import mark_read
from saas.registers import protection, queries, services
from saas.registers.history import history_of
from saas.registers.models import RegisterRecord
from saas.registers.views.blueprint import bp

RECORD = "/registers/records/<uuid:record_id>"


@bp.get(RECORD)
@requires(Permission.SUBMISSION_VIEW)
def record(record_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_record(record_id, current_user)
    with unit_of_work():
        mark_read(current_user.id, f"/registers/records/{record_id}")
    return render_page("registers/record.html", fragment="record_panel", **context_of(shown))


def context_of(shown: RegisterRecord, access: FieldAccess | None = None) -> dict[str, Any]:
    """What the record's page shows; `access` where its reader has opened what is masked."""
    definition, states = queries.definition_of(shown), queries.states_of(shown.register)
    access = access or protection.access_to(shown, current_user)
    state = states.state(shown.state)
    mover = queries.movers_of([shown], current_user)[shown.id]
    may_write = queries.may_work_on(shown, current_user)
    return {
        "record": shown,
        "register": shown.register,
        "state": state,
        "closed_kind": StateKind.CLOSED,
        "today": local_today(),
        "access": access,
        "rows": protection.rows_for(shown, definition, access),
        "files": queries.record_files(shown),
        "moves": _moves(shown, mover),
        "may_assign": mover.may_assign,
        "links": queries.list_links(shown),
        "link_roles": services.LINK_ROLES,
        "history": history_of(queries.list_events(shown), definition, states, access),
        "may_write": may_write,
        "may_change": may_write and shown.closed_on is None,
        "may_set_due": may_write and shown.closed_on is None and not states.follows_a_date(shown.state),
        "renewal": services.renewal_of(shown) if may_write and shown.closed_on is None else None,
    }


def _moves(shown: RegisterRecord, mover: Mover) -> list[tuple[Any, tuple[str, ...]]]:
    """The moves that the viewer may take, each with what must be filled in first."""
    moves = queries.states_of(shown.register).moves_from(shown.state)
    definition = queries.definition_of(shown)
    answers = answers_from_stored(definition, shown.answers)
    return [(move, missing_for(move, definition, answers)) for move in moves if may_move(move, mover)]


@bp.post(RECORD + "/move")
@requires(Permission.SUBMISSION_VIEW)
def move(record_id: uuid.UUID) -> ResponseReturnValue:
    moved = queries.get_record(record_id, current_user)
    _refuse_stale(moved)
    mover = queries.movers_of([moved], current_user)[moved.id]
    with unit_of_work():
        services.move_record(
            moved, request.form.get("state", ""), actor=current_user, note=request.form.get("note", ""), mover=mover
        )
    name = queries.states_of(moved.register).state(moved.state).name
    flash(gettext("已转为“%(state)s”。", state=name), "success")
    return redirect(url_for(".record", record_id=record_id), code=303)


@bp.post(RECORD + "/due")
@requires(Permission.SUBMISSION_VIEW)
def set_due(record_id: uuid.UUID) -> ResponseReturnValue:
    changed = queries.get_workable_record(record_id, current_user)
    _refuse_stale(changed)
    text = request.form.get("due_on", "").strip()
    try:
        due_on = date.fromisoformat(text) if text else None
    except ValueError:
        flash(gettext("日期格式不对，应如 2026-03-01"), "error")
        return redirect(url_for(".record", record_id=record_id), code=303)
    with unit_of_work():
        services.set_due_day(changed, due_on, actor=current_user, note=request.form.get("note", "")[:500])
    flash(gettext("办结期限已调整。"), "success")
    return redirect(url_for(".record", record_id=record_id), code=303)


@bp.post(RECORD + "/links")
@requires(Permission.SUBMISSION_VIEW)
def add_link(record_id: uuid.UUID) -> ResponseReturnValue:
    linked, name = queries.get_assignable_record(record_id, current_user), request.form.get("name", "")
    is_person = request.form.get("kind") == "person"
    try:
        with unit_of_work():
            is_new = services.link_record(
                linked,
                actor=current_user,
                role=request.form.get("role", ""),
                user=queries.person_named(name) if is_person else None,
                unit=None if is_person else queries.unit_named(name),
            )
    except DomainError as error:
        flash(worded(error), "error")
    else:
        flash(gettext("已增加并通知。") if is_new else gettext("已在名单中。"), "success" if is_new else "info")
    return redirect(url_for(".record", record_id=record_id, _anchor="links"), code=303)


@bp.post(RECORD + "/links/remove")
@requires(Permission.SUBMISSION_VIEW)
def remove_link(record_id: uuid.UUID) -> ResponseReturnValue:
    subject = queries.get_assignable_record(record_id, current_user)
    wanted = request.form.get("link", "")
    found = next((each for each in queries.list_links(subject) if str(each.link.id) == wanted), None)
    if found is None:
        raise NoResultFound("no such link of this record")
    with unit_of_work():
        services.unlink_record(subject, found.link, found.name, actor=current_user)
    flash(gettext("已取消“%(name)s”。", name=found.name), "success")
    is_gone = not queries.may_see_record(record_id, current_user)
    place = (
        url_for(".register", register_id=subject.register_id) if is_gone else url_for(".record", record_id=record_id)
    )
    return redirect(place, code=303)


@bp.get(RECORD + "/renew")
@requires(Permission.SUBMISSION_VIEW)
def renew(record_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_workable_record(record_id, current_user)
    renewal = services.renewal_of(shown)
    if renewal is None:
        return redirect(url_for(".record", record_id=record_id), code=303)
    return render_template("registers/renew.html", record=shown, register=shown.register, renewal=renewal)


@bp.post(RECORD + "/renew")
@requires(Permission.SUBMISSION_VIEW)
def renew_send(record_id: uuid.UUID) -> ResponseReturnValue:
    renewed = queries.get_workable_record(record_id, current_user)
    _refuse_stale(renewed)
    with unit_of_work():
        services.renew_record(renewed, actor=current_user)
    flash(gettext("已改用新版表单，请补填新增的内容。"), "success")
    return redirect(url_for(".edit_record", record_id=record_id), code=303)


def _refuse_stale(subject: RegisterRecord) -> None:
    if request.form.get("version") != str(subject.version):
        raise StaleDataError("the record was changed meanwhile")
