"""The values of expressions and how they turn into each other, as XForms (XPath 1.0) says, but with exact numbers.

An empty answer is the empty text. Where a number is asked it is “not a number”: a comparison with it is false, a sum
with it is not a number, and a result that is not a number is shown as empty. Numbers are `Decimal`, never `float`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeAlias

NOT_A_NUMBER = Decimal("NaN")
_EPOCH = date(1970, 1, 1)
_SECONDS_OF_DAY = Decimal(86_400)

Value: TypeAlias = "str | Decimal | bool | date | datetime | time | Sequence[Value]"


class Scope(Protocol):
    """What an expression may ask of the place where it stands."""

    @property
    def itself(self) -> Value:
        """The answer of the field itself: `.`"""

    @property
    def position(self) -> int:
        """Which row of its repeat the field stands in, from 1; 1 outside repeats."""

    @property
    def now(self) -> datetime:
        """The moment, on the county's clock."""

    def draw(self) -> Value:
        """A number from 0 to below 1 that is drawn by lot; not a number where nobody would keep it."""

    def value(self, name: str) -> Value:
        """The answer of a field: of the same row where it stands in one, else of every row of its repeat."""

    def row_value(self, name: str, places: Sequence[tuple[str, int]]) -> Value:
        """The answer of a field in one row: by repeats and the number of the row in each, from 1; empty outside."""

    def column(self, name: str) -> str:
        """What a column of the list says of the choice that a `choice_filter` looks at."""

    def listed(self, code: str) -> Sequence[Mapping[str, str]]:
        """The lines of a shared list: `name`, `label` and its further columns. Empty if the form does not use it."""

    def label(self, field: str, choice: str) -> str:
        """The label of a choice of a field."""


def first(value: Value) -> Value:
    """The first of several values, as XPath 1.0 turns a set into one; empty text for none."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return value[0] if value else ""


def to_number(value: Value) -> Decimal:
    """A value as a number: days since 1970 for a day, 1 and 0 for a truth, NOT_A_NUMBER for what is none."""
    value = first(value)
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, Decimal):
        return value
    if isinstance(value, datetime):
        seconds = Decimal(value.hour * 3600 + value.minute * 60 + value.second)
        return Decimal((value.date() - _EPOCH).days) + seconds / _SECONDS_OF_DAY
    if isinstance(value, date):
        return Decimal((value - _EPOCH).days)
    if isinstance(value, time):
        return Decimal(value.hour * 3600 + value.minute * 60 + value.second) / _SECONDS_OF_DAY
    return _number_in(str(value).strip())


def _number_in(text: str) -> Decimal:
    try:
        number = Decimal(text) if text.isascii() and len(text) <= 60 and "_" not in text else NOT_A_NUMBER
    except InvalidOperation:
        return NOT_A_NUMBER
    return number if number.is_finite() else NOT_A_NUMBER


def to_text(value: Value) -> str:
    """A value as text: numbers without superfluous zeros, days as 2026-03-05, empty for what is not a number."""
    value = first(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def plain_number(number: Decimal) -> str:
    """Return a number without exponent and without superfluous zeros: 12.50 → 12.5, 1E+2 → 100, -0 → 0."""
    if number.is_nan():
        return ""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def to_truth(value: Value) -> bool:
    """A value as true or false: a number that is not 0, a text that is not empty, a set that has something."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return not value.is_nan() and value != 0
    if isinstance(value, str):
        return value != ""
    if isinstance(value, date | time):
        return True
    return len(value) > 0


def several(value: Value) -> list[Value]:
    """A value as a list: a set as it is, one value as a list of one."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [value]
    return list(value)


def compare(operator: str, left: Value, right: Value) -> bool:
    """Compare as XPath 1.0 does: of two sets, true as soon as one pair holds."""
    return any(_compare_one(operator, one, other) for one in several(left) for other in several(right))


def _compare_one(operator: str, left: Value, right: Value) -> bool:
    if operator in {"=", "!="}:
        return _same(left, right) is (operator == "=")
    one, other = _as_numbers(left, right)
    if one.is_nan() or other.is_nan():
        return False
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def _as_numbers(left: Value, right: Value) -> tuple[Decimal, Decimal]:
    """Two values to be put in order; a text beside a day is read as a day."""
    if isinstance(left, date | time) or isinstance(right, date | time):
        return to_number(_as_day(left)), to_number(_as_day(right))
    return to_number(left), to_number(right)


def _as_day(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    except ValueError:
        return value


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return to_truth(left) is to_truth(right)
    if isinstance(left, date | time) or isinstance(right, date | time):
        return _as_day(left) == _as_day(right) if left != "" and right != "" else left == right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        if left == "" or right == "":
            return False  # an empty answer equals no number, not even 0
        return to_number(left) == to_number(right)
    return left == right
