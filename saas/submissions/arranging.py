"""Arranging collections (布置填报): who fills what, how often, within which days. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, Period
from saas.domain.windows import window_from_mapping
from saas.org.cohorts import check_cohort
from saas.submissions import queries
from saas.submissions.models import Collection, CollectionWindow
from saas.submissions.schedule import CADENCES


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """What the office decides about a collection. `cohort` and `window` are written as in docs/plan-format.md."""

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


def check_settings(settings: CollectionSettings, collection: Collection | None = None) -> None:
    """Raise DomainError or FormatError if the settings are no use, or may not replace those of `collection`."""
    check_cohort(cohort_from_mapping(settings.cohort), max(settings.starts_on, local_today()))
    window_from_mapping(settings.window)
    if Cadence(settings.cadence) not in CADENCES:
        raise DomainError("填报任务不能使用这种周期", code="bad_cadence")
    if settings.ends_on is not None and settings.ends_on < settings.starts_on:
        raise DomainError("结束日期早于开始日期", code="bad_range")
    if collection is None:
        return
    is_other = collection.form_id != settings.form_id or collection.cadence != settings.cadence
    if is_other and queries.has_submissions(collection.id):
        raise DomainError("已有单位填报，不能更换表单或周期；请另建填报任务", code="already_filled")


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
    }


def _unused_code() -> str:
    count = db.session.scalars(select(func.count()).select_from(Collection)).one()
    used = set(db.session.scalars(select(Collection.code)).all())
    return next(code for number in range(count + 1, 2 * count + 3) if (code := f"collection_{number}") not in used)
