"""What the packs on grids and safe communities say, figure for figure, as computed by hand."""

from __future__ import annotations

from datetime import date

import pytest

from saas.domain.amounts import Standing
from saas.domain.assessment_facts import UnitFacts
from saas.domain.cohorts import CohortUnit, members
from saas.domain.periods import period_from_key
from saas.domain.targets import State, Strength, required_count
from saas.domain.windows import window_for
from saas.tenancy.packs import Pack
from tests.packs.starters import YEAR, cohort_of, counted, office_found, read_starter, score, shared, target_of

KINDS = {"township": 19, "subdistrict": 6, "zone": 13}


@pytest.fixture(scope="module")
def grid() -> Pack:
    return read_starter("grid-management")


@pytest.fixture(scope="module")
def safe() -> Pack:
    return read_starter("safe-community")


def test_each_town_coordinates_four_platforms_below_one_group(grid: Pack) -> None:
    tables = [entry.table for entry in grid.configuration.body_templates]

    assert [table.parent for table in tables if "platform" in table.code] == ["grid_town_group"] * 4
    assert counted(target_of(grid, "G06"), 4, date(YEAR, 6, 30)).state is State.MET
    assert counted(target_of(grid, "G06"), 3, date(YEAR, 6, 30)).state is State.NOT_MET


def test_a_grid_reports_one_level_up_at_a_time(grid: Pack) -> None:
    routes = {entry.route.code: entry.route for entry in grid.configuration.routes}
    used = {entry.table.code: entry.table.route for entry in grid.configuration.collections}

    assert [step.who.at for step in routes[used["grid_weekly_events"]].steps] == ["own_parent"]
    assert [step.who.at for step in routes[used["grid_village_ledger"]].steps] == ["own_parent"]
    assert [step.who.at for step in routes[used["grid_command_monthly"]].steps] == ["own", "unit:county-root"]


def test_grids_stand_below_villages_and_platforms_in_a_tree_of_their_own(grid: Pack) -> None:
    organisation = grid.organisation

    assert {row.code: row.parents for row in organisation.unit_types}["grid_cell"] == ("village", "community")
    assert [(row.code, row.purpose) for row in organisation.hierarchies] == [
        ("grid_command", "grid"),
        ("grid_line", "line"),
    ]


def test_the_number_of_grids_is_open(grid: Pack) -> None:
    assert counted(target_of(grid, "G02"), 96).state is State.UNDETERMINED


def test_grid_work_is_counted_but_nobody_said_how_many_points(grid: Pack) -> None:
    (entry,) = grid.configuration.schemes
    nothing = score(entry.scheme, UnitFacts(unit_code="W01"))
    something = score(entry.scheme, UnitFacts(unit_code="W01", facts=office_found("f6_answer", 3)))

    assert len(list(entry.scheme.rules)) == 8  # duties, task list, and the six steps from collecting to answering
    assert nothing.points.value == 0
    assert something.outcome("f6_answer").quantity == 3
    assert something.points.standing is Standing.UNDETERMINED


def applying_units() -> list[CohortUnit]:
    """38 units of three types; four towns and two streets are pilots."""
    pilots = {"township": 4, "subdistrict": 2, "zone": 0}
    return [
        CohortUnit(f"{kind}-{n}", kind, (), {"safe_pilot": n < pilots[kind]})
        for kind, number in KINDS.items()
        for n in range(number)
    ]


def test_fourteen_groups_an_office_and_a_committee_make_608_bodies_in_38_units(safe: Pack) -> None:
    templates = [entry.table for entry in safe.configuration.body_templates]
    bodies = [
        (unit.code, table.code) for unit in applying_units() for table in templates if unit.type in table.unit_types
    ]

    assert len([table for table in templates if table.kind.value == "work_group"]) == 14
    assert len(templates) == 16
    assert len(bodies) == 38 * 16 == 608


def test_each_working_group_is_led_by_the_unit_with_the_function(safe: Pack) -> None:
    groups = [e.table for e in safe.configuration.body_templates if "_group_" in e.table.code]
    leads = {table.name: [seat.function for seat in table.seats if seat.is_lead] for table in groups}

    assert all(len(functions) == 1 for functions in leads.values())
    assert leads["安全宣传教育工作组"] == ["宣传"]
    assert leads["伤害监测工作组"] == ["卫生健康"]
    assert all(len(table.seats) <= 10 for table in groups)  # up to nine kinds of units support a group


def test_one_county_group_is_led_by_seven_departments_each_in_its_field(safe: Pack) -> None:
    bodies = {entry.table.code: entry.table for entry in safe.configuration.bodies}
    leads = [seat for seat in bodies["safe_county_projects"].seats if seat.is_lead]

    assert len({seat.function for seat in leads}) == 7
    assert all(seat.field_of_work for seat in leads)
    assert sum(body.parent == "safe_county_group" and body.kind.value == "work_group" for body in bodies.values()) == 4


def test_denominators_are_counted_by_type(safe: Pack) -> None:
    units = applying_units()
    sizes = {
        code: len(members(units, cohort_of(safe, code)))
        for code in ("safe_units", "safe_towns", "safe_streets", "safe_zones", "safe_pilots")
    }

    assert sizes == {"safe_units": 38, "safe_towns": 19, "safe_streets": 6, "safe_zones": 13, "safe_pilots": 6}


def test_half_of_38_units_is_19(safe: Pack) -> None:
    target = target_of(safe, "A04")
    due = date(YEAR + 1, 12, 31)

    assert target.figure is not None
    assert required_count(target.figure, 38) == 19
    assert shared(target, 18, 38, due).state is State.NOT_MET
    assert shared(target, 19, 38, due).state is State.MET


def test_all_six_pilots_and_two_national_titles_are_asked_for(safe: Pack) -> None:
    assert shared(target_of(safe, "A03"), 5, 6).state is State.NOT_MET
    assert shared(target_of(safe, "A03"), 6, 6).state is State.MET
    assert target_of(safe, "A05").figure == 2
    assert target_of(safe, "A05").deadline.due_on == date(YEAR + 2, 12, 31)  # type: ignore[union-attr]
    assert target_of(safe, "A08").baseline is None  # “稳步提高”: from what, nobody said


def test_the_number_of_groups_is_advice_and_the_meetings_are_not(safe: Pack) -> None:
    groups, meetings = (target_of(safe, code) for code in ("A06", "A07"))

    assert (counted(groups, 12).label, groups.strength) == ("倡导未达", Strength.ADVISORY)
    assert [milestone.figure for milestone in meetings.milestones] == [1, 2, 3, 4]
    assert counted(meetings, 3).is_failure


def test_applications_are_due_at_the_end_of_april_in_any_year(safe: Pack) -> None:
    (window,) = [e.window for e in safe.configuration.collections if e.table.code == "safe_application"]

    assert [window_for(period_from_key(key), window).due_on for key in ("2026", "2028")] == [
        date(2026, 4, 30),
        date(2028, 4, 30),
    ]
