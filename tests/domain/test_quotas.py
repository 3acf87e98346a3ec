"""Recurring quotas: each cell by itself."""

from __future__ import annotations

from fractions import Fraction

from saas.domain.quotas import Cell, evaluate_quota

MONTHS = ("2026-09", "2026-10", "2026-11", "2026-12")
LESSONS: dict[Cell, int] = {(f"class {n}", month): 1 for n in range(1, 19) for month in MONTHS}


def test_seventy_two_lessons_are_not_enough_if_one_is_in_the_wrong_month() -> None:
    done = LESSONS | {("class 7", "2026-10"): 0, ("class 7", "2026-11"): 2}

    outcome = evaluate_quota(LESSONS, done)

    assert (outcome.due, outcome.done, outcome.is_met) == (72, 72, False)
    assert outcome.unmet == (("class 7", "2026-10"),)


def test_seventy_one_lessons_are_too_few() -> None:
    done = {cell: number for cell, number in LESSONS.items() if cell != ("class 3", "2026-09")}

    outcome = evaluate_quota(LESSONS, done, carries_over=True)

    assert (outcome.done, outcome.is_met, outcome.missing) == (71, False, (("class 3", "2026-09"),))


def test_a_semester_of_six_duties() -> None:
    due: dict[Cell, int] = dict(zip([(str(n), "s") for n in range(6)], [20, 20, 5, 5, 1, 100], strict=True))
    done = due | {("1", "s"): 19}

    outcome = evaluate_quota(due, done)

    assert (outcome.due, outcome.done, outcome.rate) == (151, 150, Fraction(150, 151))
    assert (outcome.cells_met, outcome.cells, outcome.is_met) == (5, 6, False)


def test_a_second_visit_elsewhere_does_not_compensate() -> None:
    due: dict[Cell, int] = {(f"site {n}", quarter): 1 for n in range(1, 6) for quarter in ("Q1", "Q2", "Q3", "Q4")}
    done = due | {("site 4", "Q3"): 0, ("site 2", "Q3"): 2}

    outcome = evaluate_quota(due, done)

    assert (outcome.done, outcome.counted, outcome.rate, outcome.is_met) == (20, 19, Fraction(95, 100), False)


def test_carrying_over_is_the_countys_decision() -> None:
    months = [f"2026-{month:02d}" for month in range(5, 13)]
    due: dict[Cell, int] = {("centre", month): 3 for month in months}
    done = dict(zip(due, [3, 3, 2, 4, 3, 3, 3, 3], strict=True))

    strict, lenient = evaluate_quota(due, done), evaluate_quota(due, done, carries_over=True)

    assert (strict.done, strict.due, strict.cells_met, strict.is_met) == (24, 24, 7, False)
    assert (lenient.cells_met, lenient.is_met, lenient.rate) == (8, True, Fraction(1))


def test_where_nothing_is_due_the_quota_does_not_apply() -> None:
    outcome = evaluate_quota({}, {("a", "b"): 3})

    assert (outcome.is_met, outcome.rate) == (None, None)


def test_reported_zero_is_unmet_but_not_missing() -> None:
    outcome = evaluate_quota({("a", 1): 1, ("b", 1): 1}, {("a", 1): 0})

    assert (outcome.unmet, outcome.missing) == ((("a", 1), ("b", 1)), (("b", 1),))
