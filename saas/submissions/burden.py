"""What the county's collections ask of its units in a month (报表负担), as they are arranged today. Reading only.

A constant number of statements, however many units and forms there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from saas.db import db, local_today
from saas.domain.burden import (
    Asking,
    Burden,
    Duplicate,
    Load,
    burden_by_unit,
    find_duplicates,
    load_of,
    monthly,
    reports_per_month,
)
from saas.domain.cohorts import matches
from saas.domain.fields import FormDefinition as Definition
from saas.domain.periods import Cadence, month_end, months_after
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import may_be_collected
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.queries import published_versions
from saas.forms.uses import Stake, register_stakes
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.models import OrgUnit
from saas.registers.models import Register
from saas.submissions.fillers import FillerBook, above_of
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import cohort_of, collection_periods

MONTHS = 12  # of the trend
TOP = 20  # units that are listed
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CollectionLine:
    """One collection: its form, who wants it, how often, of how many units, and what it asks of each in a month."""

    collection: Collection
    owner: str
    load: Load
    per_month: Decimal
    unit_count: int
    each: Burden

    @property
    def minutes(self) -> Decimal:
        """How long one report takes."""
        return Decimal(self.load.seconds) / 60


@dataclass(frozen=True, slots=True)
class UnitLine:
    """What is asked of one unit, or of the mean unit of a type (then `count` units), in a month."""

    name: str
    type_name: str
    burden: Burden
    count: int = 1


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """What one department asks of the county in a month: its forms, the units it asks, all answers and minutes."""

    name: str
    forms: int
    units: int
    burden: Burden


@dataclass(frozen=True, slots=True)
class BurdenReport:
    """The whole page. `trend` has the answers asked of the mean unit in each month, by its first day."""

    mean: Burden
    unit_count: int
    collections: Sequence[CollectionLine]
    types: Sequence[UnitLine]
    units: Sequence[UnitLine]
    owners: Sequence[OwnerLine]
    trend: Sequence[tuple[date, Decimal]]
    duplicates: Sequence[Duplicate]
    names: Mapping[str, FormDefinition]  # forms by code
    idle: Sequence[FormDefinition]  # published and approved, but nothing asks for them


@dataclass(frozen=True, slots=True)
class _Asked:
    """A collection with its form, and the ids of the units that fill it, each as often as it fills."""

    collection: Collection
    definition: Definition
    load: Load
    fillers: Sequence[str]


def burden_report(on: date) -> BurdenReport:
    """What is asked on a day: by unit, type of unit and department, in the last months, and what is asked twice."""
    dated = units_on(on)
    known = {str(each.unit.id): each.unit for each in dated}
    recent = _asked(_collections(on - _YEAR, on), on, dated)
    current = [each for each in recent if _is_current(each.collection, on)]
    lines = [_line(each, known, on) for each in current]
    by_unit = burden_by_unit(
        Asking(each.load, line.per_month, each.fillers) for each, line in zip(current, lines, strict=True)
    )
    forms = {each.definition.code: each.definition for each in current}
    asked_of: dict[str, frozenset[str]] = {}
    for each in current:
        asked_of[each.definition.code] = asked_of.get(each.definition.code, frozenset()) | set(each.fillers)
    ranked = sorted(
        by_unit.items(), key=lambda pair: (-pair[1].minutes, known[pair[0]].sort_order, known[pair[0]].code)
    )
    return BurdenReport(
        mean=_mean(by_unit.values()),
        unit_count=len(by_unit),
        collections=sorted(lines, key=lambda line: -line.each.minutes * line.unit_count),
        types=_types(by_unit, known),
        units=[UnitLine(known[key].name, known[key].unit_type.name, each) for key, each in ranked[:TOP]],
        owners=_owners(lines, current),
        trend=_trend(recent, on),
        duplicates=find_duplicates(forms, asked_of),
        names={each.collection.form.code: each.collection.form for each in current},
        idle=_idle_forms({each.collection.form_id for each in current}, on),
    )


def _collections(first: date, last: date) -> Sequence[Collection]:
    """The collections that ask for something between two days."""
    return db.session.scalars(
        select(Collection)
        .where(
            Collection.is_active,
            Collection.starts_on <= last,
            or_(Collection.ends_on.is_(None), Collection.ends_on >= first),
        )
        .order_by(Collection.name, Collection.id)
    ).all()


def _is_current(collection: Collection, on: date) -> bool:
    return (collection.ends_on is None or collection.ends_on >= on) and may_be_collected(collection.form, on)


def _asked(collections: Sequence[Collection], on: date, dated: Sequence[DatedUnit]) -> list[_Asked]:
    versions = published_versions(each.form_id for each in collections)
    book, fillers = CohortBook(on), FillerBook(on)
    units = {each.unit.id: each for each in dated}
    found = []
    for collection in collections:
        version = versions.get(collection.form_id)
        if version is None:
            continue
        cohort = cohort_of(collection)
        members = [each for each in dated if matches(each.seen, cohort, book)]
        by_whom = [fillers.of(collection, each.unit, above_of(each, units)) for each in members]
        definition = definition_of_version(version)
        found.append(_Asked(collection, definition, load_of(definition), [str(who[0].id) for who in by_whom if who]))
    return found


def _per_month(collection: Collection, on: date) -> Decimal:
    """How often a unit reports in an average month; of one per event, as often as in the last twelve."""
    if collection.cadence != Cadence.EVENT:
        return reports_per_month(Cadence(collection.cadence))
    return Decimal(len(collection_periods(collection, on - _YEAR, on))) / MONTHS


def _line(asked: _Asked, known: Mapping[str, OrgUnit], on: date) -> CollectionLine:
    owner = known.get(str(asked.collection.form.owner_unit_id))
    per_month = _per_month(asked.collection, on)
    return CollectionLine(
        asked.collection,
        owner.name if owner else gettext("未登记制表单位"),
        asked.load,
        per_month,
        len(asked.fillers),
        monthly(asked.load, per_month),
    )


def _mean(burdens: Iterable[Burden]) -> Burden:
    total, count = Burden(), 0
    for each in burdens:
        total, count = total + each, count + 1
    return total.over(count) if count else total


def _types(by_unit: Mapping[str, Burden], known: Mapping[str, OrgUnit]) -> list[UnitLine]:
    """The mean unit of each type, from the county downwards."""
    found: dict[tuple[int, str], list[Burden]] = {}
    for key, burden in by_unit.items():
        kind = known[key].unit_type
        found.setdefault((kind.level, kind.name), []).append(burden)
    return [UnitLine(name, name, _mean(each), len(each)) for (_, name), each in sorted(found.items())]


def _owners(lines: Sequence[CollectionLine], current: Sequence[_Asked]) -> list[OwnerLine]:
    found: dict[uuid.UUID | None, list[tuple[CollectionLine, _Asked]]] = {}
    for line, asked in zip(lines, current, strict=True):
        found.setdefault(line.collection.form.owner_unit_id, []).append((line, asked))
    rows = []
    for own in found.values():
        forms = {line.collection.form_id for line, _ in own}
        units = {unit for _, asked in own for unit in asked.fillers}
        total = Burden()
        for line, _ in own:
            total += monthly(line.load, line.per_month * line.unit_count)
        rows.append(OwnerLine(own[0][0].owner, len(forms), len(units), total))
    return sorted(rows, key=lambda row: (-row.burden.minutes, row.name))


def _trend(recent: Sequence[_Asked], on: date) -> list[tuple[date, Decimal]]:
    """The answers asked of the mean unit in each of the last months: by the present units and versions."""
    count = len({unit_id for asked in recent for unit_id in asked.fillers})
    months = [months_after(on.replace(day=1), -back) for back in range(MONTHS - 1, -1, -1)]
    found = []
    for first in months:
        last = month_end(first)
        answers = sum(
            asked.load.asked * len(asked.fillers) * _ending(asked.collection, first, last) for asked in recent
        )
        found.append((first, Decimal(answers) / count if count else Decimal(0)))
    return found


def _ending(collection: Collection, first: date, last: date) -> int:
    return sum(first <= period.end <= last for period in collection_periods(collection, first, last))


def _idle_forms(asked: set[uuid.UUID], on: date) -> list[FormDefinition]:
    """Forms that may be collected and that no collection and no register uses: they may be given up."""
    published = select(FormVersion.form_id).where(FormVersion.status == VersionStatus.PUBLISHED)
    kept = select(Register.form_id).where(Register.is_active)
    forms = db.session.scalars(
        select(FormDefinition)
        .where(FormDefinition.is_active, FormDefinition.id.in_(published), FormDefinition.id.not_in(kept))
        .order_by(FormDefinition.name, FormDefinition.id)
    ).all()
    return [form for form in forms if form.id not in asked and may_be_collected(form, on)]


# --- what a new version would ask --------------------------------------------------------------------------------


def stakes(form: FormDefinition, definition: Definition) -> list[Stake]:
    """What publishing a definition touches: drafts, what was filed, and how much it asks in a month."""
    on = local_today()
    rows = db.session.execute(
        select(Submission.status, func.count(Submission.id))
        .join(Collection, Collection.id == Submission.collection_id)
        .where(Collection.form_id == form.id)
        .group_by(Submission.status)
    ).all()
    status = {row[0]: row[1] for row in rows}
    drafts = status.get(SubmissionStatus.DRAFT, 0) + status.get(SubmissionStatus.RETURNED, 0)
    filed = sum(status.values()) - drafts
    found = [_monthly_stake(form, definition, on)]
    if drafts:
        meaning = _l("按原版填完，或由填报人一键改用新版")
        found.append(Stake(_l("正在填的草稿"), gettext("%(count)s 份", count=drafts), meaning))
    if filed:
        meaning = _l("按当时的版本保存；新版多问的可以补报")
        found.append(Stake(_l("已报送的填报"), gettext("%(count)s 份", count=filed), meaning))
    return found


def _monthly_stake(form: FormDefinition, definition: Definition, on: date) -> Stake:
    asking = [each for each in _collections(on, on) if each.form_id == form.id]
    if not asking:
        return Stake(_l("收集负担"), gettext("还没有填报任务使用这张表"))
    asked, load = _asked_of(asking, on), load_of(definition)
    askings = [Asking(load, _per_month(each, on), units) for each, units in zip(asking, asked, strict=True)]
    totals = burden_by_unit(askings)
    answers = max((each.answers for each in totals.values()), default=Decimal(0))
    minutes = max((each.minutes for each in totals.values()), default=Decimal(0))
    figure = gettext("此版本每月向 %(units)s 个单位收集 %(answers)s 项", units=len(totals), answers=whole(answers))
    return Stake(_l("收集负担"), figure, gettext("每个单位每月约 %(time)s", time=duration(minutes)))


def _asked_of(collections: Sequence[Collection], on: date) -> list[list[str]]:
    dated, book = units_on(on), CohortBook(on)
    return [
        [str(each.unit.id) for each in dated if matches(each.seen, cohort_of(collection), book)]
        for collection in collections
    ]


def whole(figure: Decimal) -> str:
    """A figure of the burden as it is shown: whole above ten, else with one decimal, rounded half up once."""
    rounded = figure.quantize(Decimal(1) if figure >= 10 else Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{rounded.normalize():f}" if rounded else "0"


def duration(minutes: Decimal) -> str:
    """A time as it is shown: minutes up to two hours, else hours."""
    if minutes < 120:
        return str(gettext("%(minutes)s 分钟", minutes=whole(minutes)))
    return str(gettext("%(hours)s 小时", hours=whole(minutes / 60)))


def percent(share: Decimal | None) -> str:
    """A share as it is shown: a whole percentage, rounded half up once; a dash where there is nothing to share."""
    return "—" if share is None else f"{(share * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)}%"


register_stakes("submissions", stakes)
