"""Planning what stands beside the administrative tree: further trees, functions, kinds of ties, named cohorts."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from saas.domain.canonical_json import plain
from saas.domain.cohorts import cohort_to_mapping
from saas.org.models import Hierarchy, LinkKind, NamedCohort, Placement, UnitFunction
from saas.org.queries import ADMINISTRATIVE
from saas.packs.county import Desk, Stored
from saas.packs.organisation import administrative_tree
from saas.tenancy.pack_configuration import PackCohort
from saas.tenancy.pack_structure import HierarchyRow, PlacementRow


def plan_structure(desk: Desk) -> None:
    """Put down trees with their places, functions of units, kinds of ties, and named cohorts."""
    trees = _plan_hierarchies(desk)
    _plan_placements(desk, trees)
    _plan_functions(desk)
    _plan_link_kinds(desk)
    for order, cohort in enumerate(desk.pack.configuration.cohorts):
        _plan_cohort(desk, cohort, order)


def _plan_hierarchies(desk: Desk) -> dict[str, uuid.UUID]:
    stored = desk.county.by(Hierarchy, "code")
    trees = {code: row["id"] for code, row in stored.items()}
    rows = desk.pack.organisation.hierarchies
    for order, row in enumerate(_originals_first(rows), start=1):
        if row.alternative_to == ADMINISTRATIVE and ADMINISTRATIVE not in trees:
            trees[ADMINISTRATIVE] = administrative_tree(desk)
        values: dict[str, Any] = {
            "code": row.code,
            "name": row.name,
            "purpose": row.purpose,
            "note": row.note,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "alternative_to_id": trees[row.alternative_to] if row.alternative_to else None,
        }
        if row.code not in stored:
            values["sort_order"] = order
        trees[row.code] = desk.ledger.put(Hierarchy, stored.get(row.code), row.name, values)
    return trees


def _originals_first(rows: tuple[HierarchyRow, ...]) -> list[HierarchyRow]:
    """A tree after the one of which it is another definition: the database knows only what is already there."""
    codes, waiting = {row.code for row in rows}, list(rows)
    ordered: list[HierarchyRow] = []
    while waiting:
        done = {row.code for row in ordered}
        ready = [r for r in waiting if r.alternative_to not in codes or r.alternative_to in done]
        ordered += ready or waiting
        waiting = [row for row in waiting if row not in ordered]
    return ordered


def _plan_placements(desk: Desk, trees: dict[str, uuid.UUID]) -> None:
    stored = desk.county.grouped(Placement, "unit_id")
    for row in desk.pack.organisation.placements:
        unit_id, tree = desk.unit_id(row.unit), trees[row.hierarchy]
        places = [place for place in stored.get(unit_id, []) if place["hierarchy_id"] == tree]
        known = next((place for place in places if place["starts_on"] == row.starts_on), None)
        label = f"{row.hierarchy}：{row.unit} → {row.parent or '（最上级）'}"
        others = [place for place in places if place is not known]
        if any(_meet(row, place) for place in others):
            desk.ledger.conflict(Placement, label, "该单位在这个层级体系里同一时间已有上级")
            continue
        values = {
            "hierarchy_id": tree,
            "unit_id": unit_id,
            "parent_id": desk.unit_id(row.parent) if row.parent else None,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
        }
        desk.ledger.put(Placement, known, label, values)


def _meet(row: PlacementRow, place: Stored) -> bool:
    begins_before_end = place["ends_on"] is None or row.starts_on < place["ends_on"]
    return begins_before_end and (row.ends_on is None or place["starts_on"] < row.ends_on)


def _plan_functions(desk: Desk) -> None:
    stored = desk.county.rows(UnitFunction)
    for row in stored:
        if row["ends_on"] is None or row["ends_on"] > desk.today:
            desk.functions.setdefault(row["name"], []).append(row["unit_id"])
    for each in desk.pack.organisation.functions:
        unit_id, label = desk.unit_id(each.unit), f"{each.unit} {each.function}"
        if unit_id in desk.functions.get(each.function, []):
            desk.ledger.same.append((UnitFunction.__tablename__, label))
            continue
        values = {"unit_id": unit_id, "name": each.function, "starts_on": each.starts_on}
        desk.ledger.add(UnitFunction, label, values)
        desk.functions.setdefault(each.function, []).append(unit_id)


def _plan_link_kinds(desk: Desk) -> None:
    stored = desk.county.by(LinkKind, "name")
    for order, row in enumerate(desk.pack.organisation.link_kinds):
        values: dict[str, Any] = {
            "name": row.name,
            "note": row.note,
            "from_people": row.from_people,
            "from_units": row.from_units,
            "from_types": list(row.from_types),
            "to_types": list(row.to_types),
            "layers": list(row.layers),
            "covers_targets": row.covers_targets,
            "covers_sources": row.covers_sources,
        }
        if row.name not in stored:
            values["sort_order"] = order
        desk.ledger.put(LinkKind, stored.get(row.name), row.name, values)


def _plan_cohort(desk: Desk, entry: PackCohort, order: int) -> None:
    """A cohort whose definition differs from a later day on follows the former one; on the same day it changes it."""
    table, label = entry.table, f"{entry.table.name}（{entry.table.code}）"
    rows = sorted(
        (row for row in desk.county.rows(NamedCohort) if row["code"] == table.code), key=lambda row: row["starts_on"]
    )
    starts_on = table.starts_on or (rows[-1]["starts_on"] if rows else desk.pack.head.calendar.units_valid_from)
    values: dict[str, Any] = {
        "code": table.code,
        "name": table.name,
        "note": table.note,
        "definition": plain(cohort_to_mapping(entry.cohort)),
        "ends_on": table.ends_on,
    }
    known = next((row for row in rows if row["starts_on"] == starts_on), None)
    if known is not None:
        desk.ledger.put(NamedCohort, known, label, values)
        return
    former = next((row for row in rows if _holds(row, starts_on)), None)
    if former is None:
        _add_cohort(desk, label, {**values, "starts_on": starts_on, "sort_order": order}, rows)
    elif all(former[key] == value for key, value in values.items() if key != "ends_on"):
        desk.ledger.same.append((NamedCohort.__tablename__, label))
    elif desk.ledger.is_others(NamedCohort, former):
        desk.ledger.conflict(NamedCohort, label, "本县已有同代码的单位名册，内容不同")
    else:
        desk.ledger.change(NamedCohort, former, label, {"ends_on": starts_on})
        values["ends_on"] = former["ends_on"] if table.ends_on is None else table.ends_on
        desk.ledger.add(NamedCohort, label, {**values, "starts_on": starts_on, "sort_order": order})


def _holds(row: Stored, on: date) -> bool:
    return bool(row["starts_on"] <= on and (row["ends_on"] is None or on < row["ends_on"]))


def _add_cohort(desk: Desk, label: str, values: dict[str, Any], rows: list[Stored]) -> None:
    """A new cohort ends where a later one of the same code begins."""
    later = [row["starts_on"] for row in rows if row["starts_on"] > values["starts_on"]]
    if later and (values["ends_on"] is None or values["ends_on"] > min(later)):
        values["ends_on"] = min(later)
    desk.ledger.add(NamedCohort, label, values)
