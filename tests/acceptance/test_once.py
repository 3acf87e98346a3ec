"""What was said once is used often: for longer periods, for other programmes, by other units, and with its proof."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

from sqlalchemy import select

from saas.accounts.services import make_viewer
from saas.db import at_moment, db
from saas.forms.models import ChoiceList
from saas.submissions.arranging import begin_event
from saas.submissions.compiling import list_desks
from saas.submissions.missing import MissingFilter, missing_list
from saas.submissions.schedule import collection_periods, dates_of, period_at
from tests.acceptance.lanchuan import County, photo, rows

PACK = "once"
YEAR = "2026-01-01"
LATER = datetime(2026, 4, 20, 1, 0, tzinfo=UTC)


# --- longer periods -------------------------------------------------------------------------------------------------


def test_daily_figures_feed_the_week_the_month_and_the_quarter(county: County) -> None:
    """003 R47: nothing is asked twice, and how many days came stands beside the sum."""
    for day, done in ((2, 3), (3, 0), (4, 5), (8, 1), (9, 2)):
        county.hand_in("v11", "daily", "V11", {"done": str(done)}, f"2026-03-{day:02d}")

    week = county.hand_in("v11", "weekly", "V11", {}, "2026-03-02")
    month = county.hand_in("v11", "monthly", "V11", {})
    quarter = county.hand_in("v11", "quarterly", "V11", {}, YEAR)

    assert (week.answers["done"], week.answers["days"]) == (9, 4)
    assert month.answers["done"] == 11
    assert quarter.answers["done"] == 11
    assert "5 份填报合计" in county.sign_in("v11").get(f"/submissions/{month.id}").text


def test_days_on_duty_are_counted_and_each_day_is_covered(county: County) -> None:
    """000-002 R58: 24 hours a day."""
    half = rows("shifts", [{"post": "带班领导", "hours": "12"}])
    whole = rows("shifts", [{"post": "带班领导", "hours": "12"}, {"post": "值班员", "hours": "12"}])

    assert "各班次之和应为24小时" in county.check("v11", "duty", "V11", {**half, "covered": "OK"}, "2026-03-08").text
    for day in (8, 9, 10):
        county.hand_in("v11", "duty", "V11", {**whole, "covered": "OK"}, f"2026-03-{day:02d}")
    assert county.hand_in("v11", "duty_month", "V11", {}).answers["days"] == 3


def test_what_is_said_of_a_period_lies_in_it(county: County) -> None:
    """003 R56."""
    page = county.check("v11", "inspection", "V11", {"seen_on": "2026-02-28"}).text

    assert "检查日期应在本期内" in page
    assert county.check("v11", "inspection", "V11", {"seen_on": "2026-03-09"}).status_code == 303


def test_a_form_changes_with_the_quarter_and_is_filled_monthly(county: County) -> None:
    """003 R41: each quarter's form is asked in its own months only."""
    assert any("一季度自评" in title for title in county.to_do("v11"))
    assert not any("二季度自评" in title for title in county.to_do("v11"))
    with at_moment(LATER):
        april = county.hand_in("v11", "score_q2", "V11", {"flood": "40"}, "2026-04-01")
        assert county.check("v11", "score_q1", "V11", {"trees": "1"}, "2026-04-01").status_code == 404

    assert april.answers == {"flood": 40}


# --- other programmes, other units ----------------------------------------------------------------------------------


def test_one_result_counts_in_several_programmes(county: County) -> None:
    """000-002 R64."""
    county.hand_in("v11", "peace_year", "V11", {"rate": "93.5"}, YEAR)

    for programme in ("civilised", "health_village"):
        assert str(county.hand_in("v11", programme, "V11", {}, YEAR).answers["safety"]) == "93.5"


def test_a_department_reports_about_villages_that_are_not_its_own(county: County) -> None:
    """001 R54: whoever has the function fills, for every village; the village is not behind with it."""
    handed_in = county.hand_in("health", "injuries", "V11", {"injuries": "2"})

    assert handed_in.unit_id == county.unit("V11").id
    assert county.check("v12", "injuries", "V12", {"injuries": "0"}).status_code in {403, 404}
    assert any("伤害监测" in title for title in county.to_do("health"))
    assert not any("伤害监测" in title for title in county.to_do("v12"))


def test_units_have_their_day_and_the_compiler_three_more(county: County) -> None:
    """001 R34: who did not come is named, and a sum says of how many it is."""
    county.hand_in("v11", "progress", "V11", {"checks": "4"}, YEAR)
    collection = county.collection("progress")
    period = period_at(collection, date(2026, 1, 1))

    with at_moment(LATER):
        desks = list_desks(collection, period, make_viewer(county.user("office")))

    desk = next(each for each in desks if each.compiler.code == "T1")
    assert dates_of(collection, period).due_on == date(2026, 3, 25)
    assert desk.dates.due_on == date(2026, 3, 30)  # Thursday, Friday, Monday
    (checks,) = desk.totals
    assert (str(checks.amount), checks.given, checks.missing) == ("4", 1, 1)


