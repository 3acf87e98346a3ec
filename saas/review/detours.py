"""Leading a case round a step whose people may all not decide (回避): to the next step, or to the superior.

Whoever fills or drafts does not decide, also where a town has one officer. Each detour stands in the history with its
reason and in the audit trail. Never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from saas.access.permissions import Permission, Role, permits
from saas.accounts.queries import list_acting_at
from saas.audit.services import AuditAction, HasId, record
from saas.db import local_today
from saas.domain.progress import Case, Detour, Progress, Seat, detour, open_seats, refusal, skip
from saas.domain.routes import StepMode
from saas.org.models import Post
from saas.org.queries import list_ancestors
from saas.review.casework import LIFTED, SKIPPED, add_detour, case_of, seats_held, step_at
from saas.review.models import ReviewCase
from saas.review.queries import list_posts_by_id
from saas.review.seating import acting_in, seat_of

Listed = list[dict[str, str]]
"""Posts that are asked, as a case keeps them."""

_MADE_BY = "本环节的任职人员就是填报（起草）人，按回避规定{way}"
_DECIDED_BEFORE = "本环节的任职人员已办理上一环节或是填报（起草）人，按回避规定{way}"


def lead_on(case: ReviewCase, model: Case, state: Progress, *, actor: HasId | None) -> tuple[Case, Progress]:
    """Return where the case waits for somebody who may decide, or where nobody can be found (无人办理).

    `actor` is whoever brought the case here, None if the daily work looks after it. Reads nothing where somebody may
    decide.
    """
    number = 0
    while (step := state.step) is not None and (way := detour(model, state)) is not None:
        number, reason = number + 1, _reason(model, state)
        if way is Detour.SKIP:
            words = reason.format(way="转下一环节办理")
            _write(case, step, SKIPPED, actor, words, number)
            state = skip(model, state)
            continue
        above = _above(case, model, state)
        if not above:
            break
        _write(case, step, LIFTED, actor, reason.format(way=f"报上一级（{above[0]['unit']}）办理"), number)
        case.seats = {**case.seats, step_at(case, step).code: _kept(case, model, state) + above}
        model = case_of(case)
    return model, state


def _write(case: ReviewCase, step: int, action: str, actor: HasId | None, reason: str, number: int) -> None:
    add_detour(case, step, action, actor, reason, number)
    record(AuditAction.CASE_REROUTED, case, actor=actor, step=step_at(case, step).code, way=action, reason=reason)


def _reason(model: Case, state: Progress) -> str:
    people = {person for seat in open_seats(model, state) for person in seat.holders}
    return _MADE_BY if people <= model.authors else _DECIDED_BEFORE


def _kept(case: ReviewCase, model: Case, state: Progress) -> Listed:
    """The seats of the open step that decided already: where all are asked, theirs stand beside the superior's."""
    if state.step is None or model.route.steps[state.step].mode is StepMode.ANY:
        return []
    listed: Listed = case.seats[model.route.steps[state.step].code]
    return [seat for seat in listed if seat["post"] in state.decided_seats]


def _above(case: ReviewCase, model: Case, state: Progress) -> Listed:
    """The posts of the nearest superior whose people may decide: in the same role, else its office."""
    asked = list_posts_by_id([uuid.UUID(seat.id) for seat in open_seats(model, state)])
    for superior in list_ancestors(asked[0].unit_id, local_today()) if asked else ():
        rows = list_acting_at({superior.id}, local_today())
        held = seats_held({row.post_id for row in rows}, acting_in(rows))
        able = {row.post_id: row for row in rows if _has_somebody(held[row.post_id], model, state)}.values()
        for roles in (_roles(asked), {Role.OFFICE}):
            found = [seat_of(row) for row in able if roles & set(row.roles)]
            if found:
                return found
    return []


def _roles(asked: Iterable[Post]) -> set[str]:
    """The roles in which the posts decide."""
    return {role for post in asked for role in post.roles if permits([Role(role)], Permission.CASE_DECIDE)}


def _has_somebody(seat: Seat, model: Case, state: Progress) -> bool:
    people = seat.holders | {delegate for delegate, _ in seat.acting}
    return any(refusal(model, state, person) is None for person in people)
