"""What came with the post of a county's form: typed texts and photos by path, and which button was pressed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import FileStorage

from saas.domain.fields import FILES, FieldType, FormDefinition, asked_path, iter_fields
from saas.files.checks import ATTACHMENTS, IMAGES, FileRefused, FileType
from saas.files.services import HasId, store_upload

KEPT = ":kept"  # of the hidden inputs with the photos that are there already
REMOVE = "-remove"  # of the boxes that take a photo out
_UNKNOWN_PHOTO = "?"  # no file id: the form's own check refuses it with its own words


@dataclass(slots=True)
class Posted:
    """What came with a post: typed texts by path, photos by path, and which button was pressed."""

    raw: dict[str, list[str]]
    uploads: dict[str, list[FileStorage]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    version: str = ""
    action: str = "save"  # save | check | add | remove
    target: str = ""  # the repeat or row that `add` and `remove` are about


@dataclass(frozen=True, slots=True)
class Keeper:
    """For what photos are kept, and by whom. `known`: the ids that what was typed may name already."""

    subject_type: str
    subject_id: uuid.UUID
    actor: HasId
    known: Collection[str] = ()


def read_posted() -> Posted:
    """Read the request. A row that is taken out is not in it any more."""
    raw = {name: values for name, values in request.form.lists() if not name.endswith((KEPT, REMOVE))}
    for name, values in request.form.lists():
        if name.endswith(KEPT):
            path = name.removesuffix(KEPT)
            removed = set(request.form.getlist(path + REMOVE))
            raw[path] = [value for value in values if value not in removed]
    posted = Posted(raw, version=request.form.get("version", ""))
    posted.uploads = {
        path: files
        for path in request.files
        if (files := [file for file in request.files.getlist(path) if file.filename])
    }
    for action in ("add", "remove"):
        if action in request.form:
            posted.action, posted.target = action, request.form[action]
    if request.form.get("action") == "check" and posted.action == "save":
        posted.action = "check"
    if posted.action == "remove":
        posted.raw = {name: values for name, values in raw.items() if not name.startswith(posted.target + ".")}
        posted.uploads = {
            path: files for path, files in posted.uploads.items() if not path.startswith(posted.target + ".")
        }
    return posted


def names_photos(definition: FormDefinition, posted: Posted) -> bool:
    """Whether what was typed names photos that are there already, so that they must be known."""
    paths = {path for path, item in iter_fields(definition) if item.type in FILES}
    return bool(paths) and any(asked_path(path) in paths for path in posted.raw)


def take_photos(definition: FormDefinition, posted: Posted, keeper: Keeper) -> None:
    """Keep the posted photos and name them in what was typed. What is refused is said beside its field."""
    images = {path: item for path, item in iter_fields(definition) if item.type in FILES}
    for path in set(posted.raw) | set(posted.uploads):
        item = images.get(asked_path(path))
        if item is None:
            continue
        kept = [
            value if value in keeper.known else _UNKNOWN_PHOTO for value in posted.raw.get(path, ()) if value.strip()
        ]
        uploads = posted.uploads.get(path, [])
        if len(kept) + len(uploads) > item.row_limit:
            counted = "张照片" if item.type is FieldType.IMAGE else "个文件"
            posted.errors[path] = f"“{item.label}”最多 {item.row_limit} {counted}"
            uploads = []
        allowed = IMAGES if item.type is FieldType.IMAGE else ATTACHMENTS
        posted.raw[path] = kept + _store(path, uploads, posted, keeper, allowed)


def _store(
    path: str, uploads: Sequence[FileStorage], posted: Posted, keeper: Keeper, allowed: frozenset[FileType]
) -> list[str]:
    ids = []
    for upload in uploads:
        try:
            stored = store_upload(
                upload,
                subject_type=keeper.subject_type,
                subject_id=keeper.subject_id,
                actor=keeper.actor,
                allowed=allowed,
            )
        except FileRefused as refused:
            posted.errors[path] = str(refused.message)
        else:
            ids.append(str(stored.id))
    return ids
