"""Reading a file of a stranger: checked from outside, opened in a process of its own, returned as typed cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from saas.spreadsheets.cells import Cell, CellKind, Sheet, Workbook
from saas.spreadsheets.checking import check_spreadsheet
from saas.spreadsheets.running import READING, Allowance, run_child

_KINDS: Mapping[str, CellKind] = {kind.value: kind for kind in CellKind}


def read_spreadsheet(content: bytes, name: str, *, allowance: Allowance = READING) -> Workbook:
    """Return the visible sheets of a workbook or a CSV file, or raise SpreadsheetRefused.

    Formulas are cells of their own kind, whatever value was stored with them. Hidden rows and columns are read like
    others and counted. Nothing is guessed: what a cell means is the business of the column it stands in.
    """
    file_type = check_spreadsheet(content, name)
    parsed = json.loads(run_child("read", content, file_type, name, allowance))
    stamp = dict(parsed.get("stamp", ()))
    return Workbook(file_type, tuple(_sheet(sheet) for sheet in parsed["sheets"]), parsed["encoding"], stamp)


@contextmanager
def opening(content: bytes, name: str) -> Iterator[Callable[[], Workbook]]:
    """Open a file while the caller looks up what it needs; what is given waits for it, as `read_spreadsheet` does."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        yield beside.submit(read_spreadsheet, content, name).result


def _sheet(parsed: Mapping[str, Any]) -> Sheet:
    return Sheet(
        name=parsed["name"],
        rows={
            number: {column: Cell(number, column, _KINDS[kind], text) for column, kind, text in cells}
            for number, cells in parsed["rows"]
        },
        merged=tuple((top, left, bottom, right) for top, left, bottom, right in parsed["merged"]),
        hidden_rows=parsed["hidden_rows"],
        hidden_columns=tuple(parsed["hidden_columns"]),
    )
