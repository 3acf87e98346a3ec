"""Beginning and finishing files that come in pieces (断点续传), for every page on which a form is filled."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, make_response, request, url_for
from flask_login import current_user

from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import FILES, FieldType, FormDefinition, iter_fields
from saas.files import uploads
from saas.files.checks import ATTACHMENTS, IMAGES, FileRefused, FileType
from saas.files.models import FileUpload
from saas.form_pages import worded


def begin_upload(subject_type: str, subject_id: uuid.UUID) -> FileUpload:
    """Begin, or go on with, the file that was announced. Raises DomainError. Never commits."""
    return uploads.start_upload(
        token=request.form.get("token", ""),
        name=request.form.get("name", ""),
        size=request.form.get("size", 0, type=int),
        subject_type=subject_type,
        subject_id=subject_id,
        actor=current_user,
    )


def begun(upload: FileUpload, finish: str, **more: str) -> Response:
    """Where the pieces go, where the file is finished, and how much of it is there already."""
    pieces = url_for("files.upload_piece", upload_id=upload.id)
    return jsonify(pieces=pieces, finish=finish, received=upload.received, **more)


def complete_upload(upload: FileUpload, allowed: frozenset[FileType]) -> Response:
    """Store a file of which every piece has come, and say where it is. What is no such file is forgotten."""
    try:
        with unit_of_work():
            stored = uploads.finish_upload(upload, actor=current_user, allowed=allowed)
    except uploads.WrongOffset as wrong:
        return make_response({"received": wrong.received}, 409)
    except FileRefused as refused_file:
        with unit_of_work():
            uploads.forget_upload(uploads.get_own_upload(upload.id, current_user))
        return refused(refused_file)
    uploads.drop_waiting(upload)
    return jsonify(
        file=str(stored.id),
        name=stored.name,
        url=url_for("files.show", file_id=stored.id),
        thumbnail=url_for("files.thumbnail", file_id=stored.id) if stored.media_type in IMAGES else "",
    )


def allowed_files(definition: FormDefinition, path: str) -> frozenset[FileType]:
    """What a photo or file question takes. Raises DomainError where there is none of this path."""
    found = next((item for each, item in iter_fields(definition) if each == path and item.type in FILES), None)
    if found is None:
        raise unknown_field()
    return IMAGES if found.type is FieldType.IMAGE else ATTACHMENTS


def unknown_field() -> DomainError:
    """The form has no such question, or not for this person."""
    return DomainError("这张表没有这个照片或文件字段", code="unknown_field")


def refused(error: DomainError) -> Response:
    """Why not, for the script that sends."""
    return make_response({"message": worded(error)}, 422)
