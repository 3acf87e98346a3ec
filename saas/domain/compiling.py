"""Two-step collection (汇总上报): the units report by their day, then a superior has some days to compile.

What was not applicable is not 0, what is missing stays missing: a sum is of what was reported, and says of how many
units. Pure functions; docs/packs.md describes the mapping.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.answers import NOT_APPLICABLE, Answers
from saas.domain.errors import FormatError
from saas.domain.expressions.values import plain_number
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path
from saas.domain.fillers import PARENT, superior_from
from saas.domain.reading import read
from saas.domain.working_days import WorkCalendar, working_day_after

SUPERIOR = "superior"  # as `by` is written: the unit right above
MAX_DAYS = 60
_NEVER_ADDED = frozenset({"%", "％", "‰", "百分比", "分", "名", "元/人"})  # shares, scores and ranks have no sum


@dataclass(frozen=True, slots=True)
class Compiling:
    """Who compiles and within how many days after the units' last day in time.

    `by` is `parent`, a unit type's code or a level, as for who fills.
    """

    by: str | int
    days: int
    is_working_days: bool = False


class Came(StrEnum):
    """What came of a unit for a compilation. Stored in contents: never rename a value."""

    REPORTED = "reported"  # 已报, a zero report as well
    NOT_APPLICABLE = "not_applicable"  # 不适用
    RETURNED = "returned"  # 已退回, being mended
    MISSING = "missing"  # 未报


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit reported: its answers in its own version of the form. Nothing came: no answers."""

    code: str
    came: Came
    form: FormDefinition | None = None
    answers: Answers | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of a compilation: a question whose answers can be added, or counted by choice."""

    path: str
    label: str
    measure: str
    choices: tuple[tuple[str, str], ...] = ()
    is_added: bool = True  # a share or a score is shown by unit and has no sum


@dataclass(frozen=True, slots=True)
class FigureTotal:
    """What a column comes to. `amount` None: no unit gave a figure, which is not 0."""

    figure: Figure
    amount: Decimal | None
    given: int
    not_applicable: int
    blank: int  # the report came without this answer
    missing: int  # no report came
    by_choice: tuple[tuple[str, int], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every unit gave it, or said that it does not apply."""
        return not (self.blank or self.missing)


def compiling_due_on(units_due_on: date, rule: Compiling, calendar: WorkCalendar) -> date:
    """Return the compiler's last day: so many days, or working days, after the units' last day in time."""
    if rule.is_working_days and rule.days:
        return working_day_after(units_due_on, rule.days, calendar)
    return units_due_on + timedelta(days=rule.days)


def figures_of(form: FormDefinition) -> tuple[Figure, ...]:
    """Return what of a form is compiled: numbers, and single choices by how often each was chosen."""
    return tuple(_figures(form.fields, "", ""))


def _figures(fields: Sequence[Field], parent: str, within: str) -> Iterator[Figure]:
    for item in fields:
        path, label = child_path(parent, item.name), f"{within}{item.label}"
        if item.type is FieldType.GROUP:
            yield from _figures(item.fields, path, f"{item.label}·" if item.label else within)
        elif item.type is FieldType.REPEAT:
            yield from _figures(item.fields, f"{path}[]", f"{item.label}·")
        elif item.type is FieldType.SELECT_ONE and item.choices:
            yield Figure(path, label, "", tuple((choice.name, choice.label) for choice in item.choices))
        elif item.type in NUMBERS or (item.type is FieldType.CALCULATE and item.total):
            yield Figure(path, label, item.measure, is_added=_is_added(item))


def _is_added(item: Field) -> bool:
    return item.total or not (item.calculation or item.measure in _NEVER_ADDED)


def total_figures(form: FormDefinition, parts: Sequence[Part]) -> tuple[FigureTotal, ...]:
    """Return every column of a form over the units' parts."""
    return tuple(_total(figure, parts) for figure in figures_of(form))


