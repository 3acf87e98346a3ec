"""Binding a tenant: to a view, a job or a command, and from there to each transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

from saas.db import db


class TenantError(RuntimeError):
    """Tenant data was touched while no tenant was bound: a programming error, never the user's."""


_bound: ContextVar[uuid.UUID | None] = ContextVar("bound_tenant_id", default=None)
_SET_TENANT = text("SELECT set_config('app.tenant_id', :tenant_id, true)")


@contextmanager
def tenant_scope(tenant_id: uuid.UUID) -> Iterator[None]:
    """Bind a tenant for the length of one view, one job or one command.

    A transaction that is already under way is told, on entering and on leaving: no statement runs for a tenant that
    the code around it no longer means.
    """
    before = _bound.get()
    token = _bound.set(tenant_id)
    try:
        if before != tenant_id:
            _rebind(tenant_id)
        yield
    finally:
        _bound.reset(token)
        if before is None:
            db.session.close()  # nothing outside the scope may go on reading inside the wall
        elif before != tenant_id:
            _rebind(before)


def _rebind(tenant_id: uuid.UUID) -> None:
    session = db.session()
    if session.in_transaction() and session.is_active:
        session.flush()
        bind_transaction(session.connection(), tenant_id)


def bound_tenant_id() -> uuid.UUID:
    """The tenant that new rows belong to, or TenantError."""
    tenant_id = _bound.get()
    if tenant_id is None:
        raise TenantError("no tenant is bound")
    return tenant_id


def find_bound_tenant_id() -> uuid.UUID | None:
    """The bound tenant, or None."""
    return _bound.get()


def bind_transaction(connection: Connection, tenant_id: uuid.UUID | None) -> None:
    """Tell the database whose rows this transaction may touch.

    The one place that does it. `true` lets the setting end with the transaction, so a pooled connection never
    carries a tenant over; a distributed PostgreSQL needs the statement form here instead.
    """
    connection.execute(_SET_TENANT, {"tenant_id": str(tenant_id or "")})


@event.listens_for(Session, "after_begin")
def _bind_session(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return  # a savepoint inherits the setting of its transaction
    bind_transaction(connection, _bound.get())
