"""Periods: which one a day belongs to, what it is called, and which one is next."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, OwnDays, Period, check_terms, period_from_key, period_of, periods_between

REPEATING = [cadence for cadence in Cadence if cadence not in {Cadence.WINDOW, Cadence.TERM, Cadence.EVENT}]
NOVEMBER_TO_SEPTEMBER = OwnDays((11, 1), (9, 30))


@pytest.mark.parametrize(
    ("cadence", "start", "end", "label", "key"),
    [
        (Cadence.DAY, (2026, 3, 5), (2026, 3, 5), "2026年3月5日", "2026-03-05"),
        (Cadence.WEEK, (2026, 3, 2), (2026, 3, 8), "2026年第10周（3月2日—3月8日）", "2026-W10"),
        (Cadence.TEN_DAYS, (2026, 3, 1), (2026, 3, 10), "2026年3月上旬", "2026-03-T1"),
        (Cadence.HALF_MONTH, (2026, 3, 1), (2026, 3, 15), "2026年3月上半月", "2026-03-H1"),
        (Cadence.MONTH, (2026, 3, 1), (2026, 3, 31), "2026年3月", "2026-03"),
        (Cadence.QUARTER, (2026, 1, 1), (2026, 3, 31), "2026年第1季度", "2026-Q1"),
        (Cadence.HALF_YEAR, (2026, 1, 1), (2026, 6, 30), "2026年上半年", "2026-HY1"),
        (Cadence.YEAR, (2026, 1, 1), (2026, 12, 31), "2026年度", "2026"),
        (Cadence.EVENT, (2026, 3, 5), (2026, 3, 5), "2026年3月5日（按次）", "event/2026-03-05"),
    ],
)
def test_the_period_of_the_fifth_of_march(
    cadence: Cadence, start: tuple[int, int, int], end: tuple[int, int, int], label: str, key: str
) -> None:
    period = period_of(date(2026, 3, 5), cadence)

    assert (period.start, period.end, period.label, period.key) == (date(*start), date(*end), label, key)


@pytest.mark.parametrize(
    ("cadence", "key", "label"),
    [
        (Cadence.TEN_DAYS, "2026-01-T3", "2026年1月下旬"),
        (Cadence.HALF_MONTH, "2026-01-H2", "2026年1月下半月"),
        (Cadence.QUARTER, "2026-Q1", "2026年第1季度"),
        (Cadence.WEEK, "2026-W05", "2026年第5周（1月26日—2月1日）"),
    ],
)
def test_the_period_of_the_last_of_january(cadence: Cadence, key: str, label: str) -> None:
    period = period_of(date(2026, 1, 31), cadence)

    assert (period.key, period.label) == (key, label)


def test_ten_day_periods_of_february_end_with_the_month() -> None:
    periods = periods_between(date(2026, 2, 1), date(2026, 2, 28), Cadence.TEN_DAYS)

    assert [(period.start.day, period.end.day) for period in periods] == [(1, 10), (11, 20), (21, 28)]


def test_a_week_at_the_new_year_has_the_number_of_its_thursday() -> None:
    assert period_of(date(2027, 1, 1), Cadence.WEEK).label == "2026年第53周（12月28日—1月3日）"


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(REPEATING))
def test_periods_cover_the_calendar_without_gap_or_overlap(day: date, cadence: Cadence) -> None:
    period = period_of(day, cadence)

    assert period.start <= day <= period.end
    assert (period.next().start - period.end).days == 1
    assert period.next().previous() == period
    assert period_from_key(period.key) == period


def test_periods_between_take_in_those_that_only_touch() -> None:
    periods = periods_between(date(2026, 3, 31), date(2026, 5, 1), Cadence.MONTH)

    assert [period.key for period in periods] == ["2026-03", "2026-04", "2026-05"]
    assert periods_between(date(2026, 5, 1), date(2026, 3, 31), Cadence.MONTH) == ()
    assert periods_between(date(2026, 3, 31), date(2026, 5, 1), Cadence.EVENT) == ()


def test_an_own_window_may_cross_the_new_year() -> None:
    period = period_of(date(2026, 1, 15), Cadence.WINDOW, NOVEMBER_TO_SEPTEMBER)

    assert (period.label, period.key) == ("2025年11月—2026年9月", "2025-11-01/2026-09-30")
    assert period_of(date(2025, 11, 1), Cadence.WINDOW, NOVEMBER_TO_SEPTEMBER) == period
    assert period.next().start == date(2026, 11, 1)
    assert period_from_key(period.key) == period


def test_a_day_in_the_gap_belongs_to_no_period() -> None:
    with pytest.raises(DomainError) as refusal:
        period_of(date(2026, 10, 5), Cadence.WINDOW, NOVEMBER_TO_SEPTEMBER)

    assert refusal.value.code == "no_period"


def test_own_windows_between_two_days() -> None:
    periods = periods_between(date(2025, 10, 1), date(2026, 11, 1), Cadence.WINDOW, NOVEMBER_TO_SEPTEMBER)

    assert [period.start.year for period in periods] == [2025, 2026]


def test_an_own_window_to_the_end_of_february_ends_there_in_leap_years_too() -> None:
    period = Period(date(2026, 1, 1), date(2026, 2, 28), Cadence.WINDOW)

    assert period.next().next().end == date(2028, 2, 29)


def test_an_event_has_no_next() -> None:
    with pytest.raises(DomainError):
        period_of(date(2026, 3, 5), Cadence.EVENT).next()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "2026-13",
        "2026-3",
        "2026-W54",
        "2026-Q5",
        "2026-02-30",
        "20260305",
        "2026-03-T4",
        "0000",
        "0001",
        "9999-12",
        "2026-03\n",
    ],
)
def test_what_names_no_period_is_refused(key: str) -> None:
    with pytest.raises(DomainError) as refusal:
        period_from_key(key)

    assert refusal.value.code == "bad_period"


# --- school terms and events --------------------------------------------------------------------------------------

TERMS = check_terms(
    [
        (date(2027, 2, 22), date(2027, 7, 2)),
        (date(2026, 9, 1), date(2027, 1, 29)),
        (date(2026, 2, 24), date(2026, 7, 3)),
    ]
)


@pytest.mark.parametrize(
    ("day", "label", "key"),
    [
        (date(2026, 2, 24), "2025—2026学年第二学期", "term/2026-02-24/2026-07-03"),
        (date(2026, 9, 1), "2026—2027学年第一学期", "term/2026-09-01/2027-01-29"),
        (date(2027, 1, 29), "2026—2027学年第一学期", "term/2026-09-01/2027-01-29"),
        (date(2027, 3, 1), "2026—2027学年第二学期", "term/2027-02-22/2027-07-02"),
    ],
)
def test_a_day_of_school_belongs_to_its_term(day: date, label: str, key: str) -> None:
    period = period_of(day, Cadence.TERM, TERMS)

    assert (period.label, period.key) == (label, key)
    assert period_from_key(key) == period


@pytest.mark.parametrize("day", [date(2026, 7, 4), date(2026, 8, 31), date(2027, 1, 30), date(2030, 3, 1)])
def test_holidays_belong_to_no_term(day: date) -> None:
    with pytest.raises(DomainError) as refusal:
        period_of(day, Cadence.TERM, TERMS)

    assert refusal.value.code == "no_period"
    assert periods_between(day, day, Cadence.TERM, TERMS) == ()


def test_the_terms_of_a_year_come_in_order() -> None:
    found = periods_between(date(2026, 3, 1), date(2027, 2, 22), Cadence.TERM, TERMS)

    assert [period.start for period in found] == [date(2026, 2, 24), date(2026, 9, 1), date(2027, 2, 22)]


def test_terms_do_not_overlap_and_do_not_end_before_they_begin() -> None:
    for terms in (
        [(date(2026, 9, 1), date(2027, 1, 29)), (date(2027, 1, 29), date(2027, 7, 1))],
        [(date(2026, 9, 1), date(2026, 8, 1))],
        [(date(2026, 9, 1), date(2028, 1, 29))],
    ):
        with pytest.raises(DomainError) as refusal:
            check_terms(terms)
        assert refusal.value.code == "bad_terms"


def test_terms_and_own_windows_need_their_days() -> None:
    for cadence, days in ((Cadence.TERM, None), (Cadence.WINDOW, TERMS), (Cadence.TERM, OwnDays((11, 1), (9, 30)))):
        with pytest.raises(DomainError):
            periods_between(date(2026, 3, 1), date(2026, 3, 2), cadence, days)


def test_an_event_is_called_by_its_title_and_stays_the_same_period() -> None:
    begun = Period(date(2026, 7, 2), date(2026, 7, 2), Cadence.EVENT, "防汛排查")

    assert begun.label == "防汛排查（2026年7月2日）"
    assert begun == period_of(date(2026, 7, 2), Cadence.EVENT)
