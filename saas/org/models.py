"""Tables of the organisation. Units, what they are called, placements, links and cohorts are valid for a time."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class UnitType(TenantOwned, Base):
    """A kind of unit (单位类型) that the county defines: county, town, village, department, grid …

    `attributes` describes what units of this type carry: a list of `{name, label, type, measure}`. `parents` are the
    codes of the types under which it may stand in the administrative tree; none given: any type of a higher level.
    """

    __tablename__ = "unit_type"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    level: Mapped[int]  # 1 is the county; several types may share a level
    is_territorial: Mapped[bool] = mapped_column(default=True)
    attributes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    parents: Mapped[list[str]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class OrgUnit(TenantOwned, Base):
    """A unit (单位). Its place in the tree is a Placement; its code never changes.

    Type, names and attributes are those of today; what they were and will be stands in UnitVersion.
    """

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
    search_key: Mapped[str] = mapped_column(default="")  # pinyin initials and full pinyin of both names
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # the first day on which it no longer exists
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    unit_type: Mapped[UnitType] = relationship(
        primaryjoin="foreign(OrgUnit.unit_type_id) == UnitType.id", lazy="joined", innerjoin=True
    )


class UnitVersion(TenantOwned, Base):
    """What a unit was called, which type it had and which attributes, from a day until the day before another.

    A report for a period reads the version of that period (当时口径); `reorganisation_id` says what brought it about.
    """

    __tablename__ = "unit_version"
    __table_args__ = (
        same_tenant("unit_id", "org_unit"),
        same_tenant("unit_type_id", "unit_type"),
        same_tenant("reorganisation_id", "reorganisation"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("unit_id", "="),
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name="ex_unit_version_one_at_a_time",
            using="gist",
        ),
        Index("ix_unit_version_tenant_id_starts_on", "tenant_id", "starts_on"),
    )

    unit_id: Mapped[uuid.UUID]
    unit_type_id: Mapped[uuid.UUID]
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the first day on which it no longer holds
    reorganisation_id: Mapped[uuid.UUID | None]


class UnitFunction(TenantOwned, Base):
    """A function that a unit is responsible for (职能), such as 宣传: “负责宣传工作的部门” is found through it."""

    __tablename__ = "unit_function"
    __table_args__ = (
        UniqueConstraint("tenant_id", "unit_id", "name", "starts_on"),
        same_tenant("unit_id", "org_unit"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
    )

    unit_id: Mapped[uuid.UUID]
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class HierarchyPurpose(StrEnum):
    """What a tree is for. Stored in the database: never rename a value."""

    ADMINISTRATIVE = "administrative"  # 行政
    GRID = "grid"  # 网格
    PARTY = "party"  # 党组织
    LINE = "line"  # 专业条线
    OTHER = "other"  # 其他


class Hierarchy(TenantOwned, Base):
    """A named tree over the units (层级体系). The one with code `administrative` is the one that rights follow.

    `alternative_to_id` names the tree of which this is another definition (另一口径): both may stand side by side.
    """

    __tablename__ = "hierarchy"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("alternative_to_id", "hierarchy"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
    )

    code: Mapped[str]
    name: Mapped[str]
    purpose: Mapped[HierarchyPurpose] = mapped_column(default=HierarchyPurpose.ADMINISTRATIVE)
    note: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None]  # None: since the beginning
    ends_on: Mapped[date | None]
    alternative_to_id: Mapped[uuid.UUID | None]
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


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


class ReorganisationStatus(StrEnum):
    """Where a reorganisation stands. Stored in the database: never rename a value."""

    DRAFT = "draft"  # 拟定中：对机构没有影响
    CONFIRMED = "confirmed"  # 已确认
    WITHDRAWN = "withdrawn"  # 已作废


class Reorganisation(TenantOwned, Base):
    """An event that changes the organisation from a day on (机构调整): what, why, on what basis, by whom.

    A draft has no effect. `operations` is a list of steps, `impact` what it touched when it was confirmed.
    """

    __tablename__ = "reorganisation"
    __table_args__ = (
        same_tenant("created_by_id", "user"),
        same_tenant("confirmed_by_id", "user"),
        CheckConstraint("(status = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_has_time"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="confirmed_by_somebody"),
        Index("ix_reorganisation_tenant_id_effective_on", "tenant_id", "effective_on"),
    )

    title: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")  # 依据文件
    effective_on: Mapped[date]
    status: Mapped[ReorganisationStatus] = mapped_column(default=ReorganisationStatus.DRAFT)
    operations: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    impact: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    confirmed_by_id: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class SuccessionKind(StrEnum):
    """How a unit followed another. Stored in the database: never rename a value."""

    MERGED = "merged"  # 合并
    SPLIT = "split"  # 拆分
    CONVERTED = "converted"  # 改制（村改居等，另立新单位的）


class UnitSuccession(TenantOwned, Base):
    """A unit followed another from a day on (沿革): several predecessors of one (合并), several successors (拆分)."""

    __tablename__ = "unit_succession"
    __table_args__ = (
        UniqueConstraint("tenant_id", "predecessor_id", "successor_id"),
        same_tenant("predecessor_id", "org_unit"),
        same_tenant("successor_id", "org_unit"),
        same_tenant("reorganisation_id", "reorganisation"),
        CheckConstraint("predecessor_id <> successor_id", name="not_its_own_successor"),
        Index("ix_unit_succession_tenant_id_successor_id", "tenant_id", "successor_id"),
    )

    predecessor_id: Mapped[uuid.UUID]
    successor_id: Mapped[uuid.UUID]
    reorganisation_id: Mapped[uuid.UUID]
    kind: Mapped[SuccessionKind]
    effective_on: Mapped[date]


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


class PostTemplate(TenantOwned, Base):
    """A post that every unit of a type has (岗位模板): new units get it when they are set up."""

    __tablename__ = "post_template"
    __table_args__ = (
        UniqueConstraint("tenant_id", "unit_type_id", "name"),
        same_tenant("unit_type_id", "unit_type"),
    )

    unit_type_id: Mapped[uuid.UUID]
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(default=list)
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class LinkKind(TenantOwned, Base):
    """A kind of tie across the tree (联系方式: 包片, 挂点, 结对, 条线, 联防) and whom it must cover.

    `from_people` and `from_types` say who may be in charge, `to_types` of what (type codes; none: any). With
    `covers_targets` every unit of `to_types` must have one in force, with `covers_sources` every unit of
    `from_types`. `layers` are the kind's levels in order (一级包保 …).
    """

    __tablename__ = "link_kind"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    from_people: Mapped[bool] = mapped_column(default=True)
    from_units: Mapped[bool] = mapped_column(default=True)
    from_types: Mapped[list[str]] = mapped_column(default=list)
    to_types: Mapped[list[str]] = mapped_column(default=list)
    layers: Mapped[list[str]] = mapped_column(default=list)
    covers_targets: Mapped[bool] = mapped_column(default=False)
    covers_sources: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


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

    kind: Mapped[str]  # 包片 …, the name of a LinkKind where the county has defined it
    layer: Mapped[str] = mapped_column(default="")  # one of the kind's layers
    note: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None]
    linked_unit_id: Mapped[uuid.UUID | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    unit: Mapped[OrgUnit] = relationship(primaryjoin="foreign(UnitLink.unit_id) == OrgUnit.id", lazy="raise_on_sql")


class NamedCohort(TenantOwned, Base):
    """A set of units with a name (单位名册), by rule or by list, for a time: pilots, villages on a county road.

    Rows of one code follow each other in time. `definition` is a cohort of `saas.domain.cohorts`.
    """

    __tablename__ = "named_cohort"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("code", "="),
            (func.daterange(text("starts_on"), text("ends_on")), "&&"),
            name="ex_named_cohort_one_at_a_time",
            using="gist",
        ),
    )

    code: Mapped[str]
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    definition: Mapped[dict[str, Any]] = mapped_column(default=dict)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
