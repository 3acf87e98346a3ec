"""Photos of a form in pieces: begun and finished here, because the form says what may be kept; sent to `files`."""

from __future__ import annotations

import re
import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.files.checks import FileType
from saas.files.uploads import get_own_upload
from saas.forms.pieces import allowed_files, begin_upload, begun, complete_upload, refused
from saas.submissions import services
from saas.submissions.filling import Place, get_place
from saas.submissions.views.blueprint import bp
from saas.submissions.views.filling import FILL


@bp.post(FILL + "/uploads")
@requires(Permission.SUBMISSION_EDIT)
def start_upload(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    try:
        _allowed(place)
        with unit_of_work():
            submission = place.submission or services.start_submission(
                place.collection, place.unit, place.period, actor=current_user
            )
            upload = begin_upload(services.SUBJECT, submission.id)
    except DomainError as error:
        return refused(error)
    finish = url_for(".finish_upload", **place.arguments, upload_id=upload.id)
    return begun(upload, finish, version=str(submission.version))


@bp.post(FILL + "/uploads/<uuid:upload_id>/finish")
@requires(Permission.SUBMISSION_EDIT)
def finish_upload(
    collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str, upload_id: uuid.UUID
) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    upload = get_own_upload(upload_id, current_user)
    return complete_upload(upload, _allowed(place))


def _allowed(place: Place) -> frozenset[FileType]:
    """What the field takes for which the file is. Raises DomainError for none, and while nothing may be filled."""
    if place.problem is not None:
        raise DomainError(place.problem.text, code=place.problem.code, **dict(place.problem.params))
    path = re.sub(r"\[[0-9]{1,4}\]", "[]", request.form.get("field", ""))
    return allowed_files(place.definition, path)
