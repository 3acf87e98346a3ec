"""How targets of real plans stand, from the rows that were reported."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from saas.db import db
from saas.domain.errors import FormatError
from saas.domain.targets import State
from saas.domain.workflow import PlanStatus
from saas.plans.models import Plan
from saas.targets.models import Target, TargetValue
from saas.targets.queries import list_history, list_values
from saas.targets.services import Report, report_value, save_target
from saas.targets.standing import TargetStanding, exact_text, standing_of
from saas.tenancy.models import Tenant
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county, make_target

BUILT: dict[str, Any] = {
    "name": "建成率", "kind": "percent", "measure": "个", "numerator": "建成的社区", "denominator": "全部社区",
}  # fmt: skip


@pytest.fixture
def county(tenant: Tenant) -> PlanningCounty:
    return make_planning_county()


@pytest.fixture
def plan(county: PlanningCounty) -> Plan:
    return make_plan(county, PlanStatus.ISSUED)


def counted(target: Target, on: date, numerator: int, denominator: int) -> None:
    value = TargetValue(target_id=target.id, measured_on=on, numerator=numerator, denominator=denominator)
    db.session.add(value)
    db.session.flush()


def standing(target: Target, on: date) -> TargetStanding:
    return standing_of(target, list_values([target.id]).get(target.id, []), on)


@pytest.mark.parametrize(
    ("year", "built", "state", "shown"),
    [
        (2020, 61, State.MET, "50.83%"),
        (2020, 59, State.NOT_MET, "49.17%"),
        (2020, 60, State.MET, "50.00%"),
        (2021, 95, State.NOT_MET, "79.17%"),
        (2021, 96, State.MET, "80.00%"),
    ],
)
def test_milestones_of_120_communities(plan: Plan, year: int, built: int, state: State, shown: str) -> None:
    marks = [{"deadline": "2020-12-31", "figure": 50}, {"deadline": "2021-12-31", "figure": 80}]
    target = make_target(plan, **BUILT, deadline="2021-12-31", milestones=marks)
    counted(target, date(year, 12, 31), built, 120)

    milestone = standing(target, date(year, 12, 31)).milestones[year - 2020]

    assert (milestone.state, shown in milestone.shown) == (state, True)


@pytest.mark.parametrize(
    ("first", "second", "states"),
    [
        (8, 12, (State.NOT_MET, State.MET)),
        (9, 12, (State.MET, State.MET)),
        (9, 11, (State.MET, State.NOT_MET)),
    ],
)
def test_increments_are_rounded_up_and_capped_at_what_remains(
    plan: Plan, first: int, second: int, states: tuple[State, State]
) -> None:
    marks = [{"deadline": "2020-12-31", "figure": 70}, {"deadline": "2021-12-31", "figure": 30}]
    target = make_target(plan, **BUILT, counting="whole", milestones_are="increment", milestones=marks)
    counted(target, date(2020, 12, 31), first, 12)
    counted(target, date(2021, 12, 31), second, 12)

    found = standing(target, date(2021, 12, 31)).milestones

    assert tuple(each.state for each in found)[1] is states[1]
    assert standing(target, date(2020, 12, 31)).milestones[0].state is states[0]


def test_what_is_shown_is_rounded_and_what_is_compared_is_not(plan: Plan) -> None:
    target = make_target(plan, **BUILT, figure=90, decimals=0, deadline="2026-06-30")
    counted(target, date(2026, 6, 30), 43, 48)

    found = standing(target, date(2026, 6, 30))

    assert "90%" in found.shown
    assert found.exact == "89.583333333333…"
    assert found.state is State.NOT_MET
    assert found.shortfall == "还差 0.2 个"


def test_groups_are_not_averaged(plan: Plan) -> None:
    names, figures = ("机关", "城镇", "学校", "农村"), (90, 90, 70, 50)
    groups = [{"code": f"g{n}", "name": name, "figure": figures[n]} for n, name in enumerate(names)]
    target = make_target(plan, name="知晓率", kind="percent", deadline="2026-12-31", groups=groups)
    for number, value in enumerate(("91.2", "90.0", "69.5", "55.0")):
        db.session.add(
            TargetValue(
                target_id=target.id, group_name=f"g{number}", measured_on=date(2026, 12, 31), value=Decimal(value)
            )
        )
    db.session.flush()

    found = standing(target, date(2026, 12, 31))

    assert found.state is State.NOT_MET
    assert [each.state for each in found.groups] == [State.MET, State.MET, State.NOT_MET, State.MET]
    assert "76.425" not in str(found.trace)


def test_each_unit_has_to_reach_it_by_itself(county: PlanningCounty, plan: Plan) -> None:
    target = make_target(plan, name="示范户", figure=5, measure="户", scope="each_unit", deadline="2026-09-30")
    for unit, value in zip(county.towns, (9, 1), strict=True):
        db.session.add(TargetValue(target_id=target.id, unit_id=unit.id, measured_on=date(2026, 9, 30), value=value))
    db.session.flush()

    found = standing(target, date(2026, 9, 30))

    assert found.state is State.NOT_MET
    assert found.shown == "1/2 个单位达到"
    assert "不以总数除以单位数" in str(found.trace)


def test_late_open_missing_and_not_applicable_are_four_things(plan: Plan) -> None:
    late = make_target(plan, "T01", **BUILT, figure=50, deadline="2026-06-30")
    counted(late, date(2026, 7, 15), 60, 100)
    open_one = make_target(plan, "T02", **BUILT, deadline="2026-06-30")
    counted(open_one, date(2026, 6, 1), 60, 100)
    nothing = make_target(plan, "T03", **BUILT, figure=50, deadline="2026-06-30")
    counted(nothing, date(2026, 6, 1), 0, 0)
    missing = make_target(plan, "T04", **BUILT, figure=50, deadline="2026-06-30")

    states = [standing(target, date(2026, 8, 1)).state for target in (late, open_one, nothing, missing)]

    assert states == [State.MET_LATE, State.UNDETERMINED, State.NOT_APPLICABLE, State.MISSING]
    assert standing(open_one, date(2026, 8, 1)).is_open


def test_a_later_report_of_the_same_day_counts_and_the_earlier_one_stays(county: PlanningCounty, plan: Plan) -> None:
    target = make_target(plan, **BUILT, figure=50, deadline="2026-06-30")
    for built in ("40", "60"):
        report = Report(date(2026, 6, 30), numerator=Decimal(built), denominator=Decimal(100), source="统计台账")
        report_value(target, report, actor=county.office)

    assert standing(target, date(2026, 6, 30)).state is State.MET
    assert [value.numerator for value, _unit, _person in list_history(target.id)] == [Decimal(60), Decimal(40)]


def test_a_target_that_contradicts_itself_is_refused(plan: Plan) -> None:
    with pytest.raises(FormatError) as caught:
        save_target(plan.id, None, {"name": "x", "comparator": "at_least", "deadline": "年底"}, None)

    assert caught.value.path == "deadline"


@pytest.mark.parametrize(("value", "text"), [("0", "0"), ("-1/3", "-0.333333333333…"), ("5/4", "1.25"), ("100", "100")])
def test_the_exact_figure_is_shown_without_rounding(value: str, text: str) -> None:
    assert exact_text(Fraction(value)) == text
