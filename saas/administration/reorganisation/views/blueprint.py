"""The blueprint of reorganisations and what its views share."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.administration.reorganisation import queries
from saas.domain.errors import InvalidTransition
from saas.org.models import Reorganisation

bp = Blueprint("reorganisation", __name__, url_prefix="/reorganisations")


def to_reorganisation(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    """Back to the page of a reorganisation."""
    return redirect(url_for("reorganisation.show", reorganisation_id=reorganisation_id), code=303)


def lock_as_seen(reorganisation_id: uuid.UUID) -> Reorganisation:
    """Return a reorganisation for a change, as the page showed it. Raise InvalidTransition (409) if it has changed."""
    found = queries.lock_reorganisation(reorganisation_id)
    if request.form.get("version") != str(found.version):
        raise InvalidTransition("这次机构调整在您打开页面后已有变化，请刷新页面后再操作")
    return found
