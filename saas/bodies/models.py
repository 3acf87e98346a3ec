"""Tables of bodies: what they are, who sits in them and how they met."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class BodyKind(StrEnum):
    """What a body is. Stored in the database: never rename a value."""

    LEADING_GROUP = "leading_group"  # 领导小组
    OFFICE = "office"  # 办公室
    WORK_GROUP = "work_group"  # 工作组、工作专班
    COMMITTEE = "committee"  # 委员会（如居民委员会）
    OTHER = "other"  # 其他


class SeatRole(StrEnum):
    """What a seat is in its body, in the order of a list of members. Stored in the database: never rename a value."""

    ADVISER = "adviser"  # 顾问、指导员
    HEAD = "head"  # 组长、主任
    EXECUTIVE_DEPUTY = "executive_deputy"  # 常务副组长
    DEPUTY = "deputy"  # 副组长、副主任
    SECRETARY = "secretary"  # 秘书长、秘书
    MEMBER = "member"  # 成员、委员
    LIAISON = "liaison"  # 联络员


class SeatBy(StrEnum):
    """How a seat is filled. Stored in the database: never rename a value."""

    POST = "post"  # 由某岗位的现任担任，随任免变动
    UNIT = "unit"  # 某单位
    FUNCTION = "function"  # 负责某项工作的部门
    DESCRIPTION = "description"  # 文字描述（“相关科室负责人”）
    PERSON = "person"  # 某人
    OUTSIDER = "outsider"  # 系统外人员或单位


class BodyTemplate(TenantOwned, Base):
    """A body that every unit of some types has by default (默认工作组): inherited until a unit changes its own.

    `seats` is a list of `{role, by, function|description|post_name, duty}`, `rules` the composition
    (`{role: [least, most]}`, `quorum`), as `saas.domain.bodies` reads them. `parent_code` places it in another one.
    """

    __tablename__ = "body_template"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[BodyKind]
    parent_code: Mapped[str] = mapped_column(default="")
    unit_types: Mapped[list[str]] = mapped_column(default=list)
    duty: Mapped[str] = mapped_column(default="")
    seats: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Body(TenantOwned, Base):
    """A body of a unit (议事协调机构), outside the tree, for a time.

    With `template_id` it stands for the inherited one of its unit: its seats replace the default; `is_dropped` says
    that the unit has none of that kind. `host_unit_id` is where an office is located (办公室设在…).
    """

    __tablename__ = "body"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "template_id", "unit_id"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("parent_id", "body"),
        same_tenant("host_unit_id", "org_unit"),
        same_tenant("template_id", "body_template"),
        same_tenant("established_by_id", "user"),
        CheckConstraint("(established_on IS NULL) = (established_by_id IS NULL)", name="established_by_somebody"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        CheckConstraint("NOT is_dropped OR template_id IS NOT NULL", name="only_inherited_are_dropped"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        Index("ix_body_tenant_id_unit_id", "tenant_id", "unit_id"),
    )

    unit_id: Mapped[uuid.UUID]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[BodyKind]
    parent_id: Mapped[uuid.UUID | None]
    host_unit_id: Mapped[uuid.UUID | None]
    template_id: Mapped[uuid.UUID | None]
    is_dropped: Mapped[bool] = mapped_column(default=False)
    duty: Mapped[str] = mapped_column(default="")
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_strokes: Mapped[bool] = mapped_column(default=False)  # 成员按姓氏笔画为序
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    basis: Mapped[str] = mapped_column(default="")  # 成立文件
    established_on: Mapped[date | None]  # 确认成立；None: still being put together
    established_by_id: Mapped[uuid.UUID | None]
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class BodySeat(TenantOwned, Base):
    """A seat in a body, for a time. Exactly what `filled_by` says is given; a seat by post follows its holder."""

    __tablename__ = "body_seat"
    __table_args__ = (
        same_tenant("body_id", "body"),
        same_tenant("post_id", "post"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("user_id", "user"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        CheckConstraint(
            "(filled_by = 'post') = (post_id IS NOT NULL) AND (filled_by = 'person') = (user_id IS NOT NULL)"
            " AND (filled_by = 'unit') = (unit_id IS NOT NULL)"
            " AND (filled_by IN ('post', 'person', 'unit') OR wording <> '')",
            name="filled_as_said",
        ),
        Index("ix_body_seat_tenant_id_body_id", "tenant_id", "body_id"),
    )

    body_id: Mapped[uuid.UUID]
    role: Mapped[SeatRole]
    title: Mapped[str] = mapped_column(default="")  # what the role is called here, left out: by the kind of body
    filled_by: Mapped[SeatBy]
    post_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    wording: Mapped[str] = mapped_column(default="")  # the function, the description, or the outsider's name and post
    field_of_work: Mapped[str] = mapped_column(default="")  # 分工
    is_lead: Mapped[bool] = mapped_column(default=False)  # 牵头（可有多个）
    sort_order: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class BodyMeeting(TenantOwned, Base):
    """A meeting of a body and what it resolved (会议记录). Whether it had a quorum is computed, never typed."""

    __tablename__ = "body_meeting"
    __table_args__ = (
        same_tenant("body_id", "body"),
        same_tenant("recorded_by_id", "user"),
        CheckConstraint("entitled > 0 AND present BETWEEN 0 AND entitled", name="present_among_entitled"),
        CheckConstraint(
            "in_favour >= 0 AND against >= 0 AND abstained >= 0 AND in_favour + against + abstained <= present",
            name="votes_of_present",
        ),
        Index("ix_body_meeting_tenant_id_body_id", "tenant_id", "body_id"),
    )

    body_id: Mapped[uuid.UUID]
    held_on: Mapped[date]
    topic: Mapped[str]
    entitled: Mapped[int]  # 应到
    present: Mapped[int]  # 实到
    in_favour: Mapped[int] = mapped_column(default=0)
    against: Mapped[int] = mapped_column(default=0)
    abstained: Mapped[int] = mapped_column(default=0)
    resolution: Mapped[str] = mapped_column(default="")
    recorded_by_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now)
