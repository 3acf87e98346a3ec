"""What looks odd in a report (疑点): figures against their range, the unit's own past and its peers. Pure functions.

A mark never stands against handing in: it says where to look again. A figure is compared with the same question in the
same measure only; counters of different things have no order among themselves (000-002 R69). Missing and not
applicable are no figures and are compared with nothing; 0 is a figure.

Thresholds:

- range of the past: at least 4 earlier figures, and the new one lies outside of all of them;
- far from the middle: at least 8 figures; `0.6745 × |x - median| / MAD > 3.5` (the modified z-score of Iglewicz and
  Hoaglin). MAD counts as at least 5 % of the median, among peers 10 %, so that a steady figure may move a little; where
  it is 0 with the median, the mean deviation stands in with its own factor (`0.7979`). Whole numbers less than 3 apart
  never count;
- other measure (人 for 万人): about 100, 1000 or 10000 times the median of the past (from half to twice that), about 10
  times (7 to 14) if the past has 3 figures or more that all lie within twice their median; against 8 or more peers only
  1000 and 10000 times (a third to three times that), because units differ in size;
- the same as last time: every figure somebody typed, at least 3, and not all 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from saas.domain.cross_checks import find_odd
from saas.domain.expressions.values import plain_number
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path, iter_fields

RANGE_NEEDS, MIDDLE_NEEDS, SAME_NEEDS, STEADY_NEEDS = 4, 8, 3, 3
_LIMIT = Decimal("3.5")
_MAD_FACTOR, _MEAN_FACTOR = Decimal("0.6745"), Decimal("0.7979")
_LEAST_SPREAD, _LEAST_AMONG_PEERS = Decimal("0.05"), Decimal("0.1")
_LEAST_DIFFERENCE = 3
_ZERO, _ONE, _TWO = Decimal(0), Decimal(1), Decimal(2)
_FACTORS = (Decimal(10000), Decimal(1000), Decimal(100))
_PEER_FACTORS = (Decimal(10000), Decimal(1000))


class MarkKind(StrEnum):
    """What looks odd. Stored with the report: never rename a value."""

    EXPECTED = "expected"  # 超出常见范围
    HISTORY = "history"  # 超出本单位历次范围
    OUTLIER = "outlier"  # 与本单位历次相差很大
    PEERS = "peers"  # 与同类单位相差很大
    SCALE = "scale"  # 计量单位可能有误
    SAME = "same"  # 与上期完全相同
    CHECK = "check"  # 核对规则: what `said` of the facts says, of the question `at`


@dataclass(frozen=True, slots=True)
class Mark:
    """One oddity: of the question at `path` ("" for the whole report). `facts` are the figures that it rests on."""

    path: str
    kind: MarkKind
    facts: Mapping[str, str] = field(default_factory=dict)


Figures = Mapping[str, Decimal]


def figure_fields(form: FormDefinition) -> dict[str, Field]:
    """The questions outside of repeats that are answered by a number, by path."""
    return {path: item for path, item in iter_fields(form) if item.type in NUMBERS and "[]" not in path}


def figures(fields: Mapping[str, Field], stored: Mapping[str, Any]) -> dict[str, Decimal]:
    """The figures of stored answers, by path. What is missing, not applicable or no number is left out."""
    found = {}
    for path in fields:
        number = _number(_at(stored, path) if "." in path else stored.get(path))
        if number is not None:
            found[path] = number
    return found


def comparable(fields: Mapping[str, Field], earlier: FormDefinition) -> dict[str, Field]:
    """The questions that another version of the form asks in the same measure."""
    then = figure_fields(earlier)
    return {path: item for path, item in fields.items() if path in then and then[path].measure == item.measure}


def marks_of(
    form: FormDefinition,
    stored: Mapping[str, Any],
    past: Sequence[Figures] = (),
    peers: Sequence[Figures] = (),
    *,
    now: datetime,
) -> tuple[Mark, ...]:
    """Return what looks odd in stored answers, in the form's order, then what is odd about the whole.

    The form's own checks (核对规则) come first; `now` is the county's clock, for what they ask of it.

    `past` are the unit's earlier reports, the newest first; `peers` those of other units. Of the comparisons with the
    past and with peers only the most telling is said of one question.
    """
    fields = figure_fields(form)
    current = figures(fields, stored)
    found = list(_of_ranges(form.fields, stored, ""))
    for path, value in current.items():
        item = fields[path]
        if not item.calculation and not item.read_only:
            found.extend(_compared(path, item, value, _column(past, path), _column(peers, path)))
    order = {path: place for place, path in enumerate(fields)}
    found.sort(key=lambda mark: order.get(mark.path, len(order)))
    said = (Mark(odd.path, MarkKind.CHECK, {"said": odd.words, "at": odd.at}) for odd in find_odd(form, stored, now))
    return (*said, *found, *_same(fields, current, past[0] if past else {}))


def _of_ranges(fields: Sequence[Field], stored: Mapping[str, Any], parent: str) -> Iterator[Mark]:
    for item in fields:
        path, answer = child_path(parent, item.name), stored.get(item.name)
        if item.type is FieldType.GROUP:
            yield from _of_ranges(item.fields, answer or {}, path)
        elif item.type is FieldType.REPEAT:
            for number, row in enumerate(answer or []):
                yield from _of_ranges(item.fields, row, f"{path}[{number}]")
        elif item.type in NUMBERS:
            yield from _of_range(item, path, _number(answer))


def _of_range(item: Field, path: str, value: Decimal | None) -> Iterator[Mark]:
    low, high = item.expected_minimum, item.expected_maximum
    if value is None or not ((low is not None and value < low) or (high is not None and value > high)):
        return
    limits = {"low": low, "high": high}
    yield Mark(path, MarkKind.EXPECTED, _facts(value=value, **limits))


def _compared(
    path: str, item: Field, value: Decimal, past: Sequence[Decimal], peers: Sequence[Decimal]
) -> Iterator[Mark]:
    """At most one mark: a wrong measure explains the others, and being far off explains being outside."""
    wrong = scale_against_past(value, past)
    if wrong is not None:
        yield Mark(path, MarkKind.SCALE, _facts(value=value, times=wrong, middle=median(past), count=len(past)))
        return
    wrong = scale_against_peers(value, peers)
    if wrong is not None:
        facts = _facts(value=value, times=wrong, middle=median(peers), peers=len(peers))
        yield Mark(path, MarkKind.SCALE, facts)
        return
    is_whole = item.type is FieldType.INTEGER
    if is_outlier(value, past, is_whole=is_whole):
        yield Mark(path, MarkKind.OUTLIER, _facts(value=value, middle=median(past), count=len(past)))
    elif is_outlier(value, peers, is_whole=is_whole, least_spread=_LEAST_AMONG_PEERS) and not _is_usual(value, past):
        yield Mark(path, MarkKind.PEERS, _facts(value=value, middle=median(peers), count=len(peers)))
    elif len(past) >= RANGE_NEEDS and not min(past) <= value <= max(past):
        yield Mark(path, MarkKind.HISTORY, _facts(value=value, low=min(past), high=max(past), count=len(past)))


def _is_usual(value: Decimal, past: Sequence[Decimal]) -> bool:
    """Whether a figure lies where the unit's own have been: a big village is big every month."""
    return len(past) >= RANGE_NEEDS and min(past) <= value <= max(past)


