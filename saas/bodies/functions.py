"""Which unit is responsible for what (职能分工): “负责宣传工作的部门” is found through it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from saas.db import db
from saas.org.models import OrgUnit, UnitFunction


def list_functions(words: str, on: date) -> Sequence[tuple[UnitFunction, OrgUnit]]:
    """The functions in force on a day or yet to come, by name, with the units responsible. At most 500."""
    statement = (
        select(UnitFunction, OrgUnit)
        .join(OrgUnit, OrgUnit.id == UnitFunction.unit_id)
        .where(or_(UnitFunction.ends_on.is_(None), UnitFunction.ends_on > on))
    )
    if words:
        statement = statement.where(
            or_(UnitFunction.name.contains(words, autoescape=True), OrgUnit.name.contains(words, autoescape=True))
        )
    rows = db.session.execute(
        statement.order_by(UnitFunction.name, OrgUnit.sort_order, OrgUnit.code, UnitFunction.id).limit(500)
    ).all()
    return [(function, unit) for function, unit in rows]
