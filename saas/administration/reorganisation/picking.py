"""Picking the units of a step by search, page by page. What was picked stands in the address: no script is needed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from saas.administration.reorganisation.stage import Stage
from saas.domain.reorganisation_steps import StepKind

MOST = 60  # units in one step


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one unit or several in a step."""

    name: str
    label: object
    is_many: bool = False
    is_needed: bool = True
    hint: object = ""
    least: int = 1


SLOTS: Mapping[StepKind, tuple[Slot, ...]] = {
    StepKind.CREATE: (Slot("parent", _l("上级单位")),),
    StepKind.RENAME: (Slot("unit", _l("更名的单位")),),
    StepKind.MOVE: (Slot("units", _l("调整的单位"), is_many=True), Slot("parent", _l("新的上级单位"))),
    StepKind.MERGE: (
        Slot("units", _l("被合并的单位"), is_many=True),
        Slot("into", _l("合并到（现有单位）"), is_needed=False, hint=_l("不选则合并为一个新单位，在下面填写")),
        Slot("parent", _l("新单位的上级"), is_needed=False, hint=_l("原单位同属一个上级的不用选")),
    ),
    StepKind.SPLIT: (
        Slot("unit", _l("被拆分的单位")),
        Slot("targets", _l("承接的现有单位"), is_many=True, is_needed=False, hint=_l("全部划入新单位的不用选")),
    ),
    StepKind.CHANGE_TYPE: (Slot("unit", _l("改变类型的单位")),),
    StepKind.DISSOLVE: (
        Slot("unit", _l("撤销的单位")),
        Slot("children_to", _l("下级单位划归"), is_needed=False, hint=_l("没有下级单位的不用选")),
    ),
}


@dataclass(frozen=True, slots=True)
class Picked:
    """The units that were picked for each slot of a step."""

    kind: StepKind
    chosen: Mapping[str, tuple[uuid.UUID, ...]]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places of the step. A new unit's parent is not asked for where an existing unit was picked."""
        slots = SLOTS[self.kind]
        return tuple(slot for slot in slots if not (slot.name == "parent" and self.chosen.get("into")))

    def units(self, slot: str) -> tuple[uuid.UUID, ...]:
        """The units in a slot."""
        return self.chosen.get(slot, ())

    def one(self, slot: str) -> uuid.UUID | None:
        """The unit in a slot, or None."""
        return next(iter(self.units(slot)), None)

    def need(self, slot: str) -> uuid.UUID:
        """The unit in a slot that must be filled."""
        return self.units(slot)[0]

    def ending(self) -> list[uuid.UUID]:
        """The units whose posts have to go somewhere."""
        kept = self.units("into")
        return [unit for unit in (*self.units("units"), *self.units("unit")) if unit not in kept]

    @property
    def is_complete(self) -> bool:
        """Whether every slot that must be filled is."""
        return all(self.units(slot.name) for slot in self.slots if slot.is_needed)

    @property
    def next_slot(self) -> str:
        """The first slot that must be filled and is not, or the first."""
        empty = (slot.name for slot in self.slots if slot.is_needed and not self.units(slot.name))
        return next(empty, self.slots[0].name)

    def address(self, **more: object) -> dict[str, object]:
        """The query of a page with the same units."""
        query: dict[str, object] = {"kind": self.kind.value}
        query |= {slot: [str(unit) for unit in units] for slot, units in self.chosen.items() if units}
        return query | more

    def with_unit(self, slot: str, unit: uuid.UUID) -> Picked:
        """The same with one unit more, or another one where there is room for one."""
        is_many = any(each.name == slot and each.is_many for each in SLOTS[self.kind])
        units = (*self.units(slot), unit) if is_many else (unit,)
        return Picked(self.kind, {**self.chosen, slot: tuple(dict.fromkeys(units))})

    def without(self, slot: str, unit: uuid.UUID) -> Picked:
        """The same with one unit less."""
        return Picked(self.kind, {**self.chosen, slot: tuple(each for each in self.units(slot) if each != unit)})


def read_picked(values: MultiDict[str, str], stage: Stage) -> Picked:
    """Read what was picked. Raise NoResultFound (404) for no kind, or a unit that may not be chosen."""
    try:
        kind = StepKind(values.get("kind", ""))
        chosen = {
            slot.name: tuple(dict.fromkeys(uuid.UUID(text) for text in values.getlist(slot.name) if text))
            for slot in SLOTS[kind]
        }
    except ValueError:
        raise NoResultFound("no such step") from None
    for slot in SLOTS[kind]:
        units = chosen[slot.name]
        if len(units) > (MOST if slot.is_many else 1) or not all(stage.may_choose(unit) for unit in units):
            raise NoResultFound("not to be chosen")
    return Picked(kind, chosen)
