"""A case on its route: who is asked, who may not, where it goes back to, and when it is done."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.progress import (
    Case,
    CaseStatus,
    Detour,
    Event,
    Move,
    Progress,
    Seat,
    allowed_moves,
    apply,
    detour,
    is_stuck,
    open_seats,
    progress,
    replay,
    skip,
    start,
)
from saas.domain.routes import route_from_mapping


def a_step(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "kind": "review", "who": {"role": "reviewer", "at": "own_parent"}, **more}


def a_case(*steps: dict[str, Any], seats: dict[str, dict[str, str]], author: str = "clerk", **settings: Any) -> Case:
    """A case whose seats are written as {step: {seat: "person person"}}."""
    route = route_from_mapping({"code": "r", "name": "流程", "steps": list(steps), **settings})
    named = {
        step: [Seat(seat, frozenset(people.split())) for seat, people in posts.items()] for step, posts in seats.items()
    }
    return Case(route, named, frozenset({author}))


THREE_LEVELS = a_case(
    a_step("town"),
    a_step("office"),
    a_step("leader", kind="sign"),
    seats={"town": {"t": "wang li"}, "office": {"o": "zhao li"}, "leader": {"l": "chen"}},
)


def approve(person: str, seat: str) -> Event:
    return Event(Move.APPROVE, person, seat)


def send_back(person: str, seat: str, to: str, reason: str = "数据不符") -> Event:
    return Event(Move.RETURN, person, seat, reason, to)


def test_a_case_goes_through_its_steps_in_order() -> None:
    state = progress(THREE_LEVELS, [approve("wang", "t"), approve("zhao", "o")])
    assert [seat.id for seat in open_seats(THREE_LEVELS, state)] == ["l"]

    state = apply(THREE_LEVELS, state, approve("chen", "l"))

    assert (state.status, state.step, open_seats(THREE_LEVELS, state)) == (CaseStatus.APPROVED, None, ())


def test_a_finished_case_accepts_nothing() -> None:
    done = progress(THREE_LEVELS, [approve("wang", "t"), approve("zhao", "o"), approve("chen", "l")])

    for person in ("clerk", "wang", "zhao", "chen"):
        assert allowed_moves(THREE_LEVELS, done, person) == set()
    with pytest.raises(InvalidTransition):
        apply(THREE_LEVELS, done, approve("chen", "l"))


def test_who_is_not_asked_may_not_decide() -> None:
    with pytest.raises(NotAllowed) as refusal:
        progress(THREE_LEVELS, [approve("chen", "l")])

    assert refusal.value.code == "not_asked"


def test_who_filled_it_does_not_approve_it() -> None:
    case = a_case(a_step("town"), seats={"town": {"t": "clerk wang"}})

    with pytest.raises(NotAllowed) as refusal:
        progress(case, [approve("clerk", "t")])

    assert refusal.value.code == "author_cannot_decide"
    assert Move.APPROVE in allowed_moves(case, start(case), "wang")


def test_nobody_decides_two_successive_steps() -> None:
    with pytest.raises(NotAllowed) as refusal:
        progress(THREE_LEVELS, [approve("li", "t"), approve("li", "o")])

    assert refusal.value.code == "same_person_twice"


def test_a_route_may_allow_the_same_person() -> None:
    case = a_case(a_step("a"), a_step("b"), seats={"a": {"1": "li"}, "b": {"2": "li"}}, allows_same_person=True)

    assert progress(case, [approve("li", "1"), approve("li", "2")]).status is CaseStatus.APPROVED


def test_a_return_goes_to_the_author_and_resubmitting_starts_again() -> None:
    back = progress(THREE_LEVELS, [approve("wang", "t"), send_back("zhao", "o", "author")])
    assert back.status is CaseStatus.RETURNED
    assert allowed_moves(THREE_LEVELS, back, "clerk") == {Move.RESUBMIT}

    again = apply(THREE_LEVELS, back, Event(Move.RESUBMIT, "clerk"))

    assert [seat.id for seat in open_seats(THREE_LEVELS, again)] == ["t"]


def test_a_route_may_send_a_corrected_case_straight_back() -> None:
    case = a_case(a_step("a"), a_step("b"), seats={"a": {"1": "li"}, "b": {"2": "wu"}}, after_return="same_step")

    again = progress(case, [approve("li", "1"), send_back("wu", "2", "author"), Event(Move.RESUBMIT, "clerk")])

    assert [seat.id for seat in open_seats(case, again)] == ["2"]
    assert again.previous_deciders == {"li"}


def test_a_return_to_an_earlier_step_asks_everything_from_there_again() -> None:
    back = progress(THREE_LEVELS, [approve("wang", "t"), approve("zhao", "o"), send_back("chen", "l", "town")])

    assert [seat.id for seat in open_seats(THREE_LEVELS, back)] == ["t"]
    done = progress(
        THREE_LEVELS,
        [approve("wang", "t"), approve("zhao", "o"), send_back("chen", "l", "town")]
        + [approve("wang", "t"), approve("zhao", "o"), approve("chen", "l")],
    )
    assert done.status is CaseStatus.APPROVED


@pytest.mark.parametrize(
    ("to", "reason", "code"), [("author", "  ", "reason_required"), ("leader", "x", "bad_return_target")]
)
def test_a_return_needs_a_reason_and_an_earlier_step(to: str, reason: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        progress(THREE_LEVELS, [send_back("wang", "t", to, reason)])

    assert refusal.value.code == code


def test_a_step_may_limit_where_it_returns_to() -> None:
    steps = [a_step("a"), a_step("b", may_return_to=["a"]), a_step("c", may_return_to=[])]
    case = a_case(*steps, seats={"a": {"1": "p1"}, "b": {"2": "p2"}, "c": {"3": "p3"}})

    with pytest.raises(NotAllowed):
        progress(case, [approve("p1", "1"), send_back("p2", "2", "author")])
    last = progress(case, [approve("p1", "1"), approve("p2", "2")])
    assert Move.RETURN not in allowed_moves(case, last, "p3")


def test_the_author_withdraws_only_before_anybody_decided() -> None:
    assert progress(THREE_LEVELS, [Event(Move.WITHDRAW, "clerk")]).status is CaseStatus.WITHDRAWN

    with pytest.raises(InvalidTransition):
        progress(THREE_LEVELS, [approve("wang", "t"), Event(Move.WITHDRAW, "clerk")])


def test_a_countersigning_step_waits_for_every_seat() -> None:
    case = a_case(a_step("sign", mode="all"), seats={"sign": {"1": "a", "2": "b", "3": "c"}})

    state = progress(case, [approve("b", "2"), approve("a", "1")])

    assert [seat.id for seat in open_seats(case, state)] == ["3"]
    assert apply(case, state, approve("c", "3")).status is CaseStatus.APPROVED


def test_seats_in_order_are_asked_one_after_another() -> None:
    case = a_case(a_step("sign", mode="in_order"), seats={"sign": {"1": "a", "2": "b"}})

    assert [seat.id for seat in open_seats(case, start(case))] == ["1"]
    with pytest.raises(NotAllowed):
        progress(case, [approve("b", "2")])
    assert progress(case, [approve("a", "1"), approve("b", "2")]).status is CaseStatus.APPROVED


def test_a_delegate_may_decide_and_so_may_the_holder() -> None:
    case = a_case(a_step("sign"), seats={"sign": {"1": "a"}})
    delegated = Event(Move.DELEGATE, "a", "1", delegate="b")

    assert progress(case, [delegated, approve("b", "1")]).status is CaseStatus.APPROVED
    assert progress(case, [delegated, approve("a", "1")]).status is CaseStatus.APPROVED


def test_nothing_is_delegated_to_the_author() -> None:
    with pytest.raises(NotAllowed) as refusal:
        progress(THREE_LEVELS, [Event(Move.DELEGATE, "wang", "t", delegate="clerk")])

    assert refusal.value.code == "bad_delegate"


def test_a_step_for_listed_units_is_passed_over_only_if_none_is_listed() -> None:
    listed = a_step("departments", mode="all", who={"role": "head", "at": "listed_units"})
    without = a_case(listed, a_step("b"), seats={"b": {"2": "p"}})
    with_one = a_case(listed, a_step("b"), seats={"departments": {"1": "q"}, "b": {"2": "p"}})

    assert (start(without).step, start(with_one).step) == (1, 0)


def test_a_step_without_a_holder_is_stuck_and_not_skipped() -> None:
    nobody = a_case(a_step("town"), seats={})
    only_author = a_case(a_step("town"), seats={"town": {"t": "clerk"}})

    assert is_stuck(nobody, start(nobody))
    assert is_stuck(only_author, start(only_author))
    assert not is_stuck(THREE_LEVELS, start(THREE_LEVELS))


def one_officer(*steps: dict[str, Any], town: str = "clerk", **settings: Any) -> Case:
    """A case that the only officer of the town made, which the town is asked about first."""
    return a_case(*steps, seats={"town": {"t": town}, "office": {"o": "zhao"}}, **settings)


def test_the_check_of_a_town_whose_only_officer_filled_is_left_to_the_next_step() -> None:
    case = one_officer(a_step("town"), a_step("office", kind="accept"))
    assert detour(case, start(case)) is Detour.SKIP

    after = skip(case, start(case))

    assert [seat.id for seat in open_seats(case, after)] == ["o"]
    assert (after.has_decisions, after.previous_deciders) == (False, frozenset())
    assert allowed_moves(case, after, "zhao") == {Move.APPROVE, Move.RETURN, Move.DELEGATE}


@pytest.mark.parametrize("kind", ["sign", "approve", "accept"])
def test_a_decision_whose_people_may_not_decide_goes_to_the_superior(kind: str) -> None:
    case = one_officer(a_step("town", kind=kind), a_step("office"))

    assert detour(case, start(case)) is Detour.LIFT


def test_the_last_step_goes_to_the_superior_so_that_nothing_is_decided_by_nobody() -> None:
    case = one_officer(a_step("town"))

    assert detour(case, start(case)) is Detour.LIFT


def test_who_decided_the_step_before_does_not_hold_a_case_up() -> None:
    case = a_case(
        a_step("a"), a_step("b"), a_step("c"), seats={"a": {"1": "li"}, "b": {"2": "li clerk"}, "c": {"3": "wu"}}
    )
    state = apply(case, start(case), approve("li", "1"))

    assert detour(case, state) is Detour.SKIP
    after = skip(case, state)
    assert (after.step, after.previous_deciders) == (2, frozenset({"li"}))


def test_no_way_leads_round_a_vacant_post_or_round_somebody_who_may_decide() -> None:
    assert detour(one_officer(a_step("town"), a_step("office"), town=""), start(THREE_LEVELS)) is None
    assert detour(THREE_LEVELS, start(THREE_LEVELS)) is None
    finished = progress(THREE_LEVELS, [approve("wang", "t"), approve("zhao", "o"), approve("chen", "l")])
    assert detour(THREE_LEVELS, finished) is None


def test_nobody_skips_a_step_by_himself() -> None:
    case = one_officer(a_step("town"), a_step("office"))
    for person in ("clerk", "zhao"):
        assert Move.SKIP not in allowed_moves(case, start(case), person)
        with pytest.raises(DomainError):
            apply(case, start(case), Event(Move.SKIP, person))


def test_what_happened_stays_when_a_post_changes_hands_or_an_author_joins() -> None:
    """A second officer came after the step had been skipped, and whoever decided then filled it this time."""
    happened = [Event(Move.SKIP, ""), approve("zhao", "o"), send_back("chen", "l", "author")]
    case = a_case(
        a_step("town"),
        a_step("office"),
        a_step("leader"),
        seats={"town": {"t": "wang"}, "office": {"o": "sun"}, "leader": {"l": "sun"}},
        author="zhao",
    )

    state = replay(case, happened)

    assert (state.status, state.returned_by, state.by_step) == (CaseStatus.RETURNED, 2, {1: frozenset({"zhao"})})


PEOPLE = ("clerk", "wang", "li", "zhao", "chen", "wu")
MIXED = a_case(
    a_step("town"),
    a_step("departments", mode="all"),
    a_step("leaders", mode="in_order", kind="sign"),
    seats={
        "town": {"t": "wang li"},
        "departments": {"d1": "li", "d2": "zhao clerk"},
        "leaders": {"l1": "chen zhao", "l2": "wu"},
    },
)
EVENTS = st.builds(
    Event,
    st.sampled_from(Move),
    st.sampled_from(PEOPLE),
    st.sampled_from(["t", "d1", "d2", "l1", "l2"]),
    st.sampled_from(["", "原因"]),
    st.sampled_from(["author", "town", "departments", "leaders", ""]),
    st.sampled_from(PEOPLE),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=60))
def test_whatever_people_try_the_rules_hold(events: list[Event]) -> None:
    """Author never decides; a finished case had every seat; moves offered are exactly those possible."""
    state, happened = start(MIXED), list[Event]()
    for event in events:
        offered = allowed_moves(MIXED, state, event.person)
        try:
            after = apply(MIXED, state, event)
        except DomainError:
            continue
        assert event.move in offered
        _assert_sound(state, event, after)
        state = after
        happened.append(event)

    assert progress(MIXED, happened) == replay(MIXED, happened) == state
    if state.status is CaseStatus.APPROVED:
        approved = {event.seat for event in happened if event.move is Move.APPROVE}
        assert approved == {"t", "d1", "d2", "l1", "l2"}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_case_can_be_brought_to_its_end(data: st.DataObject) -> None:
    """However often it was sent back before, a case is finished by people who only approve from then on."""
    state = start(MIXED)
    for turn in range(40):
        choices = [
            Event(move, person, seat.id, "原因", "author", delegate="wu")
            for seat in open_seats(MIXED, state) or (Seat("", frozenset()),)
            for person in PEOPLE
            for move in sorted(allowed_moves(MIXED, state, person))
            if person == "clerk" or person in seat.holders
        ]
        if turn >= 10:
            choices = [each for each in choices if each.move in {Move.APPROVE, Move.RESUBMIT}]
        if not choices:
            break
        event = data.draw(st.sampled_from(choices))
        if event.move is Move.DELEGATE and event.person == event.delegate:
            continue
        try:
            state = apply(MIXED, state, event)
        except NotAllowed as refusal:
            assert refusal.code == "bad_delegate"  # noqa: PT017  (only some examples raise)

    assert state.status is CaseStatus.APPROVED or is_stuck(MIXED, state)


def _assert_sound(state: Progress, event: Event, after: Progress) -> None:
    if event.move in {Move.APPROVE, Move.RETURN, Move.DELEGATE}:
        assert event.person != "clerk"
        assert event.person not in state.previous_deciders
    else:
        assert event.person == "clerk"
    if event.move is Move.RETURN:
        assert event.reason
        assert after.step is None or (state.step is not None and after.step < state.step)
    if event.move is Move.APPROVE and after.step is not None and state.step is not None:
        assert after.step in {state.step, state.step + 1}
