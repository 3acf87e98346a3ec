"""Tables of plans and their tasks."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.domain.workflow import PlanStatus
from saas.tenancy.models import TenantOwned, same_tenant


class Plan(TenantOwned, Base):
    """A plan (实施方案) of one unit. Signed: frozen; a change is a new revision that goes back to the signer."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code", "revision"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("superior_plan_id", "plan"),
        same_tenant("supersedes_id", "plan"),
        same_tenant("route_id", "route"),
        same_tenant("drafted_by_id", "user"),
        same_tenant("document_id", "document"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
    )

    code: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID]
    superior_plan_id: Mapped[uuid.UUID | None]  # the superior's plan that this one answers
    route_id: Mapped[uuid.UUID]
    title: Mapped[str]
    topic: Mapped[str] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")  # 制定依据
    goals: Mapped[str] = mapped_column(default="")  # 总体目标
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    addressees: Mapped[list[str]] = mapped_column(default=list)  # 主送
    copied_to: Mapped[list[str]] = mapped_column(default=list)  # 抄送
    countersign_units: Mapped[list[str]] = mapped_column(default=list)  # codes of the units that countersign
    status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.DRAFT)
    digest: Mapped[str] = mapped_column(default="")
    drafted_by_id: Mapped[uuid.UUID]
    document_id: Mapped[uuid.UUID | None]
    signed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class PlanSection(TenantOwned, Base):
    """A free section of a plan (章节), in the county's own order. `kind` marks the generated ones.

    Kinds: `text`, and where the plan's own rows are printed: `targets`, `tasks`, `stages`, `safeguards` (text).
    """

    __tablename__ = "plan_section"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "sort_order"),
        same_tenant("plan_id", "plan"),
    )

    plan_id: Mapped[uuid.UUID]
    sort_order: Mapped[int]
    kind: Mapped[str] = mapped_column(default="text")
    heading: Mapped[str]
    body: Mapped[str] = mapped_column(default="")  # paragraphs separated by line breaks


class PlanTask(TenantOwned, Base):
    """A task of a plan (任务). Its dated parts carry units and deadlines.

    Modes of responsibility: lead_responsible, lead_supporting, lead_separate, separate, sole.
    """

    __tablename__ = "plan_task"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "code"),
        same_tenant("plan_id", "plan"),
    )

    plan_id: Mapped[uuid.UUID]
    code: Mapped[str]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    mode: Mapped[str] = mapped_column(default="lead_responsible")
    sort_order: Mapped[int] = mapped_column(default=0)


class PlanTaskPart(TenantOwned, Base):
    """A part of a task with its own deadline (任务分项). A task has at least one."""

    __tablename__ = "plan_task_part"
    __table_args__ = (
        UniqueConstraint("tenant_id", "task_id", "code"),
        same_tenant("task_id", "plan_task"),
        Index("ix_plan_task_part_tenant_id_due_on", "tenant_id", "due_on"),
    )

    task_id: Mapped[uuid.UUID]
    code: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]  # the last day in time; None: none was stated
    due_text: Mapped[str] = mapped_column(default="")  # as the plan words it (8月25日前)
    is_standing: Mapped[bool] = mapped_column(default=False)  # 坚持经常: becomes a standing check once accepted
    state: Mapped[str] = mapped_column(default="open")  # open | reported | accepted
    accepted_on: Mapped[date | None]
    sort_order: Mapped[int] = mapped_column(default=0)


class PlanTaskUnit(TenantOwned, Base):
    """Who does a part (责任单位). By unit, or by plain words where no unit of the county is meant."""

    __tablename__ = "plan_task_unit"
    __table_args__ = (
        same_tenant("part_id", "plan_task_part"),
        same_tenant("unit_id", "org_unit"),
        CheckConstraint("unit_id IS NOT NULL OR label <> ''", name="unit_or_words"),
        Index("ix_plan_task_unit_tenant_id_unit_id", "tenant_id", "unit_id"),
        Index("ix_plan_task_unit_tenant_id_part_id", "tenant_id", "part_id"),
    )

    part_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    label: Mapped[str] = mapped_column(default="")  # 各乡镇, 各有关单位 …
    role: Mapped[str]  # lead | responsible | supporting | supervisor
    sort_order: Mapped[int] = mapped_column(default=0)


class TaskReport(TenantOwned, Base):
    """What a unit reported on a part (进展反馈), or the office's acceptance of it (验收)."""

    __tablename__ = "task_report"
    __table_args__ = (
        same_tenant("part_id", "plan_task_part"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("reported_by_id", "user"),
        Index("ix_task_report_tenant_id_part_id", "tenant_id", "part_id"),
    )

    part_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    kind: Mapped[str]  # progress | done | accepted | returned
    text: Mapped[str]
    reported_by_id: Mapped[uuid.UUID]
    reported_at: Mapped[datetime] = mapped_column(default=utc_now)


class PlanStage(TenantOwned, Base):
    """A stage of a plan (阶段)."""

    __tablename__ = "plan_stage"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "sort_order"),
        same_tenant("plan_id", "plan"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    )

    plan_id: Mapped[uuid.UUID]
    sort_order: Mapped[int]
    name: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    body: Mapped[str] = mapped_column(default="")


class PlanAttachment(TenantOwned, Base):
    """An attachment of a plan (附件): a file, or content printed behind the text."""

    __tablename__ = "plan_attachment"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "sort_order"),
        same_tenant("plan_id", "plan"),
        same_tenant("file_id", "stored_file"),
        CheckConstraint("file_id IS NOT NULL OR content IS NOT NULL", name="file_or_content"),
    )

    plan_id: Mapped[uuid.UUID]
    sort_order: Mapped[int]
    title: Mapped[str]
    file_id: Mapped[uuid.UUID | None]
    content: Mapped[dict[str, Any] | None]
