"""Every pack in `tenants/` can be read and holds what its demonstration needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from saas.access.permissions import Role
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.fields import form_from_mapping, form_to_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round
from saas.tenancy.pack_content import PlanTable
from saas.tenancy.pack_references import members
from saas.tenancy.pack_schema import RoleName
from saas.tenancy.packs import Pack, read_pack

TENANTS = Path(__file__).parent.parent / "tenants"
FOLDERS = sorted(path for path in TENANTS.iterdir() if path.is_dir())
COUNTIES = [folder for folder in FOLDERS if (folder / "org/units.csv").is_file()]
YEAR = 2026


@pytest.fixture(scope="module")
def rural() -> Pack:
    return read_pack(TENANTS / "rural-county", year=YEAR)


@pytest.fixture(scope="module")
def city() -> Pack:
    return read_pack(TENANTS / "city-district", year=YEAR)


def count_by(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values))


def plan_of(pack: Pack, code: str) -> PlanTable:
    return next(entry.plan for entry in pack.configuration.plans if entry.plan.code == code)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("year", [2024, 2026, 2027])
def test_every_pack_can_be_read_in_any_year(folder: Path, year: int) -> None:
    pack = read_pack(folder, year=year)

    assert pack.head.name == folder.name


def test_the_rural_county_has_its_towns_villages_and_departments(rural: Pack) -> None:
    types = count_by(unit.type for unit in rural.organisation.units)

    assert types == {"county": 1, "department": 17, "township": 12, "village": 150}
    assert rural.head.county is not None
    assert rural.head.county.slug == "qinghe"


def test_the_city_district_has_its_subdistricts_communities_and_grids(city: Pack) -> None:
    types = count_by(unit.type for unit in city.organisation.units)

    assert types == {"district": 1, "department": 22, "subdistrict": 8, "community": 48, "grid_cell": 192}
    assert city.head.county is not None
    assert city.head.county.slug == "linjiang"


def test_every_village_has_a_clerk_whose_login_follows_its_code(rural: Pack) -> None:
    clerks = {
        person.login_name: person.posts[0].unit for person in rural.organisation.people if "V" in person.posts[0].unit
    }

    assert clerks == {f"c{unit.code[1:]}": unit.code for unit in rural.organisation.units if unit.type == "village"}


def test_attributes_are_typed(rural: Pack) -> None:
    village = next(unit for unit in rural.organisation.units if unit.code == "V0110")

    assert village.attributes["on_county_road"] is True
    assert village.attributes["demonstration_households"] == 2
    assert "villages" not in village.attributes  # an attribute of towns: absent, not zero


@pytest.mark.parametrize("folder", COUNTIES, ids=lambda folder: folder.name)
def test_no_phone_could_be_anybodys(folder: Path) -> None:
    people = read_pack(folder, year=YEAR).organisation.people

    assert {person.phone[:3] for person in people} == {"100"}
    assert len({person.name for person in people}) == len(people)


@pytest.mark.parametrize("folder", COUNTIES, ids=lambda folder: folder.name)
def test_every_role_is_held_and_every_village_and_town_is_looked_after(folder: Path) -> None:
    organisation = read_pack(folder, year=YEAR).organisation
    held = {(ref.unit, ref.name) for person in organisation.people for ref in person.posts}

    assert {role for post in organisation.posts if (post.unit, post.name) in held for role in post.roles} == set(
        RoleName
    )
    assert {link.to_unit for link in organisation.links if link.kind == "包片"} >= {
        unit.code for unit in organisation.units if unit.type in {"village", "community"}
    }


def test_the_roles_of_packs_are_the_roles_of_the_permission_matrix() -> None:
    assert {role.value for role in RoleName} == {role.value for role in Role}


def test_the_rural_task_table_has_22_lines_and_23_dated_parts(rural: Pack) -> None:
    tasks = plan_of(rural, "environment_plan").tasks
    parts = [part for task in tasks for part in task.parts]
    due = [part.due_on for part in parts if part.due_on]

    assert (len(tasks), len(parts), len(due)) == (22, 23, 23)
    assert count_by(f"{day:%m-%d}" for day in due) == {
        "07-30": 1,
        "08-10": 1,
        "08-15": 2,
        "08-20": 2,
        "08-25": 2,
        "08-30": 7,
        "09-10": 2,
        "09-15": 1,
        "09-20": 2,
        "09-25": 3,
    }


def test_units_appear_in_as_many_task_lines_as_the_table_gives_them(rural: Pack) -> None:
    lines = Counter(
        code
        for task in plan_of(rural, "environment_plan").tasks
        for code in {unit.unit for part in task.parts for unit in part.units if unit.unit}
    )

    assert lines["urban_enforcement"] == 16
    assert lines["market_regulation"] == 8
    assert (lines["health"], lines["public_security"], lines["housing"], lines["transport"]) == (5, 5, 4, 3)


def test_the_rural_plan_is_as_long_as_a_special_plan_may_be(rural: Pack) -> None:
    assert 2500 <= plan_of(rural, "environment_plan").characters <= 4500


def test_the_plan_is_for_the_year_it_is_read_for() -> None:
    plan = plan_of(read_pack(TENANTS / "city-district", year=2031), "service_plan")

    assert "2030—2031年" in plan.title
    assert plan.starts_on == date(2030, 1, 1)


def test_the_district_has_16_tasks_led_as_the_matrix_says(city: Pack) -> None:
    tasks = plan_of(city, "service_plan").tasks
    leads = [tuple(unit.unit for unit in task.parts[0].units if unit.role == "lead") for task in tasks]

    assert len(tasks) == 16
    assert leads[0] == ("political_legal", "health")
    assert leads[10] == ()  # one task has a responsible unit and no lead
    assert sum("health" in units for units in leads) == 14


def test_staged_targets_have_a_figure_for_each_year(city: Pack) -> None:
    target = next(entry.target for entry in city.configuration.targets if entry.target.code == "T01")

    assert [str(milestone.figure) for milestone in target.milestones] == ["50", "80"]


def test_the_town_scheme_prints_every_setting_it_leaves_open(rural: Pack) -> None:
    scheme = rural.configuration.schemes[0].scheme
    rules = {rule.code: rule for rule in scheme.rules}

    assert {"S1", "S2a", "S2b", "S3", "S4", "S5", "S6", "S7", "S8"} <= set(rules)
    assert scheme.settings.base is not None
    assert scheme.settings.base.amount == Decimal(1500)
    assert (rules["S7"].required, rules["S7"].amount) == (Decimal(5), Decimal(5))
    unset = [
        name
        for name in ("ties", "negative_payable", "loss_booked_to", "roll_up", "self_score_due")
        if getattr(scheme.settings, name) is None
    ]
    assert unset == []


def test_points_of_the_self_score_sheet_add_up_to_100(rural: Pack) -> None:
    scheme = rural.configuration.schemes[0].scheme

    assert sum(rule.full_score or 0 for rule in scheme.rules) == 100
    assert sum(item.full_score or 0 for item in scheme.items) == 100


def test_collections_ask_the_units_they_mean(rural: Pack) -> None:
    asked = {
        entry.table.code: len(members(entry.cohort, rural.organisation)) for entry in rural.configuration.collections
    }

    assert asked == {
        "environment_self_score": 150,
        "findings_ledger": 12,
        "open_burning_report": 58,
        "village_basics": 150,
    }


def test_the_history_tells_of_every_kind_of_case(rural: Pack, city: Pack) -> None:
    for pack in (rural, city):
        assert pack.configuration.history is not None
        history = pack.configuration.history.history
        cases = {entry.case.value for entry in history.submissions}

        assert cases >= {"late", "missing", "returned", "resubmitted", "not_applicable", "zero", "draft", "waiting"}
        assert any(score.same_as for score in history.scores)  # a tie
        assert any(fact.rule == "V1" for fact in history.facts)  # a veto


def test_the_settlement_in_the_history_comes_out_as_computed_by_hand(rural: Pack) -> None:
    """S3 3×10, S4 4×5, S5 6×5 (two households in both), S6 2×10, S7 (5−2)×5, S8 10: −125; S1 +500; of 1,500."""
    assert rural.configuration.history is not None
    facts = [fact for fact in rural.configuration.history.history.facts if (fact.unit, fact.period) == ("V0110", -2)]
    village = next(unit for unit in rural.organisation.units if unit.code == "V0110")
    demonstration = Decimal(village.attributes["demonstration_households"])
    known = UnitFacts(
        unit_code="V0110",
        attributes=village.attributes,
        facts=(
            Fact(rule_code="S7", fact_id="S7", quantity=demonstration, found_on=date(2026, 3, 17)),
            *(
                Fact(
                    rule_code=fact.rule,
                    fact_id=fact.rule,
                    quantity=fact.quantity,
                    source=FactSource(fact.source),
                    found_on=date(2026, 3, fact.day),
                    households=fact.households,
                )
                for fact in facts
            ),
        ),
    )

    period = AssessedPeriod(date(2026, 3, 1), date(2026, 3, 31))
    (result,) = score_round(rural.configuration.schemes[0].scheme, [known], period)

    assert result.money.payable.value == Decimal(1875)


def test_forms_survive_being_stored(rural: Pack) -> None:
    for entry in rural.configuration.forms:
        assert form_from_mapping(form_to_mapping(entry.form)) == entry.form
