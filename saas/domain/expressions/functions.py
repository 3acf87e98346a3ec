"""The functions of expressions (XLSForm's and XPath's), over exact values. docs/form-format.md lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from saas.domain.expressions.lots import drawn_name
from saas.domain.expressions.operators import exact
from saas.domain.expressions.values import (
    NOT_A_NUMBER,
    Scope,
    Value,
    several,
    to_number,
    to_text,
    to_truth,
)

MAX_TEXT = 20_000
_ONE, _ZERO = Decimal(1), Decimal(0)
_UNSAFE_PATTERN = re.compile(r"\([^()]*[+*][^()]*\)[+*{]")  # (a+)+ takes time without end


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what it computes, how many arguments it takes, and whether it wants them unevaluated."""

    call: Callable[..., Value]
    arguments: int | tuple[int, int | None]
    takes_tokens: bool = False


def _number(value: Value) -> Decimal:
    return to_number(value)


def _numbers(values: tuple[Value, ...]) -> list[Decimal]:
    """All numbers in the arguments; empty answers count for nothing."""
    found = [to_number(item) for value in values for item in several(value)]
    return [number for number in found if not number.is_nan()]


def _filled(values: tuple[Value, ...]) -> list[str]:
    return [text for value in values for item in several(value) if (text := to_text(item)) != ""]


# --- choosing -------------------------------------------------------------------------------------------------------


def _if(scope: Scope, condition: Any, then: Any, otherwise: Any) -> Value:
    chosen = then if to_truth(condition.evaluate(scope)) else otherwise
    value: Value = chosen.evaluate(scope)
    return value


def _coalesce(scope: Scope, *values: Value) -> Value:
    return next((value for value in values if to_text(value) != ""), "")


def _once(scope: Scope, value: Value) -> Value:
    return scope.itself if to_text(scope.itself) != "" else value


# --- choices --------------------------------------------------------------------------------------------------------


def _selected(scope: Scope, chosen: Value, name: Value) -> Value:
    return to_text(name) in {part for item in several(chosen) for part in to_text(item).split()}


def _selected_at(scope: Scope, chosen: Value, place: Value) -> Value:
    parts, number = to_text(chosen).split(), to_number(place)
    return parts[int(number)] if not number.is_nan() and 0 <= number < len(parts) else ""


def _count_selected(scope: Scope, chosen: Value) -> Value:
    return Decimal(len(to_text(chosen).split()))


def _choice_name(scope: Scope, chosen: Value, field: Value) -> Value:
    name = to_text(field).removeprefix("${").removesuffix("}").strip()
    return "、".join(scope.label(name, part) for part in to_text(chosen).split())


def _weighted_checklist(scope: Scope, least: Value, most: Value, *pairs: Value) -> Value:
    """Whether the weights of the answers that say yes add up to no less and no more; each answer before its weight."""
    answers = zip(pairs[::2], pairs[1::2], strict=False)
    weight = exact(lambda: sum((to_number(weight) for answer, weight in answers if _says_yes(answer)), _ZERO))
    low, high = to_number(least), to_number(most)
    return (low < 0 or weight >= low) and (high < 0 or weight <= high)


def _says_yes(answer: Value) -> bool:
    return to_truth(answer) and to_text(answer) not in {"no", "false", "0"}


def _pulldata(scope: Scope, code: Value, column: Value, key_column: Value, key: Value) -> Value:
    """A column of the line of a shared list (公用选项) in which the key stands; empty if there is none."""
    wanted, asked, name = to_text(key), to_text(key_column), to_text(column)
    lines = scope.listed(to_text(code).removesuffix(".csv"))
    return next((line.get(name, "") for line in lines if wanted and line.get(asked) == wanted), "")


def _checklist(scope: Scope, least: Value, most: Value, *answers: Value) -> Value:
    count = Decimal(sum(_says_yes(item) for item in answers))
    low, high = to_number(least), to_number(most)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


# --- rows -----------------------------------------------------------------------------------------------------------


def _position(scope: Scope, *path: Any) -> Value:
    return Decimal(scope.position)


def _indexed_repeat(scope: Scope, field: Any, *places: Any) -> Value:
    """A field of one row: of a repeat and the number of its row, and of further ones inside or around it."""
    found: list[tuple[str, int]] = []
    for repeat, index in zip(places[::2], places[1::2], strict=False):
        number = to_number(index.evaluate(scope))
        if number.is_nan() or number != number.to_integral_value():
            return ""
        found.append((_named(repeat), int(number)))
    return scope.row_value(_named(field), found)


def _named(token: Any) -> str:
    return str(token[0].value) if token.symbol == "$" else str(token.value)


def _count(scope: Scope, values: Value) -> Value:
    if isinstance(values, str):
        return Decimal(int(values != ""))
    return Decimal(len(several(values)))


def _count_non_empty(scope: Scope, *values: Value) -> Value:
    return Decimal(len(_filled(values)))


