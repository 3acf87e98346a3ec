"""What the pages share on which a county's form is filled: its photos, and what somebody else changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from saas.domain.answers import Raw
from saas.domain.fields import FILES, FormDefinition, asked_path, iter_fields
from saas.domain.filed import AnswerRow
from saas.files.models import StoredFile

UNANSWERED = "未填"


def photos_named(
    definition: FormDefinition, raw: Raw, files: Callable[[], Mapping[str, StoredFile]]
) -> dict[str, list[dict[str, str]]]:
    """The photos and files named in what is shown, by path; `files` is asked only where there are any."""
    paths = {path for path, item in iter_fields(definition) if item.type in FILES}
    named = {path: ids for path, ids in raw.items() if asked_path(path) in paths and any(ids)}
    if not named:
        return {}
    kept = files()
    return {
        path: [photo_of(file_id, kept[file_id].name) for file_id in ids if file_id in kept]
        for path, ids in named.items()
    }


def photo_of(file_id: str, name: str) -> dict[str, str]:
    """A photo as the page shows it."""
    return {
        "id": file_id,
        "name": name,
        "url": url_for("files.show", file_id=file_id),
        "thumbnail_url": url_for("files.thumbnail", file_id=file_id),
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed while it was being filled here."""

    label: str
    stored: str
    typed: str


def differing(theirs: Sequence[AnswerRow], mine: Sequence[AnswerRow]) -> list[Difference]:
    """What is stored now where it differs from what was typed (冲突对照)."""
    stored, typed = {row.path: row for row in theirs}, {row.path: row for row in mine}
    found = []
    for path in dict.fromkeys([*stored, *typed]):
        row, other = stored.get(path), typed.get(path)
        if _shown(row) != _shown(other):
            either = row or other
            found.append(Difference(either.label if either else path, _text(row), _text(other)))
    return found


def _shown(row: AnswerRow | None) -> tuple[str, tuple[str, ...]]:
    return (row.text, row.files) if row else ("", ())


def _text(row: AnswerRow | None) -> str:
    return row.text if row else UNANSWERED
