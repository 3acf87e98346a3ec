"""The model base, the session, the clock and the unit of work."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import current_app
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Date, DateTime, Enum, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _stored_values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


class Base(DeclarativeBase):
    """Base of every table. Enumerations are stored as their text, numbers exactly, moments with their zone."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        uuid.UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(),
        str: Text(),
        StrEnum: Enum(StrEnum, native_enum=False, length=40, values_callable=_stored_values),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={
        "expire_on_commit": False,  # one request, one transaction: what was just written need not be read again
        "join_transaction_mode": "create_savepoint",  # inside a test's transaction, commits become savepoints
    },
)
migrate = Migrate(render_as_batch=False)

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """The only thing that commits: one per request, job or command. On an error nothing is changed."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def at_moment(moment: datetime) -> Iterator[None]:
    """Let the clock of this thread stand at `moment`, so that past events can be loaded with their own time."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return _moment.get() or datetime.now(UTC)


def local_now() -> datetime:
    """The present moment as the county's clock shows it."""
    return utc_now().astimezone(current_app.config["JICENG"].timezone)


def local_clock() -> datetime:
    """The present moment as the county's clock shows it, without a zone: what people write down."""
    return local_now().replace(tzinfo=None)


def local_today() -> date:
    """Today's date in the county."""
    return local_now().date()


def new_id() -> uuid.UUID:
    """A time-ordered random id (UUID version 7): rows written together lie together, and nobody can guess the next."""
    milliseconds = time.time_ns() // 1_000_000
    raw = bytearray(milliseconds.to_bytes(6, "big") + os.urandom(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(raw))
