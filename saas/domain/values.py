"""One typed answer: from the text that somebody typed to an exact value, or to a message in plain words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from saas.domain.errors import Message, message

if TYPE_CHECKING:  # a form checks its defaults here, so at run time the import goes the other way
    from saas.domain.fields import Field

Value: TypeAlias = str | int | Decimal | date | time | datetime | tuple[str, ...]

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_DATE = re.compile(r"([0-9]{4})[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})日?")
_TIME = re.compile(r"([0-9]{1,2})[:时]([0-9]{1,2})分?(?::([0-9]{1,2}))?")
_POINT = re.compile(
    r"(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)[ ,，]+(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)((?:[ ,]+-?[0-9.]{1,12}){0,2})"
)
ACKNOWLEDGED = "OK"
_MAX_NAME = 2000  # characters of what a row is called as a choice
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # control characters, halves of characters
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Refused(Exception):  # noqa: N818  (it carries an answer to the person, it is not a fault)
    """What was typed is not an answer to this field; `message` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.message = reason


def parse_value(item: Field, typed: Sequence[str]) -> Value | None:
    """Return the value of one question, or None if nothing was typed. Raise Refused with the reason.

    Full-width digits, grouped thousands (1,234) and dates as people write them (2026.3.5, 2026年3月5日) are understood.
    """
    filled = [text for text in typed if text.strip()]
    if not filled:
        return None
    for text in filled:
        if _FORBIDDEN.search(text):
            raise _refusal(item, "bad_character", "“{label}”含有无法保存的字符")
    return _PARSERS[item.type](item, filled)


def _refusal(item: Field, code: str, text: str, **params: Any) -> Refused:
    return Refused(message(code, text, label=item.label, **params))


def _broken_constraint(item: Field, code: str, text: str, **params: Any) -> Refused:
    """Return the refusal of a value that has the right type but not the right size; the form may word it itself."""
    if item.constraint_message:
        return Refused(Message(code, item.constraint_message.replace("{", "{{").replace("}", "}}")))
    return _refusal(item, code, text, **params)


def _single(item: Field, typed: Sequence[str]) -> str:
    if len(typed) > 1:
        raise _refusal(item, "too_many", "“{label}”只能有一个答案")
    return typed[0].strip()


def _text(item: Field, typed: Sequence[str]) -> str:
    text = _single(item, typed).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > item.max_length:
        wording = "“{label}”最多 {limit} 字，现有 {length} 字"
        raise _broken_constraint(item, "too_long", wording, limit=item.max_length, length=len(text))
    return text


def _number(item: Field, typed: Sequence[str]) -> str:
    text = _single(item, typed)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("−", "-")
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def _integer(item: Field, typed: Sequence[str]) -> int:
    text = _number(item, typed)
    if not _INTEGER.fullmatch(text):
        raise _refusal(item, "not_an_integer", "“{label}”应填整数，如 12；没有发生的填 0")
    _check_range(item, Decimal(text))
    return int(text)


def _decimal(item: Field, typed: Sequence[str]) -> Decimal:
    text = _number(item, typed)
    if not _DECIMAL.fullmatch(text):
        raise _refusal(item, "not_a_number", "“{label}”应填数字，如 12.5；没有发生的填 0")
    value = Decimal(text)
    if item.decimals is not None and len(text.partition(".")[2].rstrip("0")) > item.decimals:
        raise _refusal(item, "too_precise", "“{label}”最多保留 {decimals} 位小数", decimals=item.decimals)
    _check_range(item, value)
    return value


def _check_range(item: Field, value: Any) -> None:
    """Compare unrounded; the bounds have the type of the field."""
    low, high = item.minimum, item.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return
    if low is not None and high is not None:
        raise _broken_constraint(item, "out_of_range", "“{label}”应在 {low} 到 {high} 之间", low=low, high=high)
    if low is not None:
        raise _broken_constraint(item, "out_of_range", "“{label}”不能小于 {low}", low=low)
    raise _broken_constraint(item, "out_of_range", "“{label}”不能大于 {high}", high=high)


def _day(item: Field, typed: Sequence[str]) -> date:
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", _single(item, typed)).replace(" ", ""))
    try:
        if match is None:
            raise ValueError
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise _refusal(item, "not_a_date", "“{label}”应填日期，如 2026-03-05") from None
    _check_range(item, day)
    return day


def _select_one(item: Field, typed: Sequence[str]) -> str:
    return _chosen(item, _single(item, typed))


