"""Downloading files."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.files import queries, thumbnails
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import read_in_pieces

bp = Blueprint("files", __name__, url_prefix="/files")

# What was uploaded is shown as a guest in the browser: it may load nothing, run nothing, and is nobody's frame.
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Browsers refuse to show a PDF inside a sandbox; the viewer they use is not ours and has no access to our pages.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
SHOWN_INLINE = frozenset({FileType.PDF, FileType.JPEG, FileType.PNG})


@bp.get("/<uuid:file_id>")
@requires(Permission.HOME_VIEW)
def show(file_id: uuid.UUID) -> ResponseReturnValue:
    stored = queries.get_file(file_id, current_user)
    response = Response(read_in_pieces(stored), mimetype=stored.media_type)
    response.content_length = stored.size
    return _guarded(response, stored, is_inline=stored.media_type in SHOWN_INLINE)


@bp.get("/<uuid:file_id>/thumbnail")
@requires(Permission.HOME_VIEW)
def thumbnail(file_id: uuid.UUID) -> ResponseReturnValue:
    stored = queries.get_file(file_id, current_user)
    return _guarded(Response(thumbnails.thumbnail(stored), mimetype="image/jpeg"), stored, is_inline=True)


def _guarded(response: Response, stored: StoredFile, *, is_inline: bool) -> Response:
    place = "inline" if is_inline else "attachment"
    response.headers["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(stored.name)}"
    response.headers["Content-Security-Policy"] = PDF_POLICY if stored.media_type == FileType.PDF else SANDBOX
    return response
