"""Filling one group at a time (一屏一组): which part is shown, how far it has got, and putting the parts together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, session

from saas.domain.fields import FormDefinition, count_fields
from saas.domain.form_parts import LONG_FORM, FormPart, belongs, form_parts, part_of
from saas.forms.fill_form import field_id
from saas.forms.posted import Posted

PART, GO = ":part", ":go"  # of hidden inputs and buttons; no field has a colon in its name
WHOLE = "all"
_KEY = "fill_by_part"


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts of a form, and the one that is shown; None: the whole form on one page."""

    parts: tuple[FormPart, ...]
    part: FormPart | None

    @property
    def following(self) -> int | None:
        """The number of the next part."""
        return self.part.number + 1 if self.part and self.part.number < len(self.parts) else None

    @property
    def former(self) -> int | None:
        """The number of the part before."""
        return self.part.number - 1 if self.part and self.part.number > 1 else None

    def of(self, path: str) -> Shown:
        """The same form with the part shown in which a field stands."""
        return Shown(self.parts, part_of(self.parts, path)) if self.part else self

    def showing(self, wrong: Collection[str]) -> Shown:
        """This part, or where nothing wrong stands in it the one of the first field that is."""
        if self.part is None or not wrong or any(self.of(path) == self for path in wrong):
            return self
        return self.of(next(iter(wrong)))


def shown_part(definition: FormDefinition) -> Shown:
    """Which part the request asks for. A long form opens with its first part on a phone; a choice is remembered."""
    parts = form_parts(definition)
    wanted = request.form.get(PART, "") if request.method == "POST" else _asked(definition)
    if len(parts) < 2 or not (wanted.isascii() and wanted.isdigit()):
        return Shown(parts, None)
    return Shown(parts, parts[min(max(int(wanted[:4]), 1), len(parts)) - 1])


def _asked(definition: FormDefinition) -> str:
    wanted = request.args.get("part", "")
    if wanted:
        session[_KEY] = wanted != WHOLE
        return wanted
    return "1" if session.get(_KEY, _opens_by_part(definition)) else ""


def _opens_by_part(definition: FormDefinition) -> bool:
    return is_phone() and count_fields(definition) > LONG_FORM


def is_phone() -> bool:
    """Whether the browser says that it runs on a phone."""
    return request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobile" in request.headers.get("User-Agent", "")


def join_parts(posted: Posted, part: FormPart, stored: Mapping[str, Sequence[str]]) -> None:
    """Add to what was posted of one part what is stored of the others."""
    others = {name: list(texts) for name, texts in stored.items() if not belongs(part, name)}
    posted.raw = others | {name: texts for name, texts in posted.raw.items() if belongs(part, name)}


def nodes_of(nodes: Sequence[dict[str, Any]], shown: Shown) -> list[dict[str, Any]]:
    """The nodes of the part that is shown."""
    return [node for node in nodes if shown.part is None or belongs(shown.part, node["name"])]


def progress(nodes: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """How many of the questions that are asked at the moment are answered, and how many there are."""
    asked = [node for node in _questions(nodes) if not node["readonly"]]
    return sum(_is_answered(node) for node in asked), len(asked)


def _questions(nodes: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for node in nodes:
        if node["kind"] == "group":
            yield from _questions(node["nodes"])
        elif node["kind"] == "repeat":
            for row in node["rows"]:
                yield from _questions(row["nodes"])
        elif node["kind"] not in {"kept", "note", "odd"}:
            yield node


def _is_answered(node: Mapping[str, Any]) -> bool:
    value = node["value"]
    has_text = any(text.strip() for text in ([value] if isinstance(value, str) else value))
    return bool(has_text or node["photos"] or node["not_applicable"])


def jump_to(path: str, shown: Shown, address: Callable[..., str]) -> str:
    """The address of a field: on this page, or on that of its part. `address` makes the page's, with more arguments."""
    found = part_of(shown.parts, path) if shown.part else None
    anchor = field_id(path)
    if found is None or found == shown.part:
        return f"#{anchor}"
    return address(part=found.number, _anchor=anchor)


def jump_from_elsewhere(path: str, definition: FormDefinition, fill_url: str) -> str:
    """The address of a field on the page on which it is filled, in the way that the person fills it."""
    parts = form_parts(definition)
    found = part_of(parts, path) if len(parts) > 1 and session.get(_KEY, _opens_by_part(definition)) else None
    return f"{fill_url}{f'?part={found.number}' if found else ''}#{field_id(path)}"
