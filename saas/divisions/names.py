"""What the name and the code of a town or village say about it. Pure: nothing is looked up.

The codes follow the rules of the national statistics office (统计用区划代码编制规则). Digits 7 to 9 number the towns
of a county: 001-099 subdistricts, 100-199 towns, 200-399 townships, 400-599 what is like a town (zones, farms). Digits
10 to 12 number the villages: 001-199 residents' committees, 200-399 villagers' committees, 400-599 what is like one.
"""

from __future__ import annotations

import re
from enum import StrEnum


class TownKind(StrEnum):
    """What a row of the town level is. Stored in drafts: never rename a value."""

    SUBDISTRICT = "subdistrict"  # 街道
    TOWN = "town"  # 镇
    TOWNSHIP = "township"  # 乡、苏木
    ETHNIC_TOWNSHIP = "ethnic_township"  # 民族乡、民族苏木
    ZONE = "zone"  # 开发区、园区、管理区
    FARM = "farm"  # 农场、林场、牧场
    OTHER = "other"  # 其他类似乡级单位


class VillageKind(StrEnum):
    """What a row of the village level is. Stored in drafts: never rename a value."""

    COMMUNITY = "community"  # 社区（居民委员会）
    VILLAGE = "village"  # 村（村民委员会）
    OTHER = "other"  # 类似村级单位


_REMARK = re.compile(r"（[^（）]*）$")
_ZONE_ENDINGS = ("区", "园", "管委会", "管理委员会", "基地", "集团", "新城")
_NOT_A_FARM = ("市场", "广场", "机场")
_RESIDENTS = ("居委会", "居民委员会")
_VILLAGERS = ("村委会", "村民委员会", "嘎查委员会", "嘎查委会")
_VILLAGE_ENDINGS = ("村", "嘎查", "社区", "屯", "寨")


def town_kind(name: str, code: str) -> TownKind:
    """Tell the kind of a town by the end of its name, and by its nine-digit code where the name says nothing."""
    plain = _REMARK.sub("", name) or name
    return _kind_by_name(plain) or _kind_by_number(plain, int(code[6:9]))


def _kind_by_name(name: str) -> TownKind | None:
    endings: tuple[tuple[TownKind, tuple[str, ...]], ...] = (
        (TownKind.SUBDISTRICT, ("街道", "街道办事处")),
        (TownKind.ETHNIC_TOWNSHIP, ("族乡", "民族苏木")),
        (TownKind.TOWNSHIP, ("乡", "苏木")),
        (TownKind.TOWN, ("镇",)),
    )
    for kind, ends in endings:
        if name.endswith(ends):
            return kind
    if name.endswith("场") and not name.endswith(_NOT_A_FARM):
        return TownKind.FARM
    return None


def _kind_by_number(name: str, number: int) -> TownKind:
    if name.endswith("区划"):  # rows that only hold villages without a town of their own
        return TownKind.OTHER
    if number < 100:
        return TownKind.SUBDISTRICT  # such as 地区办事处
    if number < 200:
        return TownKind.TOWN
    if number < 400:
        return TownKind.TOWNSHIP
    return TownKind.ZONE if name.endswith(_ZONE_ENDINGS) else TownKind.OTHER


def village_kind(name: str, code: str) -> VillageKind:
    """Tell the kind of a village by its committee, and by its twelve-digit code where the name names none."""
    if name.endswith(_RESIDENTS):
        return VillageKind.COMMUNITY
    if name.endswith(_VILLAGERS):
        return VillageKind.VILLAGE
    number = int(code[9:12])
    if number < 200:
        return VillageKind.COMMUNITY
    return VillageKind.VILLAGE if number < 400 else VillageKind.OTHER


def is_virtual(name: str) -> bool:
    """Whether a row exists for statistics only (虚拟社区, 虚拟生活区): nobody works there, so it is not taken along."""
    return "虚拟" in name or name.endswith("区划")


def proposed_town_name(name: str) -> str:
    """The name that people use: without 办事处. Anything else stays as it is."""
    return name.removesuffix("办事处") if name.endswith("街道办事处") and len(name) > 5 else name


def proposed_village_name(name: str) -> str:
    """The name of the place instead of the one of its committee: 张庄村委会 is 张庄村, 东街社区居委会 is 东街社区.

    A residents' committee whose name does not speak of a 社区 stays one (东街居民委员会 is 东街居委会), and what has no
    such ending keeps its name: nothing is made up.
    """
    place = _without(name, ("委员会", "委会")) if name.endswith(("嘎查委员会", "嘎查委会")) else None
    if place:
        return place
    place = _without(name, ("村民委员会", "村委会"))
    if place:
        return place if place.endswith(_VILLAGE_ENDINGS) else place + "村"
    place = _without(name, _RESIDENTS)
    if place:
        return place if place.endswith("社区") else place + "居委会"
    return name


def _without(name: str, endings: tuple[str, ...]) -> str:
    """The name without the first of these endings that it has, or nothing."""
    ending = next((each for each in endings if name.endswith(each)), None)
    return name.removesuffix(ending) if ending else ""
