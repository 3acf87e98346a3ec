"""Cases from rows to the domain and back: who is asked, what happened, and writing down what was decided.

Never commits. What may be done is in `saas.domain.progress`, doing it in `services`.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta

from saas.accounts.queries import Acting, ActingPost, list_acting
from saas.audit.services import HasId
from saas.db import db, local_today, utc_now
from saas.domain.progress import Case, Event, Move, Progress, Seat, replay
from saas.domain.routes import Step, route_from_mapping
from saas.review import queries
from saas.review.models import ReviewCase, ReviewDecision

SKIPPED, LIFTED = "skip", "lift"
_MOVES: Mapping[str, Move] = {
    "approve": Move.APPROVE,
    "return": Move.RETURN,
    "withdraw": Move.WITHDRAW,
    "resubmit": Move.RESUBMIT,
    SKIPPED: Move.SKIP,
}


def model_of(case: ReviewCase) -> tuple[Case, Progress]:
    """The case as the domain sees it, and where it is after all that was decided."""
    model = case_of(case)
    return model, replay(model, _events(queries.list_decisions(case.id)))


def case_of(case: ReviewCase, acting: Iterable[Acting] | None = None) -> Case:
    """The case as the domain sees it, with today's holders of the posts: `acting`, read here unless given."""
    post_ids = [uuid.UUID(seat["post"]) for seats in case.seats.values() for seat in seats]
    held = seats_held(post_ids, list_acting(post_ids, local_today()) if acting is None else acting)
    seats = {code: tuple(held[uuid.UUID(seat["post"])] for seat in listed) for code, listed in case.seats.items()}
    return Case(route_from_mapping(case.definition), seats, frozenset(case.authors))


def seats_held(post_ids: Iterable[uuid.UUID], acting: Iterable[Acting]) -> Mapping[uuid.UUID, Seat]:
    """The seats of posts, by post, with who holds them and acts in them."""
    holders, delegates = defaultdict[uuid.UUID, set[str]](set), defaultdict[uuid.UUID, list[tuple[str, str]]](list)
    for each in acting:
        if each.for_id is None:
            holders[each.post_id].add(str(each.user_id))
        else:
            delegates[each.post_id].append((str(each.user_id), str(each.for_id)))
    return {post_id: Seat(str(post_id), frozenset(holders[post_id]), tuple(delegates[post_id])) for post_id in post_ids}


def _events(decisions: Iterable[ReviewDecision]) -> list[Event]:
    return [
        Event(
            _MOVES[decision.action],
            str(decision.actor_id),
            seat=str(decision.post_id) if decision.post_id else "",
            reason=decision.comment,
            return_to=decision.returned_to,
            acting_for=str(decision.acting_for_id) if decision.acting_for_id else "",
        )
        for decision in decisions
        if decision.action in _MOVES
    ]


def add_decision(
    case: ReviewCase,
    step: int | None,
    action: str,
    actor: HasId,
    *,
    post: str | None,
    comment: str,
    returned_to: str = "",
    acting_for: ActingPost | None = None,
) -> None:
    """Add one decision. The names are written down as they are today: the sheet stays true when people move on."""
    names = {seat["post"]: seat for seats in case.seats.values() for seat in seats}
    seat = names.get(post or "")
    db.session.add(
        ReviewDecision(
            case_id=case.id,
            step=step,
            step_name=_step_name(case, step),
            action=action,
            actor_id=actor.id,
            actor_name=str(getattr(actor, "name", "")),
            post_id=uuid.UUID(post) if post else None,
            post_name=f"{seat['unit']} {seat['name']}" if seat else "",
            acting_for_id=acting_for.for_id if acting_for else None,
            acting_for_name=acting_for.for_name if acting_for else "",
            comment=comment.strip(),
            returned_to=returned_to,
            digest=case.digest,
            decided_at=utc_now(),
        )
    )


def add_detour(case: ReviewCase, step: int, action: str, actor: HasId | None, reason: str, number: int) -> None:
    """Write down that the system led the case round a step, and why. Nobody decided it: it stands in nobody's name.

    `number` counts the detours after one decision, which they follow in the order of time. Without an actor the daily
    work did it.
    """
    db.session.add(
        ReviewDecision(
            case_id=case.id,
            step=step,
            step_name=_step_name(case, step),
            action=action,
            actor_id=actor.id if actor is not None else case.started_by_id,
            actor_name="",
            comment=reason,
            digest=case.digest,
            decided_at=utc_now() + timedelta(microseconds=number),
        )
    )


def _step_name(case: ReviewCase, step: int | None) -> str:
    return step_at(case, step).name if step is not None else ""


def step_at(case: ReviewCase, index: int) -> Step:
    """A step of a case's route."""
    return route_from_mapping(case.definition).steps[index]
