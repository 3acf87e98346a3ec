"""What is fixed when a report is begun travels with its page, sealed, until it is kept (`saas.domain.begun`).

A page is opened before anything is kept, and its rows have no numbers of their own there. So the page carries what it
shows; the seal says that it was computed here, for this report and this question. What is kept already goes before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_bytes
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer

from saas.domain.answers import BEGUN_SUFFIX, Raw
from saas.domain.begun import NOTHING_BEGUN, Begun, begun_in, fixes_values
from saas.domain.fields import FormDefinition, asked_path


def sealed(place: str, path: str, text: str) -> str:
    """What the page carries of a value that is fixed; `place` names the report."""
    return _signer(place, path).sign(text).decode()


def sealed_values(place: str, values: Mapping[str, str]) -> dict[str, list[str]]:
    """The inputs that carry values, by name."""
    return {path + BEGUN_SUFFIX: [sealed(place, path, text)] for path, text in values.items()}


def begun_on_page(form: FormDefinition, place: str, raw: Raw, stored: Mapping[str, Any] | None = None) -> Begun:
    """What was fixed of the report that a page is about: what is stored, and what the page carries."""
    if not fixes_values(form):
        return NOTHING_BEGUN
    carried = {
        path: text
        for name, texts in raw.items()
        if name.endswith(BEGUN_SUFFIX) and texts
        for path in [name.removesuffix(BEGUN_SUFFIX)]
        for text in _opened(place, path, texts[0])
    }
    return Begun(carried | begun_in(form, stored or {}, with_rows=False), token_bytes(16))


def begun_in_stored(form: FormDefinition, stored: Mapping[str, Any], *, with_rows: bool = True) -> Begun:
    """What was fixed of stored answers."""
    if not fixes_values(form):
        return NOTHING_BEGUN
    return Begun(begun_in(form, stored, with_rows=with_rows), token_bytes(16))


def begun_in_typed(raw: Raw) -> Begun:
    """What was fixed of answers that come from another version or report of ours, not from a browser."""
    return Begun({path: " ".join(texts) for path, texts in raw.items()}, token_bytes(16))


def _opened(place: str, path: str, text: str) -> list[str]:
    try:
        return [_signer(place, path).unsign(text).decode()]
    except BadSignature:
        return []


def _signer(place: str, path: str) -> Signer:
    return Signer(current_app.secret_key or "", salt=f"once {place} {asked_path(path)}")
