"""The forms of strangers as workbooks, and what comes of answers to them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from saas.domain.answers import parse_answers
from saas.domain.fields import FormDefinition
from saas.domain.fields.model import iter_fields
from saas.domain.form_logic import FormLogic
from saas.forms.xlsform import Imported, form_from_xlsform

FOLDER = Path(__file__).parent / "strangers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv"))
NOW = datetime(2026, 3, 5, 9, 0)
Typed = Mapping[str, str]


def workbook(name: str) -> bytes:
    """A form as the workbook that it was."""
    file = io.BytesIO()
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as text, xlsxwriter.Workbook(file) as book:
        sheet, row = None, 0
        for cells in csv.reader(text):
            if cells[0]:
                sheet, row = book.add_worksheet(cells[0]), 0
            elif sheet is not None:
                for column, cell in enumerate(cells[1:]):
                    if cell:
                        sheet.write_string(row, column, cell)
                row += 1
    return file.getvalue()


@cache
def imported(name: str) -> Imported:
    return form_from_xlsform(workbook(name), f"{name}.xlsx")


def form_of(name: str) -> FormDefinition:
    """The form as it was imported."""
    return imported(name).definition


def refused(form: FormDefinition, typed: Typed) -> dict[str, str]:
    """What does not hold of some answers, by path."""
    parsed = parse_answers(form, {path: [text] for path, text in typed.items()}, now=NOW)
    return {path: error.code for path, error in parsed.errors.items()}


def filed(form: FormDefinition, typed: Typed) -> Mapping[str, Any]:
    """The answers that come of what was typed, without what is not there."""
    answers: Mapping[str, Any] = _there(
        parse_answers(form, {path: [text] for path, text in typed.items()}, now=NOW).answers
    )
    return answers


def _there(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _there(each) for key, each in value.items() if each is not None and _there(each) != {}}
    return [_there(each) for each in value] if isinstance(value, list) else value


def offered(form: FormDefinition, path: str, typed: Typed) -> list[str]:
    """The choices of a question, after these answers."""
    item = dict(iter_fields(form))[path]
    return [choice.name for choice in FormLogic(form, typed, {}, NOW).choices_of(item, path)]
