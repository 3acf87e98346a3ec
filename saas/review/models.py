"""Tables of review and sign-off."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.domain.progress import CaseStatus
from saas.org.models import Post
from saas.tenancy.models import TenantOwned, same_tenant


class Route(TenantOwned, Base):
    """The steps that a kind of thing goes through (审签流程). `definition` is read by `saas.domain.routes`."""

    __tablename__ = "route"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    definition: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True)


class ReviewCase(TenantOwned, Base):
    """One thing on its way through a route (审签件).

    The steps are copied when it starts, so that a changed route does not change cases under way. `content` is the
    canonical content that was submitted, `digest` its SHA-256: what was decided on is what is kept.
    """

    __tablename__ = "review_case"
    __table_args__ = (
        same_tenant("route_id", "route"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("started_by_id", "user"),
        CheckConstraint("(status = 'open') = (finished_at IS NULL)", name="finished_has_time"),
        Index("ix_review_case_tenant_id_subject_id", "tenant_id", "subject_id"),
        Index(
            "uq_review_case_one_open",
            "tenant_id",
            "subject_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    route_id: Mapped[uuid.UUID]
    subject_type: Mapped[str]  # submission | plan | assessment_round
    subject_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]  # whose thing it is
    title: Mapped[str]
    path: Mapped[str]  # the page of the subject inside the county
    definition: Mapped[dict[str, Any]]
    current_step: Mapped[int | None] = mapped_column(default=0)  # None: with its author, or done
    seats: Mapped[dict[str, Any]] = mapped_column(default=dict)  # step code → posts that are asked
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.OPEN)
    content: Mapped[dict[str, Any]]
    digest: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(default=list)  # ids of those who filled or drafted: they do not approve
    started_by_id: Mapped[uuid.UUID]
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class ReviewTask(TenantOwned, Base):
    """A seat of a step: one post that is asked to decide (待办). Whoever holds the post on the day may act."""

    __tablename__ = "review_task"
    __table_args__ = (
        UniqueConstraint("tenant_id", "case_id", "step", "post_id", "cycle"),
        same_tenant("case_id", "review_case"),
        same_tenant("post_id", "post"),
        Index("ix_review_task_tenant_id_post_id_closed_at", "tenant_id", "post_id", "closed_at"),
    )

    case_id: Mapped[uuid.UUID]
    step: Mapped[int]
    cycle: Mapped[int] = mapped_column(default=0)  # counts up when the step is reached again after a return
    post_id: Mapped[uuid.UUID]
    opened_at: Mapped[datetime] = mapped_column(default=utc_now)
    closed_at: Mapped[datetime | None]

    case: Mapped[ReviewCase] = relationship(
        primaryjoin="foreign(ReviewTask.case_id) == ReviewCase.id", lazy="raise_on_sql"
    )
    post: Mapped[Post] = relationship(primaryjoin="foreign(ReviewTask.post_id) == Post.id", lazy="raise_on_sql")


class ReviewDecision(TenantOwned, Base):
    """What somebody decided (审签意见). Never changed: the digest says on what content."""

    __tablename__ = "review_decision"
    __table_args__ = (
        same_tenant("case_id", "review_case"),
        same_tenant("post_id", "post"),
        same_tenant("actor_id", "user"),
        same_tenant("acting_for_id", "user"),
        Index("ix_review_decision_tenant_id_case_id", "tenant_id", "case_id"),
    )

    case_id: Mapped[uuid.UUID]
    step: Mapped[int | None]  # None: by the author
    step_name: Mapped[str]
    action: Mapped[str]  # submit | resubmit | approve | return | withdraw
    actor_id: Mapped[uuid.UUID]
    actor_name: Mapped[str]  # as printed on the sheet, even after the person left
    post_id: Mapped[uuid.UUID | None]
    post_name: Mapped[str] = mapped_column(default="")
    acting_for_id: Mapped[uuid.UUID | None]  # the holder of the post, where a delegate decided (受委托)
    acting_for_name: Mapped[str] = mapped_column(default="")
    comment: Mapped[str] = mapped_column(default="")
    returned_to: Mapped[str] = mapped_column(default="")  # code of the step, or `author`
    digest: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(default=utc_now)