def _select_multiple(item: Field, typed: Sequence[str]) -> tuple[str, ...]:
    """Return the choices in the order of the form, each once. Several may stand in one text: no name has a space."""
    if item.chosen_by:
        return tuple(dict.fromkeys(_chosen(item, name) for text in typed for name in text.split()))
    chosen = {_chosen(item, name) for text in typed for name in text.split()}
    return tuple(dict.fromkeys(choice.name for choice in item.choices if choice.name in chosen))


def row_choice(item: Field, text: str) -> str:
    """What a row is called as a choice: its text in one line. Where several are chosen, no name has a space."""
    return ("_" if item.type.value == "select_multiple" else " ").join(text.split())


def _chosen(item: Field, name: str) -> str:
    if item.chosen_by and len(name) <= _MAX_NAME:  # whether there is such a row is known with all the answers
        return row_choice(item, name)
    if name not in {choice.name for choice in item.choices}:
        raise _refusal(item, "unknown_choice", "“{label}”中没有这个选项")
    return name


def _range_value(item: Field, typed: Sequence[str]) -> Decimal:
    value = _decimal(item, typed)
    if item.step and (value - Decimal(str(item.minimum or 0))) % item.step:
        raise _broken_constraint(item, "off_step", "“{label}”应按 {step} 一档填写", step=item.step)
    return value


def _time(item: Field, typed: Sequence[str]) -> time:
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", _single(item, typed)).replace(" ", ""))
    try:
        if match is None:
            raise ValueError
        hour, minute, second = (int(part or 0) for part in match.groups())
        return time(hour, minute, second)
    except ValueError:
        raise _refusal(item, "not_a_time", "“{label}”应填时间，如 09:30") from None


def _moment(item: Field, typed: Sequence[str]) -> datetime:
    day, _, clock = unicodedata.normalize("NFKC", _single(item, typed)).replace("T", " ").strip().partition(" ")
    try:
        return datetime.combine(_day(item, [day]), _time(item, [clock]))
    except Refused:
        raise _refusal(item, "not_a_moment", "“{label}”应填日期和时间，如 2026-03-05 09:30") from None


def _point(item: Field, typed: Sequence[str]) -> str:
    """A place as XLSForm writes it: latitude, longitude, and if known altitude and accuracy in metres."""
    match = _POINT.fullmatch(unicodedata.normalize("NFKC", _single(item, typed)))
    if match is None or abs(Decimal(match[1])) > 90 or abs(Decimal(match[2])) > 180:
        raise _refusal(item, "not_a_place", "“{label}”应填纬度和经度，如 31.2304 121.4737")
    return " ".join([match[1], match[2], *match[3].replace(",", " ").split()])


def _acknowledged(item: Field, typed: Sequence[str]) -> str:
    return ACKNOWLEDGED


def _rank(item: Field, typed: Sequence[str]) -> tuple[str, ...]:
    """Every choice once, the first being the most important. Typed as places: `name=1`, or as names in order."""
    placed = [text.partition("=") for text in typed if text.strip()]
    if any(not place for _, _, place in placed):
        names = [_chosen(item, name.strip()) for name, _, _ in placed]
    else:
        if not all(place.isascii() and place.isdigit() for _, _, place in placed):
            raise _refusal(item, "bad_rank", "“{label}”的名次应填 1、2、3……")
        names = [_chosen(item, name.strip()) for name, _, place in sorted(placed, key=lambda part: int(part[2]))]
        if len({place for _, _, place in placed}) != len(placed):
            raise _refusal(item, "bad_rank", "“{label}”的名次不能重复")
    if len(names) != len(item.choices) or len(set(names)) != len(names):
        raise _refusal(item, "bad_rank", "“{label}”应给每一项排出名次")
    return tuple(names)


def _carried(item: Field, typed: Sequence[str]) -> str:
    return _single(item, typed)[:2000]


def _files(item: Field, typed: Sequence[str]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(text.strip() for text in typed))
    what, counted = ("照片", "张照片") if item.type == "image" else ("文件", "个文件")
    if not all(_FILE_ID.fullmatch(text) for text in ids):
        raise _refusal(item, "unknown_file", f"“{{label}}”的{what}无效，请重新上传")
    if len(ids) > item.row_limit:
        raise _broken_constraint(item, "too_many", f"“{{label}}”最多 {{limit}} {counted}", limit=item.row_limit)
    return ids


_PARSERS: Mapping[str, Callable[[Field, Sequence[str]], Value]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _day,
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "time": _time,
    "datetime": _moment,
    "range": _range_value,
    "rank": _rank,
    "geopoint": _point,
    "acknowledge": _acknowledged,
    "image": _files,
    "file": _files,
    "calculate": _carried,
    "hidden": _carried,
}
