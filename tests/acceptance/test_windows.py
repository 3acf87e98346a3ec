"""When something is asked, and until when: as the county's pack and its office say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from saas.accounts.services import make_viewer
from saas.db import at_moment
from saas.domain.windows import WindowStatus
from saas.submissions.arranging import SensitivePeriod, add_sensitive_period, begin_event, change_window
from saas.submissions.missing import MissingFilter, MissingList, missing_list
from saas.submissions.schedule import collection_periods, dates_of, period_at, status_now
from tests.acceptance.lanchuan import County

SHANGHAI = timedelta(hours=8)
PACK = "windows"


@contextmanager
def on(day: date, hour: int = 9, minute: int = 0) -> Iterator[None]:
    """The clock of the county at a moment."""
    with at_moment(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - SHANGHAI):
        yield


def dues(county: County, code: str, month: str = "2026-03") -> list[str]:
    """The last days in time of a collection that lie in a month."""
    collection = county.collection(code)
    first = date.fromisoformat(month + "-01")
    periods = collection_periods(collection, first - timedelta(days=400), first + timedelta(days=400))
    days = [dates_of(collection, period).due_on for period in periods]
    return [f"{day:%m-%d}" for day in days if f"{day:%Y-%m}" == month]


def missing(county: County, code: str, day: date) -> MissingList:
    """What the office finds missing and late of a collection."""
    wanted = MissingFilter(day, county.collection(code).id)
    return missing_list(make_viewer(county.user("office")), wanted, day)


# --- how often ------------------------------------------------------------------------------------------------------


def test_one_form_is_asked_weekly_every_ten_days_and_monthly_at_once(county: County) -> None:
    """cases E9, 004 R28: March 2026 begins on a Sunday."""
    assert dues(county, "weekly") == ["03-01", "03-08", "03-15", "03-22", "03-29"]
    assert dues(county, "ten_days") == ["03-10", "03-20", "03-31"]
    assert dues(county, "monthly") == ["03-31"]
    assert dues(county, "ten_days", "2026-02") == ["02-10", "02-20", "02-28"]

    assert [title for title in county.to_do("v11") if title.endswith("排查")] == [
        "2026年3月上旬每旬排查",
        "2026年第10周（3月2日—3月8日）每周排查",
        "2026年第11周（3月9日—3月15日）每周排查",
        "2026年3月每月排查",
    ]


def test_what_is_due_twice_a_month_half_yearly_and_yearly_stands_side_by_side(county: County) -> None:
    """000-002 R30."""
    assert dues(county, "twice") == ["03-15", "03-31"]
    assert dues(county, "half_year", "2026-06") == ["06-30"]
    assert dues(county, "whole_year", "2026-12") == ["12-31"]
    assert county.collection("half_year").form_id == county.collection("whole_year").form_id


def test_a_year_that_runs_from_november_to_september_has_no_october(county: County) -> None:
    """000-002 R32: counted over eleven months that cross the new year, due three working days after them."""
    collection = county.collection("own_year")

    found = collection_periods(collection, date(2025, 11, 1), date(2027, 9, 30))

    assert [period.label for period in found] == ["2025年11月—2026年9月", "2026年11月—2027年9月"]
    assert not collection_periods(collection, date(2026, 10, 1), date(2026, 10, 31))
    assert dates_of(collection, found[0]).due_on == date(2026, 10, 10)  # 1–7 October off, the 10th worked in exchange
    handed_in = county.hand_in("v11", "own_year", "V11", {"found": "17"}, "2025-11-01")
    assert (handed_in.period_start, handed_in.period_end) == (date(2025, 11, 1), date(2026, 9, 30))


def test_a_day_of_the_month_and_a_day_of_the_year_come_round(county: County) -> None:
    """001 R26: the 20th of every month, and one day in November."""
    assert [dues(county, "twentieth", month) for month in ("2026-02", "2026-03")] == [["02-20"], ["03-20"]]
    assert dues(county, "fire_day", "2026-11") == ["11-09"]
    collection = county.collection("fire_day")
    assert dates_of(collection, period_at(collection, date(2026, 1, 1))).opens_on == date(2026, 11, 9)


def test_a_weekday_is_kept_in_the_season_only(county: County) -> None:
    """003 R27: every Tuesday from May to October."""
    season = [day for month in ("04", "05", "10", "11") for day in dues(county, "tuesdays", f"2026-{month}")]

    assert season[0] == "04-28"  # the week that begins the season has its Tuesday before it
    assert season[-1] == "10-27"
    assert {date.fromisoformat(f"2026-{day}").weekday() for day in season} == {1}


# --- checks beside the weekly one -----------------------------------------------------------------------------------


def sensitive(county: County) -> str:
    """Nine days on which V11 reports daily; the code of what was added."""
    wanted = SensitivePeriod("重点时段", date(2026, 3, 3), date(2026, 3, 11), ("V11",))
    return add_sensitive_period(county.collection("weekly"), wanted, actor=county.user("office")).code


def test_in_a_sensitive_period_nought_was_reported_and_nothing_was_reported_differ(county: County) -> None:
    """cases E9, 004 R29, R30: nine days, two of them missing, five of the seven reports say nought."""
    with on(date(2026, 3, 2)):
        code = sensitive(county)
    for day, found in ((3, 0), (4, 0), (5, 1), (6, 0), (8, 0), (9, 2), (10, 0)):
        with on(date(2026, 3, day), 20):
            county.hand_in("v11", code, "V11", {"found": str(found)}, f"2026-03-{day:02d}")

    with on(date(2026, 3, 31)):
        daily = missing(county, code, date(2026, 3, 31))

    assert (daily.total.due, daily.total.handed_in, daily.total.missing) == (9, 7, 2)
    assert [row.asked.period.key for row in daily.rows] == ["2026-03-07", "2026-03-11"]
    assert sum(each.answers["found"] == 0 for each in county.submissions(code)) == 5
    due_in_march = [*dues(county, "weekly"), *dues(county, "ten_days"), *dues(county, "monthly"), *dues(county, code)]
    assert len(due_in_march) == 18


def test_the_daily_reports_end_by_themselves_and_ask_only_the_chosen_village(county: County) -> None:
    """004 R29."""
    with on(date(2026, 3, 2)):
        sensitive(county)
    with on(date(2026, 3, 11)):
        assert any("重点时段" in title for title in county.to_do("v11"))
        assert not any("重点时段" in title for title in county.to_do("v12"))
    with on(date(2026, 3, 13)):
        assert not any("重点时段" in title for title in county.to_do("v11"))


def test_a_festival_is_checked_beside_the_weekly_check(county: County) -> None:
    """000-002 R59: the office begins it for the day, and it is due before that day."""
    festival = county.collection("festival")
    begin_event(festival, date(2026, 3, 14), title="庙会", units=(), actor=county.user("office"))

    waiting = county.to_do("v11")

    assert "庙会（2026年3月14日）节庆专项排查" in waiting
    assert "2026年第11周（3月9日—3月15日）每周排查" in waiting
    dates = dates_of(festival, period_at(festival, date(2026, 3, 14)))
    assert (dates.opens_on, dates.due_on) == (date(2026, 3, 9), date(2026, 3, 13))


# --- different groups -----------------------------------------------------------------------------------------------


def test_groups_have_their_own_deadlines_and_a_condition_comes_first(county: County) -> None:
    """000-002 R38, 001 R22: pilots to the end of the year, others a month later, nobody before the resizing is done."""
    assert dues(county, "pilot", "2026-12") == ["12-31"]
    assert dues(county, "others", "2027-01") == ["01-31"]

    asked = {login: [title for title in county.to_do(login) if "改选" in title] for login in ("v11", "v12", "v21")}

    assert asked == {"v11": ["2026年度试点村改选"], "v12": ["2026年度其他村改选"], "v21": []}


def test_once_the_condition_is_met_the_village_is_asked(county: County) -> None:
    """000-002 R38: the prerequisite is an attribute, which the administrator sets on the unit's page."""
    village = county.unit("V21")
    assert county.check("v21", "others", "V21", {"residents": "9"}, "2026-01-01").status_code == 404
    administrator = county.sign_in("sysadmin")
    page = administrator.get(f"/units/{village.id}/edit").text
    kept = {"version": str(village.version), "name": village.name, "short_name": village.short_name}
    assert "规模调整已完成" in page

    changed = administrator.post(
        f"/units/{village.id}/edit", {**kept, "attribute_is_pilot": "no", "attribute_is_resized": "yes"}
    )

    assert changed.status_code == 303
    assert county.check("v21", "others", "V21", {"residents": "9"}, "2026-01-01").status_code == 303


