"""Reading reorganisations, who may change which unit, and the history of a unit."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.db import db
from saas.domain.reorganisation_steps import Step, step_from_mapping
from saas.org.models import (
    Hierarchy,
    OrgUnit,
    Placement,
    Reorganisation,
    ReorganisationStatus,
    SuccessionKind,
    UnitSuccession,
    UnitType,
    UnitVersion,
)
from saas.org.queries import Looking, get_root_unit, subtree_ids

KIND_LABELS: Mapping[SuccessionKind, tuple[object, object]] = {
    SuccessionKind.MERGED: (_l("并入"), _l("由其合并而来")),
    SuccessionKind.SPLIT: (_l("拆分为"), _l("由其拆分而来")),
    SuccessionKind.CONVERTED: (_l("改制为"), _l("由其改制而来")),
}


def list_reorganisations(status: ReorganisationStatus | None = None) -> Sequence[Reorganisation]:
    """Reorganisations, drafts first, then by day, the latest first."""
    statement = select(Reorganisation)
    if status is not None:
        statement = statement.where(Reorganisation.status == status)
    is_draft = Reorganisation.status == ReorganisationStatus.DRAFT
    return db.session.scalars(
        statement.order_by(is_draft.desc(), Reorganisation.effective_on.desc(), Reorganisation.id.desc()).limit(200)
    ).all()


def get_reorganisation(reorganisation_id: uuid.UUID) -> Reorganisation:
    """Return a reorganisation, or raise NoResultFound (404). Whoever may change units may see all of them."""
    return db.session.scalars(select(Reorganisation).where(Reorganisation.id == reorganisation_id)).one()


def lock_reorganisation(reorganisation_id: uuid.UUID) -> Reorganisation:
    """Return a reorganisation for a change; whoever comes second waits."""
    return db.session.scalars(
        select(Reorganisation)
        .where(Reorganisation.id == reorganisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def steps_of(reorganisation: Reorganisation) -> list[Step]:
    """The steps in order."""
    return [step_from_mapping(mapping) for mapping in reorganisation.operations]


def names_of(user_ids: Collection[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    """The names of people."""
    wanted = [user_id for user_id in user_ids if user_id is not None]
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def find_reach(viewer: Looking, on: date) -> frozenset[uuid.UUID] | None:
    """The units that a viewer may reorganise, or None where it is the whole county."""
    roots = viewer.unit_ids(Permission.ORG_EDIT)
    if get_root_unit(on).id in roots:
        return None
    below = set(db.session.scalars(subtree_ids(roots, on)).all())
    placed = db.session.scalars(select(Placement.unit_id).where(Placement.parent_id.in_(below)))
    return frozenset(below | set(placed))


def list_types() -> Sequence[UnitType]:
    """The unit types from the top."""
    return db.session.scalars(select(UnitType).order_by(UnitType.level, UnitType.code)).all()


def list_hierarchies() -> Sequence[Hierarchy]:
    """The trees, in the county's order."""
    return db.session.scalars(select(Hierarchy).order_by(Hierarchy.sort_order, Hierarchy.code)).all()


# --- the history of a unit --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that happened to a unit on a day: in words, with the other units, and what brought it about."""

    on: date
    text: str
    units: tuple[tuple[uuid.UUID, str], ...] = ()
    reorganisation: Reorganisation | None = None
    confirmed_by: str = ""


def list_history(unit_id: uuid.UUID) -> list[HistoryEntry]:
    """What a unit was called and where it stood, what it came from and what became of it, the latest first.

    Six statements, whatever its age. Days to come are in it.
    """
    versions = db.session.execute(
        select(UnitVersion, UnitType.name)
        .join(UnitType, UnitType.id == UnitVersion.unit_type_id)
        .where(UnitVersion.unit_id == unit_id)
        .order_by(UnitVersion.starts_on)
    ).all()
    found = [*_of_versions([(row[0], row[1]) for row in versions]), *_of_places(unit_id), *_of_successions(unit_id)]
    closes_on = db.session.scalars(select(OrgUnit.valid_to).where(OrgUnit.id == unit_id)).one()
    if closes_on is not None:
        found.append((closes_on, gettext("撤销"), (), None))
    events = {row.id: row for row in _events({entry[3] for entry in found if entry[3]})}
    people = names_of({event.confirmed_by_id for event in events.values()})
    entries = [
        HistoryEntry(
            on,
            text,
            units,
            events.get(cause) if cause else None,
            people.get(events[cause].confirmed_by_id or uuid.UUID(int=0), "") if cause in events and cause else "",
        )
        for on, text, units, cause in found
    ]
    return sorted(entries, key=lambda entry: entry.on, reverse=True)


