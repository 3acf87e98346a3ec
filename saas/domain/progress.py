"""How a case moves along its route (审签进度): from the route, its seats and what was decided to what is open now.

Everything is derived from the list of events; nothing is kept. The same events give the same progress.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from saas.domain.errors import InvalidTransition, NotAllowed
from saas.domain.routes import AUTHOR, LISTED_UNITS, AfterReturn, Route, StepKind, StepMode


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # 办理中
    RETURNED = "returned"  # 已退回
    WITHDRAWN = "withdrawn"  # 已撤回
    APPROVED = "approved"  # 已办结


class Move(StrEnum):
    """What a person may do with a case."""

    APPROVE = "approve"  # 通过、会签、签批: what it is called depends on the step's kind
    RETURN = "return"  # 退回
    DELEGATE = "delegate"  # 委托
    WITHDRAW = "withdraw"  # 撤回, the author only
    RESUBMIT = "resubmit"  # 再次报送, the author only
    SKIP = "skip"  # 回避转办: no person's move, see `detour`


class Detour(StrEnum):
    """What becomes of a step whose people may all not decide (回避)."""

    SKIP = "skip"  # 转下一环节办理
    LIFT = "lift"  # 报上一级办理: the superior's people are asked in their place


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is asked at a step: a post, by its id, the persons who hold it, and whom a holder let act for him (委托代办).

    `acting` has pairs of delegate and holder. A delegate may do what the holder may: if the holder made the thing or
    decided the step before, the delegate may not decide either.
    """

    id: str
    holders: frozenset[str]
    acting: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a case. `return_to` is the code of a step or `author`; `delegate` a person.

    `acting_for` is the holder for whom a delegate decided.
    """

    move: Move
    person: str
    seat: str = ""
    reason: str = ""
    return_to: str = ""
    delegate: str = ""
    acting_for: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A thing on its way: its route, the seats of each step by the step's code, and who made it.

    `authors` are all who filled or drafted it, the one who sent it included: none of them decides (填报人不得审批).
    """

    route: Route
    seats: Mapping[str, Sequence[Seat]]
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a case is. `step` is the index of the current step, None when it is with nobody on the route."""

    status: CaseStatus
    step: int | None
    decided_seats: frozenset[str] = frozenset()
    deciders: frozenset[str] = frozenset()  # who decided at the current step
    previous_deciders: frozenset[str] = frozenset()  # who decided at the step before
    returned_by: int | None = None
    delegates: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by seat of the current step
    has_decisions: bool = False  # since it was last submitted
    by_step: Mapping[int, frozenset[str]] = field(default_factory=dict)


def progress(case: Case, events: Iterable[Event]) -> Progress:
    """Return where a case is after these events, or raise for the first that was not possible."""
    state = start(case)
    for event in events:
        state = apply(case, state, event)
    return state


def replay(case: Case, events: Iterable[Event]) -> Progress:
    """Return where a case is after what happened to it. Whether that was allowed was asked when it happened.

    Posts change hands and authors join: neither undoes what was decided before.
    """
    state = start(case)
    for event in events:
        state = _after(case, state, event)
    return state


def start(case: Case) -> Progress:
    """Return where a case is when it has just been submitted."""
    return _enter(case, Progress(CaseStatus.OPEN, 0), 0)


def open_seats(case: Case, state: Progress) -> tuple[Seat, ...]:
    """Return the seats that are asked now. None although the case is open: nobody holds the post (无人办理)."""
    if state.status is not CaseStatus.OPEN or state.step is None:
        return ()
    step = case.route.steps[state.step]
    waiting = tuple(seat for seat in case.seats.get(step.code, ()) if seat.id not in state.decided_seats)
    return waiting[:1] if step.mode is StepMode.IN_ORDER else waiting


def is_stuck(case: Case, state: Progress) -> bool:
    """Whether the case is open but no person can decide it now: no holder, or only authors and the last deciders."""
    if state.status is not CaseStatus.OPEN:
        return False
    return not any(
        refusal(case, state, person) is None
        for seat in open_seats(case, state)
        for person in holders_of(case, state, seat)
    )


def detour(case: Case, state: Progress) -> Detour | None:
    """Return which way round an open step there is whose people made the thing or decided the step before; None: wait.

    Checking (审核、会签) is left to the next step, which is somebody else's: four eyes still see everything. The last
    step, and whatever is a decision (批准、签批、验收), goes to the superior. A vacant post is waited for: somebody is
    appointed to it, and nothing is passed over in silence.
    """
    if state.step is None or not is_stuck(case, state) or not any(map(_is_held, open_seats(case, state))):
        return None
    is_check = case.route.steps[state.step].kind in {StepKind.REVIEW, StepKind.COUNTERSIGN}
    is_last = skip(case, state).status is not CaseStatus.OPEN
    return Detour.SKIP if is_check and not is_last else Detour.LIFT


def _is_held(seat: Seat) -> bool:
    return bool(seat.holders or seat.acting)


def skip(case: Case, state: Progress) -> Progress:
    """Return where the case is after its open step is left to the next one. Who decided there already, did decide."""
    if state.step is None:
        raise InvalidTransition("该件当前不在办理环节")
    by_step = {**state.by_step, state.step: state.deciders} if state.deciders else state.by_step
    return _enter(case, replace(state, by_step=by_step), state.step + 1)


def holders_of(case: Case, state: Progress, seat: Seat) -> frozenset[str]:
    """Return who may act on a seat: its holders, and whom they delegated to, as far as they may decide themselves."""
    acting = {delegate for delegate, holder in seat.acting if refusal(case, state, holder) is None}
    return seat.holders | acting | state.delegates.get(seat.id, frozenset())


def refusal(case: Case, state: Progress, person: str) -> NotAllowed | None:
    """Return why a person may not decide at the current step whatever post they hold, or None."""
    if person in case.authors:
        return NotAllowed("填报或起草人不得审批本件", code="author_cannot_decide")
    if not case.route.allows_same_person and person in state.previous_deciders:
        return NotAllowed("上一环节的办理人不得连续办理", code="same_person_twice")
    return None


def allowed_moves(case: Case, state: Progress, person: str) -> set[Move]:
    """Return what a person may do now; pages show exactly these buttons."""
    moves: set[Move] = set()
    if person in case.authors:
        if state.status is CaseStatus.OPEN and not state.has_decisions:
            moves.add(Move.WITHDRAW)
        if state.status in {CaseStatus.RETURNED, CaseStatus.WITHDRAWN}:
            moves.add(Move.RESUBMIT)
        return moves
    if state.step is None or refusal(case, state, person) is not None:
        return moves
    if any(person in holders_of(case, state, seat) for seat in open_seats(case, state)):
        moves |= {Move.APPROVE, Move.DELEGATE}
        if case.route.return_targets(state.step):
            moves.add(Move.RETURN)
    return moves


def apply(case: Case, state: Progress, event: Event) -> Progress:
    """Return where the case is after one more event.

    Raises InvalidTransition if the case does not wait for this, NotAllowed if this person may not do it.
    """
    _check(case, state, event)
    return _after(case, state, event)


def _after(case: Case, state: Progress, event: Event) -> Progress:
    if event.move is Move.SKIP:
        return skip(case, state)
    if event.move is Move.WITHDRAW:
        return Progress(CaseStatus.WITHDRAWN, None)
    if event.move is Move.RESUBMIT:
        return _resubmit(case, state)
    if event.move is Move.DELEGATE:
        named = state.delegates.get(event.seat, frozenset()) | {event.delegate}
        return replace(state, delegates={**state.delegates, event.seat: named})
    if event.move is Move.RETURN:
        return _return(case, state, event)
    return _approve(case, state, event)


def _check(case: Case, state: Progress, event: Event) -> None:
    if event.move not in allowed_moves(case, state, event.person):
        if state.step is not None and event.move in {Move.APPROVE, Move.RETURN, Move.DELEGATE}:
            raise refusal(case, state, event.person) or NotAllowed("您不是当前环节的办理人", code="not_asked")
        raise InvalidTransition("当前状态不允许“{move}”", move=event.move)
    if event.move in {Move.WITHDRAW, Move.RESUBMIT}:
        return
    seat = next((seat for seat in open_seats(case, state) if seat.id == event.seat), None)
    if seat is None or event.person not in holders_of(case, state, seat):
        raise NotAllowed("您不是当前环节的办理人", code="not_asked")
    if event.move is Move.RETURN:
        _check_return(case, state, event)
    if event.move is Move.DELEGATE and (not event.delegate or refusal(case, state, event.delegate) is not None):
        raise NotAllowed("不能委托给该人员", code="bad_delegate")


def _check_return(case: Case, state: Progress, event: Event) -> None:
    if not event.reason.strip():
        raise NotAllowed("退回须写明原因", code="reason_required")
    if state.step is None or event.return_to not in case.route.return_targets(state.step):
        raise NotAllowed("不能退回到该环节", code="bad_return_target")


def _approve(case: Case, state: Progress, event: Event) -> Progress:
    decided = replace(
        state,
        decided_seats=state.decided_seats | {event.seat},
        deciders=state.deciders | {event.person} | ({event.acting_for} if event.acting_for else set()),
        has_decisions=True,
    )
    assert decided.step is not None  # noqa: S101  (only an open case is decided on)
    step = case.route.steps[decided.step]
    if step.mode is not StepMode.ANY and open_seats(case, decided):
        return decided
    by_step = {**decided.by_step, decided.step: decided.deciders}
    return _enter(case, replace(decided, by_step=by_step), decided.step + 1)


def _return(case: Case, state: Progress, event: Event) -> Progress:
    if event.return_to == AUTHOR:
        return Progress(CaseStatus.RETURNED, None, returned_by=state.step, by_step=state.by_step)
    index = case.route.index_of(event.return_to)
    return _enter(case, replace(state, has_decisions=True), index)


def _resubmit(case: Case, state: Progress) -> Progress:
    again = replace(state, status=CaseStatus.OPEN, has_decisions=False)
    if case.route.after_return is AfterReturn.SAME_STEP and state.returned_by is not None:
        return _enter(case, again, state.returned_by)
    return _enter(case, again, 0)


def _enter(case: Case, state: Progress, index: int) -> Progress:
    """Arrive at step `index`: pass over steps for listed units that list none; after the last the case is done."""
    steps = case.route.steps
    while index < len(steps) and steps[index].who.at == LISTED_UNITS and not case.seats.get(steps[index].code):
        index += 1
    earlier = {step: persons for step, persons in state.by_step.items() if step < index}
    if index == len(steps):
        return Progress(CaseStatus.APPROVED, None, by_step=earlier)
    last = earlier[max(earlier)] if earlier else frozenset[str]()
    return Progress(CaseStatus.OPEN, index, previous_deciders=last, has_decisions=state.has_decisions, by_step=earlier)