def _sum(scope: Scope, *values: Value) -> Value:
    return exact(lambda: sum(_numbers(values), _ZERO))


def _max(scope: Scope, *values: Value) -> Value:
    return max(_numbers(values), default=NOT_A_NUMBER)


def _min(scope: Scope, *values: Value) -> Value:
    return min(_numbers(values), default=NOT_A_NUMBER)


# --- numbers --------------------------------------------------------------------------------------------------------


def _round(scope: Scope, value: Value, places: Value = _ZERO) -> Value:
    number, digits = to_number(value), to_number(places)
    if number.is_nan() or digits.is_nan() or not -12 <= digits <= 12:
        return NOT_A_NUMBER
    return exact(lambda: number.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP) + _ZERO)


def _whole(rounding: str) -> Callable[..., Value]:
    def call(scope: Scope, value: Value) -> Value:
        number = to_number(value)
        return number if number.is_nan() else number.to_integral_value(rounding)

    return call


def _int(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return number if number.is_nan() else Decimal(int(number))


def _pow(scope: Scope, base: Value, exponent: Value) -> Value:
    number, power = to_number(base), to_number(exponent)
    if number.is_nan() or power.is_nan() or abs(power) > 100:
        return NOT_A_NUMBER
    return exact(lambda: number**power)


def _abs(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return number if number.is_nan() else abs(number)


def _sqrt(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return exact(number.sqrt) if not number.is_nan() and number >= 0 else NOT_A_NUMBER


def _exp(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return NOT_A_NUMBER if number.is_nan() or abs(number) > 200 else exact(number.exp)


def _exp10(scope: Scope, value: Value) -> Value:
    return _pow(scope, Decimal(10), value)


def _log(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return exact(number.ln) if not number.is_nan() and number > 0 else NOT_A_NUMBER


def _log10(scope: Scope, value: Value) -> Value:
    number = to_number(value)
    return exact(number.log10) if not number.is_nan() and number > 0 else NOT_A_NUMBER


# --- texts ----------------------------------------------------------------------------------------------------------


def _concat(scope: Scope, *values: Value) -> Value:
    return "".join(to_text(item) for value in values for item in several(value))[:MAX_TEXT]


def _join(scope: Scope, separator: Value, *values: Value) -> Value:
    return to_text(separator).join(_filled(values))[:MAX_TEXT]


def _substr(scope: Scope, value: Value, start: Value, end: Value | None = None) -> Value:
    text, first = to_text(value), to_number(start)
    last = Decimal(len(text)) if end is None else to_number(end)
    return "" if first.is_nan() or last.is_nan() else text[int(first) : int(last)]


def _substring(scope: Scope, value: Value, start: Value, length: Value | None = None) -> Value:
    """XPath's: counted from 1."""
    text, first = to_text(value), to_number(start)
    many = Decimal(len(text)) if length is None else to_number(length)
    if first.is_nan() or many.is_nan():
        return ""
    begin = int(first) - 1
    return text[max(begin, 0) : max(begin + int(many), 0)]


def _regex(scope: Scope, value: Value, pattern: Value) -> Value:
    wanted = to_text(pattern)
    if len(wanted) > 500 or _UNSAFE_PATTERN.search(wanted):
        return False
    try:
        return re.fullmatch(wanted, to_text(value)[:2000]) is not None
    except re.error:
        return False


def _translate(scope: Scope, value: Value, given: Value, instead: Value) -> Value:
    old, new = to_text(given), to_text(instead)
    table = {ord(letter): (new[place] if place < len(new) else None) for place, letter in enumerate(old)}
    return to_text(value).translate(table)


# --- days -----------------------------------------------------------------------------------------------------------


def _date(scope: Scope, value: Value) -> Value:
    if isinstance(value, Decimal) and not value.is_nan():
        return date.fromordinal(date(1970, 1, 1).toordinal() + int(value)) if 0 <= value < 100_000 else ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(to_text(value)[:10])
    except ValueError:
        return ""


def _date_time(scope: Scope, value: Value) -> Value:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(to_text(value))
    except ValueError:
        return ""


def _decimal_time(scope: Scope, value: Value) -> Value:
    """The part of a day that has passed at a time: 12:00 is 0.5."""
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            return NOT_A_NUMBER
    if isinstance(value, datetime):
        value = value.time()
    return to_number(value) if isinstance(value, time) else NOT_A_NUMBER


def _format_date(scope: Scope, value: Value, pattern: Value) -> Value:
    day = value if isinstance(value, datetime) else _date(scope, value)
    if not isinstance(day, date):
        return ""
    words = {
        "%Y": f"{day.year:04d}", "%y": f"{day.year % 100:02d}", "%m": f"{day.month:02d}", "%n": str(day.month),
        "%d": f"{day.day:02d}", "%e": str(day.day), "%b": f"{day.month}月",
        "%a": "周" + "一二三四五六日"[day.weekday()],
        "%H": f"{getattr(day, 'hour', 0):02d}", "%h": str(getattr(day, "hour", 0)),
        "%M": f"{getattr(day, 'minute', 0):02d}", "%S": f"{getattr(day, 'second', 0):02d}",
    }  # fmt: skip
    return re.sub("%[A-Za-z]", lambda found: words.get(found[0], found[0]), to_text(pattern))


def _boolean_from_string(scope: Scope, value: Value) -> Value:
    return to_text(value).lower() in {"true", "1"}


FUNCTIONS: Mapping[str, Function] = {
    "if": Function(_if, 3, takes_tokens=True),
    "coalesce": Function(_coalesce, (1, None)),
    "once": Function(_once, 1),
    "random": Function(lambda scope: scope.draw(), 0),
    "uuid": Function(drawn_name, (0, 1)),
    "true": Function(lambda scope: True, 0),
    "false": Function(lambda scope: False, 0),
    "not": Function(lambda scope, value: not to_truth(value), 1),
    "boolean": Function(lambda scope, value: to_truth(value), 1),
    "boolean-from-string": Function(_boolean_from_string, 1),
    "selected": Function(_selected, 2),
    "selected-at": Function(_selected_at, 2),
    "count-selected": Function(_count_selected, 1),
    "jr-choice-name": Function(_choice_name, 2),
    "pulldata": Function(_pulldata, 4),
    "checklist": Function(_checklist, (3, None)),
    "weighted-checklist": Function(_weighted_checklist, (4, None)),
    "position": Function(_position, (0, 1), takes_tokens=True),
    "indexed-repeat": Function(_indexed_repeat, (3, 7), takes_tokens=True),
    "count": Function(_count, 1),
    "count-non-empty": Function(_count_non_empty, (1, None)),
    "sum": Function(_sum, (1, None)),
    "max": Function(_max, (1, None)),
    "min": Function(_min, (1, None)),
    "number": Function(lambda scope, value: to_number(value), 1),
    "int": Function(_int, 1),
    "round": Function(_round, (1, 2)),
    "floor": Function(_whole(ROUND_FLOOR), 1),
    "ceiling": Function(_whole(ROUND_CEILING), 1),
    "pow": Function(_pow, 2),
    "abs": Function(_abs, 1),
    "sqrt": Function(_sqrt, 1),
    "exp": Function(_exp, 1),
    "exp10": Function(_exp10, 1),
    "log": Function(_log, 1),
    "log10": Function(_log10, 1),
    "pi": Function(lambda scope: Decimal("3.141592653589793238462643383279503"), 0),
    "string": Function(lambda scope, value: to_text(value), 1),
    "concat": Function(_concat, (1, None)),
    "join": Function(_join, (2, None)),
    "string-length": Function(lambda scope, *value: Decimal(len(to_text(value[0] if value else scope.itself))), (0, 1)),
    "substr": Function(_substr, (2, 3)),
    "substring": Function(_substring, (2, 3)),
    "substring-before": Function(
        lambda scope, text, mark: to_text(text).partition(to_text(mark))[0] if to_text(mark) in to_text(text) else "", 2
    ),
    "substring-after": Function(lambda scope, text, mark: to_text(text).partition(to_text(mark))[2], 2),
    "contains": Function(lambda scope, text, part: to_text(part) in to_text(text), 2),
    "starts-with": Function(lambda scope, text, part: to_text(text).startswith(to_text(part)), 2),
    "ends-with": Function(lambda scope, text, part: to_text(text).endswith(to_text(part)), 2),
    "normalize-space": Function(lambda scope, text: " ".join(to_text(text).split()), 1),
    "translate": Function(_translate, 3),
    "regex": Function(_regex, 2),
    "today": Function(lambda scope: scope.now.date(), 0),
    "now": Function(lambda scope: scope.now, 0),
    "date": Function(_date, 1),
    "date-time": Function(_date_time, 1),
    "format-date": Function(_format_date, 2),
    "format-date-time": Function(_format_date, 2),
    "decimal-time": Function(_decimal_time, 1),
    "decimal-date-time": Function(lambda scope, value: to_number(_date_time(scope, value)), 1),
}
"""What may be called. Not among them: anything that reads files or asks other instances."""

UNSUPPORTED: Mapping[str, str] = {
    "instance": "它查外部数据；可改用 choice_filter，或 jr:choice-name 取选项名称",
    "randomize": "选项顺序每次不同，无法复核",
    "search": "它从外部文件取选项；可改用公用选项",
    "current": "请用 ${字段名} 引用字段",
    "distance": "地图计算请在地理信息系统中做",
    "area": "地图计算请在地理信息系统中做",
    "geofence": "地图计算请在地理信息系统中做",
    "digest": "系统已给每份填报计算摘要",
    "property": "它读取手机的信息",
}
"""Functions that other programs have, and what to do instead."""