def test_each_site_is_visited_in_each_quarter_and_twice_does_not_stand_for_never(county: County) -> None:
    """001 R25, cases X9: a village reports for its sites; what is missing stays missing."""
    county.hand_in("v11", "site_visit", "G1", {"visited": "OK"}, YEAR)
    county.hand_in("v11", "site_visit", "G2", {"visited": "OK"}, YEAR)
    collection = county.collection("site_visit")

    again = county.check("v11", "site_visit", "G1", {"visited": "OK"}, YEAR)
    with at_moment(LATER):
        found = missing_list(
            make_viewer(county.user("office")), MissingFilter(date(2026, 3, 31), collection.id), date(2026, 3, 31)
        )

    assert again.status_code == 409
    assert [row.unit.code for row in found.rows] == ["G3"]
    assert len(collection_periods(collection, date(2026, 1, 1), date(2026, 12, 31))) == 4


def test_self_score_and_recheck_are_both_kept(county: County) -> None:
    """003 R42: the town sees what the village said, and which households it asked."""
    county.hand_in("v11", "self_check", "V11", {"roads": "38", "yards": "50"})
    asked = rows("asked", [{"door": "3号"}, {"door": "17号"}])

    handed_in = county.hand_in("town1", "recheck", "V11", {"roads": "33", **asked})

    assert (handed_in.answers["self_roads"], handed_in.answers["roads"], str(handed_in.answers["gap"])) == (38, 33, "5")


def test_when_the_lines_are_cut_a_messenger_brings_it_and_the_town_enters_it(county: County) -> None:
    """000-002 R66: the fall-back path is on record."""
    begin_event(county.collection("emergency"), date(2026, 3, 10), title="山洪", actor=county.user("office"))
    day = "2026-03-10"

    nobody = county.check("town1", "emergency", "V11", {"channel": "messenger", "damaged": "3"}, day)
    handed_in = county.hand_in(
        "town1", "emergency", "V11", {"channel": "messenger", "messenger": "民兵连长", "damaged": "3"}, day
    )

    assert "请填写“送达人岗位”" in nobody.text
    assert handed_in.answers["messenger"] == "民兵连长"


# --- proof ----------------------------------------------------------------------------------------------------------


def test_a_document_is_done_once_it_is_filed(county: County) -> None:
    """000-002 R65, 003 R45, 001 R56: some are only received, others are approved in two steps."""
    text = (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "a.pdf")
    without = county.check("v11", "rules", "V11", {"title": "议事制度"}, YEAR)

    received = county.hand_in("v11", "rules", "V11", {"title": "议事制度", "document": text}, YEAR)
    text = (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "a.pdf")
    approved = county.hand_in("v11", "rules_approved", "V11", {"title": "议事制度", "document": text}, YEAR)
    county.approve(received, "office")
    county.approve(approved, "town1")

    assert without.status_code == 422
    assert [received.status.value, approved.status.value] == ["signed_off", "reviewed"]
    county.approve(approved, "office")
    assert approved.status.value == "signed_off"


def test_an_activity_is_shown_by_its_photos(county: County) -> None:
    """000-002 R44, 001 R62."""
    assert county.check("v11", "activity", "V11", {"subject": "读书会"}).status_code == 422
    assert (
        len(county.hand_in("v11", "activity", "V11", {"subject": "读书会", "photos": photo()}).answers["photos"]) == 1
    )


def test_a_standard_from_outside_is_the_list_that_is_checked(county: County) -> None:
    """000-002 R63: its clauses stand in the pack; when a new edition comes, they are pasted in as it has them."""
    standard = db.session.scalars(select(ChoiceList)).one()
    assert "有应急预案" not in county.open("v11", "standard", "V11", YEAR)
    clauses = "代号\t名称\na1\t有固定场所\na2\t有专人值守\na3\t有应急预案"
    edition = {"name": "创建标准", "code": "standard", "source": "主管部门2026年版", "lines": clauses}
    changed = county.sign_in("sysadmin").post(
        f"/forms/lists/{standard.id}/edit", {**edition, "version": str(standard.version)}
    )

    handed_in = county.hand_in("v11", "standard", "V11", {"met": ["a1", "a3"]}, YEAR)

    assert changed.status_code == 303
    assert str(handed_in.answers["count"]) == "2"
