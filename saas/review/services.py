"""Putting things on their route, and deciding on them. Never commits: the caller's unit of work does.

Where a case stands follows from its route, its seats and its decisions (`saas.domain.progress`); the columns
`status` and `current_step` and the open tasks only repeat it for lists.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import flag_modified

from saas.accounts.queries import Acting, ActingPost, list_acting_posts
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import digest, plain
from saas.domain.errors import DomainError, InvalidTransition
from saas.domain.progress import (
    Case,
    CaseStatus,
    Event,
    Move,
    Progress,
    Seat,
    allowed_moves,
    apply,
    detour,
    is_stuck,
    open_seats,
    refusal,
    start,
)
from saas.domain.routes import AUTHOR, AfterReturn, Step, route_from_mapping
from saas.domain.routes import Route as DomainRoute
from saas.notifications.services import notify
from saas.org.models import OrgUnit
from saas.review import queries
from saas.review.casework import add_decision, case_of, model_of, step_at
from saas.review.detours import lead_on
from saas.review.models import ReviewCase, ReviewTask, Route
from saas.review.seating import seating
from saas.review.subjects import handler_of


class CaseMovedError(DomainError):
    """Somebody decided meanwhile (已被他人办理)."""

    code = "case_moved"


def start_case(
    route: Route,
    *,
    subject_type: str,
    subject_id: uuid.UUID,
    unit: OrgUnit,
    title: str,
    path: str,
    content: Mapping[str, Any],
    authors: Iterable[uuid.UUID],
    actor: HasId,
    listed_units: Sequence[uuid.UUID] = (),
    is_new: bool = False,
) -> ReviewCase:
    """Send a thing on its way, or again after it came back (送审).

    `content` is what is decided on: it is frozen with its digest. `authors` filled or drafted it and do not decide.
    `is_new`: the thing was on no way before, and need not be looked for.
    Where the route says so, a returned thing goes on at the step that returned it. Raises InvalidTransition if the
    thing is already on its way.
    """
    frozen = plain(content)
    case = None if is_new else queries.find_case_of(subject_id)
    if case is not None and case.status is CaseStatus.OPEN:
        raise InvalidTransition("该件正在办理中，不能重复送审")
    goes_on = case is not None and _goes_on(case)
    if case is None or not goes_on:
        case = ReviewCase(id=new_id(), route_id=route.id, subject_type=subject_type, subject_id=subject_id)
        case.unit_id, case.path, case.definition = unit.id, path, route.definition
        case.started_by_id, case.started_at = actor.id, utc_now()
    case.content, case.digest, case.title = frozen, digest(frozen), title
    case.authors = sorted({str(author) for author in authors} | {str(actor.id)})
    seated = seating(route_from_mapping(case.definition), unit, listed_units)
    case.seats = seated.seats
    if goes_on:
        _note(case, None, "resubmit", actor, post=None, comment="")
        _settle(case, model_of(case), actor)
    else:
        _begin(case, seated.acting, actor)
    record(AuditAction.CASE_STARTED, case, actor=actor, about=str(subject_id), digest=case.digest)
    return case


def _goes_on(case: ReviewCase) -> bool:
    """Whether a thing sent again continues where it came back from, instead of starting anew."""
    route = route_from_mapping(case.definition)
    return case.status is CaseStatus.RETURNED and route.after_return is AfterReturn.SAME_STEP


def _begin(case: ReviewCase, acting: Sequence[Acting], actor: HasId) -> None:
    """Write a new case with its first step. Nobody has decided yet, so nothing needs to be read back."""
    model = case_of(case, acting)
    state = start(model)
    _show(case, state)
    db.session.add(case)
    db.session.flush()
    add_decision(case, None, "submit", actor, post=None, comment="")
    model, state = lead_on(case, model, state, actor=actor)
    _show(case, state)
    if state.step is not None:
        _add_tasks(case, state.step, 0, sorted(seat.id for seat in open_seats(model, state)))
    db.session.flush()


def check_version(case: ReviewCase, seen: str | None) -> None:
    """Refuse a decision on a case that has moved since the page was opened. Raises CaseMovedError (409)."""
    if seen != str(case.version):
        raise CaseMovedError("该件在您打开页面后已有变化，请刷新查看最新状态后再办理")


def approve(case: ReviewCase, *, actor: HasId, comment: str = "") -> None:
    """Decide for the thing at the current step (同意): review, countersign, approve or sign, as the step says.

    Raises NotAllowed if the person is not asked, filled it, or decided the step before.
    """
    model, state = model_of(case)
    seat, acting_for = _seat_of(model, state, actor)
    event = Event(Move.APPROVE, str(actor.id), seat=seat.id, acting_for=_id_of(acting_for))
    after = apply(model, state, event)
    step = _step(model.route, state)
    _note(case, state.step, "approve", actor, post=seat.id, comment=comment, acting_for=acting_for)
    record(
        AuditAction.CASE_APPROVED, case, actor=actor, step=step.code, digest=case.digest, **_delegated_by(acting_for)
    )
    handler = handler_of(case.subject_type)
    if after.status is CaseStatus.APPROVED or after.step != state.step:
        handler.approved_step(case.subject_id, step, actor)
    _settle(case, (model, after), actor)
    if after.status is CaseStatus.APPROVED:
        handler.finished(case.subject_id, actor)


def return_case(case: ReviewCase, *, actor: HasId, reason: str, to: str = AUTHOR) -> None:
    """Send the thing back to its author or to an earlier step (退回). A reason is required."""
    model, state = model_of(case)
    seat, acting_for = _seat_of(model, state, actor)
    event = Event(Move.RETURN, str(actor.id), seat=seat.id, reason=reason, return_to=to, acting_for=_id_of(acting_for))
    after = apply(model, state, event)
    _note(case, state.step, "return", actor, post=seat.id, comment=reason, returned_to=to, acting_for=acting_for)
    record(AuditAction.CASE_RETURNED, case, actor=actor, to=to, **_delegated_by(acting_for))
    _settle(case, (model, after), actor)
    if after.status is CaseStatus.RETURNED:
        handler_of(case.subject_type).returned(case.subject_id, reason, actor)
        notify(map(uuid.UUID, case.authors), "returned", f"{case.title}被退回：{reason}"[:200], case.path)


def withdraw_case(case: ReviewCase, *, actor: HasId) -> None:
    """Take the thing back before anybody decided on it (撤回)."""
    model, state = model_of(case)
    after = apply(model, state, Event(Move.WITHDRAW, str(actor.id)))
    _note(case, None, "withdraw", actor, post=None, comment="")
    record(AuditAction.CASE_WITHDRAWN, case, actor=actor)
    _settle(case, (model, after), actor)
    handler_of(case.subject_type).withdrawn(case.subject_id, actor)


def moves_for(case: ReviewCase, person_id: uuid.UUID) -> set[Move]:
    """What a person may do with a case now; pages show exactly these buttons."""
    model, state = model_of(case)
    return allowed_moves(model, state, str(person_id))


def return_targets(case: ReviewCase) -> list[tuple[str, str]]:
    """Where the current step may send the thing back to: (code, name). Not to a step at which nobody decided."""
    model, state = model_of(case)
    if state.step is None:
        return []
    names = {AUTHOR: "填报（起草）人"} | {
        model.route.steps[index].code: model.route.steps[index].name for index in state.by_step
    }
    return [(code, names[code]) for code in model.route.return_targets(state.step) if code in names]


def is_stuck_case(case: ReviewCase) -> bool:
    """Whether nobody can decide at the current step: the post is vacant, or only its authors hold it (无人办理)."""
    model, state = model_of(case)
    return is_stuck(model, state)


def lead_on_by_itself(case: ReviewCase) -> bool:
    """Look anew who may decide at the open step, after somebody left; return whether anybody can be found."""
    model, state = model_of(case)
    if detour(model, state) is not None:
        _settle(case, (model, state), None)
        model, state = model_of(case)
    return not is_stuck(model, state)


def current_step(case: ReviewCase) -> Step | None:
    """The step that a case waits at, or None."""
    if case.current_step is None:
        return None
    return step_at(case, case.current_step)


# --- inside ----------------------------------------------------------------------------------------------------------


def _step(route: DomainRoute, state: Progress) -> Step:
    if state.step is None:
        raise InvalidTransition("该件当前不在办理环节")
    return route.steps[state.step]


def _seat_of(model: Case, state: Progress, actor: HasId) -> tuple[Seat, ActingPost | None]:
    """The seat that the person decides for, the first open one of a post held today, and for whom, if for another.

    A delegate decides only where the holder might (填报人不得审批, 受托人也不得).
    """
    posts = list_acting_posts(actor.id, local_today())
    for seat in open_seats(model, state):
        for each in posts:
            if str(each.id) != seat.id:
                continue
            if each.for_id is None:
                return seat, None
            if refusal(model, state, str(each.for_id)) is None:
                return seat, each
    return Seat("", frozenset()), None


def _id_of(acting_for: ActingPost | None) -> str:
    return str(acting_for.for_id) if acting_for else ""


def _delegated_by(acting_for: ActingPost | None) -> dict[str, str]:
    """What the audit trail says of a decision by a delegate."""
    return {"acting_for": acting_for.for_name} if acting_for else {}


def _note(case: ReviewCase, step: int | None, action: str, actor: HasId, **what: Any) -> None:
    """Add one decision, and write it at once: what follows reads the decisions back."""
    add_decision(case, step, action, actor, **what)
    db.session.flush()


def _settle(case: ReviewCase, reached: tuple[Case, Progress], actor: HasId | None) -> None:
    """Lead the case to whoever may decide, and repeat in the rows where it stands and who is asked."""
    model, state = lead_on(case, *reached, actor=actor)
    _show(case, state)
    flag_modified(case, "status")  # counts the version up even where a step waits for more seats
    asked = {seat.id for seat in open_seats(model, state)}
    open_tasks = db.session.scalars(
        select(ReviewTask).where(ReviewTask.case_id == case.id, ReviewTask.closed_at.is_(None)).order_by(ReviewTask.id)
    ).all()
    kept = set()
    for task in open_tasks:
        if task.step == state.step and str(task.post_id) in asked:
            kept.add(str(task.post_id))
        else:
            task.closed_at = utc_now()
    if state.step is not None:
        _ask(case, state.step, sorted(asked - kept))
    db.session.flush()


def _show(case: ReviewCase, state: Progress) -> None:
    case.status, case.current_step = state.status, state.step
    case.finished_at = None if state.status is CaseStatus.OPEN else utc_now()


def _ask(case: ReviewCase, step: int, posts: Sequence[str]) -> None:
    cycle = db.session.scalars(
        select(func.coalesce(func.max(ReviewTask.cycle), -1)).where(
            ReviewTask.case_id == case.id, ReviewTask.step == step, ReviewTask.closed_at.is_not(None)
        )
    ).one()
    _add_tasks(case, step, cycle + 1, posts)


def _add_tasks(case: ReviewCase, step: int, cycle: int, posts: Sequence[str]) -> None:
    for post in posts:
        db.session.add(
            ReviewTask(case_id=case.id, step=step, cycle=cycle, post_id=uuid.UUID(post), opened_at=utc_now())
        )
