"""One change for many units (批量修改): an attribute, the short name or a function, from a day on or put right.

All or nothing, in a handful of statements, with one audit event. Never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id
from saas.domain.errors import DomainError, HierarchyError
from saas.org.attributes import attributes_of
from saas.org.bulk_changes import UnitChange, change_units
from saas.org.functions import function_holds
from saas.org.models import OrgUnit, UnitFunction
from saas.org.versions import facts_on
from saas.tenancy.scope import bound_tenant_id

MAX_UNITS = 20_000


class Subject(StrEnum):
    """What is changed."""

    ATTRIBUTE = "attribute"
    SHORT_NAME = "short_name"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What becomes of many units. `name` is the attribute's; `starts_on` None: the present entries are put right."""

    subject: Subject
    value: Any
    name: str = ""
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What the edit does to one unit. `problem` says why it cannot."""

    unit: OrgUnit
    before: Any
    after: Any
    problem: str = ""

    @property
    def is_change(self) -> bool:
        """Whether anything becomes different."""
        return not self.problem and self.before != self.after


def plan_edit(edit: BulkEdit, units: Sequence[OrgUnit]) -> list[Planned]:
    """What the edit would do to each unit: old and new, and who cannot have it. Two statements."""
    today = local_today()
    facts = facts_on(edit.starts_on or today, [unit.id for unit in units])
    having = _having(edit, units) if edit.subject is Subject.FUNCTION else frozenset()
    found = []
    for unit in units:
        known = facts.get(unit.id)
        if known is None:
            found.append(Planned(unit, None, edit.value, "not_existing"))
        elif edit.subject is Subject.ATTRIBUTE:
            carries = edit.name in {each.name for each in attributes_of(unit.unit_type)}
            problem = "" if carries else "no_attribute"
            found.append(Planned(unit, known.attributes.get(edit.name), edit.value, problem))
        elif edit.subject is Subject.SHORT_NAME:
            found.append(Planned(unit, known.short_name or None, edit.value))
        else:
            found.append(Planned(unit, edit.value if unit.id in having else None, edit.value))
    return found


def _having(edit: BulkEdit, units: Sequence[OrgUnit]) -> frozenset[Any]:
    return frozenset(
        db.session.scalars(
            select(UnitFunction.unit_id).where(
                UnitFunction.name == edit.value,
                UnitFunction.unit_id.in_([unit.id for unit in units]),
                function_holds(edit.starts_on or local_today()),
            )
        )
    )


def carry_out(edit: BulkEdit, units: Sequence[OrgUnit], *, actor: HasId) -> int:
    """Change every unit for which something becomes different; return how many.

    Raises DomainError, and nothing is changed, if one of them cannot have it.
    """
    if len(units) > MAX_UNITS:
        raise DomainError("一次最多修改 {limit} 个单位", code="too_many", limit=MAX_UNITS)
    planned = plan_edit(edit, units)
    refused = [each for each in planned if each.problem]
    if refused:
        raise HierarchyError("有 {count} 个单位不能这样修改，请先核对", code="some_cannot", count=len(refused))
    changed = [each.unit for each in planned if each.is_change]
    codes = [unit.code for unit in changed[:200]]  # before the change: it makes the session forget what it read
    if edit.subject is Subject.FUNCTION:
        _give(edit, changed)
    else:
        fields = {"short_name": edit.value or ""} if edit.subject is Subject.SHORT_NAME else {}
        attributes = {edit.name: edit.value} if edit.subject is Subject.ATTRIBUTE else {}
        change_units([UnitChange(unit.id, fields, attributes, edit.starts_on) for unit in changed], local_today())
    record(
        AuditAction.UNIT_CHANGED,
        None,
        actor=actor,
        change="bulk_edited",
        what=edit.name or edit.subject.value,
        value=str(edit.value),
        starts_on=str(edit.starts_on or ""),
        count=len(changed),
        units=codes,
    )
    db.session.flush()
    return len(changed)


def _give(edit: BulkEdit, units: Sequence[OrgUnit]) -> None:
    rows = [
        {
            "tenant_id": bound_tenant_id(),
            "id": new_id(),
            "unit_id": unit.id,
            "name": edit.value,
            "starts_on": edit.starts_on or local_today(),
            "ends_on": None,
        }
        for unit in units
    ]
    if rows:
        db.session.execute(insert(UnitFunction), rows)
