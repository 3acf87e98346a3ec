"""Which unit type a kind of town or village becomes: one that the county has, or one that is set up along with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, count

from flask_babel import lazy_gettext as _l

from saas.divisions.names import TownKind, VillageKind
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import list_unit_types

COUNTY_LEVEL = 1

# How the pages name the kinds of rows.
KIND_LABELS: Mapping[str, object] = {
    f"town.{TownKind.SUBDISTRICT}": _l("街道"),
    f"town.{TownKind.TOWN}": _l("镇"),
    f"town.{TownKind.TOWNSHIP}": _l("乡"),
    f"town.{TownKind.ETHNIC_TOWNSHIP}": _l("民族乡"),
    f"town.{TownKind.ZONE}": _l("开发区、园区"),
    f"town.{TownKind.FARM}": _l("农场、林场"),
    f"town.{TownKind.OTHER}": _l("其他类似乡级单位"),
    f"village.{VillageKind.COMMUNITY}": _l("社区（居委会）"),
    f"village.{VillageKind.VILLAGE}": _l("村（村委会）"),
    f"village.{VillageKind.OTHER}": _l("其他类似村级单位"),
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A unit type as it is set up where the county has none; `aliases` are names under which it may have one."""

    code: str
    name: str
    depth: int  # levels below the county
    aliases: tuple[str, ...]


_SUBDISTRICT = Preset("subdistrict", "街道", 1, ("街道", "街道办事处"))
_TOWNSHIP = Preset("township", "乡镇", 1, ("乡镇", "镇", "乡", "镇街", "乡镇街道"))
_TOWN_LIKE = Preset("town_like", "开发区、农林场等", 1, ("开发区", "园区", "开发区、农林场等"))
_COMMUNITY = Preset("community", "社区", 2, ("社区", "居委会"))
_VILLAGE = Preset("village", "村", 2, ("村", "行政村", "村委会"))
_VILLAGE_LIKE = Preset("village_like", "类似村级单位", 2, ("类似村级单位",))
PRESETS: Mapping[str, Preset] = {
    f"town.{TownKind.SUBDISTRICT}": _SUBDISTRICT,
    f"town.{TownKind.TOWN}": _TOWNSHIP,
    f"town.{TownKind.TOWNSHIP}": _TOWNSHIP,
    f"town.{TownKind.ETHNIC_TOWNSHIP}": _TOWNSHIP,
    f"town.{TownKind.ZONE}": _TOWN_LIKE,
    f"town.{TownKind.FARM}": _TOWN_LIKE,
    f"town.{TownKind.OTHER}": _TOWN_LIKE,
    f"village.{VillageKind.COMMUNITY}": _COMMUNITY,
    f"village.{VillageKind.VILLAGE}": _VILLAGE,
    f"village.{VillageKind.OTHER}": _VILLAGE_LIKE,
}


def offered_types(root: OrgUnit | None) -> Sequence[UnitType]:
    """The county's types below its root, then those that would be set up: the latter have no id yet."""
    level = root.unit_type.level if root else COUNTY_LEVEL
    known = list_unit_types()
    own = [each for each in known if each.level > level and each.is_territorial]
    codes = {each.code for each in known}
    wanted = [preset for preset in dict.fromkeys(PRESETS.values()) if _own_type(preset, own) != preset.code]
    return [
        *own,
        *(
            UnitType(code=_free(each.code, codes), name=each.name, level=level + each.depth, parents=[])
            for each in wanted
        ),
    ]


def completed_types(keys: Iterable[str], chosen: Mapping[str, str], offered: Sequence[UnitType]) -> dict[str, str]:
    """The type of each kind: the chosen one if it is still offered, else the one that fits best."""
    codes = {each.code for each in offered}
    return {key: chosen[key] if chosen.get(key) in codes else _fitting(PRESETS[key], offered) for key in keys}


def _fitting(preset: Preset, offered: Sequence[UnitType]) -> str:
    """The county's own type of that code or name, else the one to be set up."""
    own = _own_type(preset, [each for each in offered if each.id is not None])
    return own or next(each.code for each in offered if each.id is None and each.name == preset.name)


def _own_type(preset: Preset, own: Sequence[UnitType]) -> str | None:
    if any(each.code == preset.code for each in own):
        return preset.code
    by_name = {each.name: each.code for each in own}
    return next((by_name[alias] for alias in preset.aliases if alias in by_name), None)


def _free(code: str, taken: AbstractSet[str]) -> str:
    """A code that no type of the county has: it may have the usual one for something else."""
    return next(each for each in chain([code], (f"{code}_{number}" for number in count(2))) if each not in taken)
