"""Tables of registers and their records."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.forms.models import FormDefinition, FormVersion
from saas.org.models import OrgUnit
from saas.tenancy.models import TenantOwned, same_tenant


class Register(TenantOwned, Base):
    """A register (台账): which units keep records of which form, through which states, and who may see what."""

    __tablename__ = "register"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("form_id", "form_definition"),
        same_tenant("owner_unit_id", "org_unit"),
    )

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    form_id: Mapped[uuid.UUID]  # its published version says which fields a record has
    owner_unit_id: Mapped[uuid.UUID | None]
    cohort: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the units that keep it: saas.domain.cohorts
    states: Mapped[dict[str, Any]] = mapped_column(default=dict)  # saas.domain.records.States
    purpose: Mapped[str] = mapped_column(default="")  # 处理目的: what personal data in it is needed for
    access: Mapped[dict[str, Any]] = mapped_column(default=dict)  # who sees and changes which fields
    layout: Mapped[dict[str, Any]] = mapped_column(default=dict)  # columns of the list, and the paper form
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    form: Mapped[FormDefinition] = relationship(
        primaryjoin="foreign(Register.form_id) == FormDefinition.id", lazy="joined", innerjoin=True
    )


class RegisterRecord(TenantOwned, Base):
    """One record of a register (台账记录)."""

    __tablename__ = "register_record"
    __table_args__ = (
        UniqueConstraint("tenant_id", "register_id", "number"),
        same_tenant("register_id", "register"),
        same_tenant("form_version_id", "form_version"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("created_by_id", "user"),
        Index("ix_register_record_tenant_id_register_id_state", "tenant_id", "register_id", "state"),
        Index("ix_register_record_tenant_id_unit_id", "tenant_id", "unit_id"),
        Index("ix_register_record_tenant_id_due_on", "tenant_id", "due_on"),
    )

    register_id: Mapped[uuid.UUID]
    form_version_id: Mapped[uuid.UUID]
    number: Mapped[int]  # counts up within the register; a number is never given twice
    unit_id: Mapped[uuid.UUID]  # the unit that keeps it
    title: Mapped[str]  # what lists call it; never a protected answer
    state: Mapped[str]  # a state of the register
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    search_key: Mapped[str] = mapped_column(default="")  # of what is not protected
    opened_on: Mapped[date]
    due_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    created_by_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    register: Mapped[Register] = relationship(
        primaryjoin="foreign(RegisterRecord.register_id) == Register.id", lazy="raise_on_sql"
    )
    form_version: Mapped[FormVersion] = relationship(
        primaryjoin="foreign(RegisterRecord.form_version_id) == FormVersion.id", lazy="raise_on_sql"
    )
    unit: Mapped[OrgUnit] = relationship(
        primaryjoin="foreign(RegisterRecord.unit_id) == OrgUnit.id", lazy="raise_on_sql"
    )


class RecordLink(TenantOwned, Base):
    """Who else has to do with a record: a responsible or supporting unit, or a person."""

    __tablename__ = "record_link"
    __table_args__ = (
        same_tenant("record_id", "register_record"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("user_id", "user"),
        CheckConstraint("(unit_id IS NULL) <> (user_id IS NULL)", name="unit_or_person"),
        Index("ix_record_link_tenant_id_record_id", "tenant_id", "record_id"),
        Index("ix_record_link_tenant_id_unit_id", "tenant_id", "unit_id"),
        Index("ix_record_link_tenant_id_user_id", "tenant_id", "user_id"),
    )

    record_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    role: Mapped[str]  # responsible | supporting | contact


class RecordEvent(TenantOwned, Base):
    """What happened to a record (变更记录): opened, changed, moved to another state. Only ever added to."""

    __tablename__ = "record_event"
    __table_args__ = (
        same_tenant("record_id", "register_record"),
        same_tenant("actor_id", "user"),
        Index("ix_record_event_tenant_id_record_id_happened_at", "tenant_id", "record_id", "happened_at"),
    )

    record_id: Mapped[uuid.UUID]
    kind: Mapped[str]  # opened | changed | moved | linked | imported
    state_before: Mapped[str] = mapped_column(default="")
    state_after: Mapped[str] = mapped_column(default="")
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)  # by path: before and after
    note: Mapped[str] = mapped_column(default="")
    actor_id: Mapped[uuid.UUID | None]
    happened_at: Mapped[datetime] = mapped_column(default=utc_now)


class RegisterView(TenantOwned, Base):
    """A saved view of a register (常用视图): filters, columns and order, one's own or shared."""

    __tablename__ = "register_view"
    __table_args__ = (
        same_tenant("register_id", "register"),
        same_tenant("owner_id", "user"),
        Index("ix_register_view_tenant_id_register_id", "tenant_id", "register_id"),
    )

    register_id: Mapped[uuid.UUID]
    owner_id: Mapped[uuid.UUID]
    name: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)
    query: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the filters as the address carries them
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class RecordDraft(TenantOwned, Base):
    """What somebody has typed of a record and not sent yet (草稿): a new one, or changes of one that is there."""

    __tablename__ = "record_draft"
    __table_args__ = (
        UniqueConstraint("tenant_id", "writer_id", "record_id"),
        same_tenant("register_id", "register"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("writer_id", "user"),
    )

    register_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID]  # of a new record the one that it will have: its photos are kept under it
    unit_id: Mapped[uuid.UUID]
    writer_id: Mapped[uuid.UUID]  # nobody else sees it
    title: Mapped[str] = mapped_column(default="")  # of what is not protected
    typed: Mapped[dict[str, Any]] = mapped_column(default=dict)  # texts by the names of their inputs, sound or not
    seen_version: Mapped[int] = mapped_column(default=0)  # of the record that is changed; 0: a new one
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)


class RecordReading(TenantOwned, Base):
    """Somebody read protected answers of a record, and what for (查阅记录). Only ever added to."""

    __tablename__ = "record_reading"
    __table_args__ = (
        same_tenant("register_id", "register"),
        same_tenant("record_id", "register_record"),
        same_tenant("reader_id", "user"),
        CheckConstraint("purpose <> ''", name="reading_has_purpose"),
        Index("ix_record_reading_tenant_id_register_id_read_at", "tenant_id", "register_id", "read_at"),
    )

    register_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID | None]  # none: many at once, by an export
    reader_id: Mapped[uuid.UUID]
    purpose: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(default=list)
    records: Mapped[int] = mapped_column(default=1)  # how many
    read_at: Mapped[datetime] = mapped_column(default=utc_now)