def _total(figure: Figure, parts: Sequence[Part]) -> FigureTotal:
    values = [value for part in parts for value in [part_value(figure, part)] if isinstance(value, Decimal)]
    chosen = Counter(name for part in parts for name in _chosen(figure, part)) if figure.choices else Counter[str]()
    states = Counter(_state(figure, part) for part in parts)
    return FigureTotal(
        figure,
        sum(values, Decimal(0)) if values and figure.is_added and not figure.choices else None,
        given=states["given"],
        not_applicable=states["not_applicable"],
        blank=states["blank"],
        missing=states["missing"],
        by_choice=tuple((label, chosen[name]) for name, label in figure.choices),
    )


def _state(figure: Figure, part: Part) -> str:
    if part.came in {Came.MISSING, Came.RETURNED} or part.answers is None:
        return "not_applicable" if part.came is Came.NOT_APPLICABLE else "missing"
    values = list(_values(part.answers, figure.path.split(".")))
    if any(value is not None and value is not NOT_APPLICABLE for value in values):
        return "given"
    return "not_applicable" if NOT_APPLICABLE in values else "blank"


def part_value(figure: Figure, part: Part) -> Decimal | None:
    """Return a unit's figure, over the rows of a repeat their sum, or None if it gave none."""
    if part.answers is None or part.came is not Came.REPORTED or figure.choices:
        return None
    numbers = [_number(value) for value in _values(part.answers, figure.path.split("."))]
    given = [number for number in numbers if number is not None]
    return sum(given, Decimal(0)) if given else None


def is_given(figure: Figure, part: Part) -> bool:
    """Whether a unit answered it: not missing, not blank, not declared as not applicable."""
    return _state(figure, part) == "given"


def part_text(figure: Figure, part: Part) -> str:
    """Return a unit's cell in words: the figure, the choice, 不适用, 未填; of a unit that did not report: 未报."""
    state = _state(figure, part)
    if state != "given":
        words = {"not_applicable": "不适用", "blank": "未填"}
        return words.get(state, "已退回" if part.came is Came.RETURNED else "未报")
    if figure.choices:
        labels = dict(figure.choices)
        return "、".join(labels.get(name, name) for name in _chosen(figure, part))
    number = part_value(figure, part)
    return plain_number(number) if number is not None else ""


def _chosen(figure: Figure, part: Part) -> list[str]:
    if part.answers is None or part.came is not Came.REPORTED:
        return []
    return [value for value in _values(part.answers, figure.path.split(".")) if isinstance(value, str)]


def _values(answers: Mapping[str, Any], names: Sequence[str]) -> Iterator[Any]:
    """Every answer at a path: several where it leads through the rows of a repeat."""
    name, rest = names[0], names[1:]
    if name.endswith("[]"):
        for row in answers.get(name.removesuffix("[]")) or []:
            yield from _values(row, rest)
    elif rest:
        yield from _values(answers.get(name) or {}, rest)
    else:
        yield answers.get(name)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if not isinstance(value, str):  # a calculation is stored as text
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


# --- reading and writing --------------------------------------------------------------------------------------------


def compiling_from_mapping(mapping: Mapping[str, Any]) -> Compiling | None:
    """Read who compiles; an empty mapping: nobody, the units' reports are the end of it. Raise FormatError."""
    reader = read(mapping, "compiling", FormatError, {"by", "days", "working_days"})
    if not mapping:
        return None
    by = PARENT if mapping.get("by") == SUPERIOR else superior_from(reader, "by")
    days = reader.whole("days", low=0, high=MAX_DAYS)
    if days is None:
        raise reader.fail("days", "缺少“days”", code="missing_key", advice="单位截止后几天内汇总，写一个整数")
    return Compiling(by, days, reader.truth("working_days", False))


def compiling_to_mapping(rule: Compiling | None) -> dict[str, Any]:
    """Return the mapping of who compiles: JSON-able, read again to an equal value."""
    if rule is None:
        return {}
    mapping: dict[str, Any] = {"by": SUPERIOR if rule.by == PARENT else rule.by, "days": rule.days}
    return mapping | ({"working_days": True} if rule.is_working_days else {})
