"""Keeping and handing in what was typed for many units (批量填报). Never commits.

Drafts are written in two statements, whatever the number of rows: one for those that begin, one for those that go on.
A row that somebody else changed meanwhile is not written over; it comes back with what was typed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy import DateTime, Integer, Uuid, column, select, update, values
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import joinedload

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, new_id, utc_now
from saas.domain.answers import canonical_answers
from saas.domain.workflow import SubmissionStatus
from saas.forms.queries import find_published_version
from saas.submissions import services
from saas.submissions.grid import Grid, GridRow
from saas.submissions.grid_marks import marks_of_rows
from saas.submissions.models import RevisionKind, Submission
from saas.submissions.prefilling import origins_from
from saas.tenancy.scope import bound_tenant_id

_OPEN = (SubmissionStatus.DRAFT, SubmissionStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class _Draft:
    row: GridRow
    answers: dict[str, Any]


def save_rows(grid: Grid, rows: Sequence[GridRow], *, actor: HasId, is_autosave: bool = False) -> list[GridRow]:
    """Keep what is sound of the changed rows, as drafts, and note beside the cells what is not.

    Returns the rows that were kept, with the versions that they have now. A row whose version is not the one that the
    page had is not kept: its `conflict` says so, and what was typed stays.
    """
    drafts = []
    for row in rows:
        parsed = row.parse(grid.columns, is_draft=True)
        row.errors = {path: str(reason) for path, reason in parsed.errors.items()}
        if row.typed_version != str(row.version):
            row.conflict = _conflict()
        else:
            drafts.append(_Draft(row, canonical_answers(row.definition, parsed.answers)))
    began = _begin([each for each in drafts if each.row.submission is None], grid, actor)
    went_on = _go_on([each for each in drafts if each.row.submission is not None], actor)
    kept = []
    for each in drafts:
        if each.row.unit.id in began or each.row.unit.id in went_on:
            kept.append(each.row)
        else:
            each.row.conflict = _conflict()
    if kept and not is_autosave:
        codes = sorted(row.unit.code for row in kept)
        record(AuditAction.SUBMISSION_SAVED, grid.collection, actor=actor, period=grid.period.key, units=codes)
    db.session.expire_all()
    return kept


def _conflict() -> str:
    return str(gettext("这一行已在别处更新，您填写的还没有保存；核对后再次保存，将以您填写的为准"))


def _begin(drafts: Sequence[_Draft], grid: Grid, actor: HasId) -> frozenset[uuid.UUID]:
    """Insert the rows that begin. Whoever was faster keeps the row."""
    if not drafts:
        return frozenset()
    version = find_published_version(grid.collection.form_id)
    if version is None:
        return frozenset()
    now = utc_now()
    rows = [
        {
            "tenant_id": bound_tenant_id(),
            "id": new_id(),
            "collection_id": grid.collection.id,
            "form_version_id": version.id,
            "unit_id": each.row.unit.id,
            "period_start": grid.period.start,
            "period_end": grid.period.end,
            "revision": 1,
            "status": SubmissionStatus.DRAFT,
            "kind": RevisionKind.ORIGINAL,
            "answers": each.answers,
            "origins": origins_from(each.row.sources, each.row.sources.offers()),
            "contributors": [str(actor.id)],
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        for each in drafts
    ]
    statement = insert(Submission).values(rows).on_conflict_do_nothing(constraint="uq_submission_one_per_period")
    return frozenset(db.session.scalars(statement.returning(Submission.unit_id)).all())


def _go_on(drafts: Sequence[_Draft], actor: HasId) -> frozenset[uuid.UUID]:
    """Change the rows that were begun, if they still are as the page had them. One statement."""
    if not drafts:
        return frozenset()
    given = values(
        column("id", Uuid()),
        column("version", Integer()),
        column("answers", JSONB()),
        column("contributors", JSONB()),
        column("updated_at", DateTime(timezone=True)),
        name="given",
    ).data([_line(each.row.submission, each.answers, actor) for each in drafts if each.row.submission is not None])
    statement = (
        update(Submission)
        .where(
            Submission.id == given.c.id,
            Submission.version == given.c.version,
            Submission.status.in_(_OPEN),
        )
        .values(
            answers=given.c.answers,
            contributors=given.c.contributors,
            updated_at=given.c.updated_at,
            version=Submission.version + 1,
        )
        .returning(Submission.unit_id)
        .execution_options(synchronize_session=False)
    )
    return frozenset(db.session.scalars(statement).all())


def _line(submission: Submission, answers: dict[str, Any], actor: HasId) -> tuple[Any, ...]:
    contributors = list(dict.fromkeys([*submission.contributors, str(actor.id)]))
    return submission.id, submission.version, answers, contributors, utc_now()


# --- handing in -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """A row as the confirmation shows it: complete, or why it does not go."""

    row: GridRow
    reason: str = ""

    @property
    def goes(self) -> bool:
        """Whether it can be handed in."""
        return not self.reason


BATCH = 50  # units handed in with one post: each goes on its route, which takes its time


def list_ready(grid: Grid) -> list[Ready]:
    """Return for every unit of the page whether its stored answers can be handed in, and why not."""
    return [Ready(row, _reason(grid, row)) for row in grid.rows]


def _reason(grid: Grid, row: GridRow) -> str:
    if row.state.is_handed_in:
        return str(gettext("已经报送"))
    if row.problem is not None:
        return str(row.problem)
    if row.submission is None:
        return str(gettext("还没有填写"))
    errors = row.parse(grid.columns, is_draft=False).errors
    if not errors:
        return ""
    first = "；".join(str(reason) for reason in list(errors.values())[:3])
    return first if len(errors) <= 3 else str(gettext("%(first)s，等 %(count)s 处", first=first, count=len(errors)))


def hand_in_rows(
    grid: Grid,
    chosen: Mapping[uuid.UUID, str],
    *,
    actor: HasId,
    explanations: Mapping[uuid.UUID, Mapping[str, str]] | None = None,
) -> list[Submission]:
    """Hand the chosen units' stored answers in (报送), each on its own route; return those that went.

    `chosen` has the version of each that the confirmation showed, `explanations` by unit what is said to its marks by
    their keys. They are marked together, as the confirmation showed it. What was changed or handed in meanwhile, or is
    not complete any more, stays behind, and so does what is more than a batch. The rows are locked first, so that two
    people cannot hand the same one in.
    """
    ready = {each.row.unit.id: each.row for each in list_ready(grid) if each.goes}
    wanted = [row for unit_id, row in ready.items() if chosen.get(unit_id) == str(row.version)][:BATCH]
    ids = [row.submission.id for row in wanted if row.submission is not None]
    if not ids:
        return []
    locked = db.session.scalars(
        select(Submission)
        .where(Submission.id.in_(ids), Submission.status.in_(_OPEN))
        .options(joinedload(Submission.form_version), joinedload(Submission.unit), joinedload(Submission.collection))
        .order_by(Submission.id)
        .with_for_update(of=Submission)
        .execution_options(populate_existing=True)
    ).all()
    going = [each for each in locked if chosen[each.unit_id] == str(each.version)]
    marks, said = marks_of_rows(grid, wanted), explanations or {}
    for submission in going:
        unit_id = submission.unit_id
        services.submit(submission, actor=actor, explanations=said.get(unit_id), marks=marks[unit_id])
    return going
