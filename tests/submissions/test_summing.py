"""Figures that were reported once are added up for longer periods: days to a month, months to a year."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.forms.queries import find_published_version
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.test_prefilling import collect, filling, first, path_of, question

SIGNED = SubmissionStatus.SIGNED_OFF
DAILY = {"due": {"from": "end", "days": 0}, "due_inclusive": True}


@pytest.fixture
def daily(place: Place) -> Collection:
    """Cases of each day, on a form called `cases`."""
    form = make_form(name="每日排查")
    form.code = "cases"
    made = {"type": "integer", "name": "found", "label": "发现", "measure": "件"}
    return make_collection(make_version(form, made), cadence="day", window=DAILY, name="每日排查")


def report(collection: Collection, place: Place, day: date, found: object = 1, **columns: Any) -> None:
    answers = {} if found is None else {"found": found}
    make_submission(collection, place.village, period_start=day, **{"status": SIGNED, "answers": answers, **columns})


def summed(prefill: str = "form:cases.sum(found)", **keys: Any) -> Collection:
    return collect(question(prefill, **{"measure": "件", **keys}))


def test_days_come_to_a_month(clerk: Browser, place: Place, daily: Collection) -> None:
    for day, found in ((1, 2), (2, 0), (9, 3), (31, 4)):
        report(daily, place, date(2026, 3, day), found)
    report(daily, place, date(2026, 2, 28), 100)
    report(daily, place, date(2026, 4, 1), 100)
    monthly = summed()

    assert first(place, monthly) == ["9"]
    page = clerk.get(path_of(place, monthly)).text
    assert "来自：2026年3月内 4 份填报合计" in page


def test_how_many_came_is_counted_and_none_is_nought(place: Place, daily: Collection) -> None:
    assert first(place, summed("form:cases.count()")) == ["0"]
    for day in (3, 4, 5):
        report(daily, place, date(2026, 3, day), 0)
    assert first(place, summed("form:cases.count()")) == ["3"]


def test_a_week_belongs_to_the_month_of_its_sunday(place: Place, daily: Collection) -> None:
    daily.cadence = "week"
    report(daily, place, date(2026, 2, 23), 5)  # to 1 March
    report(daily, place, date(2026, 3, 30), 7)  # to 5 April

    assert first(place, summed()) == ["5"]


def test_a_longer_period_does_not_belong_to_a_shorter_one(place: Place, daily: Collection) -> None:
    daily.cadence = "quarter"
    report(daily, place, date(2026, 1, 1), 50)  # its last day is the month's

    monthly = summed()

    assert first(place, monthly) == [""]
    assert filling(place, monthly).sources.offer("n").problem == "没有可以合计的数"


def test_what_was_not_handed_in_or_did_not_apply_is_not_added(place: Place, daily: Collection) -> None:
    report(daily, place, date(2026, 3, 1), 1)
    report(daily, place, date(2026, 3, 2), 20, status=SubmissionStatus.DRAFT)
    report(daily, place, date(2026, 3, 3), 300, status=SubmissionStatus.RETURNED)
    report(daily, place, date(2026, 3, 4), None)
    report(daily, place, date(2026, 3, 5), None, is_not_applicable=True, not_applicable_reason="放假")

    assert first(place, summed()) == ["1"]
    assert first(place, summed("form:cases.count()")) == ["2"]


def test_of_a_correction_on_its_way_what_was_signed_is_added(place: Place, daily: Collection) -> None:
    report(daily, place, date(2026, 3, 1), 1)
    report(daily, place, date(2026, 3, 1), 9, status=SubmissionStatus.SUBMITTED, revision=2)

    assert first(place, summed()) == ["1"]


def test_several_collections_of_one_form_are_not_counted_twice(place: Place, daily: Collection) -> None:
    report(daily, place, date(2026, 3, 1), 1)
    weekly = make_collection(find_published_version(daily.form_id), cadence="week", window=DAILY)
    report(weekly, place, date(2026, 3, 2), 6)
    monthly = summed()

    assert first(place, monthly) == [""]
    assert "合计会重复" in filling(place, monthly).sources.offer("n").problem


def test_the_days_of_a_sensitive_period_repeat_what_is_reported_anyway(place: Place, daily: Collection) -> None:
    weekly = make_collection(find_published_version(daily.form_id), cadence="week", window=DAILY)
    daily.extends_id, daily.ends_on = weekly.id, date(2026, 3, 11)
    db.session.flush()
    report(daily, place, date(2026, 3, 3), 1)
    report(weekly, place, date(2026, 3, 2), 6)

    assert first(place, summed()) == ["6"]


def test_figures_in_another_measure_are_not_added(place: Place, daily: Collection) -> None:
    report(daily, place, date(2026, 3, 1), 1)

    assert first(place, summed(measure="人")) == [""]


def test_a_period_says_its_own_days(place: Place) -> None:
    collection = collect(
        {"type": "date", "name": "n", "label": "自", "prefill": "period:start"},
        {"type": "hidden", "name": "until", "label": "至", "prefill": "period:end"},
        {"type": "text", "name": "called", "label": "期", "prefill": "period:label"},
    )

    raw = filling(place, collection).stored_raw()

    assert (raw["n"], raw["until"], raw["called"]) == (["2026-03-01"], ["2026-03-31"], ["2026年3月"])


def test_a_grid_of_units_adds_up_with_the_statements_of_one(clerk: Browser, place: Place, daily: Collection) -> None:
    for unit in (place.village, place.neighbour):
        for day in range(1, 10):
            make_submission(daily, unit, period_start=date(2026, 3, day), status=SIGNED, answers={"found": day})
    monthly = summed()
    monthly.filled_by = {"superior": "township"}
    clerk.sign_in(place.officer)
    path = f"/submissions/grid/{monthly.id}/2026-03-01"
    assert clerk.get(path).text.count('value="45"') == 2

    of_two = count_statements(lambda: clerk.get(path))
    monthly.cohort = {"units": [place.village.code]}
    db.session.flush()
    of_one = count_statements(lambda: clerk.get(path))

    assert of_two == of_one
