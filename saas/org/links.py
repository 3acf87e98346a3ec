"""Ties across the tree (包片, 挂点, 结对, 条线, 联防): their kinds, tying, ending, who is left out. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.coverage import Coverage, Tie, check_coverage
from saas.domain.errors import DomainError, HierarchyError, InvalidTransition
from saas.org.models import LinkKind, OrgUnit, UnitLink, UnitType
from saas.org.queries import exists_on, list_links
from saas.org.services import CodeTaken


@dataclass(frozen=True, slots=True)
class KindSettings:
    """What a county says of a kind of tie: who may be in charge, of what, and whom it must cover."""

    name: str
    note: str = ""
    from_people: bool = True
    from_units: bool = True
    from_types: Sequence[str] = ()
    to_types: Sequence[str] = ()
    layers: Sequence[str] = ()
    covers_targets: bool = False
    covers_sources: bool = False
    sort_order: int = 50


@dataclass(frozen=True, slots=True)
class Assignment:
    """One person or one unit in charge, in a layer of a kind, from a day on."""

    kind: str
    user_id: uuid.UUID | None
    unit: OrgUnit | None
    starts_on: date
    layer: str = ""
    note: str = ""
    replaced: Collection[uuid.UUID] = field(default_factory=tuple)  # links that end on that day


def tied_on(on: date) -> ColumnElement[bool]:
    """The condition that a link holds on a day."""
    return and_(UnitLink.starts_on <= on, or_(UnitLink.ends_on.is_(None), UnitLink.ends_on > on))


def list_kinds() -> Sequence[LinkKind]:
    """The kinds that the county has defined, in its order."""
    return db.session.scalars(select(LinkKind).order_by(LinkKind.sort_order, LinkKind.name, LinkKind.id)).all()


def get_kind(kind_id: uuid.UUID) -> LinkKind:
    """Return a kind, or raise NoResultFound (404)."""
    return db.session.scalars(select(LinkKind).where(LinkKind.id == kind_id)).one()


def count_links(on: date) -> Mapping[str, int]:
    """How many links of each kind hold on a day, by the kind's name."""
    rows = db.session.execute(
        select(UnitLink.kind, func.count().label("links")).where(tied_on(on)).group_by(UnitLink.kind)
    ).all()
    return {row.kind: row.links for row in rows}


def list_links_of_kind(kind: str, on: date) -> Sequence[UnitLink]:
    """The links of a kind on a day, with the units they are about."""
    return db.session.scalars(
        select(UnitLink)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .where(UnitLink.kind == kind, tied_on(on), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code, UnitLink.layer, UnitLink.starts_on, UnitLink.id)
        .options(joinedload(UnitLink.unit))
    ).all()


def list_units_of_types(types: Sequence[str], on: date) -> Sequence[OrgUnit]:
    """The units of these types that exist on a day; without types every unit."""
    statement = select(OrgUnit).join(UnitType, UnitType.id == OrgUnit.unit_type_id).where(exists_on(on))
    if types:
        statement = statement.where(UnitType.code.in_(types))
    return db.session.scalars(statement.order_by(OrgUnit.sort_order, OrgUnit.code)).all()


def coverage_of(kind: LinkKind, on: date) -> Coverage[uuid.UUID, uuid.UUID]:
    """Who is left out of a kind on a day. Three statements."""
    links = list_links_of_kind(kind.name, on)
    return check_coverage(
        [unit.id for unit in list_units_of_types(kind.to_types, on)] if kind.covers_targets else [],
        [unit.id for unit in list_units_of_types(kind.from_types, on)] if kind.covers_sources else [],
        [Tie(link.user_id or link.linked_unit_id or link.id, link.unit_id, link.layer) for link in links],
        kind.layers,
    )


def create_kind(settings: KindSettings, *, actor: HasId) -> LinkKind:
    """Define a kind. CodeTaken if there is one of that name."""
    kind = LinkKind(name="")
    _put(kind, settings)
    db.session.add(kind)
    record(AuditAction.LINK_CHANGED, kind, actor=actor, change="kind_created", kind=settings.name)
    db.session.flush()
    return kind


def edit_kind(kind: LinkKind, settings: KindSettings, *, actor: HasId) -> None:
    """Change a kind. Renaming it renames its links: they are of this kind still."""
    former = kind.name
    _put(kind, settings)
    if former != settings.name:
        for link in db.session.scalars(select(UnitLink).where(UnitLink.kind == former).order_by(UnitLink.id)):
            link.kind = settings.name
    record(AuditAction.LINK_CHANGED, kind, actor=actor, change="kind_edited", kind=settings.name, former=former)
    db.session.flush()


def delete_kind(kind: LinkKind, *, actor: HasId) -> None:
    """Take out a kind that no link has or had."""
    if db.session.scalars(select(UnitLink.id).where(UnitLink.kind == kind.name).limit(1)).first() is not None:
        raise DomainError("已登记有“{name}”联系，不能删除", code="in_use", name=kind.name)
    record(AuditAction.LINK_CHANGED, kind, actor=actor, change="kind_deleted", kind=kind.name)
    db.session.delete(kind)
    db.session.flush()


