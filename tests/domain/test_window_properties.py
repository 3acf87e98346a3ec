"""Whatever cadence, window and calendar: periods follow each other, and nothing that is due is overlooked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from saas.domain.compiling import MAX_DAYS, Compiling, compiling_due_on
from saas.domain.errors import DomainError
from saas.domain.periods import (
    Cadence,
    Days,
    OwnDays,
    Period,
    SchoolTerms,
    check_terms,
    period_from_key,
    period_of,
    periods_between,
)
from saas.domain.windows import (
    DayOfMonth,
    DaysFrom,
    Point,
    Window,
    WindowStatus,
    periods_due,
    window_for,
    window_from_mapping,
    window_status,
    window_to_mapping,
)
from saas.domain.working_days import (
    Shift,
    WorkCalendar,
    moved_to_working_day,
    national_calendar,
    working_day_after,
)

CHINA = timezone(timedelta(hours=8))
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))
OWN = st.builds(OwnDays, MONTH_DAYS, MONTH_DAYS)
TERMS = check_terms(
    (date(year, month, 1), date(year, month, 1) + timedelta(days=130)) for year in range(2013, 2039) for month in (2, 9)
)
EVENTLESS = [each for each in Cadence if each is not Cadence.EVENT]
POINTS: st.SearchStrategy[Point] = st.one_of(
    st.builds(DayOfMonth, st.integers(-12, 12), st.integers(1, 31)),
    st.builds(DaysFrom, st.integers(-366, 366), st.booleans(), st.booleans()),
)
WINDOWS = st.builds(
    Window,
    due=POINTS,
    is_due_inclusive=st.booleans(),
    opens=POINTS,
    due_time=st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    grace_days=st.none() | st.integers(0, 366),
    if_not_working=st.none() | st.sampled_from(Shift),
)
CALENDARS = st.sampled_from([national_calendar(), WorkCalendar()])


@st.composite
def cadences(draw: st.DrawFn) -> tuple[Cadence, Days | None]:
    """A cadence with the days that it needs."""
    cadence = draw(st.sampled_from(EVENTLESS))
    if cadence is Cadence.WINDOW:
        return cadence, draw(OWN)
    return cadence, TERMS if cadence is Cadence.TERM else None


def find_period(day: date, cadence: Cadence, own: Days | None) -> Period:
    try:
        return period_of(day, cadence, own)
    except DomainError:
        assume(False)
        raise


@given(DAYS, cadences())
def test_a_day_lies_in_its_period_and_its_key_names_it(day: date, how: tuple[Cadence, Days | None]) -> None:
    period = find_period(day, *how)

    assert period.start <= day <= period.end
    assert period_from_key(period.key) == period
    assert period.label


@given(DAYS, st.integers(0, 900), cadences())
def test_periods_come_in_order_without_overlap_and_every_day_of_theirs_finds_its_way_back(
    first: date, length: int, how: tuple[Cadence, Days | None]
) -> None:
    last = first + timedelta(days=length)

    periods = periods_between(first, last, *how)

    assert all(earlier.end < later.start for earlier, later in pairwise(periods))
    assert all(period.end >= first and period.start <= last for period in periods)
    for period in periods:
        assert period_of(period.start, *how) == period_of(period.end, *how) == period
    for offset in range(0, length + 1, 37):
        day = first + timedelta(days=offset)
        inside = [period for period in periods if period.start <= day <= period.end]
        assert len(inside) <= 1
        if how[0] not in {Cadence.WINDOW, Cadence.TERM}:
            assert len(inside) == 1


@given(DAYS, cadences())
def test_the_next_period_of_the_previous_is_the_period(day: date, how: tuple[Cadence, Days | None]) -> None:
    period = find_period(day, *how)
    assume(how[0] is not Cadence.TERM)
    # Of a window at the end of February its days do not tell whether it means the 28th or the last one.
    assume(
        how[0] is not Cadence.WINDOW or all((day.month, day.day // 28) != (2, 1) for day in (period.start, period.end))
    )

    assert period.previous().next() == period.next().previous() == period
    assert period.previous().end < period.start


@given(DAYS, cadences(), WINDOWS, CALENDARS)
def test_no_window_lies_further_from_its_period_than_it_says(
    day: date, how: tuple[Cadence, Days | None], window: Window, calendar: WorkCalendar
) -> None:
    period = find_period(day, *how)

    dates = window_for(period, window, calendar)

    for found in (dates.opens_on, dates.due_on):
        assert period.start - window.reach <= found <= period.end + window.reach


@settings(deadline=None)
@given(DAYS, st.integers(0, 40), cadences(), WINDOWS)
def test_nothing_that_is_due_is_overlooked(
    first: date, length: int, how: tuple[Cadence, Days | None], window: Window
) -> None:
    """However long a period is and wherever its last day in time lies: all periods of years around are tried."""
    last = first + timedelta(days=length)
    far = timedelta(days=1200)

    due = periods_due(how[0], window, first, last, how[1], national_calendar())

    around = periods_between(first - far, last + far, *how)
    assert list(due) == [
        each for each in around if first <= window_for(each, window, national_calendar()).due_on <= last
    ]


@given(DAYS, cadences(), WINDOWS, CALENDARS)
def test_exclusive_ends_a_day_before_inclusive_unless_that_day_is_moved(
    day: date, how: tuple[Cadence, Days | None], window: Window, calendar: WorkCalendar
) -> None:
    period = find_period(day, *how)
    written = Window(window.due, is_due_inclusive=True)

    inclusive = window_for(period, written, calendar).due_on
    exclusive = window_for(period, Window(window.due, is_due_inclusive=False), calendar).due_on

    assert exclusive == inclusive - timedelta(days=1)
    for shift in Shift:
        moved = window_for(period, Window(window.due, is_due_inclusive=True, if_not_working=shift), calendar)
        assert calendar.is_working_day(moved.due_on)
        assert moved.due_on >= inclusive if shift is Shift.NEXT else moved.due_on <= inclusive


@given(DAYS, cadences(), WINDOWS, st.datetimes(datetime(2014, 1, 1), datetime(2037, 12, 31)))
def test_a_moment_is_before_in_late_or_over_and_time_goes_one_way(
    day: date, how: tuple[Cadence, Days | None], window: Window, moment: datetime
) -> None:
    dates = window_for(find_period(day, *how), window)
    assume(dates.opens_on <= dates.due_on)
    order = list(WindowStatus)

    now = window_status(dates, moment.replace(tzinfo=UTC), CHINA)
    later = window_status(dates, moment.replace(tzinfo=UTC) + timedelta(hours=7), CHINA)

    assert order.index(now) <= order.index(later)
    here = moment.replace(tzinfo=UTC).astimezone(CHINA)
    if now is WindowStatus.OPEN:
        assert dates.opens_on <= here.date() <= dates.due_on
    if now is WindowStatus.CLOSED:
        assert dates.closes_on is not None
        assert here.date() >= dates.due_on
    if window.grace_days is None:
        assert later is not WindowStatus.CLOSED


@given(WINDOWS)
def test_a_window_is_read_back_as_it_was_written(window: Window) -> None:
    assert window_from_mapping(window_to_mapping(window)) == window


@given(DAYS, st.integers(-200, 200), CALENDARS)
def test_counting_working_days_there_and_back_and_one_by_one(day: date, count: int, calendar: WorkCalendar) -> None:
    reached = working_day_after(day, count, calendar)

    assert calendar.is_working_day(reached)
    if count:
        step = 1 if count > 0 else -1
        assert (
            reached == working_day_after(working_day_after(day, count - step, calendar), step, calendar)
            or count == step
        )
        between = (day + timedelta(days=offset * step) for offset in range(1, abs((reached - day).days) + 1))
        assert sum(map(calendar.is_working_day, between)) == abs(count)
    else:
        assert reached == moved_to_working_day(day, Shift.NEXT, calendar)


@given(DAYS, st.integers(0, MAX_DAYS), st.booleans(), CALENDARS)
def test_a_compiler_has_the_days_that_were_promised(
    due_on: date, days: int, is_working: bool, calendar: WorkCalendar
) -> None:
    found = compiling_due_on(due_on, Compiling(by="superior", days=days, is_working_days=is_working), calendar)

    assert found >= due_on
    if not is_working:
        assert found == due_on + timedelta(days=days)
    elif days:
        after = (due_on + timedelta(days=offset) for offset in range(1, (found - due_on).days + 1))
        assert sum(map(calendar.is_working_day, after)) == days


def test_terms_stay_in_order_however_they_are_given() -> None:
    assert check_terms(reversed(TERMS.terms)) == TERMS
    assert isinstance(TERMS, SchoolTerms)
