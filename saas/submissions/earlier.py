"""Reading what was reported before and beside a report (往期、同类单位): for pre-filling and for marks."""

from __future__ import annotations

import uuid
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask_babel import gettext
from sqlalchemy import CompoundSelect, Date, Uuid, and_, bindparam, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, joinedload

from saas.db import db
from saas.domain.periods import Period
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormDefinition, FormVersion
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitVersion
from saas.org.queries import ADMINISTRATIVE, in_force
from saas.org.versions import version_holds
from saas.submissions.flags import HANDED_IN, IS_SIGNED
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import period_of_submission

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

    One statement. A report counts once it is handed in and until it is sent back; “not applicable” is no report. Of a
    period whose report was signed and is being corrected, what was signed counts.
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


def report_name(report: Submission, what: str = "") -> str:
    """What an earlier report is called where it is a source: its period, `what` (填报), and if it is not signed."""
    name = period_of_submission(report).label + (what or str(gettext("填报")))
    return name if is_signed(report) else str(gettext("%(report)s（尚未签批）", report=name))


def is_signed(report: Submission) -> bool:
    """Whether nobody changes a report any more but by a correction."""
    return report.status is SubmissionStatus.SIGNED_OFF


@dataclass(frozen=True, slots=True)
class Filed:
    """The answers of an earlier report, or of another unit's."""

    unit_id: uuid.UUID
    period_start: date
    form_version_id: uuid.UUID
    answers: Mapping[str, Any]


ENOUGH = 8  # peers of the same period; saas.domain.quality asks for as many


def reports_beside(submission: Submission) -> tuple[list[Filed], list[Filed]]:
    """The unit's earlier reports, the newest first, and its peers' reports, in one statement.

    Of a period's revisions the one that was signed counts, and before any was, the newest that was handed in.
    Peers are the other units of the collection: their reports of the same period, or of the period before while fewer
    than eight have come. The last 40 that came are enough to know the middle.
    """
    rows = db.session.execute(
        _beside(),
        {
            "collection": submission.collection_id,
            "unit": submission.unit_id,
            "start": submission.period_start,
        },
    ).all()
    ordered = _that_count(rows)
    past = [each for each in ordered if each.unit_id == submission.unit_id][:PAST]
    others = [each for each in ordered if each.unit_id != submission.unit_id]
    same = [each for each in others if each.period_start == submission.period_start]
    return past, same if len(same) >= ENOUGH else [each for each in others if each not in same]


def _that_count(rows: Iterable[Any]) -> list[Filed]:
    """One report of each unit and period, the newest period first."""
    rows = sorted(rows, key=lambda each: (each.is_signed, each.revision))
    found = {(row.unit_id, row.period_start): Filed(*row[:4]) for row in rows}
    return sorted(found.values(), key=lambda each: (each.period_start, each.unit_id), reverse=True)


@dataclass(frozen=True, slots=True)
class BesideAll:
    """What stands beside the reports of many units: each one's past, all of the period and of the one before."""

    past: Mapping[uuid.UUID, list[Filed]]
    same: list[Filed]
    before: list[Filed]


def reports_beside_all(collection_id: uuid.UUID, start: date, unit_ids: Sequence[uuid.UUID]) -> BesideAll:
    """What `reports_beside` says of one unit, of many in two statements. A unit's own reports are not left out."""
    counted = (
        Submission.collection_id == collection_id,
        Submission.status.in_(HANDED_IN),
        ~Submission.is_not_applicable,
    )
    newest_first = (Submission.period_start.desc(), IS_SIGNED.desc(), Submission.revision.desc())
    place = func.row_number().over(partition_by=Submission.unit_id, order_by=newest_first).label("place")
    own = (
        select(*_columns(), place)
        .where(*counted, Submission.unit_id.in_(unit_ids), Submission.period_start < start)
        .subquery()
    )
    past: dict[uuid.UUID, list[Filed]] = {}
    for each in _that_count(db.session.execute(select(own).where(own.c.place <= PAST + PAST // 2)).all()):
        if len(past.setdefault(each.unit_id, [])) < PAST:
            past[each.unit_id].append(each)
    last = select(func.max(Submission.period_start)).where(*counted, Submission.period_start < start).scalar_subquery()
    of_period = (select(*_columns()).where(*counted, Submission.period_start == day) for day in (start, last))
    limit = PEERS + len(unit_ids)  # its own is left out of each one's peers
    peers = union_all(
        *(each.order_by(Submission.submitted_at.desc(), Submission.id).limit(limit) for each in of_period)
    )
    others = _that_count(db.session.execute(peers).all())
    same = [each for each in others if each.period_start == start]
    return BesideAll(past, same, [each for each in others if each.period_start != start])


def _columns() -> tuple[Any, ...]:
    return (
        Submission.unit_id,
        Submission.period_start,
        Submission.form_version_id,
        Submission.answers,
        Submission.revision,
        IS_SIGNED.label("is_signed"),
    )


@cache
def _beside() -> CompoundSelect[Any]:
    """The statement of `reports_beside`, built once: it is asked with everything that is handed in."""
    collection, unit = bindparam("collection", type_=Uuid()), bindparam("unit", type_=Uuid())
    start = bindparam("start", type_=Date())
    columns = _columns()
    counted = (
        Submission.collection_id == collection,
        Submission.status.in_(HANDED_IN),
        ~Submission.is_not_applicable,
    )
    own = (
        select(*columns)
        .where(*counted, Submission.unit_id == unit, Submission.period_start < start)
        .order_by(Submission.period_start.desc(), Submission.revision.desc())
        .limit(PAST + PAST // 2)  # some may be earlier revisions of the same period
    )
    others = (*counted, Submission.unit_id != unit)
    same = select(*columns).where(*others, Submission.period_start == start)
    came = select(Submission.id).where(*others, Submission.period_start == start).limit(ENOUGH).subquery()
    before = (
        select(Submission.period_start)
        .where(*counted, Submission.period_start < start)
        .order_by(Submission.period_start.desc())
        .limit(1)
        .scalar_subquery()
    )
    too_few = select(func.count() < ENOUGH).select_from(came).scalar_subquery()
    last = select(*columns).where(*others, Submission.period_start == before, too_few)
    return union_all(
        own, *(each.order_by(Submission.submitted_at.desc(), Submission.id).limit(PEERS) for each in (same, last))
    )


def load_versions(version_ids: Several[uuid.UUID]) -> Sequence[FormVersion]:
    """The versions of a form that earlier reports were filled in."""
    return db.session.scalars(
        select(FormVersion).where(FormVersion.id.in_(version_ids)).order_by(FormVersion.number)
    ).all()
