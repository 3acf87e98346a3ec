"""Which row of a workbook is which row of a repeat, also inside another: `homes[0]`, `homes[0].members[1]`.

Each repeat has a sheet of its own. A row that others belong to, or that has something which a sheet cannot carry, is
known by its number (序号), counted within its unit; a row of an inner repeat says the number of the row it belongs to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from saas.domain.answers import NOT_APPLICABLE_SUFFIX
from saas.domain.errors import Message, message
from saas.spreadsheets.tables import TableRow
from saas.submissions.tables.layout import number_key, outer_key, outer_of

_AT = re.compile(r"\[\d+\]")
Raw = Mapping[str, list[str]]
Rows = Mapping[str, Sequence[TableRow]]  # by the path of their repeat


def without_rows(path: str) -> str:
    """The path of a question as the form has it: `homes[0].people` is `homes[].people`."""
    return _AT.sub("[]", path)


def rows_that_count(inner: Rows, says_something: Callable[[TableRow], bool]) -> dict[str, list[TableRow]]:
    """The rows but for those that have nothing but a number to which no other row belongs."""
    named = {
        (outer_of(repeat), row.text(outer_key(repeat)))
        for repeat, rows in inner.items()
        for row in rows
        if says_something(row)
    }
    return {
        repeat: [row for row in rows if says_something(row) or (repeat, row.text(number_key(repeat))) in named]
        for repeat, rows in inner.items()
    }


class RowPlaces:
    """Where the rows of one unit belong; `errors` about those of which it cannot be told."""

    def __init__(self, inner: Rows, in_file: Collection[str], before: Callable[[], Raw]) -> None:
        """`in_file` are the repeats that the file has sheets for; `before` gives what stands there so far."""
        self._in_file, self._before = in_file, before
        self._numbers: dict[str, dict[str, str]] = {}
        self._of_row: dict[tuple[str, int], str] = {}
        self.rows: dict[str, TableRow] = {}  # by their places
        self.errors: list[tuple[TableRow, str, Message]] = []
        for repeat in sorted(inner, key=lambda path: path.count("[]")):
            self._place(repeat, inner[repeat])

    def of(self, row: TableRow) -> str | None:
        """The place of a row, None if it cannot be told."""
        return self._of_row.get((row.sheet, row.number))

    def row_at(self, path: str) -> TableRow | None:
        """The row in which an answer stands: the innermost that the file has."""
        while "]" in path:
            path = path[: path.rindex("]") + 1]
            if path in self.rows:
                return self.rows[path]
            path = path[: path.rindex("[")]
        return None

    def _place(self, repeat: str, rows: Sequence[TableRow]) -> None:
        outer, key, counts = outer_of(repeat), number_key(repeat), Counter[str]()
        numbers = self._numbers.setdefault(repeat, {})
        for row in rows:
            above = self._above(row, repeat, outer) if outer else ""
            if above is None:
                continue
            whole = f"{above}{repeat.removeprefix(f'{outer}[]')}" if outer else repeat
            place = f"{whole}[{counts[whole]}]"
            counts[whole] += 1
            self._of_row[row.sheet, row.number] = place
            self.rows[place] = row
            number = row.text(key)
            if number in numbers:
                said = message("same_number", "序号“{number}”在本单位出现了两次，请改成不同的", number=number[:20])
                self.errors.append((row, key, said))
            elif number:
                numbers[number] = place

    def _above(self, row: TableRow, repeat: str, outer: str) -> str | None:
        """The place of the row that a row belongs to. Where there is only one, it need not be named."""
        key = outer_key(repeat)
        known, number = self._numbers_of(outer), row.text(key)
        if number in known:
            return known[number]
        there = [place for place in self.rows if without_rows(place) == f"{outer}[]"] or list(known.values())
        if not number and len(there) == 1:
            return there[0]
        text = "上一级的表里没有序号为“{number}”的行" if number else "请填写它属于上一级的哪一行（序号）"
        self.errors.append((row, key, message("no_outer_row", text, number=number[:20])))
        return None

    def _numbers_of(self, repeat: str) -> Mapping[str, str]:
        """The places by number: as the file gives them, or for a sheet that it does not have, as they stood."""
        if repeat not in self._numbers:
            self._numbers[repeat] = {} if repeat in self._in_file else numbered(self._before(), repeat)
        return self._numbers[repeat]

    def carried(self, raw: Raw) -> dict[str, str]:
        """Of the rows that stood there, of the repeats that the file has: the old place and the new one."""
        found: dict[str, str] = {}
        for repeat in self._in_file:
            new = self._numbers.get(repeat, {})
            found |= {place: new[number] for number, place in numbered(raw, repeat).items() if number in new}
        return found


def numbered(raw: Raw, repeat: str) -> dict[str, str]:
    """The places of the rows of a repeat by number, as they stand: counted through the whole report."""
    steps = re.escape(repeat).replace(re.escape("[]"), r"\[\d+\]")
    pattern = re.compile(rf"{steps}\[\d+\](?=\.)")
    places = {match[0] for path in raw if (match := pattern.match(path))}
    ordered = sorted(places, key=lambda place: [int(each[1:-1]) for each in _AT.findall(place)])
    return {str(number): place for number, place in enumerate(ordered, start=1)}


def kept_in_rows(raw: Raw, places: RowPlaces, repeats: Collection[str], read: Collection[str]) -> dict[str, list[str]]:
    """What stands in rows and is not in the file: `repeats` are those that it has sheets for, `read` its columns.

    Rows of a repeat that the file has not stay; what a sheet cannot carry goes with the row that has its number.
    """
    carried, kept = places.carried(raw), dict[str, list[str]]()
    for path, texts in raw.items():
        form_path = without_rows(path.removesuffix(NOT_APPLICABLE_SUFFIX))
        if "[]" not in form_path or form_path in read:
            continue
        place = _innermost(path, repeats)
        if not place:
            kept[path] = texts
        elif place in carried:
            kept[f"{carried[place]}{path[len(place) :]}"] = texts
    return kept


def _innermost(path: str, repeats: Collection[str]) -> str:
    """The innermost row on the way to an answer that stands in a repeat of these; empty if there is none."""
    while "]" in path:
        path = path[: path.rindex("]") + 1]
        if without_rows(path[: path.rindex("[")]) in repeats:
            return path
        path = path[: path.rindex("[")]
    return ""
