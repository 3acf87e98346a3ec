"""Reading what was reported before and beside a report (往期、同类单位): for pre-filling and for marks."""

from __future__ import annotations

import uuid
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, joinedload

from saas.db import db
from saas.domain.periods import Period
from saas.forms.models import FormDefinition, FormVersion
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitVersion
from saas.org.queries import ADMINISTRATIVE, in_force
from saas.org.versions import version_holds
from saas.submissions.flags import HANDED_IN as HANDED_IN
from saas.submissions.flags import IS_SIGNED
from saas.submissions.models import Collection, Submission

PAST, PEERS = 24, 40  # how many reports at most are compared with


@dataclass(frozen=True, slots=True)
class UnitThen:
    """A unit as it was on a day."""

    name: str
    attributes: Mapping[str, Any]
    parent: str  # the name of its superior unit, "" for none


def unit_then(unit: OrgUnit, on: date) -> UnitThen:
    """A unit on a day (当时口径), in one statement; before it was set up, as it is now."""
    above = aliased(UnitVersion)
    parent = (
        select(above.name)
        .join(Placement, Placement.parent_id == above.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(
            Hierarchy.code == ADMINISTRATIVE,
            Placement.unit_id == unit.id,
            in_force(on),
            above.starts_on <= on,
            or_(above.ends_on.is_(None), above.ends_on > on),
        )
        .limit(1)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(OrgUnit.id, UnitVersion.name, UnitVersion.attributes, parent.label("parent"))
        .outerjoin(UnitVersion, and_(UnitVersion.unit_id == OrgUnit.id, version_holds(on)))
        .where(OrgUnit.id == unit.id)
    ).one()
    if row.name is None:
        return UnitThen(unit.name, unit.attributes, row.parent or "")
    return UnitThen(row.name, row.attributes, row.parent or "")


def latest_reports(
    collection: Collection, unit: OrgUnit, period: Period, form_codes: Several[str] = ()
) -> Sequence[Submission]:
    """The unit's newest report of this collection before the period, and of each collection of other forms up to it.

    One statement. A report counts once it is handed in and until it is sent back; “not applicable” is no report.
    """
    is_wanted = and_(Submission.collection_id == collection.id, Submission.period_start < period.start)
    if form_codes:
        forms = select(FormDefinition.id).where(FormDefinition.code.in_(form_codes))
        is_other = and_(Submission.collection_id != collection.id, Submission.period_end <= period.end)
        is_wanted = or_(is_wanted, and_(is_other, Collection.form_id.in_(forms)))
    return db.session.scalars(
        select(Submission)
        .join(Collection, Collection.id == Submission.collection_id)
        .where(
            Submission.unit_id == unit.id, Submission.status.in_(HANDED_IN), ~Submission.is_not_applicable, is_wanted
        )
        .ext(distinct_on(Submission.collection_id))
        .options(joinedload(Submission.form_version), joinedload(Submission.collection))
        .order_by(
            Submission.collection_id,
            Submission.period_start.desc(),
            IS_SIGNED.desc(),
            Submission.revision.desc(),
        )
    ).all()


@dataclass(frozen=True, slots=True)
class Filed:
    """The answers of an earlier report, or of another unit's."""

    unit_id: uuid.UUID
    period_start: date
    form_version_id: uuid.UUID
    answers: Mapping[str, Any]


def reports_beside(submission: Submission) -> tuple[list[Filed], list[Filed]]:
    """The unit's earlier reports, the newest first, and its peers' reports, in one statement.

    Peers are the other units of the collection: their reports of the same period, or of the period before while fewer
    than eight have come. The last 40 that came are enough to know the middle.
    """
    columns = (
        Submission.unit_id,
        Submission.period_start,
        Submission.form_version_id,
        Submission.answers,
        Submission.submitted_at,
        Submission.revision,
    )
    counted = (
        Submission.collection_id == submission.collection_id,
        Submission.status.in_(HANDED_IN),
        ~Submission.is_not_applicable,
    )
    own = (
        select(*columns)
        .where(*counted, Submission.unit_id == submission.unit_id, Submission.period_start < submission.period_start)
        .order_by(Submission.period_start.desc(), Submission.revision.desc())
        .limit(PAST + PAST // 2)  # some may be earlier revisions of the same period
    )
    before = (
        select(Submission.period_start)
        .where(*counted, Submission.period_start < submission.period_start)
        .order_by(Submission.period_start.desc())
        .limit(1)
        .scalar_subquery()
    )
    others = [
        select(*columns)
        .where(*counted, Submission.unit_id != submission.unit_id, Submission.period_start == start)
        .order_by(Submission.submitted_at.desc(), Submission.id)
        .limit(PEERS)
        for start in (submission.period_start, before)
    ]
    rows = db.session.execute(union_all(own, *others)).all()
    newest = {}
    for row in sorted(rows, key=lambda each: each.revision):
        newest[row.unit_id, row.period_start] = Filed(row.unit_id, row.period_start, row.form_version_id, row.answers)
    ordered = sorted(newest.values(), key=lambda each: (each.period_start, each.unit_id), reverse=True)
    past = [each for each in ordered if each.unit_id == submission.unit_id][:PAST]
    now = [each for each in ordered if each.unit_id != submission.unit_id]
    same = [each for each in now if each.period_start == submission.period_start]
    return past, same if len(same) >= ENOUGH else [each for each in now if each.period_start < submission.period_start]


ENOUGH = 8  # peers of the same period; saas.domain.quality asks for as many


def load_versions(version_ids: Several[uuid.UUID]) -> Sequence[FormVersion]:
    """The versions of a form that earlier reports were filled in."""
    return db.session.scalars(
        select(FormVersion).where(FormVersion.id.in_(version_ids)).order_by(FormVersion.number)
    ).all()
