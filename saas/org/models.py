"""Tables of the organisation. Units, placements, posts and appointments are valid for a time."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base
from saas.tenancy.models import TenantOwned, same_tenant


class UnitType(TenantOwned, Base):
    """A kind of unit (单位类型) that the county defines: county, town, village, department, grid …

    `attributes` describes what units of this type carry: a list of `{name, label, type, measure}`.
    """

    __tablename__ = "unit_type"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    level: Mapped[int]  # 1 is the county; several types may share a level
    is_territorial: Mapped[bool] = mapped_column(default=True)
    attributes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class OrgUnit(TenantOwned, Base):
    """A unit (单位). Its place in the tree is a Placement; its code never changes."""

    __tablename__ = "org_unit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("unit_type_id", "unit_type"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="closed_after_opened"),
        Index("ix_org_unit_tenant_id_unit_type_id", "tenant_id", "unit_type_id"),
    )

    unit_type_id: Mapped[uuid.UUID]
    code: Mapped[str]
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sort_order: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # the first day on which it no longer exists
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    unit_type: Mapped[UnitType] = relationship(
        primaryjoin="foreign(OrgUnit.unit_type_id) == UnitType.id", lazy="joined", innerjoin=True
    )


class Hierarchy(TenantOwned, Base):
    """A named tree over the units (层级体系). `administrative` is the one that rights follow."""

    __tablename__ = "hierarchy"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]


class Placement(TenantOwned, Base):
    """A unit stands under a parent in one hierarchy from a day until the day before another. No parent: the root."""

    __tablename__ = "placement"
    __table_args__ = (
        same_tenant("hierarchy_id", "hierarchy"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("parent_id", "org_unit"),
        CheckConstraint("parent_id IS NULL OR parent_id <> unit_id", name="not_its_own_parent"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("hierarchy_id", "="),
            ("unit_id", "="),
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name="ex_placement_one_parent_at_a_time",
            using="gist",
        ),
        Index("ix_placement_tenant_id_hierarchy_id_parent_id", "tenant_id", "hierarchy_id", "parent_id"),
    )

    hierarchy_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    parent_id: Mapped[uuid.UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the first day on which it no longer holds


class Post(TenantOwned, Base):
    """A post (岗位) at a unit. It carries roles whose scope is the unit's subtree."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("tenant_id", "unit_id", "name"),
        same_tenant("unit_id", "org_unit"),
    )

    unit_id: Mapped[uuid.UUID]
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(default=list)
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[OrgUnit] = relationship(primaryjoin="foreign(Post.unit_id) == OrgUnit.id", lazy="raise_on_sql")


class UnitLink(TenantOwned, Base):
    """A tie across the tree for a purpose, such as an official in charge of a village (包片)."""

    __tablename__ = "unit_link"
    __table_args__ = (
        same_tenant("unit_id", "org_unit"),
        same_tenant("user_id", "user"),
        same_tenant("linked_unit_id", "org_unit"),
        CheckConstraint("(user_id IS NULL) <> (linked_unit_id IS NULL)", name="to_a_person_or_a_unit"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        Index("ix_unit_link_tenant_id_unit_id", "tenant_id", "unit_id"),
        Index("ix_unit_link_tenant_id_user_id", "tenant_id", "user_id"),
    )

    kind: Mapped[str]  # 包片 …
    unit_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None]
    linked_unit_id: Mapped[uuid.UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    unit: Mapped[OrgUnit] = relationship(primaryjoin="foreign(UnitLink.unit_id) == OrgUnit.id", lazy="raise_on_sql")
