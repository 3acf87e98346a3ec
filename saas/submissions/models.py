"""Tables of collections and submissions."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormDefinition, FormVersion
from saas.org.models import OrgUnit
from saas.tenancy.models import TenantOwned, same_tenant


class Collection(TenantOwned, Base):
    """A standing request (填报任务): these units fill this form in each period, within this window.

    One that extends another (`extends_id`) is its sensitive period (敏感时段): daily zero reports from day to day.
    """

    __tablename__ = "collection"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("form_id", "form_definition"),
        same_tenant("route_id", "route"),
        same_tenant("plan_id", "plan"),
        same_tenant("extends_id", "collection"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("extends_id IS NULL OR ends_on IS NOT NULL", name="extension_ends"),
    )

    code: Mapped[str]
    name: Mapped[str]
    form_id: Mapped[uuid.UUID]
    route_id: Mapped[uuid.UUID]
    plan_id: Mapped[uuid.UUID | None]
    cadence: Mapped[str]  # saas.domain.periods.Cadence
    cohort: Mapped[dict[str, Any]]  # saas.domain.cohorts
    window: Mapped[dict[str, Any]]  # saas.domain.windows.Window
    own_days: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of an own window: saas.domain.periods.OwnDays
    events: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # of one per event: day, title, units (codes)
    extends_id: Mapped[uuid.UUID | None]
    filled_by: Mapped[dict[str, Any]] = mapped_column(default=dict)  # who fills for the units; empty: they themselves
    compiling: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # two-step collection: by whom, within how many days
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    form: Mapped[FormDefinition] = relationship(
        primaryjoin="foreign(Collection.form_id) == FormDefinition.id", lazy="joined", innerjoin=True
    )


class RevisionKind(StrEnum):
    """Why there is a further revision of a submission. Stored in the database: never rename a value."""

    ORIGINAL = "original"
    CORRECTION = "correction"  # 更正: on its own version of the form
    SUPPLEMENT = "supplement"  # 补报: what a newer version of the form asks besides


class CollectionWindow(TenantOwned, Base):
    """Another window for one period of a collection (调整填报时间), with its reason."""

    __tablename__ = "collection_window"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id", "period_start"),
        same_tenant("collection_id", "collection"),
        same_tenant("changed_by_id", "user"),
        CheckConstraint("due_on >= opens_on", name="due_after_opening"),
    )

    collection_id: Mapped[uuid.UUID]
    period_start: Mapped[date]
    opens_on: Mapped[date]
    due_on: Mapped[date]  # the last day in time
    recheck_from: Mapped[date | None]
    recheck_to: Mapped[date | None]
    reason: Mapped[str]
    changed_by_id: Mapped[uuid.UUID]
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class Submission(TenantOwned, Base):
    """What one unit filled in for one period (填报). Frozen once signed off; a correction is a new revision."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "collection_id", "unit_id", "period_start", "revision", name="uq_submission_one_per_period"
        ),
        same_tenant("collection_id", "collection"),
        same_tenant("form_version_id", "form_version"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("submitted_by_id", "user"),
        same_tenant("supersedes_id", "submission"),
        CheckConstraint("(status = 'signed_off') = (signed_off_at IS NOT NULL)", name="signed_off_has_time"),
        CheckConstraint("NOT is_not_applicable OR not_applicable_reason <> ''", name="not_applicable_has_reason"),
        CheckConstraint("period_end >= period_start", name="period_in_order"),
        Index("ix_submission_tenant_id_unit_id_period_start", "tenant_id", "unit_id", "period_start"),
        Index("ix_submission_tenant_id_status", "tenant_id", "status"),
        Index(
            "ix_submission_tenant_id_collection_id_period_start_submitted_at",
            "tenant_id",
            "collection_id",
            "period_start",
            "submitted_at",
        ),
    )

    collection_id: Mapped[uuid.UUID]
    form_version_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    period_start: Mapped[date]
    period_end: Mapped[date]
    revision: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[uuid.UUID | None]
    status: Mapped[SubmissionStatus] = mapped_column(default=SubmissionStatus.DRAFT)
    kind: Mapped[RevisionKind] = mapped_column(default=RevisionKind.ORIGINAL)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    origins: Mapped[dict[str, Any]] = mapped_column(default=dict)  # by path: where a pre-filled answer came from
    marks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # what looked odd when it was handed in (疑点)
    choice_labels: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of choices from outside, when handed in
    is_not_applicable: Mapped[bool] = mapped_column(default=False)
    not_applicable_reason: Mapped[str] = mapped_column(default="")
    is_late: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str] = mapped_column(default="")  # of the canonical content, set when submitted
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[uuid.UUID | None]
    signed_off_at: Mapped[datetime | None]
    contributors: Mapped[list[str]] = mapped_column(default=list)  # ids of all who filled it: they do not review it
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()  # counted up by SQLAlchemy: writing over a newer version fails

    __mapper_args__ = {"version_id_col": version}

    collection: Mapped[Collection] = relationship(
        primaryjoin="foreign(Submission.collection_id) == Collection.id", lazy="raise_on_sql"
    )
    form_version: Mapped[FormVersion] = relationship(
        primaryjoin="foreign(Submission.form_version_id) == FormVersion.id", lazy="raise_on_sql"
    )
    unit: Mapped[OrgUnit] = relationship(primaryjoin="foreign(Submission.unit_id) == OrgUnit.id", lazy="raise_on_sql")


class FieldQuery(TenantOwned, Base):
    """A reviewer's question about one answer (逐项询问), and what the unit says to it."""

    __tablename__ = "field_query"
    __table_args__ = (
        same_tenant("submission_id", "submission"),
        same_tenant("asked_by_id", "user"),
        same_tenant("answered_by_id", "user"),
        CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered_by_somebody"),
        Index("ix_field_query_tenant_id_submission_id", "tenant_id", "submission_id"),
        Index("ix_field_query_waiting", "tenant_id", "submission_id", postgresql_where=text("answered_at IS NULL")),
    )

    submission_id: Mapped[uuid.UUID]
    path: Mapped[str]  # of the field, as in the answers
    question: Mapped[str]
    shown_answer: Mapped[str] = mapped_column(default="")  # what stood there when it was asked
    asked_by_id: Mapped[uuid.UUID]
    asked_at: Mapped[datetime] = mapped_column(default=utc_now)
    answer: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]


class CompilationStatus(StrEnum):
    """Where a compilation stands. Stored in the database: never rename a value."""

    DRAFT = "draft"
    SUBMITTED = "submitted"


class Compilation(TenantOwned, Base):
    """What a superior unit compiled from its units' reports of one period (汇总上报), with who was missing or late."""

    __tablename__ = "compilation"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id", "unit_id", "period_start"),
        same_tenant("collection_id", "collection"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("submitted_by_id", "user"),
        CheckConstraint("(status = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_has_time"),
        CheckConstraint("(submitted_at IS NULL) = (submitted_by_id IS NULL)", name="submitted_by_somebody"),
    )

    collection_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    period_start: Mapped[date]
    period_end: Mapped[date]
    due_on: Mapped[date]  # the last day for the compiler
    status: Mapped[CompilationStatus] = mapped_column(default=CompilationStatus.DRAFT)
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)  # totals, parts by unit, missing and late, as filed
    note: Mapped[str] = mapped_column(default="")
    is_late: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str] = mapped_column(default="")
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
