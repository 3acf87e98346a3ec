"""What a pack would change, row by row, and writing it (变更清单).

Planning a pack only reads: it compares what the pack says with the stored rows and puts every difference down here.
The list is then shown, or written with a handful of statements however long it is, and kept as the journal from which
a later rollback works. Nothing here commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Numeric, Table, Uuid, bindparam, delete, insert, update
from sqlalchemy.orm.exc import StaleDataError

from saas.accounts.models import Appointment, User
from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.bodies.models import Body, BodySeat, BodyTemplate
from saas.db import Base, db, new_id
from saas.domain.canonical_json import plain
from saas.forms.models import ChoiceList, FormDefinition, FormVersion
from saas.org.models import (
    Hierarchy,
    LinkKind,
    NamedCohort,
    OrgUnit,
    Placement,
    Post,
    PostTemplate,
    UnitFunction,
    UnitLink,
    UnitType,
    UnitVersion,
)
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.registers.models import Register
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.targets.models import Target
from saas.tenancy.models import TenantSettings
from saas.tenancy.scope import bound_tenant_id

Model = type[Base]
Values = Mapping[str, Any]

ORDER: tuple[Model, ...] = (
    TenantSettings,
    UnitType,
    OrgUnit,
    UnitVersion,
    Hierarchy,
    Placement,
    UnitFunction,
    PostTemplate,
    Post,
    User,
    Appointment,
    LinkKind,
    UnitLink,
    NamedCohort,
    BodyTemplate,
    Body,
    BodySeat,
    Route,
    ChoiceList,
    FormDefinition,
    FormVersion,
    Plan,
    PlanSection,
    PlanStage,
    PlanAttachment,
    PlanTask,
    PlanTaskPart,
    PlanTaskUnit,
    Target,
    Collection,
    Register,
    AssessmentScheme,
    SchemeVersion,
)
"""The tables that packs write, each after those that it points to."""

SECRET = frozenset({"password_hash"})
"""Columns that no journal and no page ever shows."""
APPROVAL = frozenset({"approved_at", "approved_by_id", "approval_number", "approved_fields"})
VOLATILE = APPROVAL | {"version", "created_at", "published_at", "must_change_password", "password_changed_at"}
"""Columns that change by themselves, or say when something was: no reason to refuse a rollback."""


def table_of(model: Model) -> Table:
    """The table of a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  (every model of ours has one)
    return table


MODELS: Mapping[str, Model] = {model.__tablename__: model for model in ORDER}


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One row that is new (`before` None), goes (`after` None) or changes (both hold only what differs).

    `label` says which one it is to a reader. `seen` is the row's version counter as it was read; `former` is what a
    new version of a form or scheme replaces.
    """

    table: str
    id: uuid.UUID
    label: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    seen: int | None = None
    former: Values | None = None

    @property
    def model(self) -> Model:
        return MODELS[self.table]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader should know: what is kept as the county has it, or what stands in the way."""

    table: str
    label: str
    text: str


@dataclass(slots=True)
class Ledger:
    """Differences, in the order in which they were found.

    `own` are the rows that this pack brought before; `retired` those that a rollback could only take out of use.
    """

    is_starter: bool = False
    own: frozenset[tuple[str, uuid.UUID]] = frozenset()
    retired: frozenset[tuple[str, uuid.UUID]] = frozenset()
    changes: list[Change] = field(default_factory=list)
    same: list[tuple[str, str]] = field(default_factory=list)
    kept: list[Remark] = field(default_factory=list)
    conflicts: list[Remark] = field(default_factory=list)
    _taken: dict[uuid.UUID, int] = field(default_factory=dict)

    def add(self, model: Model, label: str, values: Values, former: Values | None = None) -> uuid.UUID:
        """Put down a new row and return its id."""
        row = dict(values)
        row_id: uuid.UUID = row.pop("id", None) or new_id()
        self.changes.append(Change(model.__tablename__, row_id, label, None, row, former=former))
        return row_id

    def put(self, model: Model, stored: Values | None, label: str, values: Values, *, ours: bool = True) -> uuid.UUID:
        """Put down a new row, or what differs in a stored one; return its id.

        With `ours` a starter pack may not change what it did not bring: that is a conflict.
        """
        if stored is None:
            return self.add(model, label, values)
        row_id: uuid.UUID = stored["id"]
        if self.is_retired(model, stored):
            values = {**values, "is_active": True}
        differing = {key: value for key, value in values.items() if stored_form(stored[key]) != stored_form(value)}
        if not differing:
            self.same.append((model.__tablename__, label))
        elif ours and self.is_others(model, stored):
            names = "、".join(sorted(differing))
            self.conflicts.append(Remark(model.__tablename__, label, f"本县已有同代码的另一项，内容不同（{names}）"))
        else:
            self.change(model, stored, label, differing)
        return row_id

    def is_retired(self, model: Model, stored: Values) -> bool:
        """Whether a rollback took a row out of use: who brings the like of it puts it back into use."""
        return (model.__tablename__, stored["id"]) in self.retired and stored.get("is_active") is False

    def is_others(self, model: Model, stored: Values) -> bool:
        """Whether a row is nothing that a starter pack may change."""
        is_own = (model.__tablename__, stored["id"]) in self.own or self.is_retired(model, stored)
        return self.is_starter and not is_own

    def change(self, model: Model, stored: Values, label: str, values: Values) -> None:
        """Put down what changes in a stored row."""
        before = {key: stored[key] for key in values}
        seen = stored.get("version") if "version" in table_of(model).c else None
        self.changes.append(Change(model.__tablename__, stored["id"], label, before, dict(values), seen))

    def remove(self, model: Model, stored: Values, label: str) -> None:
        """Put down that a stored row goes."""
        self.changes.append(Change(model.__tablename__, stored["id"], label, dict(stored), None))

    def keep(self, model: Model, label: str, text: str) -> None:
        """Note that something stays as the county has it, and why."""
        self.kept.append(Remark(model.__tablename__, label, text))

    def conflict(self, model: Model, label: str, text: str) -> None:
        """Note what stands in the way of applying."""
        self.conflicts.append(Remark(model.__tablename__, label, text))

    def counts(self) -> dict[str, int]:
        """How many things of each kind are new."""
        found: dict[str, int] = {}
        for change in self.changes:
            if change.before is None and change.table in COUNTED:
                name = COUNTED[change.table]
                found[name] = found.get(name, 0) + 1
        return found


