"""The tables of an exported pack: what the county's organisation is today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.accounts.models import Appointment, User
from saas.org.models import (
    Hierarchy,
    LinkKind,
    Placement,
    Post,
    PostTemplate,
    UnitFunction,
    UnitLink,
    UnitType,
)
from saas.org.queries import ADMINISTRATIVE
from saas.packs.county import Stored
from saas.packs.export_reading import Reading, table
from saas.packs.ledger import stored_form


def organisation_files(reading: Reading) -> Mapping[str, str]:
    """The files of `org/` by path; empty where there is nothing."""
    files = {
        "org/unit_types.csv": _unit_types(reading),
        "org/attributes.csv": _attributes(reading),
        "org/units.csv": _units(reading),
        "org/posts.csv": _posts(reading),
        "org/post_templates.csv": _post_templates(reading),
        "org/hierarchies.csv": _hierarchies(reading),
        "org/placements.csv": _placements(reading),
        "org/functions.csv": _functions(reading),
        "org/link_kinds.csv": _link_kinds(reading),
        "org/links.csv": _links(reading),
    }
    if reading.with_people:
        files["org/people.csv"] = _people(reading)
    return files


def _types(reading: Reading) -> list[Stored]:
    return sorted(reading.county.rows(UnitType), key=lambda row: (row["level"], row["code"]))


def _unit_types(reading: Reading) -> str:
    return table(("code", "name", "level", "is_territorial", "parents"), _types(reading))


def _attributes(reading: Reading) -> str:
    columns = ("unit_type", "name", "label", "type", "measure", "choices")
    return table(columns, ({"unit_type": row["code"], **each} for row in _types(reading) for each in row["attributes"]))


def _units(reading: Reading) -> str:
    declared = {row["id"]: [each["name"] for each in row["attributes"]] for row in _types(reading)}
    names = list(dict.fromkeys(name for each in declared.values() for name in each))
    tree = {row["id"] for row in reading.county.rows(Hierarchy) if row["code"] == ADMINISTRATIVE}
    above = {
        row["unit_id"]: row["parent_id"]
        for row in sorted(reading.present(Placement), key=lambda row: row["starts_on"], reverse=True)
        if row["hierarchy_id"] in tree
    }
    rows = []
    for unit in reading.living_units():
        values = {name: unit["attributes"].get(name) for name in declared[unit["unit_type_id"]]}
        fixed = {"code": unit["code"], "name": unit["name"], "short_name": unit["short_name"]}
        parent_id = above.get(unit["id"])
        parent = reading.units[parent_id] if parent_id is not None else None
        rows.append({**values, **fixed, "type": reading.types[unit["unit_type_id"]], "parent": parent})
    return table(("code", "name", "short_name", "type", "parent", *names), rows)


def _posts(reading: Reading) -> str:
    order = {code: index for index, code in enumerate(reading.units.values())}
    rows = [
        {**row, "unit": reading.units[row["unit_id"]]}
        for row in reading.county.rows(Post)
        if row["id"] in reading.posts
    ]
    rows.sort(key=lambda row: (order[row["unit"]], row["sort_order"], row["name"]))
    return table(("unit", "name", "roles", "sort_order"), rows)


def _post_templates(reading: Reading) -> str:
    rows = [{**row, "unit_type": reading.types[row["unit_type_id"]]} for row in reading.county.rows(PostTemplate)]
    rows.sort(key=lambda row: (row["unit_type"], row["sort_order"], row["name"]))
    return table(("unit_type", "name", "roles", "sort_order"), rows)


def _people(reading: Reading) -> str:
    held: dict[Any, list[Stored]] = {}
    for row in reading.present(Appointment):
        if row["post_id"] in reading.posts:
            held.setdefault(row["user_id"], []).append(row)
    rows = []
    for user in reading.county.rows(User):
        appointments = held.get(user["id"], [])
        if user["id"] in reading.people and appointments:
            posts = ["/".join(reading.posts[row["post_id"]]) for row in appointments]
            since = min(row["starts_on"] for row in appointments)
            rows.append({**user, "posts": sorted(posts), "starts_on": since})
    rows.sort(key=lambda row: str(row["login_name"]))
    return table(("name", "login_name", "posts", "starts_on", "phone"), rows)


def _trees(reading: Reading) -> dict[Any, str]:
    return {row["id"]: row["code"] for row in reading.county.rows(Hierarchy)}


def _hierarchies(reading: Reading) -> str:
    codes = _trees(reading)
    rows = [
        {**row, "purpose": stored_form(row["purpose"]), "alternative_to": codes.get(row["alternative_to_id"])}
        for row in sorted(reading.county.rows(Hierarchy), key=lambda row: (row["sort_order"], row["code"]))
        if row["code"] != ADMINISTRATIVE
    ]
    return table(("code", "name", "purpose", "alternative_to", "note", "starts_on", "ends_on"), rows)


def _placements(reading: Reading) -> str:
    codes, rows = _trees(reading), []
    for row in reading.present(Placement):
        parent = row["parent_id"]
        if codes[row["hierarchy_id"]] == ADMINISTRATIVE or row["unit_id"] not in reading.units:
            continue
        if parent is None or parent in reading.units:
            unit = {"hierarchy": codes[row["hierarchy_id"]], "unit": reading.units[row["unit_id"]]}
            rows.append({**row, **unit, "parent": reading.units.get(parent) if parent else None})
    rows.sort(key=lambda row: (row["hierarchy"], row["unit"], row["starts_on"]))
    return table(("hierarchy", "unit", "parent", "starts_on", "ends_on"), rows)


def _functions(reading: Reading) -> str:
    rows = [
        {"unit": reading.units[row["unit_id"]], "function": row["name"], "starts_on": row["starts_on"]}
        for row in reading.present(UnitFunction)
        if row["unit_id"] in reading.units
    ]
    rows.sort(key=lambda row: (row["function"], row["unit"]))
    return table(("unit", "function", "starts_on"), rows)


def _link_kinds(reading: Reading) -> str:
    columns = ("name", "from_people", "from_units", "from_types", "to_types", "layers")
    rows = sorted(reading.county.rows(LinkKind), key=lambda row: (row["sort_order"], row["name"]))
    return table((*columns, "covers_targets", "covers_sources", "note"), rows)


def _links(reading: Reading) -> str:
    rows = []
    for row in reading.present(UnitLink):
        person, unit = reading.people.get(row["user_id"]), reading.units.get(row["linked_unit_id"])
        if row["unit_id"] in reading.units and (person or unit):
            ends = {"person": person, "from_unit": unit, "to_unit": reading.units[row["unit_id"]]}
            rows.append({**row, **ends})
    rows.sort(key=lambda row: (row["kind"], row["to_unit"], row["person"] or row["from_unit"], row["starts_on"]))
    return table(("kind", "person", "from_unit", "to_unit", "starts_on", "ends_on", "layer", "note"), rows)
