"""Settings of a register that need no code: who sees and changes which fields, and its paper form."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm.exc import StaleDataError

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.paper_table import PaperLayout, available_columns
from saas.domain.record_access import AccessRules, FieldRule, Level, Relation
from saas.form_pages import worded
from saas.registers import exporting, protection, queries
from saas.registers.access_table import access_lines
from saas.registers.models import Register
from saas.registers.views.blueprint import bp

RELATION_LABELS = {
    Relation.KEEPER: _l("登记单位"),
    Relation.RESPONSIBLE: _l("责任单位（人）"),
    Relation.SUPERIOR: _l("上级单位"),
    Relation.OFFICE: _l("主管单位"),
}
LEVEL_LABELS = {
    Level.PLAIN: _l("直接显示"),
    Level.MASKED: _l("说明用途可看"),
    Level.SEALED: _l("只见遮盖"),
    Level.HIDDEN: _l("不显示"),
}
MOST_SIGNATURES = 6
CHANGERS = (Relation.KEEPER, Relation.RESPONSIBLE)  # who works on a record at all


@bp.get("/registers/<uuid:register_id>/access")
@requires(Permission.COLLECTION_EDIT)
def access(register_id: uuid.UUID) -> ResponseReturnValue:
    return _access_page(queries.get_register(register_id, current_user))


@bp.post("/registers/<uuid:register_id>/access")
@requires(Permission.COLLECTION_EDIT)
def set_access(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    _refuse_stale(register)
    try:
        with unit_of_work():
            changed = protection.set_access(
                register, _posted_rules(register), request.form.get("purpose", ""), actor=current_user
            )
    except DomainError as error:
        return _access_page(register, worded(error))
    flash(gettext("字段权限已保存。") if changed else gettext("没有改动。"), "success" if changed else "info")
    return redirect(url_for(".access", register_id=register_id), code=303)


def _posted_rules(register: Register) -> AccessRules:
    """What was chosen, by the numbers that the fields have on the page. Everything ticked is no limit."""
    rules = {}
    for line in access_lines(register):
        see = {
            relation: Level[chosen.upper()]
            for relation in Relation
            if (chosen := request.form.get(f"see-{line.number}-{relation}", "")).upper() in Level.__members__
        }
        posted = request.form.getlist(f"change-{line.number}")
        ticked = frozenset(each for each in CHANGERS if each.value in posted)
        change = None if len(ticked) == len(CHANGERS) else ticked
        if see or change is not None:
            rules[line.path] = FieldRule(see if line.is_protected else {}, change)
    return rules


def _access_page(register: Register, error: str = "") -> Response:
    html = render_template(
        "registers/access.html",
        register=register,
        lines=access_lines(register),
        relations=RELATION_LABELS,
        levels=LEVEL_LABELS,
        changers=CHANGERS,
        masked=Level.MASKED,
        error=error,
    )
    return Response(html, 422 if error else 200)


@bp.get("/registers/<uuid:register_id>/paper")
@requires(Permission.COLLECTION_EDIT)
def paper(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    return _paper_page(register, exporting.paper_layout(register))


@bp.post("/registers/<uuid:register_id>/paper")
@requires(Permission.COLLECTION_EDIT)
def set_paper(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    _refuse_stale(register)
    layout = _posted_layout(register)
    try:
        with unit_of_work():
            changed = exporting.set_paper_layout(register, layout, actor=current_user)
    except DomainError as error:
        return _paper_page(register, layout, worded(error))
    flash(gettext("纸质表样已保存。") if changed else gettext("没有改动。"), "success" if changed else "info")
    return redirect(url_for(".paper", register_id=register_id), code=303)


def _posted_layout(register: Register) -> PaperLayout:
    """The ticked columns in the order of the numbers beside them; without numbers in that of the form."""
    form = protection.published_form(register)
    known = [column.key for column in available_columns(form)] if form is not None else []
    places = {key: request.form.get(f"place-{number}", "", type=str) for number, key in enumerate(known)}
    ticked = [key for number, key in enumerate(known) if f"show-{number}" in request.form]
    ticked.sort(key=lambda key: int(places[key]) if places[key].isdecimal() else len(known) + 1)
    signatures = [each.strip() for each in request.form.get("signatures", "").replace(",", "、").split("、")]
    return PaperLayout(
        request.form.get("title", "").strip()[:100],
        tuple(ticked),
        request.form.get("orientation") != "portrait",
        tuple(dict.fromkeys(each[:40] for each in signatures if each))[:MOST_SIGNATURES],
        request.form.get("note", "").strip()[:500],
    )


def _paper_page(register: Register, layout: PaperLayout, error: str = "") -> Response:
    form = protection.published_form(register)
    shown: dict[str, Any] = {"columns": available_columns(form) if form is not None else ()}
    places = {key: place for place, key in enumerate(layout.columns, start=1)}
    html = render_template(
        "registers/paper.html", register=register, layout=layout, places=places, error=error, **shown
    )
    return Response(html, 422 if error else 200)


def _refuse_stale(register: Register) -> None:
    if request.form.get("version") != str(register.version):
        raise StaleDataError("the register was changed meanwhile")
