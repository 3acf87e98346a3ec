"""The organisation as the steps so far would make it: what the next step is chosen from, and steps in words."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.administration.reorganisation.queries import find_reach, list_hierarchies, list_types, steps_of
from saas.db import db
from saas.domain.errors import HierarchyError
from saas.domain.organisation import Organisation
from saas.domain.reorganisation import reorganise
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Key,
    Merge,
    Move,
    NewUnit,
    Rename,
    Split,
    Step,
    StepKind,
    Target,
    new_units,
    units_named,
)
from saas.org.models import OrgUnit, Post, Reorganisation
from saas.org.queries import Looking, list_units_by_id
from saas.org.reorganising import load_organisation
from saas.org.versions import facts_on

FOUND = 20
KIND_LABELS: Mapping[StepKind, object] = {
    StepKind.CREATE: _l("新设单位"),
    StepKind.RENAME: _l("更名"),
    StepKind.MOVE: _l("调整隶属"),
    StepKind.MERGE: _l("合并"),
    StepKind.SPLIT: _l("拆分"),
    StepKind.CHANGE_TYPE: _l("改变类型"),
    StepKind.DISSOLVE: _l("撤销"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A unit that may be chosen: its name, and its code and parent to tell it from others."""

    unit_id: uuid.UUID
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The organisation on the day after the steps so far. `problem` says why these cannot be, if they cannot."""

    organisation: Organisation
    day: date
    reach: frozenset[uuid.UUID] | None
    drafted: frozenset[uuid.UUID]
    problem: HierarchyError | None = None

    def name(self, unit: Key | None) -> str:
        """What a unit is called on the day."""
        return self.organisation.name_of(unit, self.day) if unit else ""

    def may_choose(self, unit: Key) -> bool:
        """Whether a unit exists on the day and the viewer may change it."""
        is_within = self.reach is None or unit in self.reach or unit in self.drafted
        return is_within and self.organisation.version_on(unit, self.day) is not None

    def type_of(self, unit: Key) -> str:
        """The code of a unit's type on the day."""
        version = self.organisation.version_on(unit, self.day)
        return version.type if version else ""

    def search(self, words: str, besides: Collection[Key] = ()) -> tuple[list[Found], bool]:
        """The first units besides some whose name, code or pinyin contains the words; and whether there are more."""
        parents = self.organisation.tree_on(self.day).parents
        by_pinyin = _ids_by_pinyin(words)
        found = []
        for unit, life in self.organisation.units.items():
            version = self.organisation.version_on(unit, self.day)
            if version is None or unit in besides or not self.may_choose(unit):
                continue
            texts = (version.name, version.short_name, life.code.lower())
            if unit in by_pinyin or any(words.lower() in text.lower() for text in texts):
                type_name = self.organisation.types[version.type].name
                note = " · ".join(filter(None, (life.code, type_name, self.name(parents.get(unit)))))
                found.append(Found(unit, version.name, note))
            if len(found) > FOUND:
                break
        return found[:FOUND], len(found) > FOUND

    def children(self, unit: Key) -> list[Key]:
        """The units right below one on the day, in any tree."""
        found: dict[Key, None] = {}
        for code in self.organisation.placements:
            found |= dict.fromkeys(self.organisation.tree_on(self.day, code).children_of(unit))
        return list(found)


def stage_of(reorganisation: Reorganisation, viewer: Looking, today: date) -> Stage:
    """Return the organisation as it would be after the steps so far."""
    organisation, problem = load_organisation(), None
    steps = steps_of(reorganisation)
    drafted = frozenset(new.unit for step in steps for new in new_units(step))
    if steps:
        try:
            organisation = reorganise(organisation, steps, reorganisation.effective_on).after
        except HierarchyError as error:
            problem = error
    return Stage(organisation, reorganisation.effective_on, find_reach(viewer, today), drafted, problem)


