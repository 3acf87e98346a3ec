"""How far the filing is, on the first page: only what may be asked of units is counted as asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from saas.accounts.services import make_viewer
from saas.db import at_moment, local_today
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import take_away
from saas.home.filing import FilingProgress, filing_progress
from tests.factories_forms import make_collection, make_submission
from tests.submissions.conftest import Place, now, place

__all__ = ["now", "place"]  # fixtures


def progress(place: Place) -> dict[str, FilingProgress]:
    return {each.name: each for each in filing_progress(make_viewer(place.office), local_today())}


def test_a_form_that_is_not_approved_is_asked_of_nobody(place: Place) -> None:
    assert progress(place)["环境卫生自查"].asked == 3

    take_away(place.collection.form)

    assert progress(place) == {}


def test_what_came_before_the_approval_was_taken_away_is_still_counted(place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED)
    take_away(place.collection.form)

    found = progress(place)["环境卫生自查"]

    assert (found.asked, found.handed_in) == (1, 1)


def test_a_form_that_ran_out_before_the_last_day_in_time_is_asked_of_nobody(place: Place) -> None:
    place.collection.form.expires_on = date(2026, 3, 9)

    assert progress(place) == {}


def test_what_was_missing_when_the_form_ran_out_stays_counted(place: Place) -> None:
    place.collection.form.expires_on = date(2026, 3, 16)

    with at_moment(datetime(2026, 3, 18, 1, tzinfo=UTC)):
        found = progress(place)["环境卫生自查"]

    assert (found.asked, found.not_reported) == (3, 3)


def test_the_period_that_opened_last_is_shown_however_early_it_opens(place: Place) -> None:
    place.collection.is_active = False
    window = {"opens": {"from": "start", "days": -90}, "due": {"from": "end", "days": 0}, "due_inclusive": True}
    make_collection(cadence="year", window=window, name="来年计划")

    with at_moment(datetime(2026, 10, 3, 1, tzinfo=UTC)):
        assert progress(place)["来年计划"].period.start == date(2027, 1, 1)
        assert progress(place)["来年计划"].dates.opens_on == date(2027, 1, 1) - timedelta(days=90)