def _put(kind: LinkKind, settings: KindSettings) -> None:
    taken = select(LinkKind.id).where(LinkKind.name == settings.name)
    found = db.session.scalars(taken).one_or_none()
    if found is not None and found != kind.id:
        raise CodeTaken("已有联系方式“{name}”", name=settings.name)
    if not (settings.from_people or settings.from_units):
        raise DomainError("联系的一方至少是人员或单位之一", code="nobody_from")
    if settings.covers_targets and not settings.to_types:
        raise DomainError("要求联系全覆盖时，请选择被联系的单位类型", code="no_to_types")
    if settings.covers_sources and not (settings.from_units and settings.from_types):
        raise DomainError("要求单位都承担联系时，请选择承担联系的单位类型", code="no_from_types")
    kind.name, kind.note, kind.sort_order = settings.name, settings.note, settings.sort_order
    kind.from_people, kind.from_units = settings.from_people, settings.from_units
    kind.from_types, kind.to_types, kind.layers = (
        list(settings.from_types),
        list(settings.to_types),
        list(settings.layers),
    )
    kind.covers_targets, kind.covers_sources = settings.covers_targets, settings.covers_sources


def add_link(
    unit: OrgUnit,
    *,
    kind: str,
    user_id: uuid.UUID | None,
    linked_unit: OrgUnit | None,
    starts_on: date,
    actor: HasId,
    layer: str = "",
    note: str = "",
) -> UnitLink:
    """Tie a person or a unit to a unit for a purpose (包片, 挂点 …).

    Raises DomainError for a unit tied to itself, a day on which one of them does not exist, or what the kind does not
    allow where the county has defined it; CodeTaken if this tie is known.
    """
    _refuse_impossible(unit, linked_unit, starts_on)
    _refuse_not_allowed(kind, layer, unit, user_id, linked_unit)
    for known in list_links(unit.id, starts_on):
        same_end = (known.user_id, known.linked_unit_id) == (user_id, linked_unit.id if linked_unit else None)
        if known.kind == kind and known.layer == layer and same_end:
            raise CodeTaken("这项联系已经登记", code="link_known")
    link = UnitLink(
        kind=kind,
        layer=layer,
        note=note,
        unit_id=unit.id,
        user_id=user_id,
        linked_unit_id=linked_unit.id if linked_unit else None,
        starts_on=starts_on,
    )
    db.session.add(link)
    record(AuditAction.LINK_CHANGED, link, actor=actor, change="added", kind=kind, layer=layer, unit=unit.code)
    db.session.flush()
    return link


def _refuse_impossible(unit: OrgUnit, linked_unit: OrgUnit | None, starts_on: date) -> None:
    if linked_unit is not None and linked_unit.id == unit.id:
        raise DomainError("单位不能联系自己", code="own_link")
    for each in (unit, linked_unit):
        if each is not None and not (
            each.valid_from <= starts_on and (each.valid_to is None or starts_on < each.valid_to)
        ):
            raise HierarchyError("“{name}”在这天不存在", code="bad_dates", name=each.name)


def _refuse_not_allowed(
    name: str, layer: str, unit: OrgUnit, user_id: uuid.UUID | None, linked_unit: OrgUnit | None
) -> None:
    kind = db.session.scalars(select(LinkKind).where(LinkKind.name == name)).one_or_none()
    if kind is None:  # a name that nobody has defined: anything may be tied so
        if layer:
            raise DomainError("“{kind}”没有分级", code="bad_layer", kind=name)
        return
    if layer not in (kind.layers or [""]):
        raise DomainError("请选择“{kind}”的级别：{layers}", code="bad_layer", kind=name, layers="、".join(kind.layers))
    if kind.to_types and unit.unit_type.code not in kind.to_types:
        raise DomainError(
            "“{kind}”不联系{type}：{name}", code="wrong_target", kind=name, type=unit.unit_type.name, name=unit.name
        )
    if user_id is not None and not kind.from_people:
        raise DomainError("“{kind}”由单位承担，请选择单位", code="wrong_source", kind=name)
    if linked_unit is not None and not kind.from_units:
        raise DomainError("“{kind}”由人员承担，请选择人员", code="wrong_source", kind=name)
    if linked_unit is not None and kind.from_types and linked_unit.unit_type.code not in kind.from_types:
        raise DomainError("“{kind}”不由{type}承担", code="wrong_source", kind=name, type=linked_unit.unit_type.name)


def assign_many(assignment: Assignment, targets: Sequence[OrgUnit], *, actor: HasId) -> tuple[int, int]:
    """Put one person or unit in charge of many units, all or nothing; return how many were tied and how many were so.

    The links named as replaced end on the day on which the new ones begin.
    """
    for link in db.session.scalars(
        select(UnitLink).where(UnitLink.id.in_(list(assignment.replaced))).order_by(UnitLink.id)
    ):
        end_link(link, assignment.starts_on, actor=actor)
    added = known = 0
    for unit in targets:
        try:
            add_link(
                unit,
                kind=assignment.kind,
                layer=assignment.layer,
                note=assignment.note,
                user_id=assignment.user_id,
                linked_unit=assignment.unit,
                starts_on=assignment.starts_on,
                actor=actor,
            )
            added += 1
        except CodeTaken:
            known += 1
    return added, known


def end_link(link: UnitLink, ends_on: date, *, actor: HasId) -> None:
    """End a link: `ends_on` is the first day without it."""
    if link.ends_on is not None and link.ends_on <= ends_on:
        raise InvalidTransition("这项联系已经结束")
    if ends_on <= link.starts_on:
        raise HierarchyError("结束日期应晚于开始日期{day}", code="bad_dates", day=link.starts_on)
    link.ends_on = ends_on
    record(AuditAction.LINK_CHANGED, link, actor=actor, change="ended", kind=link.kind, ends_on=str(ends_on))
    db.session.flush()
