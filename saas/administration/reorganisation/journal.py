"""What a reorganisation changed, row by row (变更底账), so that undoing it restores exactly what was."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date, DateTime, Enum, ForeignKeyConstraint, Uuid, func, inspect, select

from saas.accounts.models import Appointment, Delegation
from saas.bodies.models import Body, BodySeat
from saas.db import Base, db
from saas.org.models import OrgUnit, Placement, Post, UnitFunction, UnitLink, UnitSuccession, UnitVersion

MODELS: Mapping[str, Any] = {
    model.__tablename__: model
    for model in (
        OrgUnit,
        UnitVersion,
        Placement,
        UnitSuccession,
        UnitFunction,
        UnitLink,
        Post,
        Appointment,
        Delegation,
        Body,
        BodySeat,
    )
}
# What of a row that was added may change later without anybody having built on it.
_FREE = {
    "org_unit": {"name", "short_name", "unit_type_id", "attributes", "sort_order", "search_key"},
    "post": {"sort_order"},
}
_NEVER = {"tenant_id", "id", "version", "created_at"}
LABELS: Mapping[str, object] = {
    "org_unit": _l("单位"),
    "unit_version": _l("单位的名称、类型或属性"),
    "placement": _l("隶属关系"),
    "unit_succession": _l("沿革"),
    "unit_function": _l("职能"),
    "unit_link": _l("联系"),
    "post": _l("岗位"),
    "appointment": _l("任职"),
    "delegation": _l("委托代办"),
    "body": _l("议事协调机构"),
    "body_seat": _l("议事协调机构的席位"),
    "submission": _l("填报"),
    "review_case": _l("审签件"),
    "review_task": _l("审签待办"),
    "review_decision": _l("审签意见"),
    "plan": _l("方案"),
    "plan_task_unit": _l("任务分工"),
    "task_report": _l("任务反馈"),
    "target": _l("指标"),
    "target_value": _l("指标数据"),
    "assessed_unit": _l("考核对象"),
    "assessment_fact": _l("考核事实"),
    "assessment_result": _l("考核结果"),
    "document": _l("公文"),
}


class Journal:
    """Changes rows and notes what they were and are."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(self, *rows: Any) -> None:
        """Add rows, in this order of dependence."""
        db.session.add_all(rows)
        db.session.flush()
        for row in rows:
            self._note(row, None, _values(row))

    def change(self, row: Any, **changes: Any) -> None:
        """Change columns of a row. The caller flushes, so that what ends does so before anything else begins."""
        before = {name: _encoded(getattr(row, name)) for name in changes}
        after = {name: _encoded(value) for name, value in changes.items()}
        if before == after:
            return
        for name, value in changes.items():
            setattr(row, name, value)
        self._note(row, before, after)

    def remove(self, row: Any) -> None:
        """Take a row out."""
        self._note(row, _values(row), None)
        db.session.delete(row)

    def _note(self, row: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.entries.append({"table": row.__tablename__, "id": str(row.id), "before": before, "after": after})


def _columns(model: Any) -> Mapping[str, Any]:
    return {name: each for name, each in model.__table__.columns.items() if name not in _NEVER}


def _values(row: Any) -> dict[str, Any]:
    return {name: _encoded(getattr(row, name)) for name in _columns(type(row))}


def _encoded(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _decoded(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as(model.__table__.columns[name].type, value) for name, value in values.items()}


def _as(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Uuid):
        return uuid.UUID(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    return value


# --- undoing ----------------------------------------------------------------------------------------------------------


def list_obstacles(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What stands in the way of undoing: rows that were changed since, and rows that refer to what was added."""
    changed = [label for entry in _last_first(entries) if (label := _changed_since(entry))]
    return [*dict.fromkeys(changed), *_built_on(entries)]


def _last_first(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last state that was noted of each column counts: a row may have been changed twice."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in entries:
        key = (entry["table"], entry["id"])
        known = found.get(key)
        if known is None or entry["after"] is None or known["after"] is None:
            found[key] = dict(entry)
        else:
            known["after"] = {**known["after"], **entry["after"]}
    return list(found.values())


def _changed_since(entry: Mapping[str, Any]) -> str:
    row = find_row(entry)
    label = str(LABELS[entry["table"]])
    if entry["after"] is None:
        return ""
    if row is None:
        return str(gettext("%(what)s后来被删除", what=label))
    kept = {name for name in entry["after"] if entry["before"] or name not in _FREE.get(entry["table"], set())}
    if all(_encoded(getattr(row, name)) == entry["after"][name] for name in kept):
        return ""
    return str(gettext("%(what)s后来又有变更：%(row)s", what=label, row=_described(row)))


def _described(row: Any) -> str:
    if isinstance(row, OrgUnit | Post | Body):
        return str(row.name)
    unit_id = getattr(row, "unit_id", None)
    if unit_id is None and getattr(row, "post_id", None) is not None:
        unit_id = db.session.scalars(select(Post.unit_id).where(Post.id == row.post_id)).one_or_none()
    name = db.session.scalars(select(OrgUnit.name).where(OrgUnit.id == unit_id)).one_or_none()
    return str(name or getattr(row, "name", "") or "—")


def find_row(entry: Mapping[str, Any]) -> Any:
    """The row of an entry, or None."""
    model = MODELS[entry["table"]]
    return db.session.scalars(select(model).where(model.id == uuid.UUID(entry["id"]))).one_or_none()


def _built_on(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    added: dict[str, set[uuid.UUID]] = {}
    for entry in entries:
        if entry["before"] is None:
            added.setdefault(entry["table"], set()).add(uuid.UUID(entry["id"]))
    found = []
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            count = _count_references(constraint, added)
            if count:
                label = LABELS.get(table.name, gettext("其他记录（%(table)s）", table=table.name))
                found.append(gettext("新设单位或岗位已被使用：%(what)s %(count)s 条", what=str(label), count=count))
    return list(dict.fromkeys(found))


def _count_references(constraint: ForeignKeyConstraint, added: Mapping[str, set[uuid.UUID]]) -> int:
    ids = added.get(constraint.referred_table.name)
    if not ids or len(constraint.column_keys) != 2:
        return 0
    table, column = constraint.table, constraint.column_keys[1]
    own = added.get(table.name, set())
    statement = select(func.count()).where(table.c[column].in_(ids), table.c.id.not_in(own))
    return db.session.execute(statement).scalar_one()


def restore(entries: Sequence[Mapping[str, Any]]) -> None:
    """Put every row back as it was. The caller has made sure that nothing stands in the way."""
    for entry in reversed([each for each in entries if each["before"] is None]):
        db.session.delete(find_row(entry))
        db.session.flush()  # whoever was added last refers to those before
    changes = [each for each in entries if each["before"] is not None and each["after"] is not None]
    for entry in reversed(changes):
        row = find_row(entry)
        for name, value in _decoded(type(row), entry["before"]).items():
            setattr(row, name, value)
        if inspect(row).modified:
            db.session.flush()
    for entry in [each for each in entries if each["after"] is None]:
        model = MODELS[entry["table"]]
        db.session.add(model(id=uuid.UUID(entry["id"]), **_decoded(model, entry["before"])))
        db.session.flush()
