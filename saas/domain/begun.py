"""What a report fixes when it is begun (起填时定下的值): pure, so that the same beginning gives the same answers.

`once(..)`, what is drawn by lot (`random()`, `uuid()`) and the first values of what nobody types are computed once,
when the report or the row of a repeat is begun, and are kept with it. `Begun` carries them, and the lot with which
further ones are drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from saas.domain.expressions import NOT_A_NUMBER, Value
from saas.domain.fields import Field, FieldType, FormDefinition, child_path
from saas.domain.fields.checking import compiled, list_spots
from saas.domain.form_memo import of_form

_DIGITS = 15  # of what is drawn, after the point


@dataclass(frozen=True, slots=True)
class Begun:
    """What was fixed so far, as it would be typed, by path: an empty text was fixed as empty.

    Without a `lot` nothing can be drawn: a value that nobody keeps would be another one every time.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    lot: bytes = b""

    def drawn(self, path: str, number: int) -> Value:
        """The number from 0 to below 1 that is drawn at a place, counted from 0 where several are drawn there."""
        if not self.lot:
            return NOT_A_NUMBER
        found = hashlib.sha256(b"\0".join([self.lot, path.encode(), str(number).encode()])).digest()
        return Decimal(int.from_bytes(found[:8]) % 10**_DIGITS).scaleb(-_DIGITS)


NOTHING_BEGUN = Begun()


def keeps_first(item: Field) -> bool:
    """Whether the answer is computed here and its first value stays."""
    expression = compiled(item, "calculation")
    return expression.keeps if expression is not None else item.is_fixed and bool(item.initial)


@of_form
def fixes_values(form: FormDefinition) -> bool:
    """Whether a form has anything that is fixed when a report is begun."""
    return any(keeps_first(spot.field) for spot in list_spots(form))


def begun_in(form: FormDefinition, stored: Mapping[str, Any], *, with_rows: bool = True) -> dict[str, str]:
    """What stored answers have fixed, by path; `with_rows` while rows have the numbers that they are stored under."""
    if not stored or not fixes_values(form):
        return {}
    return dict(_fixed(form.fields, stored, "", with_rows=with_rows))


def _fixed(
    fields: Sequence[Field], stored: Mapping[str, Any], parent: str, *, with_rows: bool
) -> Iterator[tuple[str, str]]:
    for item in fields:
        path, answer = child_path(parent, item.name), stored.get(item.name)
        if item.type is FieldType.GROUP:
            yield from _fixed(item.fields, answer or {}, path, with_rows=with_rows)
        elif item.type is FieldType.REPEAT:
            for number, row in enumerate(answer or [] if with_rows else []):
                yield from _fixed(item.fields, row, f"{path}[{number}]", with_rows=True)
        elif item.name in stored and keeps_first(item):
            yield path, " ".join(answer) if isinstance(answer, list) else str(answer or "")
