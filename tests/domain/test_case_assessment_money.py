"""Worked cases of money and windows: rewards by danger level, staged deadlines, the filing window."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from saas.domain.amounts import Standing
from saas.domain.assessment_windows import assessed_period, filing_window
from saas.domain.periods import Cadence, period_of
from saas.domain.scheme_settings import RankedBy, RecheckWindow, SelfScoreDue, Settings
from saas.domain.settlement import Payment, share_of, underpaid
from saas.domain.settlement_deadlines import (
    DatedObject,
    DeadlineOutcome,
    DeadlinePolicy,
    built_by,
    built_in_time,
    settle_deadlines,
)
from saas.domain.windows import WindowStatus, may_recheck, window_for, window_status
from tests.domain.assessment_cases import make_fact, make_scheme, make_unit, score_one

PATIENTS = {"5": 1, "4": 2, "3": 4, "2": 10, "1": 20, "0": 63}


@pytest.mark.parametrize(("level_three", "total"), [("3000", 67_500), ("500", 57_500)])
def test_the_reward_depends_on_the_band_that_holds_level_three(level_three: str, total: int) -> None:
    rates = {"5": "3000", "4": "3000", "3": level_three, "2": "500", "1": "500", "0": "500"}
    scheme = make_scheme(
        {"code": "R", "kind": "tariff", "currency": "yuan", "class_attribute": "level", "rates": rates},
        ranked_by="none",
    )
    facts = [make_fact("R", count, attributes={"level": level}) for level, count in PATIENTS.items()]

    result = score_one(scheme, make_unit(*facts))

    assert result.money.payable.value == total
    assert result.points.standing is Standing.NOT_APPLICABLE


def test_a_band_nobody_fixed_leaves_the_sum_open_with_the_rest_known() -> None:
    rates = {"5": "3000", "4": "3000", "3": "未定", "2": "500", "1": "500", "0": "500"}
    scheme = make_scheme(
        {"code": "R", "kind": "tariff", "currency": "yuan", "class_attribute": "level", "rates": rates},
        ranked_by="none",
    )
    facts = [make_fact("R", count, attributes={"level": level}) for level, count in PATIENTS.items()]

    payable = score_one(scheme, make_unit(*facts)).money.payable

    assert payable.standing is Standing.UNDETERMINED
    assert payable.value == 55_500


def test_a_payment_below_the_floor_of_its_level_is_found() -> None:
    rates: dict[str, Decimal | None] = {"4": Decimal(3000), "2": Decimal(500), "x": None}
    payments = [
        Payment("甲", "4", Decimal(2900)),
        Payment("乙", "4", Decimal(3000)),
        Payment("丙", "2", Decimal(600)),
        Payment("丁", "x", Decimal(1)),
    ]

    assert underpaid(rates, payments) == ((payments[0], Decimal(100)),)


JUNE, SEPTEMBER, DECEMBER = date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31)
OBJECTS = [
    DatedObject("A", JUNE, date(2025, 6, 20), date(2025, 6, 28)),
    DatedObject("B", SEPTEMBER, date(2025, 9, 29), date(2025, 9, 30)),
    DatedObject("C", SEPTEMBER, date(2025, 9, 30), date(2025, 10, 8)),
    DatedObject("D", SEPTEMBER, date(2025, 10, 1)),
    DatedObject("E", SEPTEMBER, date(2025, 12, 31)),
    DatedObject("F", DECEMBER, date(2025, 12, 10), date(2025, 12, 20)),
    DatedObject("G", DECEMBER, date(2025, 12, 31), date(2025, 12, 31)),
    DatedObject("H", DECEMBER, date(2025, 12, 31)),
    DatedObject("I", DECEMBER),
]
NEW_YEAR = date(2026, 1, 1)
FIXED = DeadlinePolicy(reward_yuan=Decimal(10_000), penalty_points=Decimal(2))


def test_each_object_is_judged_by_its_own_deadline() -> None:
    settlement = settle_deadlines(OBJECTS, FIXED, NEW_YEAR)

    assert settlement.codes(DeadlineOutcome.REWARD) == ("A", "B", "F", "G")
    assert settlement.codes(DeadlineOutcome.NEITHER) == ("C", "H")
    assert settlement.codes(DeadlineOutcome.PENALTY) == ("D", "E", "I")
    assert [entry.late_days for entry in settlement.consequences] == [0, 0, 0, 1, 92, 0, 0, 0, 1]
    assert settlement.reward.value == 40_000
    assert settlement.penalty.value == -6


def test_without_fixed_sums_the_consequences_stay_open() -> None:
    settlement = settle_deadlines(OBJECTS, DeadlinePolicy(None, None), NEW_YEAR)

    assert settlement.reward.standing is Standing.UNDETERMINED
    assert settlement.reward.value is None
    assert settlement.reward.reasons == ("奖励标准待定",)
    assert settlement.penalty.reasons == ("扣分标准待定",)


def test_the_lenient_reading_rewards_acceptance_after_the_deadline() -> None:
    lenient = DeadlinePolicy(Decimal(10_000), Decimal(2), acceptance_by_deadline=False)

    assert settle_deadlines(OBJECTS, lenient, NEW_YEAR).codes(DeadlineOutcome.REWARD) == ("A", "B", "C", "F", "G")


def test_what_is_not_due_yet_has_no_consequence() -> None:
    settlement = settle_deadlines(OBJECTS, FIXED, date(2025, 10, 1))

    assert settlement.codes(DeadlineOutcome.PENDING) == ("F", "G", "H", "I")
    assert settlement.codes(DeadlineOutcome.PENALTY) == ("D", "E")


def test_progress_counts_what_was_built_and_what_was_built_in_time() -> None:
    second_batch = [entry for entry in OBJECTS if entry.due_on == SEPTEMBER]

    assert share_of(built_by(second_batch, SEPTEMBER), 4) == 50
    assert built_by(OBJECTS, DECEMBER) == 8
    assert built_in_time(OBJECTS) == 6
    assert share_of(0, 0) is None


def settings(*, inclusive: bool = False, from_day: int = 1) -> Settings:
    return Settings(
        ranked_by=RankedBy.NONE,
        period_from_day=from_day,
        self_score_due=SelfScoreDue(16, inclusive),
        recheck_window=RecheckWindow(16, 19),
    )


@pytest.mark.parametrize(
    ("moment", "inclusive", "status", "recheck_is_open"),
    [
        (datetime(2025, 9, 15, 23, 50, tzinfo=UTC), False, WindowStatus.OPEN, False),
        (datetime(2025, 9, 16, 9, 0, tzinfo=UTC), False, WindowStatus.LATE, True),
        (datetime(2025, 9, 16, 9, 0, tzinfo=UTC), True, WindowStatus.OPEN, True),
        (datetime(2025, 9, 20, 9, 0, tzinfo=UTC), True, WindowStatus.LATE, False),
    ],
)
def test_before_the_sixteenth_is_read_as_the_county_decided(
    moment: datetime, inclusive: bool, status: WindowStatus, recheck_is_open: bool
) -> None:
    window = filing_window(settings(inclusive=inclusive))
    assert window is not None
    dates = window_for(period_of(date(2025, 9, 1), Cadence.MONTH), window)

    assert window_status(dates, moment, UTC) is status
    assert may_recheck(dates, moment, UTC) is recheck_is_open
    assert dates.recheck_days == 4


def test_a_self_score_that_never_came_does_not_stop_the_re_check_and_is_not_zero() -> None:
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, scores_from="recheck_replaces")

    result = score_one(scheme, make_unit(recheck_scores={"Q": 88}))

    assert result.points.value == 88
    assert result.self_points is not None
    assert result.self_points.standing is Standing.MISSING
    assert result.self_points.value is None


def test_a_month_cut_on_the_sixteenth_runs_into_the_month_it_is_named_after() -> None:
    assert assessed_period(settings(), 2025, 9).ends_on == date(2025, 9, 30)

    cut = assessed_period(settings(from_day=16), 2025, 1)

    assert (cut.starts_on, cut.ends_on) == (date(2024, 12, 16), date(2025, 1, 15))
