"""What a column holds, and what a cell in it means: numbers as text, full-width digits, days as people type them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Final

from saas.domain.errors import Message, message
from saas.spreadsheets.cells import Cell, CellKind

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
MAX_DIGITS: Final = 15
CLEARED: Final = "（清空）"  # what is written to take a value away: an empty cell leaves it as it is

NOT_APPLICABLE: Final = "不适用"  # neither empty nor 0: what a column asks for does not exist here

Value = str | int | Decimal | date | bool | tuple[str, ...]

_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:\s+0{1,2}:00(?::00)?)?")
_DIGITS_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
_SPLIT = re.compile(r"[、，,；;|\n]")
_YES = frozenset({"是", "有", "对", "√", "✓", "✔", "yes", "y", "true", "1"})
_NO = frozenset({"否", "无", "不是", "没有", "×", "✗", "x", "no", "n", "false", "0"})
# The serial number 60 is a day that never was (29 February 1900): counting from here is right after it.
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(61, 110_000)


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"  # letters and digits that are no amount: a code, a phone or identity number
    INTEGER = "integer"
    DECIMAL = "decimal"
    DAY = "day"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"  # several, with 、 between them
    TEXTS = "texts"  # several texts, with 、 between them
    TIME = "time"  # of the day, as text
    MOMENT = "moment"  # a day with its time, as text
    REFERENCE = "reference"  # one of many, written as "code name"; the feature that asks finds out which


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: how it is found, read, checked and written.

    `choices` are (stored, shown) pairs; for a REFERENCE they are only offered. `help` and `example` go into the
    template. A required column must be there; without `is_required` it may be left out, and then says nothing.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    is_required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    example: str = ""
    max_length: int = 200
    aliases: tuple[str, ...] = ()
    measure: str = ""
    is_cell_optional: bool = False  # the column must be there, its cells may be empty
    may_not_apply: bool = False  # 不适用 may be written instead of a value
    width: int = 0  # characters of half width; 0: from the content
    shown: Mapping[str, str] = field(default_factory=dict, repr=False)  # stored → shown, made from `choices`

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", dict(self.choices))

    @property
    def full_label(self) -> str:
        """The label with its unit of measure (计量单位), as it stands in the head."""
        return f"{self.label}（{self.measure}）" if self.measure else self.label

    @property
    def heads(self) -> tuple[str, ...]:
        """Every text by which the column is known, the one for the template first."""
        return (self.full_label, self.label, self.name, *self.aliases)


def read_cell(cell: Cell, column: Column) -> Value | Message | None:
    """Return what a cell means in its column, a message if it cannot, or None if nothing is in it."""
    refused = _REFUSED.get(cell.kind)
    if refused is not None:
        return message("bad_cell", refused, text=cell.text[:20])
    text = _cleaned(cell.text)
    if not text:
        return None
    return _READERS[column.kind](cell, text, column)


_REFUSED = {
    CellKind.FORMULA: "这一格是公式，不能导入：请复制后在原处“选择性粘贴—数值”",
    CellKind.ERROR: "这一格是错误值 {text}，请改成实际内容",
    CellKind.BLURRED: ("数字超过 15 位，表格软件已把末尾几位变成 0（{text}）：请先把这一列设为“文本”格式，再重新填写"),
}


def _cleaned(text: str) -> str:
    """Without what cannot be seen and without spaces around, full-width spaces and broken lines included."""
    return _INVISIBLE.sub("", text.replace("\u00a0", " ")).strip()


def half_width(text: str) -> str:
    """Full-width letters, digits and signs (１２３，ＡＢＣ) in their ordinary form."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _text(cell: Cell, text: str, column: Column) -> Value | Message:
    shown = _day_text(cell) if cell.kind in (CellKind.DAY, CellKind.MOMENT) else text
    if len(shown) > column.max_length:
        return message("text_long", "最多 {n} 字，现有 {count} 字", n=column.max_length, count=len(shown))
    return shown


def _code(cell: Cell, text: str, column: Column) -> Value | Message:
    if cell.kind in (CellKind.DAY, CellKind.MOMENT, CellKind.TIME):
        return message(
            "became_day",
            "表格软件把内容变成了日期（{text}）：请把这一列设为“文本”格式，再重新填写",
            text=text[:10],
        )
    code = re.sub(r"\s", "", half_width(text))
    if len(code) > column.max_length:
        return message("text_long", "最多 {n} 字，现有 {count} 字", n=column.max_length, count=len(code))
    return code


def _figure(text: str) -> Decimal | None:
    plain = half_width(text).replace("\u2212", "-").replace(" ", "")
    if _NUMBER.fullmatch(plain) is None:
        return None
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None


def _integer(cell: Cell, text: str, column: Column) -> Value | Message:
    figure = _figure(text) if cell.kind in (CellKind.TEXT, CellKind.NUMBER) else None
    if figure is None:
        return message("bad_integer", "“{text}”不是数，请填整数，不带单位", text=text[:20])
    if figure != figure.to_integral_value():
        return message("not_whole", "“{text}”不是整数", text=text[:20])
    if len(str(abs(int(figure)))) > MAX_DIGITS:
        return message("too_many_digits", "最多 {n} 位", n=MAX_DIGITS)
    return int(figure)


