"""The tables of moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from saas.domain.errors import InvalidTransition
from saas.domain.workflow import (
    PART_MOVES,
    PLAN_MOVES,
    ROUND_MOVES,
    SUBMISSION_MOVES,
    PartAction,
    PartStatus,
    PlanAction,
    PlanStatus,
    RoundAction,
    RoundStatus,
    SubmissionAction,
    SubmissionStatus,
    allowed_actions,
    next_status,
)

TABLES: list[tuple[Mapping[tuple[Any, Any], Any], type, Any, set[Any]]] = [
    (SUBMISSION_MOVES, SubmissionStatus, SubmissionStatus.DRAFT, {SubmissionStatus.SIGNED_OFF}),
    (PLAN_MOVES, PlanStatus, PlanStatus.DRAFT, {PlanStatus.ISSUED}),
    (ROUND_MOVES, RoundStatus, RoundStatus.COLLECTING, {RoundStatus.PUBLISHED}),
    (PART_MOVES, PartStatus, PartStatus.OPEN, set()),
]


@pytest.mark.parametrize(("moves", "statuses", "first", "final"), TABLES)
def test_every_status_is_reached_and_only_the_final_ones_are_final(
    moves: Mapping[tuple[Any, Any], Any], statuses: Any, first: Any, final: set[Any]
) -> None:
    reached = {first}
    for _ in statuses:
        reached |= {end for (start, _), end in moves.items() if start in reached}

    assert reached == set(statuses)
    assert {status for status in statuses if not allowed_actions(moves, status)} == final


def test_a_draft_cannot_be_signed_off() -> None:
    with pytest.raises(InvalidTransition) as refusal:
        next_status(SUBMISSION_MOVES, SubmissionStatus.DRAFT, SubmissionAction.SIGN_OFF)

    assert refusal.value.code == "invalid_transition"


def test_a_submission_is_withdrawn_only_before_it_is_reviewed() -> None:
    moves = (SUBMISSION_MOVES, SubmissionStatus.SUBMITTED, SubmissionAction.WITHDRAW)

    assert next_status(*moves) is SubmissionStatus.DRAFT
    assert SubmissionAction.WITHDRAW not in allowed_actions(SUBMISSION_MOVES, SubmissionStatus.REVIEWED)


def test_a_returned_submission_may_be_corrected_or_declared_not_applicable() -> None:
    assert allowed_actions(SUBMISSION_MOVES, SubmissionStatus.RETURNED) == {
        SubmissionAction.EDIT,
        SubmissionAction.SUBMIT,
        SubmissionAction.DECLARE_NOT_APPLICABLE,
    }


def test_what_is_signed_cannot_be_edited() -> None:
    assert allowed_actions(PLAN_MOVES, PlanStatus.SIGNED) == {PlanAction.ISSUE}
    assert allowed_actions(SUBMISSION_MOVES, SubmissionStatus.SIGNED_OFF) == set()


def test_a_round_is_computed_again_only_before_it_is_confirmed() -> None:
    again = {status for status in RoundStatus if RoundAction.COMPUTE in allowed_actions(ROUND_MOVES, status)}

    assert again == {RoundStatus.COLLECTING, RoundStatus.RECHECKING, RoundStatus.COMPUTED, RoundStatus.PREVIEWED}


def test_a_part_is_accepted_only_after_it_was_reported() -> None:
    with pytest.raises(InvalidTransition):
        next_status(PART_MOVES, PartStatus.OPEN, PartAction.ACCEPT)
