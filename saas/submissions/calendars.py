"""The county's own days (工作日历、学期、催报天数), kept in its settings, as the domain reads them. Never commits.

Read once in a transaction: pages ask for the days of many periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, SchoolTerms, check_terms
from saas.domain.sending_hours import BY_DAY, SendingHours
from saas.domain.working_days import WorkCalendar, YearTable, calendar_with, year_to_mapping
from saas.submissions.models import Collection, Submission
from saas.tenancy.hours import hours_from
from saas.tenancy.models import TenantSettings

_CACHE = "county_days"
_REMINDER_DAYS, _OVERDUE_DAYS, _ESCALATION_DAYS = (3, 1), (1, 3), 3


@dataclass(frozen=True, slots=True)
class CountyDays:
    """The county's calendar, its terms, and on which days it reminds.

    `reminder_days` before the last day in time, `overdue_days` after it; `escalation_days` after it the superior is
    told, 0: never. On days of rest people are left alone unless `reminds_on_rest_days`; `hours` are those in which
    anything goes out to their phones.
    """

    calendar: WorkCalendar
    own_years: frozenset[int]
    terms: SchoolTerms
    reminder_days: tuple[int, ...]
    overdue_days: tuple[int, ...]
    escalation_days: int
    reminds_on_rest_days: bool
    hours: SendingHours


@event.listens_for(Session, "after_begin")
def _forget(session: Session, *_: Any) -> None:
    session.info.pop(_CACHE, None)


def county_days() -> CountyDays:
    """What the county has decided about days. One statement in a transaction."""
    session = db.session()
    session.connection()  # begins the transaction, which forgets what another one read
    if _CACHE not in session.info:
        session.info[_CACHE] = _read(db.session.scalars(select(TenantSettings.details)).one_or_none() or {})
    found: CountyDays = session.info[_CACHE]
    return found


def _read(details: Mapping[str, Any]) -> CountyDays:
    years = details.get("work_calendar", {})
    return CountyDays(
        calendar=calendar_with(years),
        own_years=frozenset(map(int, years)),
        terms=check_terms(_terms(details.get("school_terms", ()))),
        reminder_days=tuple(details.get("reminder_days", _REMINDER_DAYS)),
        overdue_days=tuple(details.get("overdue_days", _OVERDUE_DAYS)),
        escalation_days=details.get("escalation_days", _ESCALATION_DAYS),
        reminds_on_rest_days=details.get("reminds_on_rest_days", False),
        hours=hours_from(details),
    )


def _terms(stored: Iterable[Iterable[str]]) -> list[tuple[date, date]]:
    return [(date.fromisoformat(start), date.fromisoformat(end)) for start, end in stored]


def get_settings() -> TenantSettings:
    """The row that keeps them; every county has exactly one."""
    return db.session.scalars(select(TenantSettings)).one()


def keep_year(year: int, table: YearTable | None, *, actor: HasId) -> None:
    """Keep the holidays of a year, or with None go back to those that come with the product."""
    settings = get_settings()
    years = {**settings.details.get("work_calendar", {})}
    years.pop(str(year), None)
    if table is not None:
        years[str(year)] = year_to_mapping(table)
    _keep(settings, {"work_calendar": years}, actor)


def keep_terms(terms: SchoolTerms, *, actor: HasId) -> None:
    """Keep the terms. Raises DomainError if one is left out, or begins elsewhere, in which units have filled."""
    starts = {start for start, _ in terms.terms}
    filled = db.session.scalars(
        select(Submission.period_start)
        .join(Collection, Collection.id == Submission.collection_id)
        .where(Collection.cadence == Cadence.TERM)
        .distinct()
        .order_by(Submission.period_start)
    ).all()
    lost = [start for start in filled if start not in starts]
    if lost:
        raise DomainError("{start}开始的学期已有单位填报，不能删除或改开始日期", code="term_in_use", start=lost[0])
    stored = [[start.isoformat(), end.isoformat()] for start, end in terms.terms]
    _keep(get_settings(), {"school_terms": stored}, actor)


def keep_reminding(
    reminder_days: Iterable[int],
    overdue_days: Iterable[int],
    escalation_days: int,
    *,
    actor: HasId,
    reminds_on_rest_days: bool = False,
    hours: SendingHours = BY_DAY,
) -> None:
    """Keep how many days before and after the last day in time people are reminded, and their superior told.

    And in which hours anything goes out to their phones, and whether also at weekends and on holidays.
    """
    details = {
        "reminder_days": sorted(set(reminder_days), reverse=True),
        "overdue_days": sorted(set(overdue_days)),
        "escalation_days": escalation_days,
        "reminds_on_rest_days": reminds_on_rest_days,
        "sending_hours": [f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"],
    }
    _keep(get_settings(), details, actor)


def _keep(settings: TenantSettings, details: Mapping[str, Any], actor: HasId) -> None:
    changed = [name for name, value in details.items() if settings.details.get(name) != value]
    settings.details = {**settings.details, **details}
    db.session.flush()
    db.session().info.pop(_CACHE, None)
    record(AuditAction.SETTINGS_CHANGED, settings, actor=actor, fields=changed)
