"""Deadlines in the precision in which they were stated."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.domain.deadlines import deadline_from_mapping, deadline_to_mapping
from saas.domain.errors import FormatError


@pytest.mark.parametrize(
    ("written", "due_on", "text"),
    [
        ("2026-12-31", (2026, 12, 31), "2026年12月31日"),
        (date(2026, 12, 31), (2026, 12, 31), "2026年12月31日"),
        ("2026-03-T2", (2026, 3, 20), "2026年3月中旬"),
        ("2026-02", (2026, 2, 28), "2026年2月"),
        ("2026-Q3", (2026, 9, 30), "2026年第3季度"),
        ("2026", (2026, 12, 31), "2026年度"),
        ("09-30", (2026, 9, 30), "2026年9月30日"),
        ({"before": "2026-07-01"}, (2026, 6, 30), "2026年7月1日前"),
        ({"start": "2026-03-16", "days": 10}, (2026, 3, 25), "自2026年3月16日起10日内"),
        ({"start": "2026-02-28", "years": 2}, (2028, 2, 27), "自2026年2月28日起2年内"),
        ({"key": "2026-03-T2", "text": "3月中旬前"}, (2026, 3, 20), "3月中旬前"),
    ],
)
def test_a_deadline_has_a_last_day_and_its_own_words(written: Any, due_on: tuple[int, int, int], text: str) -> None:
    deadline = deadline_from_mapping(written, plan_year=2026)

    assert (deadline.due_on, deadline.text) == (date(*due_on), text)
    assert deadline_from_mapping(deadline_to_mapping(deadline)) == deadline


@pytest.mark.parametrize(
    "written", ["", "soon", "13-40", 7, {}, {"start": "2026-01-01", "days": 1, "years": 1}, "02-30"]
)
def test_what_is_no_deadline_is_refused(written: Any) -> None:
    with pytest.raises(FormatError):
        deadline_from_mapping(written, plan_year=2026)


def test_a_day_without_a_year_needs_the_plans_year() -> None:
    with pytest.raises(FormatError, match="没有年份"):
        deadline_from_mapping("09-30")
