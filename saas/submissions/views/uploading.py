"""Photos of a form in pieces: begun and finished here, because the form says what may be kept; sent to `files`."""

from __future__ import annotations

import re
import uuid

from flask import Response, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import FILES, FieldType, iter_fields
from saas.files import uploads
from saas.files.checks import ATTACHMENTS, IMAGES, FileRefused, FileType
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
            upload = uploads.start_upload(
                token=request.form.get("token", ""),
                name=request.form.get("name", ""),
                size=request.form.get("size", 0, type=int),
                subject_type=services.SUBJECT,
                subject_id=submission.id,
                actor=current_user,
            )
    except DomainError as refused:
        return _refused(refused)
    return jsonify(
        pieces=url_for("files.upload_piece", upload_id=upload.id),
        finish=url_for(".finish_upload", **place.arguments, upload_id=upload.id),
        received=upload.received,
        version=str(submission.version),
    )


@bp.post(FILL + "/uploads/<uuid:upload_id>/finish")
@requires(Permission.SUBMISSION_EDIT)
def finish_upload(
    collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str, upload_id: uuid.UUID
) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    upload = uploads.get_own_upload(upload_id, current_user)
    try:
        with unit_of_work():
            stored = uploads.finish_upload(upload, actor=current_user, allowed=_allowed(place))
    except uploads.WrongOffset as wrong:
        return make_response({"received": wrong.received}, 409)
    except FileRefused as refused:
        with unit_of_work():
            uploads.forget_upload(uploads.get_own_upload(upload_id, current_user))
        return _refused(refused)
    uploads.drop_waiting(upload)
    return jsonify(
        file=str(stored.id),
        name=stored.name,
        url=url_for("files.show", file_id=stored.id),
        thumbnail=url_for("files.thumbnail", file_id=stored.id) if stored.media_type in IMAGES else "",
    )


def _allowed(place: Place) -> frozenset[FileType]:
    """What the field takes for which the file is. Raises DomainError for none, and while nothing may be filled."""
    if place.problem is not None:
        raise DomainError(place.problem.text, code=place.problem.code, **dict(place.problem.params))
    path = re.sub(r"\[[0-9]{1,4}\]", "[]", request.form.get("field", ""))
    found = next((item for each, item in iter_fields(place.definition) if each == path and item.type in FILES), None)
    if found is None:
        raise DomainError("这张表没有这个照片或文件字段", code="unknown_field")
    return IMAGES if found.type is FieldType.IMAGE else ATTACHMENTS


def _refused(refused: DomainError) -> Response:
    return make_response({"message": str(refused.message)}, 422)
