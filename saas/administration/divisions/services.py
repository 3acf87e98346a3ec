"""The wizard's steps: begin a draft, choose, set the units up. Never commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from flask_babel import gettext

from saas.accounts.viewer import Viewer
from saas.administration.divisions import queries
from saas.administration.divisions.rows import Row
from saas.administration.divisions.types import COUNTY_LEVEL, KIND_LABELS, completed_types, offered_types
from saas.audit.services import AuditAction, record
from saas.db import db, local_today, utc_now
from saas.divisions.planning import (
    DivisionPlan,
    PlannedUnit,
    Selection,
    counts_by_kind,
    first_selection,
    plan_units,
    read_selection,
    stored_selection,
    taken_rows,
)
from saas.divisions.reading import CountyDivision, TownRow, VillageRow, get_county, read_county
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.imports.models import DataImport, ImportStatus
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import last_sort_order, list_unit_types
from saas.org.services import create_unit_type, may_stand_under


@dataclass(frozen=True, slots=True)
class Prospect:
    """Everything that a draft would do in the county as it is now."""

    division: CountyDivision
    selection: Selection
    root: OrgUnit | None
    types: Mapping[str, UnitType]  # by code: the county's, and those that would be set up
    plan: DivisionPlan
    same_names: Sequence[PlannedUnit]
    problems: Mapping[str, str]  # kind key → why its type cannot be used

    @property
    def new_types(self) -> Sequence[UnitType]:
        """The types that would be set up: those that a new unit has."""
        return [each for code, each in self.types.items() if each.id is None and code in self.plan.type_counts]


def start_draft(county_code: str, *, actor: Viewer) -> DataImport:
    """Begin a draft for a county of the list, or return the one under way. NoResultFound (404) for an unknown code."""
    division = read_county(get_county(county_code).code)
    draft = queries.find_open_draft(county_code)
    if draft is None:
        details = {"county": county_code, **stored_selection(first_selection(division))}
        draft = DataImport(
            kind=queries.KIND, file_name=division.county.full_name, created_by_id=actor.id, details=details
        )
        db.session.add(draft)
        db.session.flush()
    return draft


def read_draft(draft: DataImport) -> tuple[CountyDivision, Selection]:
    """The county that a draft is about, and its choices so far."""
    return read_county(draft.details["county"]), read_selection(draft.details)


def chosen_types(draft: DataImport, viewer: Viewer) -> dict[str, str]:
    """The type of each kind that the county of a draft has, ticked or not: chosen, or the one that fits best."""
    division, selection = read_draft(draft)
    offered = offered_types(queries.find_root_to_edit(viewer, local_today()))
    everything = replace(selection, left_out=frozenset())
    return completed_types(counts_by_kind(division, everything), selection.types, offered)


def save_rows(
    draft: DataImport,
    rows: Sequence[TownRow | VillageRow],
    posted: Sequence[Row],
    types: Mapping[str, str] | None = None,
) -> None:
    """Keep what was ticked and typed on one page of rows, and which type each kind becomes."""
    refuse_finished(draft)
    ticked = frozenset(row.code for row in posted if row.is_ticked)
    selection = read_selection(draft.details).choosing(rows, ticked, {row.code: row.name for row in posted})
    if types is not None:
        selection = replace(selection, types={**selection.types, **types})
    draft.details = {**draft.details, **stored_selection(selection)}
    db.session.flush()


def discard_draft(draft: DataImport) -> None:
    """Put a draft aside. Nothing in the county changes."""
    refuse_finished(draft)
    draft.status = ImportStatus.DISCARDED
    db.session.flush()


def refuse_finished(draft: DataImport) -> None:
    """Raise InvalidTransition unless the draft is still under way."""
    if draft.status is not ImportStatus.DRAFT:
        raise InvalidTransition("该草稿已经处理完毕，请重新开始")


def foresee(draft: DataImport, *, viewer: Viewer) -> Prospect:
    """Work out what a draft would do, without doing it."""
    division, selection = read_draft(draft)
    today = local_today()
    root = queries.find_root_to_edit(viewer, today)
    offered = offered_types(root)
    selection = replace(selection, types=completed_types(counts_by_kind(division, selection), selection.types, offered))
    codes = [row.code for row, _town in taken_rows(division, selection)]
    known = queries.known_units(codes)
    plan = plan_units(division, selection, known)
    types = {each.code: each for each in (*list_unit_types(), *(each for each in offered if each.id is None))}
    parents = {unit.parent_code for unit in plan.new if unit.parent_code}
    return Prospect(
        division,
        selection,
        root,
        types,
        plan,
        plan.same_names(queries.names_below(root, parents, today)),
        _type_problems(plan, types, root),
    )


def _type_problems(plan: DivisionPlan, types: Mapping[str, UnitType], root: OrgUnit | None) -> dict[str, str]:
    """Kinds whose type may not stand under that of their parents."""
    type_of = {unit.code: unit.type_code for unit in plan.new} | {unit.code: unit.type_code for unit in plan.known}
    top = root.unit_type if root else _county_type()
    problems = {}
    for unit in plan.new:
        above = types[type_of[unit.parent_code]] if unit.parent_code else top
        if not may_stand_under(types[unit.type_code], above):
            problems[unit.key] = gettext(
                "%(kind)s：%(type)s不能设在%(above)s之下",
                kind=KIND_LABELS[unit.key],
                type=types[unit.type_code].name,
                above=above.name,
            )
    return problems


def apply_draft(draft: DataImport, starts_on: date, *, actor: Viewer) -> DivisionPlan:
    """Set up the units of a draft from a day on (设立). Units with a known code stay as they are; nothing is doubled.

    Raises HierarchyError if a parent is set up later than that day or a type does not fit, InvalidTransition if the
    draft was applied or put aside before.
    """
    refuse_finished(draft)
    prospect = foresee(draft, viewer=actor)
    _refuse_problems(prospect, starts_on)
    types = _set_up_types(prospect, actor)
    units = list(_new_units(prospect, types, starts_on))
    insert_units(units)
    draft.status, draft.applied_at, draft.applied_by_id = ImportStatus.APPLIED, utc_now(), actor.id
    result = {
        "types": {prospect.types[code].name: count for code, count in prospect.plan.type_counts.items()},
        "known": len(prospect.plan.known),
        "stranded": len(prospect.plan.stranded),
    }
    draft.details = {**draft.details, "starts_on": starts_on.isoformat(), "result": result}
    record(
        AuditAction.UNIT_CHANGED,
        draft,
        actor=actor,
        change="created_from_list",
        county=prospect.division.county.code,
        created=len(units),
        starts_on=starts_on.isoformat(),
        **result,
    )
    db.session.flush()
    return prospect.plan


def _refuse_problems(prospect: Prospect, starts_on: date) -> None:
    for text in prospect.problems.values():
        raise HierarchyError("{text}", code="wrong_parent_type", text=text)
    parents = queries.units_by_code({unit.parent_code for unit in prospect.plan.new if unit.parent_code}).values()
    above = [prospect.root, *parents] if prospect.root else list(parents)
    for unit in above:
        if unit.valid_from > starts_on:
            raise HierarchyError(
                "上级单位“{name}”自{day}起才设立", code="bad_dates", name=unit.name, day=unit.valid_from
            )


def _set_up_types(prospect: Prospect, actor: Viewer) -> Mapping[str, UUID]:
    """The id of each type, after those that the county lacks were set up."""
    new = [*prospect.new_types, *(() if prospect.root or _county_type().id else [_county_type()])]
    for each in new:
        create_unit_type(
            code=each.code, name=each.name, level=each.level, is_territorial=True, attributes=(), actor=actor
        )
    db.session.flush()
    return {each.code: each.id for each in list_unit_types()}


def _county_type() -> UnitType:
    """The type that the county itself has or gets where there is no root unit yet."""
    known = [each for each in list_unit_types() if each.level == COUNTY_LEVEL and each.is_territorial]
    return known[0] if known else UnitType(code="county", name=gettext("县（市、区）"), level=COUNTY_LEVEL, parents=[])


def _new_units(prospect: Prospect, types: Mapping[str, UUID], starts_on: date) -> Iterable[NewUnit]:
    """The rows to write, parents before their children."""
    order = last_sort_order()
    root_id = prospect.root.id if prospect.root else None
    if root_id is None:
        order += 1
        county = prospect.division.county
        top = NewUnit(county.code, county.name, types[_county_type().code], None, starts_on, sort_order=order)
        root_id = top.id
        yield top
    ids = {code: unit.id for code, unit in queries.units_by_code({each.code for each in prospect.plan.known}).items()}
    for number, unit in enumerate(prospect.plan.new, start=order + 1):
        parent_id = ids[unit.parent_code] if unit.parent_code else root_id
        new = NewUnit(unit.code, unit.name, types[unit.type_code], parent_id, starts_on, sort_order=number)
        ids[unit.code] = new.id
        yield new
