"""Drafting, confirming, withdrawing and undoing reorganisations. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext
from sqlalchemy.exc import NoResultFound

from saas.administration.reorganisation import journal as journals
from saas.administration.reorganisation.carrying_out import write_units
from saas.administration.reorganisation.handing_on import hand_on
from saas.administration.reorganisation.impact import Impact
from saas.administration.reorganisation.impact_work import open_cases_of
from saas.administration.reorganisation.journal import Journal
from saas.administration.reorganisation.queries import find_reach, steps_of
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.domain.organisation import check_units
from saas.domain.reorganisation import Outcome, reorganise
from saas.domain.reorganisation_steps import Step, new_units, step_to_mapping, units_named
from saas.org.models import Reorganisation, ReorganisationStatus
from saas.org.queries import Looking
from saas.org.reorganising import load_organisation, show_versions

MAX_STEPS = 200


class StandsInTheWay(HierarchyError):  # noqa: N818  (reads as a sentence where it is raised)
    """Something was built on a reorganisation, so it cannot be undone; or open work keeps it from being confirmed."""

    code = "stands_in_the_way"

    def __init__(self, text: str, obstacles: Sequence[str]) -> None:
        super().__init__(text, code=self.code, obstacles="；".join(obstacles))
        self.obstacles = tuple(obstacles)


def create_draft(*, title: str, reason: str, basis: str, effective_on: date, actor: HasId) -> Reorganisation:
    """Begin a reorganisation. A draft has no effect at all."""
    draft = Reorganisation(
        id=new_id(),
        title=title,
        reason=reason,
        basis=basis,
        effective_on=effective_on,
        status=ReorganisationStatus.DRAFT,
        operations=[],
        impact={},
        created_by_id=actor.id,
        created_at=utc_now(),
    )
    db.session.add(draft)
    record(AuditAction.REORGANISATION_CHANGED, draft, actor=actor, change="drafted", title=title)
    db.session.flush()
    return draft


def edit_draft(draft: Reorganisation, *, title: str, reason: str, basis: str, effective_on: date, actor: HasId) -> None:
    """Change what a draft is called, its reason and its day."""
    _require(draft, ReorganisationStatus.DRAFT)
    draft.title, draft.reason, draft.basis, draft.effective_on = title, reason, basis, effective_on
    record(AuditAction.REORGANISATION_CHANGED, draft, actor=actor, change="edited", effective_on=str(effective_on))
    db.session.flush()


def add_step(draft: Reorganisation, step: Step, *, actor: HasId) -> None:
    """Add a step, if it is possible after those before it. Raises HierarchyError as `reorganise` does."""
    _require(draft, ReorganisationStatus.DRAFT)
    if len(draft.operations) >= MAX_STEPS:
        raise HierarchyError("一次调整最多 {count} 项", code="too_many", count=MAX_STEPS)
    reorganise(load_organisation(), [*steps_of(draft), step], draft.effective_on)
    draft.operations = [*draft.operations, step_to_mapping(step)]
    record(
        AuditAction.REORGANISATION_CHANGED, draft, actor=actor, change="step_added", kind=draft.operations[-1]["kind"]
    )
    db.session.flush()


def remove_step(draft: Reorganisation, number: int, *, actor: HasId) -> None:
    """Take a step out; the first has number 1."""
    _require(draft, ReorganisationStatus.DRAFT)
    steps = _with_step(draft, number)
    removed = steps.pop(number - 1)
    draft.operations = steps
    record(AuditAction.REORGANISATION_CHANGED, draft, actor=actor, change="step_removed", kind=removed["kind"])
    db.session.flush()


def move_step_up(draft: Reorganisation, number: int, *, actor: HasId) -> None:
    """Let a step go before the one before it."""
    _require(draft, ReorganisationStatus.DRAFT)
    steps = _with_step(draft, number)
    if number == 1:
        raise NoResultFound("it is the first")
    steps[number - 2], steps[number - 1] = steps[number - 1], steps[number - 2]
    draft.operations = steps
    record(AuditAction.REORGANISATION_CHANGED, draft, actor=actor, change="step_moved")
    db.session.flush()


def _with_step(draft: Reorganisation, number: int) -> list[dict[str, object]]:
    if not 1 <= number <= len(draft.operations):
        raise NoResultFound("no such step")
    return list(draft.operations)


def _require(reorganisation: Reorganisation, status: ReorganisationStatus) -> None:
    if reorganisation.status is not status:
        raise InvalidTransition("这次机构调整已不是这个状态，请刷新页面查看")


def refuse_out_of_reach(steps: Sequence[Step], viewer: Looking, today: date) -> None:
    """Raise NoResultFound (404) if a step names a unit that the viewer may not change."""
    reach = find_reach(viewer, today)
    if reach is None:
        return
    added = {new.unit for step in steps for new in new_units(step)}
    if any(not units_named(step) <= reach | added for step in steps):
        raise NoResultFound("out of reach")


def withdraw(draft: Reorganisation, *, actor: HasId) -> None:
    """Give a draft up (作废)."""
    _require(draft, ReorganisationStatus.DRAFT)
    draft.status = ReorganisationStatus.WITHDRAWN
    record(AuditAction.REORGANISATION_WITHDRAWN, draft, actor=actor, title=draft.title)
    db.session.flush()


def copy_draft(reorganisation: Reorganisation, *, actor: HasId) -> Reorganisation:
    """Begin a draft with the steps of one that was withdrawn."""
    _require(reorganisation, ReorganisationStatus.WITHDRAWN)
    draft = create_draft(
        title=reorganisation.title,
        reason=reorganisation.reason,
        basis=reorganisation.basis,
        effective_on=reorganisation.effective_on,
        actor=actor,
    )
    draft.operations = list(reorganisation.operations)
    db.session.flush()
    return draft


def confirm(draft: Reorganisation, impact: Impact, *, actor: HasId) -> Outcome:
    """Let a draft take effect from its day on (确认). What was on record for the days before stays as it was.

    `impact` is what the preview said: it is kept. Raises HierarchyError as `reorganise` does, StandsInTheWay while
    something of a unit that ends is under review. Nothing is changed then.
    """
    _require(draft, ReorganisationStatus.DRAFT)
    outcome = reorganise(load_organisation(is_locked=True), steps_of(draft), draft.effective_on)
    open_cases = open_cases_of(outcome)
    if open_cases:
        raise StandsInTheWay("有未办结的审签件，办结或退回后才能合并、拆分或撤销：{obstacles}", open_cases)
    journal = Journal()
    write_units(outcome, draft.id, journal, local_today())
    hand_on(outcome, journal, actor)
    draft.status, draft.confirmed_at, draft.confirmed_by_id = ReorganisationStatus.CONFIRMED, utc_now(), actor.id
    draft.impact = {"summary": impact.as_json(), "journal": journal.entries}
    record(
        AuditAction.REORGANISATION_CONFIRMED,
        draft,
        actor=actor,
        effective_on=str(draft.effective_on),
        drafted_by=str(draft.created_by_id),
        created=len(outcome.created),
        closed=len(outcome.closed),
        changed=len(outcome.changed),
    )
    db.session.flush()
    return outcome


def list_obstacles(reorganisation: Reorganisation) -> list[str]:
    """What stands in the way of undoing a confirmed reorganisation; empty: it can be undone."""
    return journals.list_obstacles(reorganisation.impact.get("journal", []))


def undo(reorganisation: Reorganisation, *, actor: HasId) -> None:
    """Put everything back as it was before a confirmed reorganisation (撤销).

    Raises StandsInTheWay if anything was built on it since, HierarchyError if what was is no longer possible.
    """
    _require(reorganisation, ReorganisationStatus.CONFIRMED)
    load_organisation(is_locked=True)
    obstacles = list_obstacles(reorganisation)
    if obstacles:
        raise StandsInTheWay("不能撤销，因为已有后续数据：{obstacles}", obstacles)
    entries = reorganisation.impact.get("journal", [])
    summary = reorganisation.impact.get("summary", [])
    confirmed = {"by": str(reorganisation.confirmed_by_id), "at": str(reorganisation.confirmed_at)}
    journals.restore(entries)
    _check_restored(entries, reorganisation.effective_on)
    reorganisation.status = ReorganisationStatus.WITHDRAWN
    reorganisation.confirmed_at = reorganisation.confirmed_by_id = None
    reorganisation.impact = {
        "summary": summary,
        "undone": {"by": str(actor.id), "at": utc_now().isoformat(), "confirmed": confirmed},
    }
    record(AuditAction.REORGANISATION_UNDONE, reorganisation, actor=actor, title=reorganisation.title)
    db.session.flush()


def _check_restored(entries: Sequence[dict[str, object]], effective_on: date) -> None:
    """The organisation must be sound with what was put back, and the units show what they are today."""
    organisation = load_organisation()
    named = {uuid.UUID(str(entry["id"])) for entry in entries if entry["table"] == "org_unit"}
    for entry in entries:
        for values in (entry["before"], entry["after"]):
            if isinstance(values, dict) and entry["table"] in {"unit_version", "placement"} and "unit_id" in values:
                named.add(uuid.UUID(values["unit_id"]))
    there = named | _units_of_changed(entries)
    existing = {unit for unit in there if unit in organisation.units}
    places = {(code, unit) for code in organisation.placements for unit in existing}
    check_units(organisation, effective_on, places, existing)
    show_versions(existing, local_today())


def _units_of_changed(entries: Sequence[dict[str, object]]) -> set[uuid.UUID]:
    rows = [journals.find_row(entry) for entry in entries if entry["table"] in {"unit_version", "placement"}]
    return {row.unit_id for row in rows if row is not None}


def describe_refusal(error: HierarchyError) -> str:
    """The refusal in words."""
    return str(gettext(error.message.text)).format(**error.message.params)
