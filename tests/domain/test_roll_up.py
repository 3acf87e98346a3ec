"""Totals in the tree of then and of now: parents are the sum of their children, and everything is counted once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.domain.errors import HierarchyError
from saas.domain.organisation import Organisation
from saas.domain.reorganisation import Succession, reorganise
from saas.domain.reorganisation_steps import ChangeType, Dissolve, Merge, Move, Split, Step
from saas.domain.roll_up import Figure, Given, Home, Row, RowKind, Sum, Table, homes_now, homes_then, roll_up
from tests.domain.organisations import DAY, county, key, new
from tests.domain.test_reorganisation_properties import Events, events

EVE = DAY - timedelta(days=1)
TODAY = DAY + timedelta(days=100)


def figures(**values: int | str | None) -> list[Figure]:
    """A figure by name; None: missing, "na": not applicable."""
    return [_figure(name, value) for name, value in values.items()]


def _figure(name: str, value: int | str | None) -> Figure:
    if value == "na":
        return Figure(key(name), None, Given.NOT_APPLICABLE)
    return Figure(key(name), None, Given.MISSING) if value is None else Figure(key(name), Decimal(value), Given.KNOWN)


def both(*steps: Step, **values: int | str | None) -> tuple[Table, Table, Organisation]:
    outcome = reorganise(county(), list(steps), DAY)
    found, units = figures(**values), [key(name) for name in values]
    then = roll_up(found, homes_then(outcome.after, units, EVE), outcome.after.tree_on(EVE).parents)
    homes = homes_now(outcome.after, outcome.successions, units, EVE, TODAY)
    return then, roll_up(found, homes, outcome.after.tree_on(TODAY).parents), outcome.after


def totals(table: Table, organisation: Organisation, day: date = TODAY) -> dict[str, str]:
    names = {row.unit: organisation.name_of(row.unit, day) for row in table.rows}
    return {f"{names[row.unit]}{_MARKS[row.kind]}": str(row.total.value) for row in table.rows}


_MARKS = {RowKind.UNIT: "", RowKind.OWN: "本级", RowKind.BEFORE_SPLIT: "拆分前", RowKind.ENDED: "已撤销"}
VALUES: Mapping[str, int] = {"甲村": 10, "乙村": 20, "丙村": 40}


def test_a_merged_unit_counts_for_its_successor_now_and_for_itself_then() -> None:
    then, now, after = both(Merge((key("甲村"), key("丙村")), new("和合村", parent="西镇")), **VALUES)

    assert totals(then, after, EVE) == {
        "县": "70", "东镇": "30", "甲村": "10", "乙村": "20", "西镇": "40", "丙村": "40",
    }  # fmt: skip
    assert totals(now, after) == {"县": "70", "东镇": "20", "乙村": "20", "西镇": "50", "和合村": "50"}


def test_what_a_split_unit_reported_stands_beside_its_successors_under_their_common_parent() -> None:
    step = Split(
        key("甲村"),
        (new("甲东村"), new("甲西村", parent="西镇")),
        {key("甲一网格"): key("甲东村"), key("甲二网格"): key("甲东村")},
        {key("甲村书记"): None, key("甲村文书"): None},
    )
    _, now, after = both(step, **VALUES)

    assert totals(now, after)["甲村拆分前"] == "10"
    (row,) = [row for row in now.rows if row.kind is RowKind.BEFORE_SPLIT]
    assert row.depth == 1  # below the county, which is above both


def test_a_unit_that_gave_off_another_is_not_the_same_as_before() -> None:
    step = Split(key("东镇"), (new("新街道", "street"),), {key("乙村"): key("新街道")}, keeps_unit=True)
    _, now, after = both(step, 东镇=5, 乙村=20)

    assert totals(now, after) == {"县": "25", "新街道": "20", "乙村": "20", "东镇拆分前": "5"}


def test_a_converted_unit_counts_for_the_new_one() -> None:
    step = ChangeType(key("甲村"), "community", new=new("甲社区", "community"))
    _, now, after = both(step, **VALUES)

    assert totals(now, after)["甲社区"] == "10"


def test_a_dissolved_unit_stands_where_it_stood_last() -> None:
    _, now, after = both(Dissolve(key("甲村"), key("乙村")), **VALUES)

    assert totals(now, after) == {
        "县": "70", "东镇": "30", "乙村": "20", "甲村已撤销": "10", "西镇": "40", "丙村": "40",
    }  # fmt: skip


def test_what_a_parent_reported_itself_is_a_row_of_its_own() -> None:
    then, _, after = both(Move((key("甲村"),), key("西镇")), 东镇=3, 甲村=10, 乙村=20)

    assert totals(then, after, EVE) == {"县": "33", "东镇": "33", "东镇本级": "3", "甲村": "10", "乙村": "20"}


def test_missing_and_not_applicable_are_not_zero() -> None:
    then, now, after = both(Move((key("甲村"),), key("西镇")), 甲村=None, 乙村=0, 丙村="na")

    assert then.total == now.total == Sum(Decimal(0), 1, 1, 1)
    assert totals(now, after)["西镇"] == "None"
    assert totals(now, after)["东镇"] == "0"


def test_a_unit_that_ended_within_the_period_still_counts() -> None:
    outcome = reorganise(county(), [Merge((key("甲村"), key("乙村")), key("乙村"))], DAY)
    period_end = DAY + timedelta(days=20)

    then = homes_then(outcome.after, [key("甲村")], period_end)
    now = homes_now(outcome.after, outcome.successions, [key("甲村")], period_end, TODAY)

    assert then == {key("甲村"): Home(RowKind.ENDED, key("甲村"), key("东镇"))}
    assert now == {key("甲村"): Home(RowKind.UNIT, key("乙村"))}


def test_a_unit_split_off_and_merged_back_leads_nowhere_in_circles() -> None:
    first = reorganise(county(), [Split(key("甲村"), (new("甲东村"),), keeps_unit=True)], DAY)
    second = reorganise(first.after, [Merge((key("甲东村"),), key("甲村"))], DAY + timedelta(days=10))
    successions = [*first.successions, *second.successions]

    homes = homes_now(second.after, successions, [key("甲村"), key("乙村")], EVE, TODAY)

    assert homes[key("甲村")].kind is RowKind.BEFORE_SPLIT
    assert homes[key("甲村")].parent == key("东镇")


def assert_adds_up(table: Table, expected: Sum) -> None:
    """Every parent is the sum of the rows right below it, and the total that of all figures."""
    for number, row in enumerate(table.rows):
        below = [table.rows[each].total for each in table.children.get(number, ())]
        assert bool(below) == row.has_children
        if below:
            assert _added(below) == row.total
    assert _added([row.total for row in table.rows if row.depth == 0]) == expected == table.total
    _assert_each_once(table.rows)


def _added(sums: list[Sum]) -> Sum:
    total = Sum()
    for each in sums:
        total = total.plus(each)
    return total


def _assert_each_once(rows: object) -> None:
    sources = [unit for row in rows for unit in row.sources if isinstance(row, Row)]  # type: ignore[attr-defined]
    assert len(sources) == len(set(sources))


@settings(max_examples=80, deadline=None)
@given(events, st.integers(-70, 70), st.data())
def test_both_views_add_up_after_any_reorganisations(happened: Events, days: int, data: st.DataObject) -> None:
    found, successions = county(), list[Succession]()
    for steps, day in happened:
        try:
            outcome = reorganise(found, steps, day)
        except HierarchyError:
            continue
        found, successions = outcome.after, [*successions, *outcome.successions]
    reported_on = DAY + timedelta(days=days)
    units = [unit for unit, life in found.units.items() if life.opened_on <= reported_on]
    given_figures = [_figure_of(unit, data.draw(st.none() | st.just("na") | st.integers(0, 9))) for unit in units]
    expected = Sum()
    for figure in given_figures:
        expected = expected.plus(roll_up([figure], {figure.unit: Home(RowKind.UNIT, figure.unit)}, {}).total)

    then = roll_up(given_figures, homes_then(found, units, reported_on), found.tree_on(reported_on).parents)
    now_homes = homes_now(found, successions, units, reported_on, TODAY)
    now = roll_up(given_figures, now_homes, found.tree_on(TODAY).parents)

    assert_adds_up(then, expected)
    assert_adds_up(now, expected)


def _figure_of(unit: object, value: int | str | None) -> Figure:
    kinds = {None: Given.MISSING, "na": Given.NOT_APPLICABLE}
    known = Decimal(value) if isinstance(value, int) else None
    return Figure(unit, known, Given.KNOWN if known is not None else kinds[value])  # type: ignore[arg-type, index]
