"""Changing the organisation: unit types, units, where they stand, posts and links. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, update
from sqlalchemy.orm.attributes import flag_modified

from saas.access.permissions import Role
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.errors import DomainError, HierarchyError, InvalidTransition
from saas.domain.hierarchy import Placement as Place
from saas.domain.hierarchy import check_placements
from saas.org import queries, versions
from saas.org.attributes import Attribute, stored_attribute
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import OrgUnit, Placement, Post, UnitFunction, UnitLink, UnitType


class CodeTaken(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """Another row of the county already has this code or name."""

    code = "code_taken"


def create_unit_type(
    *,
    code: str,
    name: str,
    level: int,
    is_territorial: bool,
    attributes: Sequence[Attribute],
    actor: HasId,
    parents: Sequence[str] = (),
) -> UnitType:
    """Add a kind of unit; `parents` are codes of the types it may stand under (none: any of a higher level).

    CodeTaken if the code is in use, DomainError (`unknown_type`) for a parent that is no type.
    """
    known = {each.code for each in queries.list_unit_types()}
    if code in known:
        raise CodeTaken("代码“{taken}”已被使用，请换一个", taken=code)
    _refuse_unknown_types(parents, {*known, code})
    unit_type = UnitType(code=code, name=name, level=level, is_territorial=is_territorial, parents=list(parents))
    unit_type.attributes = [stored_attribute(each) for each in attributes]
    db.session.add(unit_type)
    record(AuditAction.UNIT_CHANGED, unit_type, actor=actor, change="type_created", code=code)
    return unit_type


def edit_unit_type(
    unit_type: UnitType,
    *,
    name: str,
    level: int,
    is_territorial: bool,
    attributes: Sequence[Attribute],
    actor: HasId,
    parents: Sequence[str] | None = None,
) -> None:
    """Rename a kind of unit or change what its units carry. An attribute keeps its type: its values rely on it.

    `parents` None leaves the rule as it is. Units that stand elsewhere stay where they are: the rule is for what comes.
    """
    kept = {each["name"]: each["type"] for each in unit_type.attributes}
    for attribute in attributes:
        if kept.get(attribute.name, attribute.type.value) != attribute.type.value:
            raise DomainError("属性“{label}”已有数据，不能改变类型", code="type_fixed", label=attribute.label)
    if parents is not None:
        _refuse_unknown_types(parents, {each.code for each in queries.list_unit_types()})
        unit_type.parents = list(parents)
    unit_type.name, unit_type.level, unit_type.is_territorial = name, level, is_territorial
    unit_type.attributes = [stored_attribute(each) for each in attributes]
    record(AuditAction.UNIT_CHANGED, unit_type, actor=actor, change="type_edited", code=unit_type.code)
    db.session.flush()


def _refuse_unknown_types(codes: Sequence[str], known: set[str]) -> None:
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise DomainError("没有代码为“{type}”的单位类型", code="unknown_type", type=unknown[0])


def create_unit(
    *,
    unit_type: UnitType,
    parent: OrgUnit,
    code: str,
    name: str,
    short_name: str,
    attributes: Mapping[str, Any],
    valid_from: date,
    actor: HasId,
) -> OrgUnit:
    """Set up a unit under a parent from a day on. CodeTaken if the code is in use, also by a closed unit."""
    if queries.find_unit_by_code(code) is not None:
        raise CodeTaken("代码“{taken}”已被使用（含已撤销的单位），请换一个", taken=code)
    if valid_from < parent.valid_from:
        raise HierarchyError("上级单位自{day}起才设立", code="bad_dates", day=parent.valid_from)
    refuse_wrong_parent(unit_type, parent.unit_type)
    new = NewUnit(
        code=code,
        name=name,
        unit_type_id=unit_type.id,
        parent_id=parent.id,
        valid_from=valid_from,
        short_name=short_name,
        attributes=attributes,
        sort_order=queries.last_sort_order() + 1,
    )
    insert_units([new])
    unit = queries.get_unit(new.id)
    record(AuditAction.UNIT_CHANGED, unit, actor=actor, change="created", code=code, parent=parent.code)
    db.session.flush()
    return unit


def may_stand_under(unit_type: UnitType, above: UnitType) -> bool:
    """Whether a unit of a type may stand under one of another: as the county has said, else under a higher level."""
    return above.code in unit_type.parents if unit_type.parents else above.level < unit_type.level


def refuse_wrong_parent(unit_type: UnitType, above: UnitType) -> None:
    """Raise HierarchyError if a unit of this type may not stand under one of the other."""
    if not may_stand_under(unit_type, above):
        raise HierarchyError(
            "{type}不能设在{above}之下", code="wrong_parent_type", type=unit_type.name, above=above.name
        )


def edit_unit(
    unit: OrgUnit,
    *,
    name: str,
    short_name: str,
    attributes: Mapping[str, Any],
    actor: HasId,
    starts_on: date | None = None,
) -> None:
    """Rename a unit or change its attributes. Attributes that its type no longer declares are kept.

    With `starts_on` the change holds from that day on and what was before stays on record; without, the present
    entry is put right (更正): it was so since it began.
    """
    changed = [key for key, value in attributes.items() if unit.attributes.get(key) != value]
    changed += [key for key, value in (("name", name), ("short_name", short_name)) if getattr(unit, key) != value]
    merged = {**unit.attributes, **attributes}
    kept = {key: value for key, value in merged.items() if value is not None}
    if starts_on is None:
        versions.correct_present(unit, local_today(), name=name, short_name=short_name, attributes=kept)
    else:
        versions.change_from(unit, starts_on, local_today(), name=name, short_name=short_name, attributes=kept)
    flag_modified(unit, "name")  # counts the version up, also for a change that is yet to come
    since = {} if starts_on is None else {"starts_on": str(starts_on)}
    record(AuditAction.UNIT_CHANGED, unit, actor=actor, change="edited", fields=changed, **since)
    db.session.flush()


def move_unit(unit: OrgUnit, parent: OrgUnit, starts_on: date, *, actor: HasId) -> Placement:
    """Put a unit under another parent from a day on (隶属调整). What was before stays on record.

    Raises HierarchyError for a cycle, an overlap, a day before the present place began, or the same parent again.
    """
    rows = queries.list_all_placements()
    present = next((row for row in rows if row.unit_id == unit.id and _holds(row, starts_on)), None)
    if present is None or present.parent_id is None:
        raise HierarchyError("该单位在{day}没有上级，不能调整", code="bad_dates", day=starts_on)
    refuse_wrong_parent(unit.unit_type, parent.unit_type)
    if present.parent_id == parent.id:
        raise HierarchyError("该单位在{day}已隶属这个上级", code="same_parent", day=starts_on)
    if starts_on <= present.starts_on:
        raise HierarchyError("调整日期应晚于现隶属关系的开始日期{day}", code="bad_dates", day=present.starts_on)
    check_placements(
        [
            *(Place(row.unit_id, row.parent_id, row.starts_on, row.ends_on) for row in rows if row is not present),
            Place(unit.id, present.parent_id, present.starts_on, starts_on),
            Place(unit.id, parent.id, starts_on, present.ends_on),
        ]
    )
    ends_on, present.ends_on = present.ends_on, starts_on
    db.session.flush()  # the former place ends before the next begins: the database refuses two at a time
    placement = Placement(
        hierarchy_id=present.hierarchy_id, unit_id=unit.id, parent_id=parent.id, starts_on=starts_on, ends_on=ends_on
    )
    db.session.add(placement)
    flag_modified(unit, "name")  # counts the version up: whoever has the old page open must see this first
    record(AuditAction.UNIT_CHANGED, unit, actor=actor, change="moved", parent=parent.code, starts_on=str(starts_on))
    db.session.flush()
    return placement


def _holds(row: Placement, on: date) -> bool:
    return row.starts_on <= on and (row.ends_on is None or on < row.ends_on)


def close_unit(unit: OrgUnit, closes_on: date, *, actor: HasId) -> None:
    """Close a unit (撤销): `closes_on` is the first day on which it no longer exists.

    Raises HierarchyError while units stand below it or before it was set up, InvalidTransition if it is closed.
    """
    if unit.valid_to is not None:
        raise InvalidTransition("该单位已撤销")
    if closes_on <= unit.valid_from:
        raise HierarchyError("撤销日期应晚于设立日期{day}", code="bad_dates", day=unit.valid_from)
    own = []
    for row in queries.list_all_placements():
        if row.ends_on is not None and row.ends_on <= closes_on:
            continue
        if row.parent_id == unit.id:
            raise HierarchyError("该单位还有下级单位，请先调整或撤销下级单位", code="has_children")
        if row.unit_id == unit.id:
            own.append(row)
    for row in own:
        if row.parent_id is None:
            raise HierarchyError("最上级单位不能撤销", code="is_root")
        if row.starts_on >= closes_on:
            raise HierarchyError("该单位自{day}起另有隶属调整，不能在此之前撤销", code="bad_dates", day=row.starts_on)
        row.ends_on = closes_on
    unit.valid_to = closes_on
    _end_what_hangs_on(unit, closes_on)
    versions.end_versions(unit, closes_on)
    record(AuditAction.UNIT_CHANGED, unit, actor=actor, change="closed", closes_on=str(closes_on))
    db.session.flush()


def _end_what_hangs_on(unit: OrgUnit, closes_on: date) -> None:
    """End the places in other trees, the links and the functions of a unit that is closed. What was stays on record."""
    hanging: list[tuple[Any, Any]] = [
        (Placement, Placement.unit_id == unit.id),
        (UnitLink, or_(UnitLink.unit_id == unit.id, UnitLink.linked_unit_id == unit.id)),
        (UnitFunction, UnitFunction.unit_id == unit.id),
    ]
    for model, own in hanging:
        db.session.execute(delete(model).where(own, model.starts_on >= closes_on))
        is_open = or_(model.ends_on.is_(None), model.ends_on > closes_on)
        db.session.execute(update(model).where(own, is_open).values(ends_on=closes_on))


def create_post(unit: OrgUnit, *, name: str, roles: Sequence[Role], sort_order: int, actor: HasId) -> Post:
    """Set up a post at a unit. CodeTaken if the unit has one of that name."""
    _refuse_taken_name(unit.id, name, besides=None)
    post = Post(unit_id=unit.id, name=name, roles=sorted(role.value for role in roles), sort_order=sort_order)
    db.session.add(post)
    record(AuditAction.POST_CHANGED, post, actor=actor, change="created", name=name, roles=list(post.roles))
    db.session.flush()
    return post


def edit_post(post: Post, *, name: str, roles: Sequence[Role], sort_order: int, actor: HasId) -> None:
    """Rename a post or change its roles. The caller has asked whether its holders may hold them."""
    _refuse_taken_name(post.unit_id, name, besides=post.id)
    before = list(post.roles)
    post.name, post.sort_order, post.roles = name, sort_order, sorted(role.value for role in roles)
    record(
        AuditAction.POST_CHANGED, post, actor=actor, change="edited", name=name, roles_before=before, roles=post.roles
    )
    db.session.flush()


def set_post_active(post: Post, is_active: bool, *, actor: HasId) -> None:
    """Retire a post (停用), whose roles then give nothing, or put it back into use."""
    post.is_active = is_active
    record(AuditAction.POST_CHANGED, post, actor=actor, change="restored" if is_active else "retired")
    db.session.flush()


def _refuse_taken_name(unit_id: uuid.UUID, name: str, *, besides: uuid.UUID | None) -> None:
    if any(post.name == name and post.id != besides for post in queries.list_posts(unit_id)):
        raise CodeTaken("该单位已有岗位“{name}”", name=name)
