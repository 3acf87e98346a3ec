"""Planning a plan of a pack, as a draft that the county goes on with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.db import new_id
from saas.domain.canonical_json import canonical_json
from saas.domain.workflow import PlanStatus
from saas.org.models import Hierarchy, Placement
from saas.org.queries import ADMINISTRATIVE
from saas.packs.county import Desk, Stored
from saas.packs.ledger import Model, stored_form
from saas.plans.models import (
    Plan,
    PlanAttachment,
    PlanSection,
    PlanStage,
    PlanTask,
    PlanTaskPart,
    PlanTaskUnit,
)
from saas.tenancy.pack_content import PartTable, PartUnit, PlanTable


@dataclass(slots=True)
class _Row:
    """One row of a plan's content with the rows below it. `values` are those that do not depend on ids of the plan."""

    model: Model
    values: dict[str, Any]
    below: list[_Row] = field(default_factory=list)

    def shape(self) -> Any:
        """What two contents must share to be the same. Units of one entry have no order among themselves."""
        below = [row.shape() for row in self.below]
        if self.model is PlanTaskPart:
            below.sort(key=canonical_json)
        return [self.model.__tablename__, stored_form(self.values), below]


_ABOVE: Mapping[Model, str] = {PlanTaskPart: "task_id", PlanTaskUnit: "part_id"}


def plan_plan(desk: Desk, table: PlanTable) -> None:
    """Put down a new plan, or what changes in a draft. A plan that left its draft stays as it is."""
    revisions = [row for row in desk.county.rows(Plan) if row["code"] == table.code]
    known = max(revisions, key=lambda row: row["revision"], default=None)
    label = f"{table.title}（{table.code}）"
    if known is not None:
        desk.plans[table.code] = known["id"]
        if known["status"] is not PlanStatus.DRAFT:
            desk.ledger.keep(Plan, label, "已送审或印发，正文、目标和任务保持不变")
            return
    if known is None and desk.drafter_id is None:
        desk.ledger.conflict(Plan, label, "本县还没有任何账号，方案没有拟稿人：请先登记人员")
        return
    before = len(desk.ledger.conflicts)
    plan_id = desk.ledger.put(Plan, known, label, _plan_values(desk, table, is_new=known is None))
    desk.plans[table.code] = desk.drafts[table.code] = plan_id
    if len(desk.ledger.conflicts) == before:
        _plan_content(desk, table, plan_id, label)


def _plan_values(desk: Desk, table: PlanTable, *, is_new: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "code": table.code,
        "unit_id": desk.unit_id(table.unit),
        "route_id": desk.routes[table.route],
        "title": table.title,
        "topic": table.topic,
        "basis": table.basis,
        "goals": table.goals,
        "starts_on": table.starts_on,
        "ends_on": table.ends_on,
        "addressees": list(table.addressees),
        "copied_to": list(table.copied_to),
        "countersign_units": list(table.countersign_units),
    }
    if is_new:
        values["drafted_by_id"] = desk.drafter_id
    return values


def _plan_content(desk: Desk, table: PlanTable, plan_id: uuid.UUID, label: str) -> None:
    """Write the content anew if it differs: rows of a draft carry no history of their own."""
    stored = _stored_content(desk, plan_id)
    wanted = list(_wanted_content(desk, table))
    if [row.shape() for row in stored] == [row.shape() for row in wanted]:
        desk.ledger.same.append((PlanSection.__tablename__, label))
        return
    for row, kept in _flat(stored):
        desk.ledger.remove(row.model, kept, label)
    taken = {row["sort_order"] for row in desk.county.grouped(PlanAttachment, "plan_id").get(plan_id, [])}
    taken -= {row.values["sort_order"] for row in stored if row.model is PlanAttachment}
    for row in wanted:
        while row.model is PlanAttachment and row.values["sort_order"] in taken:
            row.values["sort_order"] += 1
        if row.model is PlanAttachment:
            taken.add(row.values["sort_order"])
        _add(desk, row, "plan_id", plan_id, label)


def _add(desk: Desk, row: _Row, above: str, above_id: uuid.UUID, label: str) -> None:
    row_id = new_id()
    desk.ledger.add(row.model, label, {"id": row_id, **row.values, above: above_id})
    for below in row.below:
        _add(desk, below, _ABOVE[below.model], row_id, label)


# --- what is stored ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Kept(_Row):
    """A stored row of a plan's content."""

    stored: Stored = field(default_factory=dict)


_CONTENT: Mapping[Model, tuple[str, ...]] = {
    PlanSection: ("sort_order", "kind", "heading", "body"),
    PlanStage: ("sort_order", "name", "starts_on", "ends_on", "body"),
    PlanAttachment: ("sort_order", "title", "content"),  # behind files that the county attached itself
    PlanTask: ("code", "title", "body", "mode", "sort_order"),
    PlanTaskPart: ("code", "title", "due_on", "due_text", "is_standing", "sort_order"),
    PlanTaskUnit: ("unit_id", "label", "role", "sort_order"),
}


