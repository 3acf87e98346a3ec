"""What a pack locks in a form (锁定): fields that a county may not change, move or take out by itself.

A locked field keeps its content and its choices; a locked group or repeat keeps everything in it; of a locked form
every field is locked and none may be added. Whether something is locked is the pack's to say: a county neither adds
locks nor takes them away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from saas.domain.fields import CONTAINERS, Field, FormDefinition

Fields = tuple[Field, ...]


def locked_paths(form: FormDefinition) -> frozenset[str]:
    """The paths, without row marks, of everything that is locked."""
    return frozenset(path for path, _, is_locked in _walk(form.fields, "", is_locked=form.locked) if is_locked)


def lock_breach(before: FormDefinition, after: FormDefinition) -> Field | None:
    """Return the locked field that `after` would change, move or take out, or None if the locks hold.

    Of a locked form a field that is added counts as well: it is returned.
    """
    fields = {path: item for path, item, _ in _walk(after.fields, "", is_locked=False)}
    for path, item, is_locked in _walk(before.fields, "", is_locked=before.locked):
        if is_locked and (path not in fields or _plain(fields[path]) != _plain(item)):
            return item
    known = {path for path, _, _ in _walk(before.fields, "", is_locked=False)}
    added = next((item for path, item in fields.items() if path not in known), None) if before.locked else None
    return added or _out_of_order(before, after)


def keep_locks(before: FormDefinition, after: FormDefinition) -> FormDefinition:
    """Return `after` with the locks of `before`, and with no others."""
    flags = {path: item.locked for path, item, _ in _walk(before.fields, "", is_locked=False)}
    return replace(after, fields=_flagged(after.fields, "", flags), locked=before.locked)


def without_locks(form: FormDefinition) -> FormDefinition:
    """Return a form in which nothing is locked."""
    return replace(form, fields=_flagged(form.fields, "", {}), locked=False)


def _walk(fields: Fields, parent: str, *, is_locked: bool) -> Iterator[tuple[str, Field, bool]]:
    for item in fields:
        path, held = f"{parent}.{item.name}".lstrip("."), is_locked or item.locked
        yield path, item, held
        yield from _walk(item.fields, path, is_locked=held)


def _plain(item: Field) -> Field:
    """A field without its lock and without where its choices are written."""
    inner = tuple(_plain(child) for child in item.fields) if item.type in CONTAINERS else ()
    return replace(item, locked=False, list_name="", fields=inner)


def _flagged(fields: Fields, parent: str, flags: Mapping[str, bool]) -> Fields:
    flagged = []
    for item in fields:
        path = f"{parent}.{item.name}".lstrip(".")
        inner = _flagged(item.fields, path, flags)
        flagged.append(replace(item, locked=flags.get(path, False), fields=inner))
    return tuple(flagged)


def _out_of_order(before: FormDefinition, after: FormDefinition) -> Field | None:
    """The first locked field that no longer follows the locked one before it."""
    locked = locked_paths(before)
    first, then = (
        [(path, item) for path, item, _ in _walk(form.fields, "", is_locked=False) if path in locked]
        for form in (before, after)
    )
    return next((item for (path, item), (other, _) in zip(first, then, strict=True) if path != other), None)
