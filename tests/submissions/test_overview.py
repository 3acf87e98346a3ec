"""Who filled and who did not, and what must be filled now."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest

from saas.access.permissions import Role
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.db import at_moment, local_today, utc_now
from saas.domain.filing import FilingState
from saas.domain.periods import Cadence, period_of
from saas.domain.workflow import SubmissionStatus
from saas.submissions.due import due_submissions
from saas.submissions.queries import self_scores
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_collection, make_submission
from tests.statements import count_statements
from tests.submissions.conftest import Place

MARCH = period_of(date(2026, 3, 1), Cadence.MONTH)


def viewer_of(place: Place) -> Viewer:
    return make_viewer(place.clerk)


# --- who filled -----------------------------------------------------------------------------------------------------


def file_everything(place: Place) -> None:
    make_submission(
        place.collection, place.village, status=SubmissionStatus.SUBMITTED, answers={"patrols": 0}, is_late=True
    )
    make_submission(place.collection, place.neighbour, status=SubmissionStatus.RETURNED)


def test_the_page_of_a_period_counts_each_kind_apart(office: Browser, place: Place) -> None:
    file_everything(place)
    make_submission(
        place.collection,
        make_unit("搬迁村", parent=place.other_town),
        status=SubmissionStatus.SIGNED_OFF,
        is_not_applicable=True,
        not_applicable_reason="整体搬迁",
    )

    with at_moment(datetime(2026, 3, 18, 1, tzinfo=UTC)):
        office.sign_in(place.office)
        page = office.get(f"/collections/{place.collection.id}?period=2026-03-01").text
        late = office.get(f"/collections/{place.collection.id}?period=2026-03-01&mark=not_reported").text

    for line in ("应报", "迟报", "零报告", "不适用", "已退回", "逾期未报"):
        assert line in page
    assert "白沙村" in late
    assert "柳塘村" not in late


def test_a_town_officer_sees_the_own_town_only(browser: Browser, place: Place) -> None:
    file_everything(place)
    browser.sign_in(place.officer)

    page = browser.get(f"/collections/{place.collection.id}?period=2026-03-01").text

    assert "柳塘村" in page
    assert "白沙村" not in page


def test_a_unit_without_the_attribute_is_listed_as_unknown(office: Browser, place: Place) -> None:
    shown = make_collection(
        cohort={"unit_types": ["village"], "where": [{"attribute": "on_county_road", "equals": True}]}
    )
    place.village.attributes = {"on_county_road": True}
    place.neighbour.attributes = {"on_county_road": False}

    page = office.get(f"/collections/{shown.id}?period=2026-03-01").text

    assert "信息不全" in page
    assert "白沙村" in page


@pytest.mark.parametrize("period", ["2026-03-02", "x", "1999-01-01"])
def test_a_day_that_begins_no_period_is_not_found(office: Browser, place: Place, period: str) -> None:
    assert office.get(f"/collections/{place.collection.id}?period={period}").status_code == 404


def test_lists_take_the_same_number_of_statements_however_long(office: Browser, place: Place) -> None:
    file_everything(place)
    pages = ("/submissions", f"/collections/{place.collection.id}?period=2026-03-01", "/collections")
    office.get("/submissions")  # the first request also notes that the session is in use
    few = [count_statements(partial(office.get, page)) for page in pages]
    for _ in range(6):
        village = make_unit(parent=place.other_town)
        make_submission(place.collection, village, status=SubmissionStatus.SUBMITTED)
        make_collection()

    many = [count_statements(partial(office.get, page)) for page in pages]

    assert many == few
    assert max(many) <= 9


def test_the_list_is_filtered_by_town_status_and_month(office: Browser, place: Place) -> None:
    file_everything(place)
    make_submission(place.collection, place.far_village, period_start=date(2026, 2, 1))

    assert "白沙村" in office.get(f"/submissions?town={place.other_town.id}").text
    assert "柳塘村" not in office.get(f"/submissions?town={place.other_town.id}").text
    assert "石桥村" in office.get("/submissions?status=returned").text
    assert "柳塘村" not in office.get("/submissions?status=returned").text
    assert "白沙村" in office.get("/submissions?month=2026-02").text
    assert "柳塘村" not in office.get("/submissions?month=2026-02").text
    for nonsense in ("town=x", "status=x", "month=x", "page=x", "page=999999999999", "collection=1"):
        assert office.get(f"/submissions?{nonsense}").status_code == 200


def test_the_list_has_pages(office: Browser, place: Place) -> None:
    for month in range(1, 13):
        for unit in (place.village, place.neighbour, place.far_village, place.town, place.other_town):
            make_submission(place.collection, unit, period_start=date(2025, month, 1))

    page = office.get("/submissions?page=2").text

    assert "共 60 条，第 2 / 2 页" in page


# --- what must be filled --------------------------------------------------------------------------------------------


def states(place: Place) -> list[tuple[str, FilingState, date]]:
    return [(item.title, item.state, item.due_on) for item in due_submissions(viewer_of(place))]


def test_what_is_due_today_comes_first_then_late_then_returned(place: Place) -> None:
    daily = make_collection(
        cadence="day", window={"due": {"from": "end", "days": 0}, "due_inclusive": True}, name="日报"
    )
    late = make_collection(
        window={"due": {"month": 1, "day": 5}, "due_inclusive": True, "grace_days": "unlimited"},
        starts_on=date(2026, 2, 1),
        name="台账",
    )
    make_submission(place.collection, place.village, period_start=date(2026, 2, 1), status=SubmissionStatus.RETURNED)
    make_submission(late, place.village, period_start=date(2026, 3, 1), status=SubmissionStatus.SUBMITTED)

    assert states(place) == [
        ("2026年3月10日日报", FilingState.OPEN, date(2026, 3, 10)),
        ("2026年2月台账", FilingState.OVERDUE, date(2026, 3, 5)),
        ("2026年2月环境卫生自查", FilingState.RETURNED, date(2026, 2, 15)),
        ("2026年3月环境卫生自查", FilingState.OPEN, date(2026, 3, 15)),
    ]
    assert daily.is_active


def test_case_4_what_closed_without_a_report_is_missing_not_to_do(browser: Browser, place: Place) -> None:
    with at_moment(datetime(2026, 3, 22, 1, tzinfo=UTC)):
        browser.sign_in(place.clerk)
        page = browser.get("/submissions").text

        assert states(place) == []
    assert "近期未报且已截止" in page


def test_what_must_be_filled_takes_two_statements(place: Place) -> None:
    viewer = viewer_of(place)
    for _ in range(4):
        make_submission(make_collection(), place.village)

    assert count_statements(lambda: due_submissions(viewer, local_today())) == 2


def test_nobody_without_a_unit_to_fill_for_has_anything_to_fill(place: Place) -> None:
    assert due_submissions(make_viewer(place.office)) == []


@pytest.mark.parametrize(
    ("cadence", "due", "on", "is_listed"),
    [
        ("year", {"month": 1, "day": 20}, datetime(2026, 12, 30, 1, tzinfo=UTC), True),
        ("half_year", {"month": 1, "day": 15}, datetime(2026, 1, 10, 1, tzinfo=UTC), True),
        ("quarter", {"month": 1, "day": 10}, datetime(2026, 4, 9, 1, tzinfo=UTC), True),
        ("month", {"month": 1, "day": 10}, datetime(2026, 8, 30, 1, tzinfo=UTC), False),
    ],
)
def test_what_comes_seldom_is_to_be_done_until_the_next_one_is(
    place: Place, cadence: str, due: dict[str, int], on: datetime, is_listed: bool
) -> None:
    """A yearly report that is months late may still be handed in, and is still the village's to do."""
    place.collection.is_active = False
    window = {"due": due, "due_inclusive": True, "grace_days": "unlimited"}
    make_collection(cadence=cadence, window=window, name="长周期", starts_on=date(2024, 1, 1))

    with at_moment(on):
        overdue = [item for item in due_submissions(viewer_of(place), local_today()) if item.is_overdue]
        first = min((item.period.start for item in overdue), default=None)

    oldest = {"year": date(2025, 1, 1), "half_year": date(2025, 1, 1), "quarter": date(2025, 10, 1)}
    if is_listed:
        assert first == oldest[cadence]
    else:
        assert first is not None
        assert first > date(2026, 3, 1)


