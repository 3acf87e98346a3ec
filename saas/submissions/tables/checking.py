"""What a workbook would change (核对): the rows by unit, each unit asked the same questions as on its page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

from saas.db import local_clock
from saas.domain.errors import Message, message
from saas.domain.fields import FormDefinition
from saas.imports.handlers import Check, RowCheck, RowState
from saas.jobs.running import report_progress
from saas.submissions.tables.finding import UnitFinder
from saas.submissions.tables.judging import ROW, Entry, File, FormInFile, Judged, says_something
from saas.submissions.tables.layout import number_key
from saas.submissions.tables.nesting import rows_that_count
from saas.submissions.tables.reading import FormTable
from saas.submissions.tables.scope import TableScope, TableUnit

_REPORT_EVERY: Final = 500


def check_table(table: FormTable, scope: TableScope, *, hands_in: bool) -> Check:
    """Say what a file would do to the units of a table. `hands_in`: what is complete is to be handed in."""
    entries, lost = _entries(table, scope)
    checks: list[RowCheck] = list(lost)
    checker = _Checker(File(table, scope, hands_in, local_clock()))
    for number, entry in enumerate(entries):
        if number % _REPORT_EVERY == 0:
            report_progress(40 + 30 * number // max(len(entries), 1))
        checks.extend(checker.check(entry))
    places = {sheet: number for number, sheet in enumerate(table.places)}
    return Check(sorted(checks, key=lambda each: (places[each.row.sheet], each.row.number)))


def _entries(table: FormTable, scope: TableScope) -> tuple[list[Entry], list[RowCheck]]:
    """The rows by unit, and those of which it cannot be told whose they are."""
    finder, entries, lost = UnitFinder(scope), dict[uuid.UUID, Entry](), []
    for row in table.rows:
        repeat = table.repeat_of[row.sheet]
        unit = finder.find(row)
        if isinstance(unit, Message):
            if says_something(row):
                lost.append(RowCheck(row, finder.called(row), RowState.BAD, errors={**row.errors, ROW: unit}))
            continue
        entry = entries.setdefault(unit.unit.id, Entry(unit))
        if repeat:
            if says_something(row) or row.text(number_key(repeat)):
                entry.inner.setdefault(repeat, []).append(row)
        elif entry.row is None:
            entry.row = row
        elif says_something(row):
            twice = message("twice", "“{unit}”在文件里出现了两次（另见第 {n} 行）", unit=unit.name, n=entry.row.number)
            lost.append(RowCheck(row, unit.name, RowState.BAD, errors={**row.errors, ROW: twice}))
    for entry in entries.values():
        entry.inner = {path: rows for path, rows in rows_that_count(entry.inner, says_something).items() if rows}
    return [each for each in entries.values() if each.row is not None or each.inner], lost


class _Checker:
    """Checks the units of one file, with what is the same for all of them found out once."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.fields: dict[int, FormInFile] = {}
        self.definitions: list[FormDefinition] = []

    def form(self, unit: TableUnit) -> FormInFile:
        """The version in which a unit fills; the definitions live as long as this, so their ids stand for them."""
        definition = self.file.scope.definition_for(unit)
        if id(definition) not in self.fields:
            self.fields[id(definition)] = FormInFile(definition, self.file)
            self.definitions.append(definition)
        return self.fields[id(definition)]

    def check(self, entry: Entry) -> Iterator[RowCheck]:
        rows = [row for row in (entry.row, *(row for rows in entry.inner.values() for row in rows)) if row is not None]
        if not any(says_something(row) for row in rows):
            return
        sources = self.file.scope.sources_of(entry.unit)
        form = FormInFile(sources.form_to_fill, self.file) if sources else self.form(entry.unit)
        judged = Judged(self.file, form, entry, sources)
        judged.judge()
        if judged.is_untouched():
            return
        bad = [row for row in rows if judged.errors.get((row.sheet, row.number))]
        for row in bad:
            if row is not entry.first:
                errors = judged.errors[row.sheet, row.number]
                yield RowCheck(row, entry.unit.name, RowState.BAD, errors=errors)
        yield judged.of_unit([row for row in bad if row is not entry.first])
