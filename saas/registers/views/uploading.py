"""Photos of a record in pieces: begun and finished here, because the form says what may be kept; sent to `files`."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.record_access import general_path
from saas.files.checks import FileType
from saas.files.uploads import get_own_upload
from saas.forms.pieces import allowed_files, begin_upload, begun, complete_upload, refused, unknown_field
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
            upload = begin_upload(queries.SUBJECT, sheet.record_id)
    except DomainError as error:
        return refused(error)
    return begun(upload, url_for(finish, upload_id=upload.id, **arguments))  # type: ignore[arg-type]


def _finish(sheet: Sheet, upload_id: uuid.UUID) -> Response:
    upload = get_own_upload(upload_id, current_user)
    try:
        return complete_upload(upload, _allowed(sheet))
    except DomainError as error:
        return refused(error)


def _allowed(sheet: Sheet) -> frozenset[FileType]:
    """What the field takes for which the file is. Raises DomainError for none, or one that may not change."""
    path = general_path(request.form.get("field", ""))
    allowed = allowed_files(sheet.definition, path)
    if not sheet.access.may_change(path):
        raise unknown_field()
    return allowed