# --- to the 16th ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "day", "hour", "minute", "status"),
    [
        ("self_score", 15, 23, 50, WindowStatus.OPEN),
        ("self_score", 16, 9, 0, WindowStatus.CLOSED),
        ("self_score_with_the_16th", 16, 9, 0, WindowStatus.OPEN),
        ("self_score_with_the_16th", 20, 9, 0, WindowStatus.CLOSED),
    ],
)
def test_before_the_16th_takes_the_16th_in_only_if_the_county_says_so(
    county: County, code: str, day: int, hour: int, minute: int, status: WindowStatus
) -> None:
    """cases Case 4, 003 R21, R56, 001 R32."""
    collection = county.collection(code)
    dates = dates_of(collection, period_at(collection, date(2026, 3, 1)))

    with on(date(2026, 3, day), hour, minute):
        assert status_now(dates) is status
    assert dates.recheck_days == 4


def test_a_self_score_that_did_not_come_is_not_nought(county: County) -> None:
    """cases Case 4, 003 R56: the cell says that nothing was reported."""
    with on(date(2026, 3, 15), 23, 50):
        county.hand_in("v11", "self_score", "V11", {"points": "0"})
    with on(date(2026, 3, 20)):
        found = missing(county, "self_score", date(2026, 3, 20))
        page = county.sign_in("office").get(f"/collections/{county.collection('self_score').id}").text
        refused = county.check("v12", "self_score", "V12", {"points": "90"})

    assert [row.unit.code for row in found.rows] == ["V12", "V21", "V22"]
    assert "未报" in page
    assert refused.status_code == 409


def test_one_month_has_another_window_for_a_reason(county: County) -> None:
    """003 R56: a late month is opened again for all, and that is on record."""
    collection = county.collection("self_score")
    change_window(
        collection, period_at(collection, date(2026, 3, 1)),
        opens_on=date(2026, 3, 1), due_on=date(2026, 3, 25), reason="春汛抢险", actor=county.user("office"),
    )  # fmt: skip

    with on(date(2026, 3, 24)):
        handed_in = county.hand_in("v12", "self_score", "V12", {"points": "88.5"})

    assert not handed_in.is_late


# --- a calendar that forbids ----------------------------------------------------------------------------------------


def test_no_meeting_is_arranged_in_the_days_without_meetings(county: County) -> None:
    """004 R31."""
    inside = county.check("v11", "meetings", "V11", {"held_on": "2026-03-14"})
    outside = county.check("v11", "meetings", "V11", {"held_on": "2026-03-24"})

    assert inside.status_code == 422
    assert "中旬为无会旬" in inside.text
    assert outside.status_code == 303
