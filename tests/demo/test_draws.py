"""Figures that look like chance: the same for the same words, within their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from saas.demo import moments
from saas.demo.draws import Draw, spread_loss
from saas.demo.telling import tell
from saas.domain.periods import Cadence

FULL = {"roads": Decimal(8), "waters": Decimal(8), "bins": Decimal(4)}


def test_the_same_words_draw_the_same_figures() -> None:
    first, again, other = Draw(7, "V0101"), Draw(7, "V0101"), Draw(7, "V0102")

    row = [first.between(1, 1000) for _ in range(5)]

    assert row == [again.between(1, 1000) for _ in range(5)]
    assert row != [other.between(1, 1000) for _ in range(5)]


def test_a_draw_reaches_both_bounds_and_nothing_beyond() -> None:
    draw = Draw("bounds")

    assert {draw.between(3, 5) for _ in range(200)} == {3, 4, 5}


@pytest.mark.parametrize(("lost", "total"), [("0", "20"), ("3.5", "16.5"), ("3.3", "17"), ("15", "10")])
def test_points_are_lost_in_halves_and_no_item_falls_below_half(lost: str, total: str) -> None:
    scores = spread_loss(FULL, Decimal(lost), Draw("loss"))

    assert sum(scores.values()) == Decimal(total)
    assert all(FULL[code] / 2 <= score <= FULL[code] for code, score in scores.items())


def test_steps_are_taken_in_the_order_of_time_and_the_future_does_not_happen() -> None:
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    taken: list[str] = []

    def tale(name: str, *hours: int) -> Iterator[datetime]:
        for hour in hours:
            yield noon + timedelta(hours=hour)
            taken.append(f"{name}{hour}")

    steps = tell([tale("a", -3, -1, 5), tale("b", -2, 1), tale("c")], noon)

    assert taken == ["a-3", "b-2", "a-1"]
    assert steps == 3


@pytest.mark.parametrize(
    ("today", "cadence", "back", "start"),
    [
        (date(2026, 11, 22), Cadence.MONTH, -3, date(2026, 8, 1)),
        (date(2026, 1, 31), Cadence.MONTH, -1, date(2025, 12, 1)),
        (date(2026, 2, 1), Cadence.QUARTER, -1, date(2025, 10, 1)),
        (date(2026, 1, 1), Cadence.YEAR, -1, date(2025, 1, 1)),
        (date(2026, 1, 1), Cadence.MONTH, 0, date(2026, 1, 1)),
    ],
)
def test_past_periods_are_counted_from_today(today: date, cadence: Cadence, back: int, start: date) -> None:
    assert moments.past_period(today, cadence, back).start == start


def test_people_work_by_day() -> None:
    draw, at = Draw("hours"), datetime(2026, 3, 5, 16, 50, tzinfo=UTC)

    later = [moments.soon_after(at, draw, hours=(1, 40)) for _ in range(100)]

    assert all(moments.FIRST_HOUR <= moment.hour <= moments.LAST_HOUR for moment in later)
    assert all(moment > at for moment in later)
