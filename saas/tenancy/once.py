"""A form sent twice is carried out once: a double tap, a bad line and a reloaded page are everyday matters."""

from __future__ import annotations

import uuid

from flask import request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.db import db, new_id
from saas.tenancy.models import SentForm

FIELD = "send_token"


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


def is_repeated_send(error: IntegrityError) -> bool:
    """Whether a write failed because the same form was sent twice at the same moment: the other one was carried out."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return constraint == f"pk_{SentForm.__tablename__}"


def _token() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.form.get(FIELD, ""))
    except ValueError:
        return None
