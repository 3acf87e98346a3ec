"""Tables of targets."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class Target(TenantOwned, Base):
    """A figure that a plan commits to (目标). `definition` is the mapping that `saas.domain.targets` evaluates."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "code"),
        same_tenant("plan_id", "plan"),
        same_tenant("responsible_unit_id", "org_unit"),
    )

    plan_id: Mapped[uuid.UUID]
    code: Mapped[str]
    name: Mapped[str]
    sort_order: Mapped[int] = mapped_column(default=0)
    measure: Mapped[str] = mapped_column(default="")  # 计量单位
    due_on: Mapped[date | None]
    responsible_unit_id: Mapped[uuid.UUID | None]  # who reports the data
    definition: Mapped[dict[str, Any]]


class TargetValue(TenantOwned, Base):
    """What was reported for a target as of a day (实际值). A later report of a day is a new row; the last counts."""

    __tablename__ = "target_value"
    __table_args__ = (
        same_tenant("target_id", "target"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("reported_by_id", "user"),
        CheckConstraint("denominator IS NULL OR denominator >= 0", name="denominator_not_negative"),
        CheckConstraint(
            "NOT is_not_applicable OR (value IS NULL AND numerator IS NULL)", name="not_applicable_has_no_value"
        ),
        Index("ix_target_value_tenant_id_target_id_measured_on", "tenant_id", "target_id", "measured_on"),
    )

    target_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]  # None: of the plan's whole area
    group_name: Mapped[str] = mapped_column(default="")  # for targets measured by group
    measured_on: Mapped[date]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    is_not_applicable: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    reported_by_id: Mapped[uuid.UUID | None]
    reported_at: Mapped[datetime] = mapped_column(default=utc_now)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
