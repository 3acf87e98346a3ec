"""What the names of towns and villages say. All names are invented."""

from __future__ import annotations

import pytest

from saas.divisions.names import (
    TownKind,
    VillageKind,
    is_virtual,
    proposed_town_name,
    proposed_village_name,
    town_kind,
    village_kind,
)


@pytest.mark.parametrize(
    ("name", "number", "kind"),
    [
        ("青禾街道", "001", TownKind.SUBDISTRICT),
        ("青禾街道办事处", "001", TownKind.SUBDISTRICT),
        ("青禾地区", "008", TownKind.SUBDISTRICT),  # the name says nothing, the number does
        ("青禾街道", "403", TownKind.SUBDISTRICT),  # the name goes before the number
        ("青禾镇", "100", TownKind.TOWN),
        ("青禾镇（开发区托管）", "400", TownKind.TOWN),
        ("青禾乡", "200", TownKind.TOWNSHIP),
        ("青禾苏木", "201", TownKind.TOWNSHIP),
        ("青禾民族乡", "202", TownKind.ETHNIC_TOWNSHIP),
        ("青禾回族乡", "202", TownKind.ETHNIC_TOWNSHIP),
        ("青禾经济开发区", "400", TownKind.ZONE),
        ("青禾工业园", "401", TownKind.ZONE),
        ("青禾景区管委会", "401", TownKind.ZONE),
        ("青禾农场", "500", TownKind.FARM),
        ("国营青禾林场", "501", TownKind.FARM),
        ("青禾大市场", "401", TownKind.OTHER),
        ("青禾林业局", "502", TownKind.OTHER),
        ("青禾直辖村级区划", "198", TownKind.OTHER),
    ],
)
def test_the_kind_of_a_town(name: str, number: str, kind: TownKind) -> None:
    assert town_kind(name, "990101" + number) is kind


@pytest.mark.parametrize(
    ("name", "number", "kind"),
    [
        ("东街社区居委会", "001", VillageKind.COMMUNITY),
        ("东街居民委员会", "201", VillageKind.COMMUNITY),  # the committee goes before the number
        ("东街社区", "002", VillageKind.COMMUNITY),
        ("张庄村委会", "200", VillageKind.VILLAGE),
        ("张庄村村民委员会", "001", VillageKind.VILLAGE),
        ("张庄村", "200", VillageKind.VILLAGE),
        ("青禾嘎查", "201", VillageKind.VILLAGE),
        ("农场三连", "301", VillageKind.VILLAGE),
        ("农场三连生活区", "503", VillageKind.OTHER),
        ("工业园虚拟社区", "498", VillageKind.OTHER),
    ],
)
def test_the_kind_of_a_village(name: str, number: str, kind: VillageKind) -> None:
    assert village_kind(name, "990101100" + number) is kind


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("张庄村委会", "张庄村"),
        ("张庄村民委员会", "张庄村"),
        ("张庄村村民委员会", "张庄村"),
        ("新村委会", "新村"),
        ("东街社区居委会", "东街社区"),
        ("东街社区居民委员会", "东街社区"),
        ("东街社区村委会", "东街社区"),
        ("青禾嘎查村委会", "青禾嘎查"),
        ("青禾嘎查委员会", "青禾嘎查"),
        ("青禾嘎查委会", "青禾嘎查"),
        # Not said to be a 社区, so it is not called one.
        ("东街居民委员会", "东街居委会"),
        ("东街居委会", "东街居委会"),
        ("张庄村居民委员会", "张庄村居委会"),
        # No such ending, or nothing before it: as it stands in the list.
        ("农场三连生活区", "农场三连生活区"),
        ("张庄村", "张庄村"),
        ("青禾牧委会", "青禾牧委会"),
        ("张庄村村民委会", "张庄村村民委会"),
        ("村委会", "村委会"),
    ],
)
def test_the_proposed_name_of_a_village(name: str, proposed: str) -> None:
    assert proposed_village_name(name) == proposed


def test_the_proposed_name_of_a_town_leaves_the_office_out() -> None:
    assert proposed_town_name("青禾街道办事处") == "青禾街道"
    assert proposed_town_name("街道办事处") == "街道办事处"
    assert proposed_town_name("青禾开发区办事处") == "青禾开发区办事处"


def test_rows_that_only_statistics_know_are_told_apart() -> None:
    assert is_virtual("工业园虚拟社区")
    assert is_virtual("青禾直辖村级区划")
    assert not is_virtual("张庄村委会")
