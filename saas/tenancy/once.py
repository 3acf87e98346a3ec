"""A form sent twice is carried out once: a double tap, a bad line and a reloaded page are everyday matters.

A page that saves itself (草稿自动保存) is one form that is sent many times. Where an answer was lost on the way, it
does not know that it was saved: `note_saved` keeps what this very page saved last, so that it is no stranger to
itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import timedelta

from flask import request, session
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from saas.db import db, new_id, utc_now
from saas.tenancy.models import SentForm
from saas.tenancy.scope import bound_tenant_id

FIELD = "send_token"
KEPT = timedelta(days=90)
_CARRIED_OUT = "carried_out"
_KEY = f"pk_{SentForm.__tablename__}"


def new_send_token() -> str:
    """A token for the hidden field `send_token` of a form that creates something."""
    return str(new_id())


def find_earlier_answer() -> str | None:
    """Where the first sending of this form led, or None if this is the first."""
    token = _token()
    if token is None:
        return None
    return db.session.scalars(select(SentForm.location).where(SentForm.id == token)).one_or_none()


def remember_answer(location: str) -> None:
    """Note, in the same transaction as the effect, that this form was carried out.

    The primary key decides a race: the second of two simultaneous sends fails with IntegrityError and is answered
    like any repeated send.
    """
    token = _token()
    if token is not None:
        db.session.add(SentForm(id=token, location=location))
        db.session.flush()
        note_carried_out()


def note_carried_out() -> None:
    """Let the next page say that this form was carried out (`carried_out`)."""
    session[_CARRIED_OUT] = request.form.get(FIELD, "")


def carried_out() -> str:
    """The token of the form that led to this page, once: the browser forgets what it kept of it. "" for none."""
    return str(session.pop(_CARRIED_OUT, "")) if _CARRIED_OUT in session else ""


def forget_carried_out() -> None:
    """Nothing was carried out after all: the transaction failed."""
    session.pop(_CARRIED_OUT, None)


def note_saved(versions: Mapping[str, int]) -> None:
    """Keep which versions of rows this page has written last, by any name of the row. One statement."""
    token = _token()
    if token is None or not versions:
        return
    now, tenant_id = utc_now(), bound_tenant_id()
    rows = [
        {"tenant_id": tenant_id, "id": uuid.uuid5(token, name), "location": str(version), "sent_at": now}
        for name, version in versions.items()
    ]
    statement = insert(SentForm).values(rows)
    newer = {"location": statement.excluded.location, "sent_at": statement.excluded.sent_at}
    db.session.execute(statement.on_conflict_do_update(constraint=_KEY, set_=newer))


def saved_here(names: Collection[str]) -> Mapping[str, int]:
    """The versions that this page wrote last of these rows. One statement; none for a form without a token."""
    token = _token()
    if token is None or not names:
        return {}
    ids = {uuid.uuid5(token, name): name for name in names}
    rows = db.session.execute(
        select(SentForm.id, SentForm.location).where(SentForm.id.in_(ids)).order_by(SentForm.id)
    ).all()
    return {ids[row.id]: int(row.location) for row in rows}


def forget_old_sends() -> None:
    """Forget what was sent long ago: no page stays open for so long that it would be sent again."""
    db.session.execute(delete(SentForm).where(SentForm.sent_at < utc_now() - KEPT))


def is_repeated_send(error: IntegrityError) -> bool:
    """Whether a write failed because the same form was sent twice at the same moment: the other one was carried out."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return constraint == _KEY


def _token() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.form.get(FIELD, ""))
    except ValueError:
        return None