_Found = tuple[date, str, tuple[tuple[uuid.UUID, str], ...], uuid.UUID | None]


def _events(event_ids: Collection[uuid.UUID | None]) -> Sequence[Reorganisation]:
    wanted = [event_id for event_id in event_ids if event_id]
    return db.session.scalars(
        select(Reorganisation).where(Reorganisation.id.in_(wanted)).order_by(Reorganisation.id)
    ).all()


def _of_versions(versions: Sequence[tuple[UnitVersion, str]]) -> list[_Found]:
    found: list[_Found] = []
    before: tuple[UnitVersion, str] | None = None
    for version, type_name in versions:
        if before is None:
            text = gettext("设立，名称“%(name)s”，类型%(type)s", name=version.name, type=type_name)
        else:
            text = "；".join(_differences(before, (version, type_name)))
        if text:
            found.append((version.starts_on, text, (), version.reorganisation_id))
        before = (version, type_name)
    return found


def _differences(before: tuple[UnitVersion, str], after: tuple[UnitVersion, str]) -> list[str]:
    words = []
    if before[0].name != after[0].name:
        words.append(gettext("更名：“%(old)s”改称“%(new)s”", old=before[0].name, new=after[0].name))
    elif before[0].short_name != after[0].short_name:
        words.append(gettext("简称改为“%(new)s”", new=after[0].short_name or gettext("（无）")))
    if before[1] != after[1]:
        words.append(gettext("类型：%(old)s改为%(new)s", old=before[1], new=after[1]))
    if before[0].attributes != after[0].attributes:
        words.append(gettext("属性有变更"))
    return words


def _of_places(unit_id: uuid.UUID) -> list[_Found]:
    rows = db.session.execute(
        select(Placement.starts_on, Hierarchy.name, OrgUnit.id, OrgUnit.name)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .join(OrgUnit, OrgUnit.id == Placement.parent_id)
        .where(Placement.unit_id == unit_id)
        .order_by(Placement.starts_on, Hierarchy.sort_order, Hierarchy.code)
    ).all()
    return [
        (starts_on, gettext("隶属（%(tree)s）：", tree=tree), ((parent_id, parent),), None)
        for starts_on, tree, parent_id, parent in rows
    ]


def _of_successions(unit_id: uuid.UUID) -> list[_Found]:
    other = aliased(OrgUnit)
    rows = db.session.execute(
        select(UnitSuccession, other.id, other.name)
        .join(
            other,
            or_(
                (UnitSuccession.predecessor_id == unit_id) & (other.id == UnitSuccession.successor_id),
                (UnitSuccession.successor_id == unit_id) & (other.id == UnitSuccession.predecessor_id),
            ),
        )
        .order_by(UnitSuccession.effective_on, other.sort_order, other.code)
    ).all()
    grouped: dict[tuple[uuid.UUID, bool], list[tuple[uuid.UUID, str]]] = {}
    causes: dict[uuid.UUID, UnitSuccession] = {}
    for succession, other_id, name in rows:
        key = (succession.reorganisation_id, succession.predecessor_id == unit_id)
        grouped.setdefault(key, []).append((other_id, name))
        causes[succession.reorganisation_id] = succession
    return [
        (
            causes[cause].effective_on,
            str(KIND_LABELS[causes[cause].kind][0 if is_predecessor else 1]) + "：",
            tuple(units),
            cause,
        )
        for (cause, is_predecessor), units in grouped.items()
    ]
