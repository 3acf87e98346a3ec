"""Kinds of units: deleting one, and the posts that every unit of one has (岗位模板). Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Role
from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import DomainError
from saas.org.bulk import add_template_posts
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, PostTemplate, UnitType, UnitVersion
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force, list_unit_types
from saas.org.services import CodeTaken, may_stand_under


def list_post_templates(type_id: uuid.UUID) -> Sequence[PostTemplate]:
    """The posts that every unit of a type has, in their order."""
    return db.session.scalars(
        select(PostTemplate)
        .where(PostTemplate.unit_type_id == type_id)
        .order_by(PostTemplate.sort_order, PostTemplate.name, PostTemplate.id)
    ).all()


def get_post_template(template_id: uuid.UUID) -> PostTemplate:
    """Return a template, or raise NoResultFound (404)."""
    return db.session.scalars(select(PostTemplate).where(PostTemplate.id == template_id)).one()


def delete_unit_type(unit_type: UnitType, *, actor: HasId) -> None:
    """Take out a kind of unit that no unit has or ever had. Rules of other types that name it lose it."""
    users = [
        select(OrgUnit.id).where(OrgUnit.unit_type_id == unit_type.id),
        select(UnitVersion.id).where(UnitVersion.unit_type_id == unit_type.id),
    ]
    if any(db.session.scalars(each.limit(1)).first() is not None for each in users):
        raise DomainError("已有单位属于（或曾属于）“{name}”，不能删除", code="in_use", name=unit_type.name)
    for template in list_post_templates(unit_type.id):
        db.session.delete(template)
    for other in list_unit_types():
        if unit_type.code in other.parents:
            if other.parents == [unit_type.code]:
                raise DomainError(
                    "“{other}”只能设在“{name}”之下，请先修改它的规则",
                    code="in_use",
                    other=other.name,
                    name=unit_type.name,
                )
            other.parents = [code for code in other.parents if code != unit_type.code]
    db.session.flush()
    record(AuditAction.UNIT_CHANGED, unit_type, actor=actor, change="type_deleted", code=unit_type.code)
    db.session.delete(unit_type)
    db.session.flush()


def list_misplaced(unit_type: UnitType, on: date) -> Sequence[tuple[OrgUnit, OrgUnit]]:
    """Units of a type, with their parents, that stand on a day where the county's rule would not let them stand now."""
    parent = aliased(OrgUnit)
    rows = db.session.execute(
        select(OrgUnit, parent)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .join(parent, parent.id == Placement.parent_id)
        .where(Hierarchy.code == ADMINISTRATIVE, OrgUnit.unit_type_id == unit_type.id, in_force(on), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return [(unit, above) for unit, above in rows if not may_stand_under(unit_type, above.unit_type)]


def add_post_template(
    unit_type: UnitType, *, name: str, roles: Sequence[Role], sort_order: int, actor: HasId
) -> PostTemplate:
    """Let every unit of a type that is set up from now on have a post. CodeTaken if there is one of that name.

    The units that exist get it with `set_up_posts`, when somebody has seen how many these are.
    """
    _refuse_taken(unit_type.id, name, besides=None)
    template = PostTemplate(
        unit_type_id=unit_type.id, name=name, roles=sorted(role.value for role in roles), sort_order=sort_order
    )
    db.session.add(template)
    record(AuditAction.POST_CHANGED, template, actor=actor, change="template_created", name=name, roles=template.roles)
    db.session.flush()
    return template


def edit_post_template(
    template: PostTemplate, *, name: str, roles: Sequence[Role], sort_order: int, actor: HasId
) -> None:
    """Change what new units get. Posts that were set up stay as they are: people hold them."""
    _refuse_taken(template.unit_type_id, name, besides=template.id)
    template.name, template.roles, template.sort_order = name, sorted(role.value for role in roles), sort_order
    record(AuditAction.POST_CHANGED, template, actor=actor, change="template_edited", name=name, roles=template.roles)
    db.session.flush()


def delete_post_template(template: PostTemplate, *, actor: HasId) -> None:
    """No longer give new units this post. Posts that were set up stay."""
    record(AuditAction.POST_CHANGED, template, actor=actor, change="template_deleted", name=template.name)
    db.session.delete(template)
    db.session.flush()


def _refuse_taken(type_id: uuid.UUID, name: str, *, besides: uuid.UUID | None) -> None:
    if any(each.name == name and each.id != besides for each in list_post_templates(type_id)):
        raise CodeTaken("这种单位已有岗位模板“{name}”", name=name)


def count_lacking(type_id: uuid.UUID, on: date) -> Mapping[str, int]:
    """How many units of a type that exist on a day or later lack each post of its templates, by its name."""
    has = (
        select(Post.id)
        .where(Post.unit_id == OrgUnit.id, Post.name == PostTemplate.name)
        .correlate(OrgUnit, PostTemplate)
    )
    rows = db.session.execute(
        select(PostTemplate.name, func.count(OrgUnit.id).label("units"))
        .join(OrgUnit, OrgUnit.unit_type_id == PostTemplate.unit_type_id)
        .where(PostTemplate.unit_type_id == type_id, or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > on))
        .where(~has.exists())
        .group_by(PostTemplate.name)
    ).all()
    return {row.name: row.units for row in rows}


def set_up_posts(unit_type: UnitType, on: date, *, actor: HasId) -> int:
    """Give every unit of a type that exists on a day or later the posts of its templates that it lacks."""
    unit_ids = db.session.scalars(
        select(OrgUnit.id)
        .where(OrgUnit.unit_type_id == unit_type.id, or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > on))
        .order_by(OrgUnit.id)
    ).all()
    count = add_template_posts(dict.fromkeys(unit_ids, unit_type.id)) if unit_ids else 0
    record(AuditAction.POST_CHANGED, unit_type, actor=actor, change="templates_applied", count=count)
    db.session.flush()
    return count
