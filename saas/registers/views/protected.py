"""The protected answers of one record: masked, and opened for one page after its reader has said what for.

Opening is a POST that answers with the page itself: there is no address under which the answers could be had again.
"""

from __future__ import annotations

import uuid

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.record_access import FieldAccess, general_path
from saas.form_pages import worded
from saas.registers import protection, queries
from saas.registers.models import RegisterRecord
from saas.registers.views.blueprint import bp


@bp.get("/registers/records/<uuid:record_id>/protected")
@requires(Permission.SUBMISSION_VIEW)
def protected(record_id: uuid.UUID) -> ResponseReturnValue:
    subject = queries.get_record(record_id, current_user)
    return _page(subject, protection.access_to(subject, current_user))


@bp.post("/registers/records/<uuid:record_id>/protected")
@requires(Permission.SUBMISSION_VIEW)
def reveal(record_id: uuid.UUID) -> ResponseReturnValue:
    subject = queries.get_record(record_id, current_user)
    purpose = protection.posted_purpose(request.form)
    try:
        with unit_of_work():
            revealed = protection.reveal(subject, actor=current_user, purpose=purpose)
    except protection.PurposeMissing as missing:
        subject = queries.get_record(record_id, current_user)
        return _page(subject, protection.access_to(subject, current_user), missing)
    return _page(queries.get_record(record_id, current_user), revealed, purpose=" ".join(purpose.split()))


def _page(
    subject: RegisterRecord, access: FieldAccess, error: DomainError | None = None, purpose: str = ""
) -> Response:
    rows = protection.rows_for(subject, queries.definition_of(subject), access)
    html = render_template(
        "registers/protected.html",
        record=subject,
        rows=[row for row in rows if general_path(row.path) in access.protected],
        purposes=protection.offered_purposes(subject.register),
        purpose=purpose,
        may_reveal=bool(access.revealable),
        is_masked=bool(access.levels),
        error=worded(error) if error else "",
    )
    response = make_response(html, 422 if error else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