def _decimal(cell: Cell, text: str, column: Column) -> Value | Message:
    figure = _figure(text) if cell.kind in (CellKind.TEXT, CellKind.NUMBER) else None
    if figure is None:
        return message("bad_decimal", "“{text}”不是数，请填数值，不带单位", text=text[:20])
    if len(figure.as_tuple().digits) > 2 * MAX_DIGITS:
        return message("too_many_digits", "最多 {n} 位", n=2 * MAX_DIGITS)
    return figure


def _day(cell: Cell, text: str, column: Column) -> Value | Message:
    found = _find_day(cell, half_width(text))
    if found is None:
        return message("bad_day", "“{text}”不是完整的日期，请填成 2026-03-05、2026.3.5 或 2026年3月5日", text=text[:20])
    if not EARLIEST <= found <= LATEST:
        return message("day_far", "日期 {text} 不在合理范围内", text=found.isoformat())
    return found


def _find_day(cell: Cell, text: str) -> date | None:
    if cell.kind in (CellKind.DAY, CellKind.MOMENT):
        return datetime.fromisoformat(cell.text).date()
    written = _DAY.fullmatch(text) or _DIGITS_DAY.fullmatch(text)
    if written is not None:
        try:
            return date(int(written[1]), int(written[2]), int(written[3]))
        except ValueError:
            return None
    if cell.kind is CellKind.NUMBER and text.isdigit() and int(text) in _SERIALS:
        return _SERIAL_START + timedelta(days=int(text))
    return None


def _day_text(cell: Cell) -> str:
    return datetime.fromisoformat(cell.text).date().isoformat()


def _yes_no(cell: Cell, text: str, column: Column) -> Value | Message:
    word = half_width(text).lower() if text not in _YES | _NO else text
    if word in _YES or word in _NO:
        return word in _YES
    return message("bad_yes_no", "“{text}”不清楚，请填“是”或“否”", text=text[:20])


def _choice(cell: Cell, text: str, column: Column) -> Value | Message:
    found = find_choice(text, column)
    if found is None:
        return message("bad_choice", "没有“{text}”这个选项，可填：{choices}", text=text[:20], choices=_offered(column))
    return found


def _choices(cell: Cell, text: str, column: Column) -> Value | Message:
    found = []
    for part in (part.strip() for part in _SPLIT.split(text)):
        chosen = find_choice(part, column) if part else None
        if part and chosen is None:
            return message(
                "bad_choice", "没有“{text}”这个选项，可填：{choices}", text=part[:20], choices=_offered(column)
            )
        if chosen is not None and chosen not in found:
            found.append(chosen)
    return tuple(found)


def _texts(cell: Cell, text: str, column: Column) -> Value | Message:
    whole = _text(cell, text, column)
    if not isinstance(whole, str):
        return whole
    return tuple(dict.fromkeys(part.strip() for part in _SPLIT.split(whole) if part.strip()))


def find_choice(text: str, column: Column) -> str | None:
    """The stored value of a choice that is written as it is shown or as it is stored."""
    plain = _comparable(text)
    for stored, shown in column.choices:
        if plain in (_comparable(shown), _comparable(stored)):
            return stored
    return None


@lru_cache(maxsize=4096)
def _comparable(text: str) -> str:
    return re.sub(r"\s", "", half_width(text)).lower()


def _offered(column: Column) -> str:
    shown = [shown for _, shown in column.choices]
    return "、".join(shown[:12]) + ("……" if len(shown) > 12 else "")


def _reference(cell: Cell, text: str, column: Column) -> Value | Message:
    return (
        half_width(text)
        if len(text) <= column.max_length
        else message("text_long", "最多 {n} 字，现有 {count} 字", n=column.max_length, count=len(text))
    )


def _time(cell: Cell, text: str, column: Column) -> Value | Message:
    if cell.kind is CellKind.TIME:
        return _without_seconds(text)
    if cell.kind is CellKind.MOMENT:  # a time that a program keeps as one of its first day
        return _without_seconds(datetime.fromisoformat(cell.text).time().isoformat())
    return half_width(text)


def _moment(cell: Cell, text: str, column: Column) -> Value | Message:
    if cell.kind is CellKind.MOMENT:
        day, _, clock = cell.text.partition("T")
        return f"{day} {_without_seconds(clock)}"
    return half_width(text)


def _without_seconds(clock: str) -> str:
    return clock.removesuffix(":00") if clock.count(":") == 2 else clock


_READERS = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.DAY: _day,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.TEXTS: _texts,
    Kind.TIME: _time,
    Kind.MOMENT: _moment,
    Kind.REFERENCE: _reference,
}


def shown_value(value: Value | None, column: Column) -> str:
    """A value as people read it, and as it stands in an export: reading it back gives the same value."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case tuple():
            return "、".join(column.shown.get(each, each) for each in value)
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case str():
            return column.shown.get(value, value)
        case _:
            return str(value)
