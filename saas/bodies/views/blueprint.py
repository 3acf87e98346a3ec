"""The blueprint of bodies and what its views share."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas.bodies.models import Body
from saas.db import local_today
from saas.form_fields import EARLIEST, LATEST
from saas.form_pages import Trail
from saas.org.models import OrgUnit

bp = Blueprint("bodies", __name__)


def asked_day() -> date:
    """The day of which the page is asked (?on=2026-03-05), today where none or a wrong one is given."""
    try:
        day = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return local_today()
    return day if EARLIEST <= day <= LATEST else local_today()


def unit_trail(unit: OrgUnit) -> Trail:
    """Where a page about a unit's bodies stands."""
    return [(gettext("议事机构"), url_for("bodies.index")), (unit.name, url_for("bodies.of_unit", unit_id=unit.id))]


def body_trail(unit: OrgUnit, body: Body) -> Trail:
    """Where a page about a body stands."""
    return [*unit_trail(unit), (body.name, url_for("bodies.show", body_id=body.id))]


def to_body(body: Body) -> ResponseReturnValue:
    """Back to the page of a body."""
    return redirect(url_for("bodies.show", body_id=body.id), code=303)