def _ids_by_pinyin(words: str) -> frozenset[uuid.UUID]:
    if not words.isascii():
        return frozenset()
    statement = select(OrgUnit.id).where(OrgUnit.search_key.contains(words.lower(), autoescape=True))
    return frozenset(db.session.scalars(statement.order_by(OrgUnit.id).limit(500)).all())


def list_posts(unit_ids: Sequence[uuid.UUID]) -> Sequence[Post]:
    """The posts in use of units."""
    return db.session.scalars(
        select(Post)
        .where(Post.unit_id.in_(unit_ids), Post.is_active)
        .order_by(Post.unit_id, Post.sort_order, Post.name, Post.id)
    ).all()


def _names_on(day: date, steps: Sequence[Step]) -> dict[uuid.UUID, str]:
    """What the units of steps were called on the last day before, or are called now where they did not exist then."""
    named = {unit for step in steps for unit in units_named(step)}
    names = {unit_id: unit.name for unit_id, unit in list_units_by_id(list(named)).items()}
    return names | {unit_id: facts.name for unit_id, facts in facts_on(day - timedelta(days=1), named).items()}


# --- in words ---------------------------------------------------------------------------------------------------------


def _(text: str, **names: str) -> str:
    return str(gettext(text, **names))


class Wording:
    """Steps in words, with the names of the day before they were taken and those of new units."""

    def __init__(self, reorganisation: Reorganisation) -> None:
        self.steps = steps_of(reorganisation)
        named = {new.unit: new.name for step in self.steps for new in new_units(step)}
        self._names = {**_names_on(reorganisation.effective_on, self.steps), **named}
        self._trees = {hierarchy.code: hierarchy.name for hierarchy in list_hierarchies()}
        self._types = {kind.code: kind.name for kind in list_types()}

    def describe(self, step: Step) -> str:
        """Return what a step does."""
        match step:
            case Create(new):
                return _("新设%(unit)s，隶属%(parent)s", unit=self._new(new), parent=self._name(new.parent))
            case Rename(unit, name):
                return _("%(unit)s更名为“%(name)s”", unit=self._name(unit), name=name)
            case Move(units, parent, hierarchy):
                words = _("%(units)s改隶属%(parent)s", units=self._all(units), parent=self._name(parent))
                return words if hierarchy == "administrative" else f"{self._trees.get(hierarchy, hierarchy)}：{words}"
            case Merge(units, into):
                return _("%(units)s合并为%(into)s", units=self._all(units), into=self._target(into))
            case Split(unit, into, keeps_unit=keeps_unit):
                heirs = "、".join(self._target(each) for each in into)
                if keeps_unit:
                    return _("从%(unit)s分出%(heirs)s，原单位保留", unit=self._name(unit), heirs=heirs)
                return _("%(unit)s拆分为%(heirs)s", unit=self._name(unit), heirs=heirs)
            case ChangeType():
                return self._retyped(step)
            case Dissolve(unit, children_to):
                words = _("撤销%(unit)s", unit=self._name(unit))
                return words + (_("，下级划归%(heir)s", heir=self._name(children_to)) if children_to else "")

    def _retyped(self, step: ChangeType) -> str:
        kind = self._types.get(step.type, step.type)
        if step.new is not None:
            return _("%(unit)s改制为新单位%(new)s", unit=self._name(step.unit), new=self._new(step.new))
        words = _("%(unit)s改为%(type)s", unit=self._name(step.unit), type=kind)
        return words + (_("，更名为“%(name)s”", name=step.name) if step.name else "")

    def _name(self, unit: Key | None) -> str:
        return self._names.get(unit, "—") if unit else "—"

    def _all(self, units: Iterable[Key]) -> str:
        return "、".join(self._name(unit) for unit in units)

    def _target(self, target: Target) -> str:
        return self._new(target) if isinstance(target, NewUnit) else self._name(target)

    def _new(self, new: NewUnit) -> str:
        return f"{self._types.get(new.type, new.type)}“{new.name}”（{new.code}）"
