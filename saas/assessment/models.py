"""Tables of assessment."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.domain.workflow import RoundStatus
from saas.forms.models import VersionStatus
from saas.org.models import OrgUnit
from saas.tenancy.models import TenantOwned, same_tenant


class AssessmentScheme(TenantOwned, Base):
    """An assessment scheme (考核方案): who assesses whom. The rules are in its versions."""

    __tablename__ = "assessment_scheme"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("plan_id", "plan"),
        same_tenant("collection_id", "collection"),
        same_tenant("route_id", "route"),
    )

    code: Mapped[str]
    name: Mapped[str]
    cadence: Mapped[str]  # of its rounds
    cohort: Mapped[dict[str, Any]]
    plan_id: Mapped[uuid.UUID | None]
    collection_id: Mapped[uuid.UUID | None]  # the self-scores come from its submissions
    route_id: Mapped[uuid.UUID]  # how results are confirmed
    is_active: Mapped[bool] = mapped_column(default=True)


class SchemeVersion(TenantOwned, Base):
    """One version of a scheme's rules, in force from a period on. Published: never changed."""

    __tablename__ = "scheme_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "scheme_id", "number"),
        same_tenant("scheme_id", "assessment_scheme"),
        same_tenant("published_by_id", "user"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_has_time"),
    )

    scheme_id: Mapped[uuid.UUID]
    number: Mapped[int]
    status: Mapped[VersionStatus] = mapped_column(default=VersionStatus.DRAFT)
    effective_from: Mapped[date]
    definition: Mapped[dict[str, Any]]  # saas.domain.scheme
    digest: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[uuid.UUID | None]

    scheme: Mapped[AssessmentScheme] = relationship(
        primaryjoin="foreign(SchemeVersion.scheme_id) == AssessmentScheme.id", lazy="raise_on_sql"
    )


class AssessmentRound(TenantOwned, Base):
    """A scheme applied to its units for one period (考核轮次)."""

    __tablename__ = "assessment_round"
    __table_args__ = (
        UniqueConstraint("tenant_id", "scheme_id", "cadence", "period_start"),
        same_tenant("scheme_id", "assessment_scheme"),
        same_tenant("scheme_version_id", "scheme_version"),
        same_tenant("job_id", "job"),
        same_tenant("document_id", "document"),
        same_tenant("created_by_id", "user"),
        CheckConstraint("period_end >= period_start", name="period_in_order"),
    )

    scheme_id: Mapped[uuid.UUID]
    scheme_version_id: Mapped[uuid.UUID]
    cadence: Mapped[str]  # month; quarter and year roll up their months
    period_start: Mapped[date]
    period_end: Mapped[date]
    status: Mapped[RoundStatus] = mapped_column(default=RoundStatus.COLLECTING)
    base_amounts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what the scheme leaves to the round
    job_id: Mapped[uuid.UUID | None]
    computed_at: Mapped[datetime | None]
    digest: Mapped[str] = mapped_column(default="")  # of the results, set when they are put forward
    document_id: Mapped[uuid.UUID | None]
    published_at: Mapped[datetime | None]
    created_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    scheme: Mapped[AssessmentScheme] = relationship(
        primaryjoin="foreign(AssessmentRound.scheme_id) == AssessmentScheme.id", lazy="raise_on_sql"
    )
    scheme_version: Mapped[SchemeVersion] = relationship(
        primaryjoin="foreign(AssessmentRound.scheme_version_id) == SchemeVersion.id", lazy="raise_on_sql"
    )


class AssessedUnit(TenantOwned, Base):
    """A unit that a round assesses (被考核单位), with its parent in the tree of that period.

    `rechecked_at` says that the re-check is complete (复核完成): nothing found is then really nothing.
    """

    __tablename__ = "assessed_unit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "round_id", "unit_id"),
        same_tenant("round_id", "assessment_round"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("parent_id", "org_unit"),
        same_tenant("rechecked_by_id", "user"),
        CheckConstraint("(rechecked_at IS NULL) = (rechecked_by_id IS NULL)", name="rechecked_by_somebody"),
    )

    round_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    parent_id: Mapped[uuid.UUID | None]
    rechecked_at: Mapped[datetime | None]
    rechecked_by_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[OrgUnit] = relationship(primaryjoin="foreign(AssessedUnit.unit_id) == OrgUnit.id", lazy="raise_on_sql")


class AssessmentFact(TenantOwned, Base):
    """One thing that was found, counted or scored about a unit under a rule (考核事实)."""

    __tablename__ = "assessment_fact"
    __table_args__ = (
        same_tenant("round_id", "assessment_round"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("recorded_by_id", "user"),
        same_tenant("withdrawn_by_id", "user"),
        same_tenant("photo_id", "stored_file"),
        CheckConstraint("source IN ('self', 'recheck', 'office')", name="known_source"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn_has_reason"),
        Index("ix_assessment_fact_tenant_id_round_id_unit_id", "tenant_id", "round_id", "unit_id"),
    )

    round_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    rule_code: Mapped[str]
    source: Mapped[str]
    quantity: Mapped[Decimal | None]  # occurrences, a count or a score; None: not given
    households: Mapped[list[str]] = mapped_column(default=list)  # house numbers, no names
    found_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    photo_id: Mapped[uuid.UUID | None]
    out_of: Mapped[Decimal | None]  # the denominator that a report brings along
    noticed_on: Mapped[date | None]  # 通报之日, where that decides the month
    exposed_on: Mapped[date | None]  # 媒体曝光之日
    document_name: Mapped[str] = mapped_column(default="")  # the notice that praises or criticises
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)  # for `counts_when` and the classes of a tariff
    recorded_by_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[uuid.UUID | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")


class AssessmentResult(TenantOwned, Base):
    """What a unit got in a round (考核结果), with the trace that explains every point and every yuan."""

    __tablename__ = "assessment_result"
    __table_args__ = (
        UniqueConstraint("tenant_id", "round_id", "unit_id"),
        same_tenant("round_id", "assessment_round"),
        same_tenant("unit_id", "org_unit"),
        Index("ix_assessment_result_tenant_id_unit_id", "tenant_id", "unit_id"),
    )

    round_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]
    points: Mapped[Decimal | None]  # None: not determined; `points_state` says why
    points_state: Mapped[str]  # determined | undetermined | missing | not_applicable
    money: Mapped[Decimal | None]  # yuan
    money_state: Mapped[str]
    rank: Mapped[int | None]
    grade: Mapped[str] = mapped_column(default="")
    is_vetoed: Mapped[bool] = mapped_column(default=False)
    trace: Mapped[dict[str, Any]]

    unit: Mapped[OrgUnit] = relationship(
        primaryjoin="foreign(AssessmentResult.unit_id) == OrgUnit.id", lazy="raise_on_sql"
    )
