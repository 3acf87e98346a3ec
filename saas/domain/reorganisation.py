"""What a reorganisation (机构调整) does to the organisation: pure, from its steps and its day.

Nothing of the past changes: versions and places end on the day and others begin. What could not be is refused with a
HierarchyError and nothing has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from saas.domain.errors import HierarchyError
from saas.domain.organisation import ADMINISTRATIVE, Organisation, Working
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Key,
    Merge,
    Move,
    NewUnit,
    PostChoices,
    Rename,
    Split,
    Step,
    Target,
)


class Following(StrEnum):
    """How a unit follows another. The values are those that the database keeps."""

    MERGED = "merged"  # 合并
    SPLIT = "split"  # 拆分
    CONVERTED = "converted"  # 改制


@dataclass(frozen=True, slots=True)
class Succession:
    """A unit follows another from a day on (沿革)."""

    predecessor: Key
    successor: Key
    kind: Following
    effective_on: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """The organisation before and after, and what else follows.

    `posts` says of each post of a unit that ends (or gives off another) at which unit it goes on; None: it ends.
    """

    effective_on: date
    before: Organisation
    after: Organisation
    successions: tuple[Succession, ...]
    posts: Mapping[Key, Key | None]

    @property
    def created(self) -> tuple[Key, ...]:
        """The units that come to exist."""
        return tuple(unit for unit in self.after.units if unit not in self.before.units)

    @property
    def closed(self) -> tuple[Key, ...]:
        """The units that end."""
        return tuple(unit for unit, life in self.before.units.items() if self.after.units[unit] != life)

    @property
    def changed(self) -> tuple[Key, ...]:
        """The units that go on with another name, type or place."""
        gone = set(self.closed)
        return tuple(unit for unit in self.before.units if unit not in gone and self._differs(unit))

    def _differs(self, unit: Key) -> bool:
        if self.before.versions.get(unit) != self.after.versions.get(unit):
            return True
        return any(
            places.get(unit) != self.before.placements.get(code, {}).get(unit)
            for code, places in self.after.placements.items()
        )

    def successors_of(self, unit: Key) -> tuple[Key, ...]:
        """The units that follow a unit."""
        return tuple(each.successor for each in self.successions if each.predecessor == unit)


@dataclass(slots=True)
class _Under:
    """A reorganisation under way."""

    work: Working
    successions: list[Succession] = field(default_factory=list)
    posts: dict[Key, Key | None] = field(default_factory=dict)

    def follow(self, predecessor: Key, successor: Key, kind: Following) -> None:
        self.successions.append(Succession(predecessor, successor, kind, self.work.day))

    def hand_on(self, unit: Key, choices: PostChoices, default: Key | None) -> None:
        """Say where the posts of a unit that ends go on."""
        for post in self.work.posts.get(unit, ()):
            self.posts[post] = choices.get(post, default)


def reorganise(organisation: Organisation, steps: Sequence[Step], effective_on: date) -> Outcome:
    """Return what the steps, taken in order, make of the organisation from a day on.

    Raises HierarchyError: `not_there`, `later_change`, `code_taken`, `unknown_type`, `wrong_parent_type`,
    `hierarchy_cycle`, `same_parent`, `no_change`, `is_root`, `has_children`, `children_unassigned`,
    `posts_unassigned`, `parent_needed`, `bad_dates`, `nothing`.
    """
    if not steps:
        raise HierarchyError("还没有调整事项", code="nothing")
    under = _Under(Working(organisation, effective_on))
    for step in steps:
        _TAKE[type(step)](under, step)
    under.work.check()
    return Outcome(
        effective_on, organisation, under.work.result(), tuple(dict.fromkeys(under.successions)), dict(under.posts)
    )


# --- the steps --------------------------------------------------------------------------------------------------------


def _create(under: _Under, step: Create) -> None:
    if step.new.parent is None:
        raise HierarchyError("请指定“{name}”的上级单位", code="parent_needed", name=step.new.name)
    under.work.require(step.new.parent)
    under.work.open(step.new)
    under.work.put(ADMINISTRATIVE, step.new.unit, step.new.parent)


def _rename(under: _Under, step: Rename) -> None:
    under.work.change(step.unit, name=step.name, short_name=step.short_name)


def _move(under: _Under, step: Move) -> None:
    work = under.work
    if step.hierarchy not in work.placements:
        raise HierarchyError("没有这个层级体系", code="not_in_hierarchy")
    work.require(step.parent)
    for unit in step.units:
        name, present = work.require(unit).name, work.place_of(step.hierarchy, unit)
        if present is None or present.parent is None:
            raise HierarchyError("“{name}”在这个层级体系中没有上级，不能调整", code="is_root", name=name)
        if present.parent == step.parent:
            raise HierarchyError("“{name}”已隶属这个上级", code="same_parent", name=name)
        if unit == step.parent:
            raise HierarchyError("“{name}”不能设在自己或自己的下级之下", code="hierarchy_cycle", name=name)
        work.put(step.hierarchy, unit, step.parent)


def _merge(under: _Under, step: Merge) -> None:
    into = step.into.unit if isinstance(step.into, NewUnit) else step.into
    gone = tuple(unit for unit in dict.fromkeys(step.units) if unit != into)
    if not gone or (isinstance(step.into, NewUnit) and len(gone) < 2):
        raise HierarchyError("合并至少涉及两个单位", code="too_few")
    for unit in gone:
        under.work.require(unit)
    _set_up(under, step.into, gone)
    _succeed(under, gone, into, Following.MERGED)
    for unit in gone:
        under.hand_on(unit, step.posts, into)


def _change_type(under: _Under, step: ChangeType) -> None:
    present = under.work.require(step.unit)
    under.work.rule(step.type)
    if step.new is None:
        names = {"name": step.name or present.name, "short_name": step.short_name or present.short_name}
        if step.name and not step.short_name:
            names["short_name"] = ""
        under.work.change(step.unit, type=step.type, **names)
        return
    if present.type == step.new.type:
        raise HierarchyError("“{name}”没有变化", code="no_change", name=present.name)
    _set_up(under, step.new, (step.unit,))
    _succeed(under, (step.unit,), step.new.unit, Following.CONVERTED)
    under.hand_on(step.unit, step.posts, step.new.unit)


def _split(under: _Under, step: Split) -> None:
    work = under.work
    name = work.require(step.unit).name
    targets = [each for each in step.into if each != step.unit]
    keys = [each.unit if isinstance(each, NewUnit) else each for each in targets]
    if len(set(keys)) != len(keys) or len(keys) < (1 if step.keeps_unit else 2):
        raise HierarchyError("拆分后至少应有两个单位", code="too_few")
    _refuse_superiors(work, step.unit, keys)
    for target in targets:
        _set_up(under, target, (step.unit,))
    heirs = {*keys, step.unit} if step.keeps_unit else set(keys)
    for hierarchy in _standing_in(work, (step.unit,)):
        _stand_beside(work, hierarchy, step.unit, keys)
        _divide(work, hierarchy, step, heirs)
    for key in keys:
        under.follow(step.unit, key, Following.SPLIT)
    _divide_posts(under, step, heirs, name)
    if not step.keeps_unit:
        work.close(step.unit)


def _refuse_superiors(work: Working, unit: Key, heirs: Sequence[Key]) -> None:
    """A unit above would become the heir of what stands below it, and past reports would count it twice or not."""
    for hierarchy in _standing_in(work, (unit,)):
        place = work.place_of(hierarchy, unit)
        while place is not None and place.parent is not None:
            if place.parent in heirs:
                words = "“{name}”是“{unit}”的上级，不能作为拆分后的单位；要改由上级直管，请用“调整隶属”"
                raise HierarchyError(words, code="into_superior", name=work.name(place.parent), unit=work.name(unit))
            place = work.place_of(hierarchy, place.parent)


def _stand_beside(work: Working, hierarchy: str, unit: Key, heirs: Sequence[Key]) -> None:
    place = work.place_of(hierarchy, unit)
    for heir in heirs:
        if place is not None and work.place_of(hierarchy, heir) is None:
            work.put(hierarchy, heir, place.parent)


def _divide(work: Working, hierarchy: str, step: Split, heirs: set[Key]) -> None:
    below = work.children(hierarchy, step.unit)
    unassigned = [child for child in below if child not in step.children and child not in heirs]
    if unassigned and not step.keeps_unit:
        names = "、".join(work.name(child) for child in unassigned)
        raise HierarchyError("请为下级单位指定去向：{names}", code="children_unassigned", names=names)
    for child in below:
        heir = step.children.get(child)
        if heir is None or heir == child or heir == step.unit and step.keeps_unit:
            continue
        if heir not in heirs:
            raise HierarchyError(
                "“{name}”的去向不在拆分后的单位之中", code="children_unassigned", name=work.name(child)
            )
        work.put(hierarchy, child, heir, is_carried=True)


def _divide_posts(under: _Under, step: Split, heirs: set[Key], name: str) -> None:
    for post in under.work.posts.get(step.unit, ()):
        if post not in step.posts:
            if step.keeps_unit:
                continue
            raise HierarchyError("请为“{name}”的每个岗位指定去向", code="posts_unassigned", name=name)
        heir = step.posts[post]
        if heir is not None and heir not in heirs:
            raise HierarchyError("请为“{name}”的每个岗位指定去向", code="posts_unassigned", name=name)
        if heir != step.unit:
            under.posts[post] = heir


def _dissolve(under: _Under, step: Dissolve) -> None:
    work = under.work
    work.require(step.unit)
    if step.children_to is not None:
        work.require(step.children_to)
    for hierarchy in _standing_in(work, (step.unit,)):
        below = work.children(hierarchy, step.unit)
        place = work.place_of(hierarchy, step.unit)
        if below and step.children_to is None:
            names = "、".join(work.name(child) for child in below)
            raise HierarchyError("请为下级单位指定去向：{names}", code="children_unassigned", names=names)
        is_there = step.children_to is not None and work.place_of(hierarchy, step.children_to) is not None
        for child in below:
            heir = step.children_to if is_there else place.parent if place else None
            work.put(hierarchy, child, place.parent if place and child == heir else heir, is_carried=True)
    work.close(step.unit)
    under.hand_on(step.unit, {}, None)


_TAKE: Mapping[type[Step], Callable[[_Under, Any], None]] = {
    Create: _create,
    Rename: _rename,
    Move: _move,
    Merge: _merge,
    Split: _split,
    ChangeType: _change_type,
    Dissolve: _dissolve,
}


# --- following --------------------------------------------------------------------------------------------------------


def _set_up(under: _Under, target: Target, followed: Sequence[Key]) -> None:
    """Set up a successor where it is new, in its own place or that of the units it follows; else it must exist."""
    work = under.work
    if not isinstance(target, NewUnit):
        work.require(target)
        return
    parents = [_parent_outside(work, ADMINISTRATIVE, unit, followed) for unit in followed]
    if target.parent is None and len(set(parents)) != 1:
        raise HierarchyError(
            "原单位不在同一个上级之下，请指定“{name}”的上级单位", code="parent_needed", name=target.name
        )
    if target.parent is not None:
        work.require(target.parent)
    work.open(target)
    work.put(ADMINISTRATIVE, target.unit, target.parent or parents[0])


def _succeed(under: _Under, gone: Sequence[Key], heir: Key, kind: Following) -> None:
    """Let a unit take the places of others in every hierarchy, with what stands below them; they end."""
    work = under.work
    for hierarchy in _standing_in(work, gone):
        standing = [unit for unit in gone if work.place_of(hierarchy, unit) is not None]
        above = _parent_outside(work, hierarchy, standing[0], gone)
        if work.place_of(hierarchy, heir) is None:
            work.put(hierarchy, heir, above)
        for unit in standing:
            for child in work.children(hierarchy, unit):
                if child == heir:
                    work.put(hierarchy, heir, _parent_outside(work, hierarchy, unit, gone), is_carried=True)
                elif child not in gone:
                    work.put(hierarchy, child, heir, is_carried=True)
    for unit in _lowest_first(work, gone):
        work.close(unit)
        under.follow(unit, heir, kind)


def _standing_in(work: Working, units: Sequence[Key]) -> Iterator[str]:
    return (code for code in work.hierarchies if any(work.place_of(code, unit) is not None for unit in units))


def _parent_outside(work: Working, hierarchy: str, unit: Key, gone: Sequence[Key]) -> Key | None:
    """The nearest unit above that goes on."""
    place = work.place_of(hierarchy, unit)
    while place is not None and place.parent in gone:
        place = work.place_of(hierarchy, place.parent) if place.parent else None
    return place.parent if place else None


def _lowest_first(work: Working, units: Sequence[Key]) -> list[Key]:
    tree = work.result().tree_on(work.day)
    return sorted(units, key=lambda unit: -tree.depth(unit) if unit in tree.parents else 0)
