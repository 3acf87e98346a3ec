"""The sheets of an XLSForm workbook as lines of named cells, whatever way their heads are spelt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.domain.errors import FormError
from saas.forms.xlsform.words import COLUMNS, PREFIX, TRANSLATED
from saas.spreadsheets.cells import CellKind, Sheet
from saas.spreadsheets.reading import read_spreadsheet

_TRUE = frozenset({"yes", "true", "true()", "1", "是"})
_SEPARATOR = re.compile(r"\s*::?\s*")
_EXPRESSIONS = frozenset(
    {"relevant", "constraint", "calculation", "choice_filter", "repeat_count", "required", "default"}
)
_STRAIGHT = {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'", 0xA0: " "}  # word processors bend what is typed
_SIBLING = re.compile(r"(?<![\w/.])\.\./([A-Za-z_][\w-]*)(?![\w/-])")  # the question beside, the XPath way
_MEANT = re.compile(r"\.0+$")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something of the workbook that the form does not have. `row` counts from 1, as the spreadsheet shows it."""

    sheet: str
    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.sheet} 第 {self.row} 行（{self.column}）：{self.text}"


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells by (column, language). The texts of the default language stand under the language ""."""

    sheet: str
    row: int
    cells: Mapping[tuple[str, str], str]
    columns: Mapping[str, str] = field(default_factory=dict)  # the letters of each column that has a head

    def place(self, column: str) -> str:
        """Where a cell is, for somebody who looks for it."""
        letters = self.columns.get(column) or self.columns.get(PREFIX + column)
        where = f"{column}（{letters}{self.row}）" if letters else column
        return f"{self.sheet} 第 {self.row} 行 {where}".rstrip()

    def get(self, column: str) -> str:
        """A cell of the default language; empty if it is not there."""
        return self.cells.get((column, ""), "")

    def languages(self, column: str) -> dict[str, str]:
        """The texts of a column in the other languages."""
        return {language: text for (name, language), text in self.cells.items() if name == column and language}

    def others(self) -> dict[str, str]:
        """The cells of columns that XLSForm has no meaning for."""
        known = {*COLUMNS.values(), "list_name", "list name", "media", "image", "audio", "video"}
        return {
            name: text
            for (name, language), text in self.cells.items()
            if not language and name not in known and re.fullmatch(r"[^\W\d][\w.-]*", name)
        }

    def about(self, choice: Mapping[str, Any]) -> Line:
        """The row with the name and label of a choice in the places that are kept for them (`loop`)."""
        words = {f"%({key})s": str(choice[key]) for key in ("name", "label")}
        cells = dict(self.cells)
        for key, text in self.cells.items():
            for place, word in words.items():
                cells[key] = text = text.replace(place, word)
        return Line(self.sheet, self.row, cells, self.columns)

    def fail(self, column: str, text: str, *, advice: str = "", **params: Any) -> FormError:
        """The error for a cell; the caller raises it."""
        return FormError(self.place(column), text, code="bad_xlsform", advice=advice, **params)


@dataclass(frozen=True, slots=True)
class Sheets:
    """The three sheets of a workbook."""

    survey: tuple[Line, ...]
    choices: tuple[Line, ...]
    external: tuple[Line, ...]
    settings: Mapping[str, str]
    default_language: str
    remarks: list[Remark] = field(default_factory=list)


def truth(text: str) -> bool:
    """Whether a cell says yes."""
    return text.strip().lower() in _TRUE


def read_sheets(content: bytes, name: str) -> Sheets:
    """Read a workbook. FormError if it has no sheet `survey`."""
    found = read_spreadsheet(content, name).sheets
    by_name = {sheet.name.strip().lower(): sheet for sheet in found}
    survey = by_name.get("survey") or next((sheet for sheet in found[:1] if _asks(sheet)), None)
    if survey is None:
        raise FormError(
            "", "没有工作表 survey", code="no_survey", advice="XLSForm 要有 survey、choices、settings 三张表"
        )
    settings = _settings(by_name.get("settings"))
    raw_survey, raw_choices = _rows(survey, "survey"), _rows(by_name.get("choices"), "choices")
    raw_external = _rows(by_name.get("external_choices"), "external_choices")
    language = _default_language(settings, raw_survey)
    remarks = [
        Remark(sheet.name, 1, "", "这张工作表没有用到")
        for key, sheet in by_name.items()
        if key not in {"survey", "choices", "settings"} and key in {"osm", "entities", "cascades"}
    ]
    survey_lines, choices, external = (_in_language(rows, language) for rows in (raw_survey, raw_choices, raw_external))
    return Sheets(survey_lines, choices, external, settings, language, remarks)


def _asks(sheet: Sheet) -> bool:
    """Whether a sheet of another name has the heads of a survey: a workbook of one sheet is read so."""
    heads = {cell.text.strip().lower() for row in list(sheet.rows.values())[:1] for cell in row.values()}
    return "type" in heads and "name" in heads


def _settings(sheet: Sheet | None) -> dict[str, str]:
    for line in _rows(sheet, "settings"):
        return {name: text for (name, _), text in line.cells.items()}
    return {}


def _rows(sheet: Sheet | None, title: str) -> list[Line]:
    if sheet is None or not sheet.rows:
        return []
    numbers = list(sheet.rows)
    heads = {column: _head(cell.text) for column, cell in sheet.rows[numbers[0]].items()}
    letters = {column: cell.address.rstrip("0123456789") for column, cell in sheet.rows[numbers[0]].items()}
    columns = {name: letters[column] for column, (name, _) in reversed(heads.items())}
    lines = []
    for number in numbers[1:]:
        cells: dict[tuple[str, str], str] = {}
        for column, cell in sheet.rows[number].items():
            if column not in heads:
                continue
            if cell.kind is CellKind.FORMULA and not cell.text and title != "settings":
                raise FormError(
                    f"{title} {cell.address}",
                    "单元格里是公式，没有保存结果",
                    code="formula",
                    advice="请改成数值或文字后再导入",
                )
            text = _meant(cell.kind, cell.text)
            if cell.kind is CellKind.FORMULA and heads[column][0] == "name" and title == "survey":
                text = {"0": "False", "1": "True"}.get(text, text)  # a truth: no name is a number
            if heads[column][0] in _EXPRESSIONS:
                text = _SIBLING.sub(r"${\1}", text.translate(_STRAIGHT))
            if text and heads[column] not in cells:
                cells[heads[column]] = text
        if cells:
            lines.append(Line(title, number, cells, columns))
    return lines


def _meant(kind: CellKind, text: str) -> str:
    """The text of a cell as its author meant it: 1.0 is 1, a ticked cell is true."""
    if kind is CellKind.NUMBER:
        return _MEANT.sub("", text)
    if kind is CellKind.YES_NO:
        return "true" if text == "1" else "false"
    return text.strip()


def _head(text: str) -> tuple[str, str]:
    """`label::中文 (zh)` as (`label`, `中文 (zh)`); a column of ours keeps its prefix."""
    plain = text.strip()
    lowered = re.sub(r"\s+", " ", plain.lower())
    if lowered in COLUMNS:
        return COLUMNS[lowered], ""
    if lowered.replace("::", ":") in COLUMNS:
        return COLUMNS[lowered.replace("::", ":")], ""
    parts = _SEPARATOR.split(plain, maxsplit=1)
    column = COLUMNS.get(parts[0].lower(), parts[0].lower())
    if len(parts) == 2 and column in {*TRANSLATED, "guidance_hint"}:
        return column, parts[1]
    if column in {"media", "image", "audio", "video"}:
        return column, ""
    return (lowered, "") if lowered.startswith(PREFIX) else (COLUMNS.get(lowered, plain), "")


def _default_language(settings: Mapping[str, str], lines: list[Line]) -> str:
    """The language shown at first: as the settings say, else Chinese if there is some, else the first one."""
    languages = list(dict.fromkeys(language for line in lines for (_, language) in line.cells if language))
    stated = settings.get("default_language", "")
    if stated or not languages:
        return stated
    has_plain = any(line.get("label") for line in lines)
    chinese = [language for language in languages if re.search(r"中文|chinese|\(zh", language, re.IGNORECASE)]
    return "" if has_plain else (chinese or languages)[0]


def _in_language(lines: list[Line], language: str) -> tuple[Line, ...]:
    """Put the texts of a language in the place of the default ones, where those are empty."""
    moved = []
    for line in lines:
        cells = dict(line.cells)
        for (column, each), text in line.cells.items():
            if each and each == language:
                cells.setdefault((column, ""), text)
                del cells[column, each]
        for (column, _), text in line.cells.items():  # what this language does not say is said in another one
            if (column, "") not in cells and column in TRANSLATED:
                cells[column, ""] = text
        moved.append(Line(line.sheet, line.row, cells, line.columns))
    return tuple(moved)
