"""The log of readings (查阅记录): of one register for its owner, of all of them for the auditor."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.domain.fields import iter_fields
from saas.htmx import render_page
from saas.registers import protection, readings
from saas.registers.models import Register
from saas.registers.views.blueprint import bp


@bp.get("/registers/<uuid:register_id>/readings")
@requires(Permission.SUBMISSION_VIEW)
def register_readings(register_id: uuid.UUID) -> ResponseReturnValue:
    register = readings.get_register_of_log(register_id, current_user)
    return _page(register, url_for(".register_readings", register_id=register_id))


@bp.get("/registers/readings")
@requires(Permission.AUDIT_VIEW)
def all_readings() -> ResponseReturnValue:
    return _page(None, url_for(".all_readings"))


def _page(register: Register | None, home: str) -> ResponseReturnValue:
    wanted = _wanted(register)
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    rows, count = readings.list_readings(wanted, page=page)
    registers = () if register else readings.list_logged_registers()
    return render_page(
        "registers/readings.html",
        fragment="reading_list",
        register=register,
        registers=[(each.id, each.name) for each in registers],
        labels=_labels([register] if register else registers),
        wanted=wanted,
        rows=rows,
        page=page,
        count=count,
        page_count=max(1, -(-count // readings.PAGE)),
        home=home,
        asked=_asked(wanted, register),
    )


def _wanted(register: Register | None) -> readings.ReadingFilter:
    chosen = register.id if register else request.args.get("register", None, type=uuid.UUID)
    day = request.args.get("day", None, type=date.fromisoformat)
    return readings.ReadingFilter(chosen, request.args.get("person", "").strip()[:50], day)


def _asked(wanted: readings.ReadingFilter, register: Register | None) -> dict[str, str]:
    found = {"person": wanted.person, "day": wanted.day.isoformat() if wanted.day else ""}
    if register is None and wanted.register_id is not None:
        found["register"] = str(wanted.register_id)
    return {name: value for name, value in found.items() if value}


def _labels(registers: Iterable[Register]) -> dict[uuid.UUID, dict[str, str]]:
    """What the fields of each register are called, by path."""
    forms = {register.id: protection.published_form(register) for register in registers}
    return {key: {path: item.label for path, item in iter_fields(form)} for key, form in forms.items() if form}
