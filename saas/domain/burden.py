"""The burden meter (报表负担): how many answers and how much time forms ask of a unit in a month. Pure functions.

The times are estimates of a practised clerk on a phone, the same for every county, so that forms can be compared; they
are no measurement. What nobody sees (computed, hidden) costs nothing and is left out. What is shown filled in counts as
given, or as an answer to look at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.domain.fields import CONTAINERS, NUMBERS, SILENT, Field, FieldType, FormDefinition
from saas.domain.periods import Cadence

ZERO = Decimal(0)
SECONDS: Mapping[FieldType, int] = {
    FieldType.TEXT: 40,
    FieldType.INTEGER: 15,
    FieldType.DECIMAL: 15,
    FieldType.DATE: 10,
    FieldType.SELECT_ONE: 8,
    FieldType.SELECT_MULTIPLE: 12,
    FieldType.TIME: 10,
    FieldType.DATETIME: 15,
    FieldType.RANGE: 8,
    FieldType.RANK: 25,
    FieldType.GEOPOINT: 30,
    FieldType.ACKNOWLEDGE: 3,
    FieldType.IMAGE: 45,
    FieldType.FILE: 60,
}
"""How long one answer takes: to find out what is already at hand, and to enter it."""
SHORT_TEXT, SHORT_SECONDS = 50, 20  # a text of at most so many characters
LOOK_SECONDS = 3  # to look at an answer that is filled in already
REPORT_SECONDS = 60  # to open a form, check it and hand it in, whatever it asks

_PER_MONTH: Mapping[Cadence, Decimal] = {
    Cadence.DAY: Decimal(365) / 12,
    Cadence.WEEK: Decimal(365) / 84,
    Cadence.TEN_DAYS: Decimal(3),
    Cadence.HALF_MONTH: Decimal(2),
    Cadence.MONTH: Decimal(1),
    Cadence.QUARTER: Decimal(1) / 3,
    Cadence.HALF_YEAR: Decimal(1) / 6,
    Cadence.YEAR: Decimal(1) / 12,
    Cadence.TERM: Decimal(1) / 6,
    Cadence.WINDOW: Decimal(1) / 12,
    Cadence.EVENT: ZERO,  # as often as something happens: the caller counts
}


def reports_per_month(cadence: Cadence) -> Decimal:
    """How many reports a cadence asks of a unit in an average month; 0 for one per event, which must be counted."""
    return _PER_MONTH[cadence]


@dataclass(frozen=True, slots=True)
class Load:
    """What one report asks: answers to type, to look at, given without doing; and the seconds of all of it."""

    typed: int = 0
    looked_at: int = 0
    given: int = 0
    seconds: int = 0

    @property
    def asked(self) -> int:
        """How many answers somebody gives or looks at; as many as `count_fields` counts."""
        return self.typed + self.looked_at

    @property
    def known_share(self) -> Decimal | None:
        """The share of answers that the county fills in itself, between 0 and 1; None for a form without any."""
        total = self.asked + self.given
        return Decimal(self.looked_at + self.given) / total if total else None

    def __add__(self, other: Load) -> Load:
        return Load(
            self.typed + other.typed,
            self.looked_at + other.looked_at,
            self.given + other.given,
            self.seconds + other.seconds,
        )

    def times(self, count: int) -> Load:
        """The load of so many rows."""
        return Load(self.typed * count, self.looked_at * count, self.given * count, self.seconds * count)


def load_of(form: FormDefinition) -> Load:
    """What one report of a form asks. A repeat counts with its least number of rows, but at least once."""
    return _sum(_load(item) for item in form.fields) + Load(seconds=REPORT_SECONDS)


def _sum(loads: Iterable[Load]) -> Load:
    total = Load()
    for each in loads:
        total += each
    return total


def _load(item: Field) -> Load:
    if item.type in CONTAINERS:
        rows = max(item.min_count, 1) if item.type is FieldType.REPEAT else 1
        return _sum(_load(child) for child in item.fields).times(rows)
    if not item.is_question or item.type in SILENT:
        return Load()
    if item.read_only or item.calculation:
        return Load(given=1)
    if item.prefill:
        return Load(looked_at=1, seconds=LOOK_SECONDS)
    is_short = item.type is FieldType.TEXT and item.max_length <= SHORT_TEXT
    return Load(typed=1, seconds=SHORT_SECONDS if is_short else SECONDS[item.type])


# --- what a unit is asked in a month ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """One collection: what a report of it asks, how often in a month, and who fills it (any key of a unit).

    Whoever fills for several units stands there as often as it fills.
    """

    load: Load
    per_month: Decimal
    fillers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Burden:
    """What is asked in a month: reports, answers and minutes, unrounded; `known` of the answers are filled in."""

    reports: Decimal = ZERO
    answers: Decimal = ZERO
    known: Decimal = ZERO
    given: Decimal = ZERO
    minutes: Decimal = ZERO

    def __add__(self, other: Burden) -> Burden:
        return Burden(
            self.reports + other.reports,
            self.answers + other.answers,
            self.known + other.known,
            self.given + other.given,
            self.minutes + other.minutes,
        )

    @property
    def known_share(self) -> Decimal | None:
        """The share of answers that the county fills in itself; None where nothing is asked."""
        total = self.answers + self.given
        return (self.known + self.given) / total if total else None

    @property
    def hours(self) -> Decimal:
        """The time in hours."""
        return self.minutes / 60

    def over(self, count: int) -> Burden:
        """The mean of so many units."""
        return Burden(*(part / count for part in (self.reports, self.answers, self.known, self.given, self.minutes)))


def monthly(load: Load, per_month: Decimal) -> Burden:
    """What a report asks of one unit in a month."""
    return Burden(
        per_month,
        load.asked * per_month,
        load.looked_at * per_month,
        load.given * per_month,
        load.seconds * per_month / 60,
    )


def burden_by_unit(askings: Iterable[Asking]) -> dict[str, Burden]:
    """What all collections together ask of each unit in a month."""
    found: dict[str, Burden] = {}
    for asking in askings:
        each = monthly(asking.load, asking.per_month)
        for unit in asking.fillers:
            found[unit] = found.get(unit, Burden()) + each
    return found


# --- what is asked twice -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked: the form, and its question's path and label."""

    form: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same asked in several forms. `can_prefill`: the second may be filled in from the first, else one may go."""

    places: tuple[Place, ...]
    measure: str
    can_prefill: bool
    source: str = ""  # of pre-filled questions: the source that all of them name


_NOISE = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"[（(〔\[【].*?[)）〕\]】]")
_EVERYWHERE = frozenset(
    "备注 说明 情况说明 补充说明 其他 照片 现场照片 附件 日期 时间 姓名 填报人 联系人 联系电话 电话".split()  # noqa: SIM905
)


def normalised(label: str) -> str:
    """A label as it is compared: without brackets, spaces, punctuation and width."""
    plain = unicodedata.normalize("NFKC", label)
    return _NOISE.sub("", _BRACKETS.sub("", plain)).lower()


def find_duplicates(
    forms: Mapping[str, FormDefinition], asked_of: Mapping[str, frozenset[str]]
) -> tuple[Duplicate, ...]:
    """Return what is asked in more than one form of the same units: by label and measure, or by the same source.

    Words that stand in every form (备注, 照片 …) say nothing; what is read-only or computed asks nothing. Questions in
    rows are about different things each time.
    """
    by_label: dict[tuple[str, str, bool], list[tuple[Place, Field]]] = {}
    by_source: dict[str, list[tuple[Place, Field]]] = {}
    for code, form in forms.items():
        for path, item in _asked(form.fields, ""):
            place = Place(code, path, item.label)
            if item.prefill:
                by_source.setdefault(item.prefill, []).append((place, item))
            label = normalised(item.label)
            if len(label) > 1 and label not in _EVERYWHERE:
                by_label.setdefault((label, item.measure, item.type in NUMBERS), []).append((place, item))
    labels = [_duplicate(found, asked_of) for found in by_label.values()]
    seen = {each.places for each in labels if each}
    sources = [
        _duplicate(found, asked_of, source) for source, found in by_source.items() if not source.startswith("last")
    ]
    return tuple(each for each in [*labels, *(each for each in sources if each and each.places not in seen)] if each)


def _asked(fields: Sequence[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        path = f"{parent}.{item.name}".lstrip(".")
        if item.type is FieldType.GROUP:
            yield from _asked(item.fields, path)
        elif item.is_asked and not item.read_only and item.type is not FieldType.ACKNOWLEDGE:
            yield path, item


def _duplicate(
    found: Sequence[tuple[Place, Field]], asked_of: Mapping[str, frozenset[str]], source: str = ""
) -> Duplicate | None:
    """What is left of equal questions once those are gone that no unit gets twice."""
    kept = [
        (place, item)
        for place, item in found
        if any(
            other.form != place.form and asked_of.get(other.form, frozenset()) & asked_of.get(place.form, frozenset())
            for other, _ in found
        )
    ]
    if len({place.form for place, _ in kept}) < 2:
        return None
    first, second = kept[0][1], kept[1][1]
    can_prefill = not source and first.type is second.type and first.type not in {FieldType.IMAGE, FieldType.FILE}
    return Duplicate(tuple(place for place, _ in kept), first.measure, can_prefill, source)
