"""Handing compilations in (汇总上报), and reminding the units that did not report. Never commits."""

from __future__ import annotations

import uuid
from typing import Any

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError, InvalidTransition
from saas.notifications.outgoing import named_units
from saas.notifications.services import notify_once
from saas.org.models import OrgUnit
from saas.submissions.compiling import Desk, content_of
from saas.submissions.fillers import fillers_of
from saas.submissions.models import Compilation, CompilationStatus
from saas.submissions.reminding import list_fillers

KIND = "reminder"
MAX_NOTE = 1000


def save_note(desk: Desk, note: str, *, actor: HasId) -> Compilation:
    """Keep the compiler's note (汇总说明) with a draft. A compilation that was handed in is handed in anew instead."""
    if desk.is_filed:
        raise InvalidTransition("已经汇总上报；有更正的可以重新汇总上报")
    row = _row(desk)
    row.note = note.strip()
    db.session.flush()
    return row


def submit_compilation(desk: Desk, note: str, *, actor: HasId) -> Compilation:
    """Hand a compilation in: what the units reported by now is frozen with its digest (汇总上报).

    It is late after the compiler's last day. Handed in again after a correction it keeps what was frozen before, and
    stays as timely as it was. Raises DomainError while units may still report and some did not, and if nothing changed.
    """
    if not desk.may_file:
        raise DomainError(
            "单位填报还没有截止，还有 {count} 个单位未报，暂不能汇总上报", code="not_due", count=len(desk.missing)
        )
    row = _row(desk)
    is_again = row.status is CompilationStatus.SUBMITTED
    if is_again and not desk.changes and note.strip() == row.note:
        raise InvalidTransition("汇总上报后没有变化，不用重新上报")
    earlier = [*row.content.get("earlier", []), _kept(row)] if is_again else []
    content = content_of(desk, note.strip()) | {"revision": len(earlier) + 1, "earlier": earlier}
    if not is_again:
        row.is_late = local_today() > desk.dates.due_on
    row.status, row.note, row.content, row.digest = CompilationStatus.SUBMITTED, note.strip(), content, digest(content)
    row.due_on, row.submitted_at, row.submitted_by_id = desk.dates.due_on, utc_now(), actor.id
    db.session.flush()
    record(
        AuditAction.COMPILATION_SUBMITTED,
        row,
        actor=actor,
        collection=desk.collection.code,
        period=desk.period.key,
        unit=desk.compiler.code,
        revision=content["revision"],
        digest=row.digest,
        is_late=row.is_late,
        missing=content["missing"],
    )
    return row


def _row(desk: Desk) -> Compilation:
    if desk.row is not None:
        return desk.row
    row = Compilation(
        collection_id=desk.collection.id,
        unit_id=desk.compiler.id,
        period_start=desk.period.start,
        period_end=desk.period.end,
        due_on=desk.dates.due_on,
        status=CompilationStatus.DRAFT,
        content={},
        note="",
        created_at=utc_now(),
    )
    db.session.add(row)
    return row


def _kept(row: Compilation) -> dict[str, Any]:
    """What was frozen before, with its digest, in the new content."""
    content = {key: value for key, value in row.content.items() if key != "earlier"}
    submitted_at = row.submitted_at.isoformat() if row.submitted_at is not None else ""
    return {"digest": row.digest, "submitted_at": submitted_at, "submitted_by": str(row.submitted_by_id)} | content


def remind_units(desk: Desk, *, actor: HasId) -> int:
    """Tell those who fill for the missing units, once a day (催报); return how many people were told."""
    missing: dict[uuid.UUID, list[OrgUnit]] = {}
    for row in desk.missing:
        for filler in fillers_of(desk.collection, row.unit, desk.period):
            missing.setdefault(filler.id, []).append(row.unit)
    people = list_fillers(local_today())
    key = f"urged/{desk.collection.id}/{desk.period.start}/{local_today()}"
    count = 0
    for filler_id, units in missing.items():
        title = f"催报：{desk.period.label}{desk.collection.name}，{named_units(units)}尚未报送，请尽快报送"
        path = f"/submissions/grid/{desk.collection.id}/{desk.period.start}"
        if units == [units[0]] and units[0].id == filler_id:
            path = f"/submissions/fill/{desk.collection.id}/{filler_id}/{desk.period.start}"
        count += len(notify_once(people.get(filler_id, ()), KIND, title, path, key=key))
    if count:
        details = {"period": desk.period.key, "units": [row.unit.code for row in desk.missing], "people": count}
        record(AuditAction.COMPILATION_URGED, desk.collection, actor=actor, **details)
    return count
