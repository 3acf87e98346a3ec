"""What is kept of a check in `DataImport.details`: counts, differences and mistakes, and a digest of all of them."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from saas.domain.errors import Message
from saas.imports.handlers import Check, RowCheck, RowState
from saas.spreadsheets.annotating import Mistake
from saas.spreadsheets.tables import Table

SHOWN = (RowState.NEW, RowState.CHANGED, RowState.BAD)
MAX_SHOWN = 120  # characters of a value in the difference view


def check_details(check: Check, table: Table) -> dict[str, Any]:
    """The check as plain values. `rows` are by state; a row is a mapping of short names, see `_row`."""
    labels = {column.name: column.label for column in table.columns}
    rows = {state.value: [_row(each, table, labels) for each in check.rows if each.state is state] for state in SHOWN}
    return {
        "counts": {state.value: check.count(state) for state in RowState},
        "hints": sum(bool(each.hints) for each in check.rows if each.state is not RowState.BAD),
        "rows": rows,
        "notices": [stored_message(each) for each in (*table.notices, *check.notices)],
        "digest": _digest(rows),
    }


def _digest(rows: Mapping[str, Any]) -> str:
    """What tells two checks apart. The rows are texts only, in an order that is always the same."""
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _row(each: RowCheck, table: Table, labels: Mapping[str, str]) -> dict[str, Any]:
    stored: dict[str, Any] = {"place": _place(table, each), "label": each.label}
    if each.errors:
        stored["errors"] = _beside_cells(each, each.errors, table, labels)
    else:
        stored["fields"] = [[label, old[:MAX_SHOWN], new[:MAX_SHOWN]] for label, old, new in each.differences]
    if each.hints:
        stored["hints"] = _beside_cells(each, each.hints, table, labels)
    return stored


def _beside_cells(
    each: RowCheck, messages: Mapping[str, Message], table: Table, labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {"cell": table.address(each.row, name), "column": labels.get(name, ""), **stored_message(said)}
        for name, said in _in_order(messages, labels)
    ]


def _in_order(errors: Mapping[str, Message], labels: Mapping[str, str]) -> list[tuple[str, Message]]:
    """The mistakes of a row from left to right; what is wrong with the whole row first."""
    order = {name: number for number, name in enumerate(labels)}
    return sorted(errors.items(), key=lambda pair: order.get(pair[0], -1))


def _place(table: Table, each: RowCheck) -> str:
    """Where the row stands: its number, after the name of its sheet if there are several."""
    return f"{each.row.sheet}!{each.row.number}" if len(table.places) > 1 else str(each.row.number)


def packed(kept: Mapping[str, Any]) -> str:
    """What a handler keeps from its check, as a short text."""
    plain = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(plain, 1)).decode()


def unpacked(text: str) -> dict[str, Any]:
    """What `packed` was given."""
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return found


def stored_message(message: Message) -> dict[str, Any]:
    return {"text": message.text, "params": {key: str(value) for key, value in message.params.items()}}


def mistakes_of(rows: Sequence[RowCheck]) -> list[Mistake]:
    """The mistakes and hints of a check for the workbook that goes back."""
    return [
        Mistake(each.row.sheet, each.row.number, name, str(said))
        for each in rows
        for name, said in (*each.errors.items(), *each.hints.items())
    ]