COUNTED: Mapping[str, str] = {
    "unit_type": "unit_types",
    "org_unit": "units",
    "post": "posts",
    "user": "people",
    "appointment": "appointments",
    "unit_link": "links",
    "post_template": "post_templates",
    "hierarchy": "hierarchies",
    "unit_function": "functions",
    "link_kind": "link_kinds",
    "named_cohort": "cohorts",
    "body_template": "body_templates",
    "body": "bodies",
    "route": "routes",
    "choice_list": "choice_lists",
    "form_definition": "forms",
    "plan": "plans",
    "target": "targets",
    "collection": "collections",
    "register": "registers",
    "assessment_scheme": "schemes",
}
"""What a reader counts, by table; the other tables belong to one of these."""


def stored_form(value: Any) -> Any:
    """A value as JSON has it, so that what was read and what is meant can be compared."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): stored_form(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [stored_form(each) for each in value]
    return plain(value)


def to_journal(values: Values | None) -> dict[str, Any] | None:
    """A row as the journal keeps it: JSON, without secrets."""
    if values is None:
        return None
    return {key: stored_form(value) for key, value in values.items() if key not in SECRET}


def from_journal(model: Model, values: Values) -> dict[str, Any]:
    """A row of the journal with the values that its columns hold."""
    columns = table_of(model).c
    return {key: _typed(columns[key].type, value) for key, value in values.items() if key in columns}


def _typed(kind: Any, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if isinstance(kind, Uuid):
        return uuid.UUID(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return kind.python_type(value) if isinstance(kind, Numeric) else value


def write(changes: Sequence[Change]) -> None:
    """Carry the changes out: rows that go, new rows, changed rows, each table in a few statements.

    A row is made to point elsewhere before what it points to goes, and to a new row after that is there; all other
    changes come in between, so that one thing may end where the next begins. Raises StaleDataError if somebody changed
    one of the rows since it was read.
    """
    db.session.flush()
    gone = {change.id for change in changes if change.after is None}
    new = {change.id for change in changes if change.before is None}
    both = [change for change in changes if change.before is not None and change.after is not None]
    leaving = [change for change in both if gone & _ids(change.before)]
    joining = [change for change in both if change not in leaving and new & _ids(change.after)]
    _update_all(leaving)
    for model in reversed(ORDER):
        _delete(model, [change.id for change in changes if change.after is None and change.model is model])
    _update_all([change for change in both if change not in leaving and change not in joining])
    for model in ORDER:
        _insert(model, [change for change in changes if change.before is None and change.model is model])
    _update_all(joining)
    _forget({change.model for change in changes})


def _forget(models: set[Model]) -> None:
    """Let the session read the rows of these tables anew: they were written past it."""
    for row in list(db.session):
        if type(row) in models:
            db.session.expire(row)


def _ids(values: Values | None) -> set[uuid.UUID]:
    return {value for value in (values or {}).values() if isinstance(value, uuid.UUID)}


def _update_all(changes: Sequence[Change]) -> None:
    for model in ORDER:
        _update(model, [change for change in changes if change.model is model])


def _delete(model: Model, ids: Sequence[uuid.UUID]) -> None:
    table = table_of(model)
    if ids:
        db.session.execute(delete(table).where(table.c.tenant_id == bound_tenant_id(), table.c.id.in_(ids)))


def _insert(model: Model, changes: Iterable[Change]) -> None:
    table, tenant_id = table_of(model), bound_tenant_id()
    first = {"version": 1} if "version" in table.c else {}
    by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
    for change in changes:
        row = {**first, **(change.after or {}), "id": change.id, "tenant_id": tenant_id}
        by_columns.setdefault(frozenset(row), []).append(row)
    for rows in by_columns.values():
        db.session.execute(insert(table), rows)


def _update(model: Model, changes: Iterable[Change]) -> None:
    table = table_of(model)
    by_columns: dict[frozenset[str], list[Change]] = {}
    for change in changes:
        by_columns.setdefault(frozenset(change.after or {}), []).append(change)
    for columns, each in by_columns.items():
        statement = update(table).where(table.c.tenant_id == bound_tenant_id(), table.c.id == bindparam("row_id"))
        values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
        if "version" in table.c:
            statement = statement.where(table.c.version == bindparam("row_version"))
            values["version"] = table.c.version + 1
        rows = [
            {
                "row_id": change.id,
                "row_version": change.seen,
                **{f"new_{name}": value for name, value in (change.after or {}).items()},
            }
            for change in each
        ]
        result = db.session.connection().execute(statement.values(values), rows)
        if result.rowcount != len(rows):
            raise StaleDataError(f"{model.__tablename__}: changed by somebody else meanwhile")
