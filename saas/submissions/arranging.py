"""Arranging collections (布置填报): who fills what, how often, within which days. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.canonical_json import digest
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, Period
from saas.domain.windows import WindowDates, check_dates, own_days_from_mapping, window_from_mapping
from saas.forms.approval import refuse_collecting
from saas.forms.models import FormDefinition
from saas.org.cohorts import check_cohort
from saas.submissions import queries
from saas.submissions.calendars import county_days
from saas.submissions.duties import check_duties
from saas.submissions.models import Collection, CollectionWindow
from saas.submissions.schedule import CADENCES, collection_periods, dates_of

MAX_SENSITIVE = timedelta(days=99)
_AHEAD, _SHOWN = timedelta(days=730), 60


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """What the office decides about a collection. `cohort`, `window` and `own_days` are as in docs/plan-format.md."""

    name: str
    form_id: uuid.UUID
    route_id: uuid.UUID
    cadence: str
    cohort: Mapping[str, Any]
    window: Mapping[str, Any]
    starts_on: date
    ends_on: date | None = None
    plan_id: uuid.UUID | None = None
    is_active: bool = True
    own_days: Mapping[str, str] = field(default_factory=dict)
    filled_by: Mapping[str, Any] = field(default_factory=dict)
    compiling: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SensitivePeriod:
    """Days on which units report every day, also that nothing happened (敏感时段). Without units: all that fill."""

    title: str
    starts_on: date
    ends_on: date
    units: Sequence[str] = ()  # codes
    due_time: time | None = None


def create_collection(settings: CollectionSettings, *, actor: HasId, code: str = "") -> Collection:
    """Create a collection; without a code it gets one. Raises DomainError or FormatError if a setting is no use."""
    check_settings(settings)
    collection = Collection(code=code or _unused_code(), **_columns(settings))
    db.session.add(collection)
    db.session.flush()
    record(AuditAction.COLLECTION_CHANGED, collection, actor=actor, change="created", name=collection.name)
    return collection


def edit_collection(collection: Collection, settings: CollectionSettings, *, actor: HasId) -> None:
    """Change a collection. What was begun to be filled keeps its form and its cadence: periods would not match."""
    check_settings(settings, collection)
    for name, value in _columns(settings).items():
        setattr(collection, name, value)
    record(AuditAction.COLLECTION_CHANGED, collection, actor=actor, change="edited", name=collection.name)
    db.session.flush()


def change_window(
    collection: Collection,
    period: Period,
    *,
    opens_on: date,
    due_on: date,
    reason: str,
    actor: HasId,
    recheck_from: date | None = None,
    recheck_to: date | None = None,
) -> CollectionWindow:
    """Change the window of one period (调整填报时间). A reason is required; what was late before stays late."""
    if not reason.strip():
        raise DomainError("请填写调整原因", code="no_reason")
    if due_on < opens_on:
        raise DomainError("截止日期早于开始日期", code="bad_range")
    change = queries.find_window_change(collection.id, period.start)
    if change is None:
        change = CollectionWindow(collection_id=collection.id, period_start=period.start)
        db.session.add(change)
    change.opens_on, change.due_on, change.reason = opens_on, due_on, reason.strip()
    change.recheck_from, change.recheck_to = recheck_from, recheck_to
    change.changed_by_id, change.changed_at = actor.id, utc_now()
    db.session.flush()
    record(
        AuditAction.COLLECTION_WINDOW_CHANGED,
        collection,
        actor=actor,
        period=period.key,
        opens_on=str(opens_on),
        due_on=str(due_on),
        reason=reason.strip(),
    )
    return change


def begin_event(collection: Collection, day: date, *, title: str, units: Sequence[str] = (), actor: HasId) -> Period:
    """Ask for a report about what happens on a day (按次): of all who fill, or of these units (codes).

    One event a day: raises DomainError for a second one, and for a collection that is not filled per event.
    """
    lock(collection)
    refuse_collecting(collection.form)
    if collection.cadence != Cadence.EVENT:
        raise DomainError("只有按次填报的任务可以发起一次填报", code="bad_cadence")
    if not title.strip():
        raise DomainError("请填写事由", code="no_title")
    if any(each["day"] == day.isoformat() for each in collection.events):
        raise DomainError("{day}已经发起过一次填报", code="event_exists", day=day)
    if day < collection.starts_on or (collection.ends_on is not None and day > collection.ends_on):
        raise DomainError("{day}不在任务的起止日期内", code="bad_range", day=day)
    begun = {"day": day.isoformat(), "title": title.strip(), "units": list(units)}
    collection.events = [*collection.events, begun]
    db.session.flush()
    record(AuditAction.COLLECTION_CHANGED, collection, actor=actor, change="event", **begun)
    return Period(day, day, Cadence.EVENT, title.strip())


def add_sensitive_period(collection: Collection, wanted: SensitivePeriod, *, actor: HasId) -> Collection:
    """Let units report daily from one day to another, beside what they fill anyway; it ends by itself.

    It is a collection of its own with the same form and route, whose days are due on the day itself; what comes a day
    late is taken and marked late. Raises DomainError for days in the wrong order or more than a hundred.
    """
    if collection.extends_id is not None or collection.cadence == Cadence.DAY:
        raise DomainError("该任务已经是每日填报", code="bad_cadence")
    if not wanted.title.strip():
        raise DomainError("请填写敏感时段名称", code="no_title")
    if not wanted.starts_on <= wanted.ends_on <= wanted.starts_on + MAX_SENSITIVE:
        raise DomainError("敏感时段的起止有误，最长 100 天", code="bad_range")
    window: dict[str, Any] = {"due": {"from": "end", "days": 0}, "due_inclusive": True, "grace_days": 1}
    if wanted.due_time is not None:
        window["due_time"] = f"{wanted.due_time:%H:%M}"
    settings = CollectionSettings(
        name=f"{collection.name}（{wanted.title.strip()}每日报告）",
        form_id=collection.form_id,
        route_id=collection.route_id,
        cadence=Cadence.DAY,
        cohort={"units": list(wanted.units)} if wanted.units else collection.cohort,
        window=window,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        plan_id=collection.plan_id,
        filled_by=collection.filled_by,
    )
    added = create_collection(settings, actor=actor)
    added.extends_id = collection.id
    db.session.flush()
    return added


def lock(collection: Collection) -> None:
    """Let nobody else change the collection until the end of the transaction, and read it anew."""
    db.session.refresh(collection, with_for_update={"of": Collection})


def check_settings(settings: CollectionSettings, collection: Collection | None = None) -> None:
    """Raise DomainError or FormatError if the settings are no use, or may not replace those of `collection`."""
    check_cohort(cohort_from_mapping(settings.cohort), max(settings.starts_on, local_today()))
    window_from_mapping(settings.window)
    check_duties(settings.filled_by, settings.compiling)
    check_days(settings)
    _refuse_taken(settings, collection)
    if collection is None or collection.form_id != settings.form_id:
        refuse_collecting(db.session.scalars(select(FormDefinition).where(FormDefinition.id == settings.form_id)).one())
    if collection is None:
        return
    if collection.extends_id is not None and (settings.ends_on is None or settings.cadence != Cadence.DAY):
        raise DomainError("敏感时段每日报告，并且应有结束日期", code="bad_range")
    kept = (collection.form_id, collection.cadence, collection.own_days)
    is_other = kept != (settings.form_id, settings.cadence, dict(settings.own_days))
    if is_other and queries.has_submissions(collection.id):
        raise DomainError("已有单位填报，不能更换表单或周期；请另建填报任务", code="already_filled")


def check_days(settings: CollectionSettings) -> None:
    """Raise DomainError if there are no such periods, or one of the next two years would be due before it opens."""
    if settings.cadence not in CADENCES:
        raise DomainError("填报任务不能使用这种周期", code="bad_cadence")
    if (settings.cadence == Cadence.WINDOW) != bool(settings.own_days):
        raise DomainError("自定起止的周期应写起止日期，其他周期不写", code="bad_cadence")
    if settings.own_days:
        own_days_from_mapping(settings.own_days)
    if settings.cadence == Cadence.TERM and not county_days().terms.terms:
        raise DomainError("还没有设置学期起止，请先在“填报日历”中设置", code="no_terms")
    if settings.ends_on is not None and settings.ends_on < settings.starts_on:
        raise DomainError("结束日期早于开始日期", code="bad_range")
    for period, dates in coming_periods(settings, settings.starts_on):
        check_dates(period, dates)


def coming_periods(settings: CollectionSettings, first: date) -> list[tuple[Period, WindowDates]]:
    """The periods of the next two years that settings would make, at most sixty, with their days.

    Of what is filled per event: as if one began on `first`.
    """
    wanted = Collection(**_columns(settings), events=[])
    periods = collection_periods(wanted, first, first + _AHEAD)[:_SHOWN]
    if settings.cadence == Cadence.EVENT:
        periods = (Period(first, first, Cadence.EVENT),)
    return [(period, dates_of(wanted, period)) for period in periods]


def _refuse_taken(settings: CollectionSettings, collection: Collection | None) -> None:
    """Two collections of the same name cannot be told apart; the sensitive periods of years may be called the same."""
    name = settings.name.strip()
    if not settings.is_active or (collection is not None and (collection.extends_id or collection.name == name)):
        return
    found = db.session.scalars(
        select(Collection.id).where(
            Collection.name == name,
            Collection.is_active,
            Collection.extends_id.is_(None),
            or_(Collection.ends_on.is_(None), Collection.ends_on >= local_today()),
        )
    ).all()
    if found:
        raise DomainError("已有名为“{name}”的填报任务，请换一个名称", code="name_taken", name=name)


def mark_of(collection: Collection) -> str:
    """What a collection's settings are, in a few letters: whoever changes it says which ones were seen."""
    values = {each.name: getattr(collection, each.name) for each in fields(CollectionSettings)}
    return digest({name: str(value) if isinstance(value, uuid.UUID) else value for name, value in values.items()})[:16]


def _columns(settings: CollectionSettings) -> dict[str, Any]:
    return {
        "name": settings.name.strip(),
        "form_id": settings.form_id,
        "route_id": settings.route_id,
        "cadence": settings.cadence,
        "cohort": dict(settings.cohort),
        "window": dict(settings.window),
        "starts_on": settings.starts_on,
        "ends_on": settings.ends_on,
        "plan_id": settings.plan_id,
        "is_active": settings.is_active,
        "own_days": dict(settings.own_days),
        "filled_by": dict(settings.filled_by),
        "compiling": dict(settings.compiling),
    }


def _unused_code() -> str:
    count = db.session.scalars(select(func.count()).select_from(Collection)).one()
    used = set(db.session.scalars(select(Collection.code)).all())
    return next(code for number in range(count + 1, 2 * count + 3) if (code := f"collection_{number}") not in used)