def _stored_content(desk: Desk, plan_id: uuid.UUID) -> list[_Kept]:
    """The content of a plan in the order in which a pack's is built. Files that the county attached are its own."""
    found: list[_Kept] = []
    for model in (PlanSection, PlanStage, PlanAttachment, PlanTask):
        rows = [row for row in desk.county.grouped(model, "plan_id").get(plan_id, []) if row.get("file_id") is None]
        found += [_kept(model, row) for row in sorted(rows, key=lambda row: row["sort_order"])]
    for task in found:
        if task.model is PlanTask:
            task.below = [*_below(desk, PlanTaskPart, "task_id", task)]
            for part in task.below:
                part.below = [*_below(desk, PlanTaskUnit, "part_id", part)]
    return found


def _kept(model: Model, row: Stored) -> _Kept:
    return _Kept(model, {name: row[name] for name in _CONTENT[model]}, stored=row)


def _below(desk: Desk, model: Model, column: str, above: _Row) -> list[_Kept]:
    above_id = above.stored["id"] if isinstance(above, _Kept) else None
    rows = desk.county.grouped(model, column).get(above_id, [])
    return [_kept(model, row) for row in sorted(rows, key=lambda row: (row["sort_order"], row["id"]))]


def _flat(rows: list[_Kept]) -> Iterator[tuple[_Row, Stored]]:
    for row in rows:
        yield row, row.stored
        yield from _flat([below for below in row.below if isinstance(below, _Kept)])


# --- what is wanted ----------------------------------------------------------------------------------------------


def _wanted_content(desk: Desk, table: PlanTable) -> Iterator[_Row]:
    for order, section in enumerate(table.sections):
        values: dict[str, Any] = {"sort_order": order, "kind": section.kind.value}
        yield _Row(PlanSection, {**values, "heading": section.heading, "body": section.body})
    for order, stage in enumerate(table.stages):
        values = {"sort_order": order, "name": stage.name, "starts_on": stage.starts_on, "ends_on": stage.ends_on}
        yield _Row(PlanStage, {**values, "body": stage.body})
    for order, attachment in enumerate(table.attachments):
        content = {"shows": attachment.shows}
        yield _Row(PlanAttachment, {"sort_order": order, "title": attachment.title, "content": content})
    for order, task in enumerate(table.tasks):
        values = {"code": task.code, "title": task.title, "body": task.body}
        values.update(mode=task.mode.value, sort_order=order)
        parts = [_wanted_part(desk, part, index) for index, part in enumerate(task.parts)]
        yield _Row(PlanTask, values, parts)


def _wanted_part(desk: Desk, part: PartTable, order: int) -> _Row:
    values = {
        "code": part.code,
        "title": part.title,
        "due_on": part.due_on,
        "due_text": part.due_text,
        "is_standing": part.standing,
        "sort_order": order,
    }
    units = [
        _Row(PlanTaskUnit, {"unit_id": unit_id, "label": label, "role": entry.role.value, "sort_order": index})
        for index, entry in enumerate(part.units)
        for unit_id, label in _units_meant(desk, entry)
    ]
    return _Row(PlanTaskPart, values, units)


def _units_meant(desk: Desk, entry: PartUnit) -> list[tuple[uuid.UUID | None, str]]:
    """One unit, the one with a function, each unit of a type (各乡镇: every one answers for itself), or words alone."""
    if entry.unit is not None:
        return [(desk.unit_id(entry.unit), entry.label)]
    if entry.function:
        found = units_with_function(desk, entry.function)
        return [(unit_id, "") for unit_id in found] or [(None, f"负责{entry.function}工作的部门")]
    type_id = desk.types.get(entry.unit_type) if entry.unit_type else None
    units = [unit.id for unit in desk.living() if unit.type_id == type_id] if type_id else []
    return [(unit_id, entry.label) for unit_id in units] or [(None, entry.label)]


def units_with_function(desk: Desk, function: str) -> list[uuid.UUID]:
    """The units with a function that stand nearest to the county itself: its own department, not those of its towns."""
    holders = set(desk.functions.get(function, []))
    if not holders:
        return []
    above = _parents(desk)
    depth = {unit_id: _depth(unit_id, above) for unit_id in holders}
    least = min(depth.values())
    return [unit.id for unit in desk.living() if unit.id in holders and depth[unit.id] == least]


def _parents(desk: Desk) -> dict[uuid.UUID, uuid.UUID | None]:
    """Who stands under whom today in the administrative tree, with the places that are only planned."""
    trees = {row["id"] for row in desk.county.rows(Hierarchy) if row["code"] == ADMINISTRATIVE}
    trees |= {
        change.id
        for change in desk.ledger.changes
        if change.table == Hierarchy.__tablename__ and (change.after or {}).get("code") == ADMINISTRATIVE
    }
    planned = [
        change.after
        for change in desk.ledger.changes
        if change.table == Placement.__tablename__ and change.before is None and change.after is not None
    ]
    rows = [*desk.county.rows(Placement), *planned]
    return {
        row["unit_id"]: row["parent_id"]
        for row in rows
        if row["hierarchy_id"] in trees
        and row["starts_on"] <= desk.today
        and (row["ends_on"] is None or row["ends_on"] > desk.today)
    }


def _depth(unit_id: uuid.UUID, above: Mapping[uuid.UUID, uuid.UUID | None]) -> int:
    depth, here = 0, above.get(unit_id)
    while here is not None and depth < len(above):
        depth, here = depth + 1, above.get(here)
    return depth