def _same(fields: Mapping[str, Field], current: Figures, last: Figures) -> Iterator[Mark]:
    typed = {path for path, item in fields.items() if not item.calculation and not item.read_only}
    now = {path: value for path, value in current.items() if path in typed}
    then = {path: value for path, value in last.items() if path in typed}
    if len(now) >= SAME_NEEDS and now == then and any(now.values()):
        yield Mark("", MarkKind.SAME, {"count": str(len(now))})


# --- the middle and the spread --------------------------------------------------------------------------------------


def median(values: Sequence[Decimal]) -> Decimal:
    """The middle of at least one figure; of two in the middle, half their sum."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / _TWO


def is_outlier(
    value: Decimal, others: Sequence[Decimal], *, is_whole: bool = False, least_spread: Decimal = _LEAST_SPREAD
) -> bool:
    """Whether a figure is far from the middle of at least eight others, measured by how they spread.

    They count as spread by at least `least_spread` of their middle.
    """
    if len(others) < MIDDLE_NEEDS:
        return False
    middle = median(others)
    distance = abs(value - middle)
    if is_whole and distance < _LEAST_DIFFERENCE:
        return False
    deviations = [abs(each - middle) for each in others]
    spread = max(median(deviations), abs(middle) * least_spread)
    if spread > _ZERO:
        return _MAD_FACTOR * distance > _LIMIT * spread
    mean = sum(deviations, _ZERO) / len(deviations)
    return mean > _ZERO and _MEAN_FACTOR * distance > _LIMIT * mean


def scale_against_past(value: Decimal, past: Sequence[Decimal]) -> Decimal | None:
    """By what power of ten a figure seems to differ from the unit's own past (0.0001: it is too small), or None."""
    positive = [each for each in past if each > _ZERO]
    if value <= _ZERO or not positive:
        return None
    middle = median(positive)
    found = _factor(value, middle, _FACTORS, slack=_TWO)
    is_steady = len(positive) >= STEADY_NEEDS and all(middle / _TWO <= each <= middle * _TWO for each in positive)
    if found is None and is_steady:
        ratio = value / middle
        if Decimal(7) <= ratio <= Decimal(14):
            return Decimal(10)
        if Decimal(7) <= middle / value <= Decimal(14):
            return Decimal("0.1")
    return found


def scale_against_peers(value: Decimal, peers: Sequence[Decimal]) -> Decimal | None:
    """By what power of ten, 1000 or 10000, a figure seems to differ from that of at least eight peers, or None."""
    positive = [each for each in peers if each > _ZERO]
    if value <= _ZERO or len(positive) < MIDDLE_NEEDS:
        return None
    return _factor(value, median(positive), _PEER_FACTORS, slack=Decimal(3))


def _factor(value: Decimal, middle: Decimal, factors: Sequence[Decimal], *, slack: Decimal) -> Decimal | None:
    for factor in factors:
        if factor / slack <= value / middle <= factor * slack:
            return factor
        if factor / slack <= middle / value <= factor * slack:
            return _ONE / factor
    return None


# --- reading what is stored -----------------------------------------------------------------------------------------


def _at(stored: Mapping[str, Any], path: str) -> Any:
    value: Any = stored
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _number(stored: Any) -> Decimal | None:
    if stored is None or isinstance(stored, bool) or not isinstance(stored, int | str | Decimal):
        return None
    try:
        number = Decimal(stored)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _column(rows: Sequence[Figures], path: str) -> list[Decimal]:
    return [row[path] for row in rows if path in row]


def _facts(**numbers: Decimal | int | None) -> dict[str, str]:
    return {key: plain_number(Decimal(value)) for key, value in numbers.items() if value is not None}
