"""Photos of a record in pieces: begun and finished here, because the form says what may be kept; sent to `files`."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import FILES, FieldType, iter_fields
from saas.domain.record_access import general_path
from saas.files import uploads
from saas.files.checks import ATTACHMENTS, IMAGES, FileRefused, FileType
from saas.form_pages import worded
from saas.registers import queries
from saas.registers.views.blueprint import bp
from saas.registers.views.writing import EDIT, NEW, opened_sheet, started_sheet
from saas.registers.writing import Sheet
from saas.tenancy.once import FIELD


@bp.post(NEW + "/uploads")
@requires(Permission.SUBMISSION_EDIT)
def upload_to_new_record(register_id: uuid.UUID) -> ResponseReturnValue:
    sheet = started_sheet(queries.get_register(register_id, current_user))
    kept = {FIELD: str(sheet.record_id), "unit": str(sheet.unit.id)}
    return _start(sheet, ".finish_upload_to_new_record", register_id=register_id, **kept)


@bp.post(NEW + "/uploads/<uuid:upload_id>/finish")
@requires(Permission.SUBMISSION_EDIT)
def finish_upload_to_new_record(register_id: uuid.UUID, upload_id: uuid.UUID) -> ResponseReturnValue:
    return _finish(started_sheet(queries.get_register(register_id, current_user)), upload_id)


@bp.post(EDIT + "/uploads")
@requires(Permission.SUBMISSION_VIEW)
def upload_to_record(record_id: uuid.UUID) -> ResponseReturnValue:
    return _start(opened_sheet(record_id), ".finish_upload_to_record", record_id=record_id)


@bp.post(EDIT + "/uploads/<uuid:upload_id>/finish")
@requires(Permission.SUBMISSION_VIEW)
def finish_upload_to_record(record_id: uuid.UUID, upload_id: uuid.UUID) -> ResponseReturnValue:
    return _finish(opened_sheet(record_id), upload_id)


def _start(sheet: Sheet, finish: str, **arguments: object) -> Response:
    try:
        _allowed(sheet)
        with unit_of_work():
            upload = uploads.start_upload(
                token=request.form.get("token", ""),
                name=request.form.get("name", ""),
                size=request.form.get("size", 0, type=int),
                subject_type=queries.SUBJECT,
                subject_id=sheet.record_id,
                actor=current_user,
            )
    except DomainError as refused:
        return _refused(refused)
    return jsonify(
        pieces=url_for("files.upload_piece", upload_id=upload.id),
        finish=url_for(finish, upload_id=upload.id, **arguments),  # type: ignore[arg-type]
        received=upload.received,
    )


def _finish(sheet: Sheet, upload_id: uuid.UUID) -> Response:
    upload = uploads.get_own_upload(upload_id, current_user)
    try:
        with unit_of_work():
            stored = uploads.finish_upload(upload, actor=current_user, allowed=_allowed(sheet))
    except uploads.WrongOffset as wrong:
        return make_response({"received": wrong.received}, 409)
    except FileRefused as refused:
        with unit_of_work():
            uploads.forget_upload(uploads.get_own_upload(upload_id, current_user))
        return _refused(refused)
    except DomainError as refused:
        return _refused(refused)
    uploads.drop_waiting(upload)
    return jsonify(
        file=str(stored.id),
        name=stored.name,
        url=url_for("files.show", file_id=stored.id),
        thumbnail=url_for("files.thumbnail", file_id=stored.id) if stored.media_type in IMAGES else "",
    )


def _allowed(sheet: Sheet) -> frozenset[FileType]:
    """What the field takes for which the file is. Raises DomainError for none, or one that may not change."""
    path = general_path(request.form.get("field", ""))
    found = next((item for each, item in iter_fields(sheet.definition) if each == path and item.type in FILES), None)
    if found is None or not sheet.access.may_change(path):
        raise DomainError("这张表没有这个照片或文件字段", code="unknown_field")
    return IMAGES if found.type is FieldType.IMAGE else ATTACHMENTS


def _refused(refused: DomainError) -> Response:
    return make_response({"message": worded(refused)}, 422)
