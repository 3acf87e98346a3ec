"""The TOML files of an exported pack: forms, routes, collections, plans with targets, schemes, cohorts, bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.bodies.models import Body, BodySeat, BodyTemplate, SeatBy
from saas.domain.bodies import template_seat_to_mapping, template_seats_from
from saas.forms.models import ChoiceList, FormDefinition, FormVersion, VersionStatus
from saas.org.models import NamedCohort
from saas.packs.county import Stored
from saas.packs.export_reading import Reading
from saas.packs.ledger import stored_form
from saas.packs.toml_writing import toml_text
from saas.plans.models import PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.registers.models import Register
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.targets.models import Target


def configuration_files(reading: Reading) -> Mapping[str, str]:
    """The files beside `org/` by path; empty where there is nothing."""
    files = {f"forms/{code}.toml": toml_text(form) for code, form in _forms(reading)}
    files |= {f"choices/{row['code']}.toml": toml_text(_choice_list(row)) for row in reading.county.rows(ChoiceList)}
    files["routes.toml"] = _list("routes", [row["definition"] for row in _active(reading, Route)])
    files["collections.toml"] = _list("collections", [*_collections(reading)])
    files.update({f"registers/{row['code']}.toml": toml_text(_register(reading, row)) for row in _registers(reading)})
    files.update({f"schemes/{code}.toml": toml_text(scheme) for code, scheme in _schemes(reading)})
    files.update({f"plans/{row['code']}.toml": toml_text(_plan(reading, row)) for row in reading.latest_plans()})
    files["targets.toml"] = _list("targets", [*_targets(reading)])
    files["cohorts.toml"] = _list("cohorts", [*_cohorts(reading)])
    templates, bodies = [*_templates(reading)], [*_bodies(reading)]
    if templates or bodies:
        files["bodies.toml"] = toml_text({"templates": templates or None, "bodies": bodies or None})
    return files


def _list(key: str, tables: Sequence[Mapping[str, Any]]) -> str:
    return toml_text({key: tables}) if tables else ""


def _active(reading: Reading, model: Any) -> list[Stored]:
    return sorted((row for row in reading.county.rows(model) if row["is_active"]), key=lambda row: row["code"])


def _codes(reading: Reading, model: Any) -> dict[Any, str]:
    return {row["id"]: row["code"] for row in _active(reading, model)}


def _forms(reading: Reading) -> Iterator[tuple[str, dict[str, Any]]]:
    versions = reading.county.grouped(FormVersion, "form_id")
    for row in _active(reading, FormDefinition):
        of_form = sorted(versions.get(row["id"], []), key=lambda version: version["number"])
        published = [version for version in of_form if version["status"] is VersionStatus.PUBLISHED]
        if not of_form:
            continue
        mapping = dict((published or of_form)[-1]["definition"])
        owner = reading.units.get(row["owner_unit_id"])
        if published and owner and row["legal_basis"]:
            basis = {"owner_unit": owner, "legal_basis": row["legal_basis"], "expires_on": row["expires_on"]}
            mapping["registration"] = stored_form(basis)
        yield row["code"], mapping


def _choice_list(row: Stored) -> dict[str, Any]:
    return {"code": row["code"], "name": row["name"], "source": row["source"] or None, "choices": row["choices"]}


def _collections(reading: Reading) -> Iterator[dict[str, Any]]:
    forms, routes = _codes(reading, FormDefinition), _codes(reading, Route)
    plans = {row["id"]: row["code"] for row in reading.latest_plans()}
    for row in _active(reading, Collection):
        if row["form_id"] in forms and row["route_id"] in routes and row["extends_id"] is None:
            mapping = {"code": row["code"], "name": row["name"], "form": forms[row["form_id"]]}
            mapping |= {"route": routes[row["route_id"]], "plan": plans.get(row["plan_id"]), "cadence": row["cadence"]}
            mapping |= {"own": row["own_days"]} if row["own_days"] else {}
            duties = {key: row[key] for key in ("filled_by", "compiling") if row[key]}
            yield {**mapping, **_span(row), "cohort": row["cohort"], **duties, "window": row["window"]}


def _registers(reading: Reading) -> list[Stored]:
    """The registers in use whose form goes along."""
    forms = {code for code, _ in _forms(reading)}
    codes = _codes(reading, FormDefinition)
    return [row for row in _active(reading, Register) if codes.get(row["form_id"]) in forms]


def _register(reading: Reading, row: Stored) -> dict[str, Any]:
    mapping = {"code": row["code"], "name": row["name"], "description": row["description"] or None}
    mapping |= {"form": _codes(reading, FormDefinition)[row["form_id"]]}
    mapping |= {"owner_unit": reading.units.get(row["owner_unit_id"]), "purpose": row["purpose"] or None}
    parts = {key: row[key] or None for key in ("cohort", "states", "access", "layout")}
    return {**mapping, **parts, "cohort": row["cohort"]}


def _span(row: Stored) -> dict[str, Any]:
    return {"starts_on": row["starts_on"], "ends_on": row["ends_on"]}


def _schemes(reading: Reading) -> Iterator[tuple[str, dict[str, Any]]]:
    versions = reading.county.grouped(SchemeVersion, "scheme_id")
    routes, collections = _codes(reading, Route), _codes(reading, Collection)
    for row in _active(reading, AssessmentScheme):
        published = [each for each in versions.get(row["id"], []) if each["published_at"] is not None]
        if not published or row["route_id"] not in routes:
            continue
        newest = max(published, key=lambda each: each["number"])
        use = {"cadence": row["cadence"], "collection": collections.get(row["collection_id"])}
        use |= {"route": routes[row["route_id"]], "effective_from": newest["effective_from"], "cohort": row["cohort"]}
        yield row["code"], {**newest["definition"], "application": use}


def _targets(reading: Reading) -> Iterator[dict[str, Any]]:
    targets = reading.county.grouped(Target, "plan_id")
    for plan in reading.latest_plans():
        for row in sorted(targets.get(plan["id"], []), key=lambda row: row["sort_order"]):
            unit = reading.units.get(row["responsible_unit_id"])
            yield {"plan": plan["code"], **row["definition"], "responsible_unit": unit}


# --- plans -------------------------------------------------------------------------------------------------------


def _plan(reading: Reading, row: Stored) -> dict[str, Any]:
    routes = {each["id"]: each["code"] for each in reading.county.rows(Route)}
    mapping = {key: row[key] for key in ("code", "title", "topic", "starts_on", "ends_on", "basis", "goals")}
    mapping |= {"unit": reading.units[row["unit_id"]], "route": routes[row["route_id"]]}
    mapping |= {key: row[key] or None for key in ("addressees", "copied_to", "countersign_units")}
    mapping["sections"] = _ordered(reading, PlanSection, row, ("kind", "heading", "body"))
    mapping["stages"] = _ordered(reading, PlanStage, row, ("name", "starts_on", "ends_on", "body"))
    mapping["attachments"] = [
        {"title": each["title"], "shows": (each["content"] or {}).get("shows")}
        for each in _rows(reading, PlanAttachment, "plan_id", row)
        if each["file_id"] is None
    ]
    mapping["tasks"] = [_task(reading, task) for task in _rows(reading, PlanTask, "plan_id", row)]
    return {key: value for key, value in mapping.items() if value != []}


def _rows(reading: Reading, model: Any, column: str, above: Stored) -> list[Stored]:
    rows = reading.county.grouped(model, column).get(above["id"], [])
    return sorted(rows, key=lambda row: (row["sort_order"], row["id"]))


def _ordered(reading: Reading, model: Any, plan: Stored, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in keys} for row in _rows(reading, model, "plan_id", plan)]


def _task(reading: Reading, row: Stored) -> dict[str, Any]:
    mapping = {key: row[key] for key in ("code", "title", "body", "mode")}
    mapping["parts"] = [_part(reading, part) for part in _rows(reading, PlanTaskPart, "task_id", row)]
    return mapping


def _part(reading: Reading, row: Stored) -> dict[str, Any]:
    mapping = {"code": row["code"], "title": row["title"] or None, "due_on": row["due_on"]}
    mapping |= {"due_text": row["due_text"] or None, "standing": row["is_standing"] or None}
    entries: dict[int, list[Stored]] = {}
    for unit in _rows(reading, PlanTaskUnit, "part_id", row):
        entries.setdefault(unit["sort_order"], []).append(unit)
    mapping["units"] = [each for rows in entries.values() for each in _units(reading, rows)]
    return mapping


def _units(reading: Reading, rows: Sequence[Stored]) -> list[dict[str, Any]]:
    """The units of one entry: every unit of a type if that is who they are, else each by its code, or words."""
    label, role, ids = rows[0]["label"], rows[0]["role"], {row["unit_id"] for row in rows}
    if not label:
        return [
            {"unit": reading.units[row["unit_id"]], "role": role} for row in rows if row["unit_id"] in reading.units
        ]
    of_type = {code: set[Any]() for code in reading.types.values()}
    for unit in reading.living_units():
        of_type[reading.types[unit["unit_type_id"]]].add(unit["id"])
    whole = next((code for code, found in of_type.items() if found == ids), None)
    return [{"label": label, "unit_type": whole, "role": role}]


# --- cohorts and bodies ------------------------------------------------------------------------------------------


def _cohorts(reading: Reading) -> Iterator[dict[str, Any]]:
    rows = sorted(reading.present(NamedCohort), key=lambda row: (row["sort_order"], row["code"], row["starts_on"]))
    for row in rows:
        mapping = {"code": row["code"], "name": row["name"], "note": row["note"] or None}
        yield {**mapping, **_span(row), "definition": row["definition"]}


def _templates(reading: Reading) -> Iterator[dict[str, Any]]:
    for row in sorted(reading.county.rows(BodyTemplate), key=lambda row: (row["sort_order"], row["code"])):
        if row["is_active"]:
            mapping = {"code": row["code"], "name": row["name"], "kind": stored_form(row["kind"])}
            mapping |= {"parent": row["parent_code"] or None, "unit_types": row["unit_types"]}
            mapping |= {"duty": row["duty"] or None, "rules": row["rules"] or None}
            yield {**mapping, "seats": [template_seat_to_mapping(seat) for seat in template_seats_from(row["seats"])]}


def _bodies(reading: Reading) -> Iterator[dict[str, Any]]:
    rows = [row for row in reading.present(Body) if row["unit_id"] in reading.units and row["template_id"] is None]
    codes = {row["id"]: row["code"] for row in rows}
    for row in sorted(rows, key=lambda row: (row["sort_order"], row["code"])):
        mapping = {"code": row["code"], "name": row["name"], "kind": stored_form(row["kind"])}
        mapping |= {"unit": reading.units[row["unit_id"]], "parent": codes.get(row["parent_id"])}
        mapping |= {"host_unit": reading.units.get(row["host_unit_id"]), "duty": row["duty"] or None}
        mapping |= {"by_strokes": row["by_strokes"] or None, **_span(row), "rules": row["rules"] or None}
        yield {**mapping, "seats": [*_seats(reading, row)]}


def _seats(reading: Reading, body: Stored) -> Iterator[dict[str, Any]]:
    rows = [row for row in reading.present(BodySeat) if row["body_id"] == body["id"]]
    for row in sorted(rows, key=lambda row: (row["sort_order"], row["id"])):
        filled = _filled_by(reading, row)
        if row["filled_by"] is SeatBy.PERSON or filled is None:
            continue
        said = {"title": row["title"], "field_of_work": row["field_of_work"], "is_lead": row["is_lead"]}
        kept = {name: each for name, each in said.items() if each}
        yield {"role": stored_form(row["role"]), "by": stored_form(row["filled_by"]), **filled, **kept}


def _filled_by(reading: Reading, row: Stored) -> dict[str, Any] | None:
    if row["filled_by"] is SeatBy.POST:
        post = reading.posts.get(row["post_id"])
        return {"post": "/".join(post)} if post else None
    if row["filled_by"] is SeatBy.UNIT:
        unit = reading.units.get(row["unit_id"])
        return {"unit": unit} if unit else None
    return {"function" if row["filled_by"] is SeatBy.FUNCTION else "wording": row["wording"]}
