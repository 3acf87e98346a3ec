"""What happens to each unit of a reorganisation, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from saas.administration.reorganisation.queries import list_hierarchies
from saas.domain.hierarchy import Tree
from saas.domain.organisation import ADMINISTRATIVE
from saas.domain.reorganisation import Following, Outcome
from saas.domain.reorganisation_steps import Key


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit and what happens to it. `exists`: it has a page already."""

    unit_id: Key
    text: str
    note: str
    exists: bool = True


@dataclass(frozen=True, slots=True)
class _Trees:
    """A hierarchy on the day, as it would be and as it will be."""

    code: str
    name: str
    before: Tree[Key]
    after: Tree[Key]


def describe_units(outcome: Outcome) -> list[UnitLine]:
    """Return the units that come, end and change, in this order."""
    day, after = outcome.effective_on, outcome.after.tree_on(outcome.effective_on)
    trees = [
        _Trees(
            hierarchy.code,
            hierarchy.name,
            outcome.before.tree_on(day, hierarchy.code),
            outcome.after.tree_on(day, hierarchy.code),
        )
        for hierarchy in list_hierarchies()
    ]
    return [
        *(_created(outcome, unit, after) for unit in outcome.created),
        *(_closed(outcome, unit) for unit in outcome.closed),
        *(_changed(outcome, unit, trees) for unit in outcome.changed),
    ]


def _before(outcome: Outcome, unit: Key | None) -> str:
    return outcome.before.name_of(unit, outcome.effective_on) if unit else ""


def _after(outcome: Outcome, unit: Key | None) -> str:
    return outcome.after.name_of(unit, outcome.effective_on) if unit else ""


def _created(outcome: Outcome, unit: Key, tree: Tree[Key]) -> UnitLine:
    version, parent = outcome.after.versions[unit][0], tree.parent_of(unit)
    words = [outcome.after.types[version.type].name, gettext("隶属%(parent)s", parent=_after(outcome, parent))]
    origins = [_before(outcome, each.predecessor) for each in outcome.successions if each.successor == unit]
    if origins:
        words.append(gettext("由%(units)s而来", units="、".join(origins)))
    return UnitLine(unit, gettext("新设 %(name)s", name=version.name), "，".join(words), exists=False)


_ENDS = {
    Following.MERGED: lambda units: gettext("并入%(units)s", units=units),
    Following.SPLIT: lambda units: gettext("拆分为%(units)s", units=units),
    Following.CONVERTED: lambda units: gettext("改制为%(units)s", units=units),
}


def _closed(outcome: Outcome, unit: Key) -> UnitLine:
    kinds = [each.kind for each in outcome.successions if each.predecessor == unit]
    heirs = "、".join(_after(outcome, heir) for heir in outcome.successors_of(unit))
    note = _ENDS[kinds[0]](heirs) if kinds else gettext("没有承接单位")
    return UnitLine(unit, gettext("撤销 %(name)s", name=_before(outcome, unit)), note)


def _changed(outcome: Outcome, unit: Key, trees: Sequence[_Trees]) -> UnitLine:
    note = "；".join(_changes(outcome, unit, trees))
    return UnitLine(unit, gettext("调整 %(name)s", name=_before(outcome, unit)), note)


def _changes(outcome: Outcome, unit: Key, trees: Sequence[_Trees]) -> Iterator[str]:
    day = outcome.effective_on
    old, new = outcome.before.version_on(unit, day), outcome.after.version_on(unit, day)
    if old and new and old.name != new.name:
        yield gettext("更名为%(name)s", name=new.name)
    if old and new and old.type != new.type:
        types = outcome.after.types
        yield gettext("类型由%(old)s改为%(new)s", old=types[old.type].name, new=types[new.type].name)
    for tree in trees:
        before, after = tree.before.parents.get(unit), tree.after.parents.get(unit)
        if before == after:
            continue
        words = gettext(
            "隶属由%(old)s改为%(new)s",
            old=_before(outcome, before) or gettext("（无）"),
            new=_after(outcome, after) or gettext("（无）"),
        )
        below = len(tree.after.subtree(unit)) - 1
        if below and tree.code == ADMINISTRATIVE:
            words += gettext("，连同下级单位 %(count)s 个", count=below)
        yield words if tree.code == ADMINISTRATIVE else f"{tree.name}：{words}"
