"""What is taken from a county of the list. The places are invented."""

from __future__ import annotations

import pytest

from saas.divisions.planning import (
    KnownUnit,
    Selection,
    counts_by_kind,
    first_selection,
    plan_units,
    read_selection,
    stored_selection,
)
from saas.divisions.reading import CountyDivision, CountyRow, TownRow, VillageRow

TYPES = {
    "town.subdistrict": "subdistrict",
    "town.town": "township",
    "town.zone": "township",
    "village.community": "community",
    "village.village": "village",
    "village.other": "village",
}


@pytest.fixture
def division() -> CountyDivision:
    def village(code: str, name: str) -> VillageRow:
        return VillageRow(code, name)

    return CountyDivision(
        CountyRow("990102", "清禾县", "甲省", "乙市", "qhx", "qinghexian", 3, 5),
        (
            TownRow("990102001", "东街道办事处", (village("990102001001", "一里社区居委会"),)),
            TownRow(
                "990102100",
                "青石镇",
                (village("990102100200", "石桥村委会"), village("990102100201", "石桥村民委员会")),
            ),
            TownRow(
                "990102400",
                "清禾工业园区",
                (village("990102400498", "工业园虚拟社区"), village("990102400200", "坡上村委会")),
            ),
        ),
    )


def test_at_first_everything_is_taken_but_what_only_statistics_know(division: CountyDivision) -> None:
    selection = first_selection(division)

    assert selection.left_out == {"990102400498"}
    assert counts_by_kind(division, selection) == {
        "town.subdistrict": 1,
        "town.town": 1,
        "town.zone": 1,
        "village.community": 1,
        "village.village": 3,
    }


def test_units_get_the_proposed_name_and_keep_the_listed_one(division: CountyDivision) -> None:
    plan = plan_units(division, Selection(types=TYPES), {})

    named = {unit.code: (unit.name, unit.listed_name, unit.parent_code) for unit in plan.new}
    assert named["990102001"] == ("东街道", "东街道办事处", None)
    assert named["990102100200"] == ("石桥村", "石桥村委会", "990102100")


def test_parents_stand_before_their_children(division: CountyDivision) -> None:
    codes = [unit.code for unit in plan_units(division, Selection(types=TYPES), {}).new]

    assert codes == sorted(codes, key=lambda code: (code[:9], len(code)))


def test_a_town_left_out_leaves_its_villages_out(division: CountyDivision) -> None:
    plan = plan_units(division, Selection(frozenset({"990102100"}), types=TYPES), {})

    assert not any(unit.code.startswith("990102100") for unit in plan.new)


def test_what_the_county_has_stays_and_takes_new_villages(division: CountyDivision) -> None:
    town = KnownUnit("990102100", "青石镇", "township", is_closed=False)
    village = KnownUnit("990102100200", "石桥", "village", is_closed=False)

    plan = plan_units(division, Selection(types=TYPES), {each.code: each for each in (town, village)})

    assert plan.known == (town, village)
    assert [unit.code for unit in plan.below["990102100"]] == ["990102100201"]


def test_villages_of_a_closed_town_cannot_be_placed(division: CountyDivision) -> None:
    closed = KnownUnit("990102100", "青石镇", "township", is_closed=True)

    plan = plan_units(division, Selection(types=TYPES), {closed.code: closed})

    assert [unit.code for unit in plan.stranded] == ["990102100200", "990102100201"]
    assert not any(unit.parent_code == closed.code for unit in plan.new)


def test_units_of_one_name_below_one_parent_are_named(division: CountyDivision) -> None:
    plan = plan_units(division, Selection(types=TYPES), {})

    assert [unit.code for unit in plan.same_names(frozenset())] == ["990102100200", "990102100201"]
    there = frozenset({(None, "青石镇"), ("990102100", "坡上村")})
    assert "990102100" in [unit.code for unit in plan.same_names(there)]
    assert "990102400200" not in [unit.code for unit in plan.same_names(there)]


def test_choosing_on_one_page_leaves_the_other_pages_alone(division: CountyDivision) -> None:
    town = division.towns[1]
    before = Selection(frozenset({"990102001", "990102100200"}), {"990102001": "东城街道", "990102100200": "旧名"})

    after = before.choosing(
        town.villages,
        frozenset({"990102100200"}),
        {"990102100200": "石桥村", "990102100201": "上石桥村"},
    )

    assert after.left_out == {"990102001", "990102100201"}
    # A name that is the proposed one again needs not be kept.
    assert after.names == {"990102001": "东城街道", "990102100201": "上石桥村"}


def test_what_is_kept_reads_back() -> None:
    selection = Selection(frozenset({"990102100"}), {"990102001": "东城街道"}, {"town.town": "township"})

    assert read_selection(stored_selection(selection)) == selection