def test_what_came_back_is_to_be_done_however_long_ago_it_was_due(place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.RETURNED)

    with at_moment(datetime(2028, 3, 10, 1, tzinfo=UTC)):
        found = due_submissions(viewer_of(place), local_today())

    assert [(item.state, item.period) for item in found if item.state is FilingState.RETURNED] == [
        (FilingState.RETURNED, MARCH)
    ]


def test_an_expired_form_is_nothing_to_fill(place: Place) -> None:
    place.collection.form.expires_on = date(2026, 3, 9)

    assert states(place) == []


def test_self_scores_take_what_was_signed_until_a_newer_revision_is_signed(place: Place) -> None:
    first = make_submission(place.collection, place.village, status=SubmissionStatus.SIGNED_OFF)
    correction = make_submission(
        place.collection, place.village, status=SubmissionStatus.SUBMITTED, revision=2, supersedes_id=first.id
    )
    make_submission(place.collection, place.neighbour, status=SubmissionStatus.RETURNED)
    other = make_submission(place.collection, place.far_village, status=SubmissionStatus.SUBMITTED)

    found = {place.village.id: first, place.far_village.id: other}
    assert dict(self_scores(place.collection.id, MARCH)) == found

    correction.status, correction.signed_off_at = SubmissionStatus.SIGNED_OFF, utc_now()
    assert dict(self_scores(place.collection.id, MARCH)) == found | {place.village.id: correction}


def test_the_clerks_page_shows_what_is_due_today_at_the_top(browser: Browser, place: Place) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.village))

    page = browser.get("/submissions").text

    assert page.index("现在要填（1）") < page.index("填报记录")
    assert "还剩 5 天" in page
