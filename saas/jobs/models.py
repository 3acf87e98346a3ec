"""The table of background jobs."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class JobState(StrEnum):
    """Where a job stands. Stored in the database: never rename a value."""

    QUEUED = "queued"  # 排队
    RUNNING = "running"  # 进行中
    DONE = "done"  # 完成
    DEAD = "dead"  # 失败，不再重试


class Job(TenantOwned, Base):
    """One piece of background work, written in the transaction of the action that wants it.

    `key` is the idempotency key: the same work asked for twice is one row. `token` fences: only the run that holds
    it may write the effect. `lease_until` uses the database's clock.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "key"),
        same_tenant("created_by_id", "user"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
        CheckConstraint("(state IN ('done', 'dead')) = (finished_at IS NOT NULL)", name="finished_has_time"),
        CheckConstraint("state <> 'dead' OR reason IS NOT NULL", name="dead_has_reason"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_in_range"),
        Index("ix_job_state_run_after", "state", "run_after"),
        Index("ix_job_open", "tenant_id", "state", postgresql_where=column("state").in_(["queued", "running"])),
    )

    kind: Mapped[str]
    key: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    priority: Mapped[int] = mapped_column(default=0)  # higher goes first
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    run_after: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    token: Mapped[uuid.UUID | None]
    progress: Mapped[int] = mapped_column(default=0)  # per cent
    error: Mapped[str | None]  # for operators: what went wrong last
    reason: Mapped[str | None]  # for the user: why it was given up
    created_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
