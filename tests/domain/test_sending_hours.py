"""Messages go out by day, on the county's own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from saas.domain.errors import DomainError
from saas.domain.sending_hours import BY_DAY, SendingHours, check_hours

HERE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("clock", "pause"),
    [
        ((0, 0), timedelta(hours=8)),
        ((7, 59), timedelta(minutes=1)),
        ((8, 0), timedelta(0)),
        ((20, 59), timedelta(0)),
        ((21, 0), timedelta(hours=11)),
        ((23, 30), timedelta(hours=8, minutes=30)),
    ],
)
def test_what_is_said_at_night_waits_for_the_morning(clock: tuple[int, int], pause: timedelta) -> None:
    assert BY_DAY.pause(datetime(2026, 3, 10, *clock, tzinfo=HERE)) == pause


def test_the_morning_after_the_last_day_of_a_month_is_found() -> None:
    night = datetime(2026, 12, 31, 22, 0, tzinfo=HERE)

    assert night + SendingHours(time(9), time(18)).pause(night) == datetime(2027, 1, 1, 9, 0, tzinfo=HERE)


@pytest.mark.parametrize(("start", "end"), [(time(8), time(8)), (time(21), time(8)), (time(8), time(8, 59))])
def test_hours_are_at_least_one_of_the_same_day(start: time, end: time) -> None:
    with pytest.raises(DomainError) as refusal:
        check_hours(start, end)

    assert refusal.value.code == "bad_hours"
    assert check_hours(time(8), time(9)) == SendingHours(time(8), time(9))
