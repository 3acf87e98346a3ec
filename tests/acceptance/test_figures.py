"""What figures have to do with each other: breakdowns, thresholds by type, quorums, rates, budgets, checklists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.acceptance.lanchuan import County, rows

PACK = "figures"


def filled(county: County, code: str, answers: Mapping[str, Any], login: str = "v11") -> Mapping[str, Any]:
    """What stands in the report of a village after it was handed in."""
    return county.hand_in(login, code, login.upper(), answers).answers


def refused(county: County, code: str, answers: Mapping[str, Any]) -> str:
    """The page that says what is wrong."""
    response = county.check("v11", code, "V11", answers)
    assert response.status_code == 422
    return response.text


# --- breakdowns -----------------------------------------------------------------------------------------------------


def test_a_total_and_its_parts_that_differ_are_kept_and_explained(county: County) -> None:
    """000-002 R33: 42 units, 48 letters; both are what was said, and why they differ stands beside them."""
    parts = rows("kinds", [{"kind": "机关", "signed": "30"}, {"kind": "企业", "signed": "18"}])

    assert "请填写“差额说明”" in refused(county, "letters", {"units": "42", **parts})
    kept = filled(county, "letters", {"units": "42", **parts, "why": "六家企业分设两处"})

    assert (kept["units"], str(kept["difference"])) == (42, "-6")


def test_a_breakdown_that_agrees_asks_for_no_reason(county: County) -> None:
    """000-002 R33."""
    kept = filled(county, "letters", {"units": "48", **rows("kinds", [{"kind": "各类", "signed": "48"}])})

    assert str(kept["difference"]) == "0"
    assert not kept.get("why")


def test_counters_of_different_things_are_not_held_against_each_other(county: County) -> None:
    """000-002 R69: more were mediated than were found, in another measure; only what says so is compared."""
    submission = county.hand_in("v11", "mediation", "V11", {"found": "198", "mediated": "618", "solved": "600"})

    assert submission.marks == []
    assert "成功数不多于调解数" in refused_elsewhere(county)


def refused_elsewhere(county: County) -> str:
    answers = {"found": "198", "mediated": "618", "solved": "619"}
    return county.check("v12", "mediation", "V12", answers).text


def test_passed_examined_and_enrolled_stand_in_order(county: County) -> None:
    """004 R38."""
    page = refused(county, "exam", {"enrolled": "40", "examined": "38", "passed": "39"})

    assert "合格人数不多于参考人数" in page
    assert filled(county, "exam", {"enrolled": "40", "examined": "38", "passed": "38"})["passed"] == 38


def test_a_figure_in_another_unit_of_measure_is_noticed(county: County) -> None:
    """004 R38: ten thousands in place of persons are marked, and nothing is refused."""
    for month in ("2025-12-01", "2026-01-01", "2026-02-01"):
        figures = {"enrolled": "12000", "examined": "12000", "passed": "11000"}
        county.hand_in("v11", "exam", "V11", figures, month)

    submission = county.hand_in("v11", "exam", "V11", {"enrolled": "1", "examined": "1", "passed": "1"})

    assert {mark["kind"] for mark in submission.marks} == {"scale"}


# --- meetings and bodies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("present", "verdict"), [("20", "无效"), ("21", "有效")])
def test_a_meeting_counts_with_strictly_more_than_half(county: County, present: str, verdict: str) -> None:
    """000-002 R40: twenty of forty are not enough."""
    votes = {"votes_for": present, "votes_against": "0", "abstained": "0"} if verdict == "有效" else {}

    kept = filled(county, "assembly", {"members": "40", "present": present, **votes})

    assert kept["is_quorate"] == verdict


def test_votes_add_up_to_those_present_and_a_majority_decides(county: County) -> None:
    """004 R36."""
    meeting = {"members": "40", "present": "30", "votes_for": "15", "votes_against": "10"}

    assert "三项票数之和" in refused(county, "assembly", {**meeting, "abstained": "4"})
    assert filled(county, "assembly", {**meeting, "abstained": "5"})["outcome"] == "未通过"


def test_a_committee_is_made_up_as_its_rules_say(county: County) -> None:
    """000-002 R41: one head, one or two deputies, six committees of three to five, everybody of age."""
    bodies = rows("bodies", [{"called": f"第{number}委员会", "size": "4"} for number in range(6)])

    def people(*seats: str, born: str = "1980-05-01") -> dict[str, str]:
        return rows("people", [{"seat": seat, "born_on": born} for seat in seats])

    sound = {**bodies, **people("head", "deputy", "deputy", "member"), "confirmed": "OK"}
    assert "应有主任1名" in refused(county, "committee", {**bodies, **people("head", "head"), "confirmed": "OK"})
    three = people("head", "deputy", "deputy", "deputy")
    assert "应有主任1名" in refused(county, "committee", {**bodies, **three, "confirmed": "OK"})
    young = people("head", "deputy", born="2008-03-11")
    assert "应年满18周岁" in refused(county, "committee", {**bodies, **young, "confirmed": "OK"})
    of_age = people("head", "deputy", born="2008-03-10")
    assert county.check("v11", "committee", "V11", {**bodies, **of_age, "confirmed": "OK"}).status_code == 303
    assert "5" in refused(county, "committee", {**sound, "bodies[2].size": "6"})
    assert len(filled(county, "committee", sound)["bodies"]) == 6


# --- thresholds and rates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "area", "standard", "verdict"),
    [
        ("v11", "599.9", "600", "未达标"),
        ("v11", "600", "600", "达标"),
        ("v12", "300", "300", "达标"),
        ("v21", "499", "500", "未达标"),
        ("v22", "900", None, "未定"),
    ],
)
def test_the_threshold_is_that_of_the_units_type(
    county: County, login: str, area: str, standard: str | None, verdict: str
) -> None:
    """000-002 R42, 001 R17: 600, 300 and 500 by type; a unit whose type nobody recorded is not judged."""
    kept = filled(county, "centre", {"area": area}, login)

    assert kept["verdict"] == verdict
    assert kept.get("standard") == standard or str(kept.get("standard")) == standard


@pytest.mark.parametrize(("upper_from", "budget"), [("3", "67500"), ("4", "57500")])
def test_a_budget_has_a_floor_for_each_level_of_risk(county: County, upper_from: str, budget: str) -> None:
    """000-002 R55, cases W7: which band the third level belongs to is the county's to say."""
    persons = {"5": 1, "4": 2, "3": 4, "2": 10, "1": 20, "0": 63}
    least = {level: "3000" if level >= upper_from else "500" for level in persons}
    bands = [{"level": level, "persons": str(number), "each": least[level]} for level, number in persons.items()]

    assert str(filled(county, "care_budget", {"upper_from": upper_from, **rows("bands", bands)})["budget"]) == budget


def test_less_than_the_floor_is_refused(county: County) -> None:
    """000-002 R55, cases W7."""
    band = rows("bands", [{"level": "4", "persons": "1", "each": "2900"}])

    assert "低于本级的最低标准" in refused(county, "care_budget", {"upper_from": "3", **band})


@pytest.mark.parametrize(
    ("answered", "knew", "rate", "verdict"),
    [("399", "339", "85", "未达到"), ("400", "340", "85", "达到"), ("0", "0", None, "不适用")],
)
def test_a_survey_is_judged_before_its_rate_is_rounded(
    county: County, answered: str, knew: str, rate: str | None, verdict: str
) -> None:
    """000-002 R54, cases W14: 84.96 shows as 85.0 and is not 85; nobody asked is not nought percent."""
    kept = filled(county, "awareness", {"sample": "500", "answered": answered, "knew": knew})

    assert kept["verdict"] == verdict
    assert (str(kept["rate"]).removesuffix(".0") if kept.get("rate") is not None else None) == rate


def test_a_sample_an_answer_and_what_was_answered_stand_in_order(county: County) -> None:
    """000-002 R54."""
    assert county.check("v11", "awareness", "V11", {"sample": "9", "answered": "10", "knew": "1"}).status_code == 422


def test_a_year_that_passed_is_rewarded_and_one_that_failed_is_not_asked(county: County) -> None:
    """000-002 R31: eligible from the pass mark on, within the limits; how much is the county's to say."""
    county.hand_in("v11", "score", "V11", {"points": "59.9"})
    county.hand_in("v12", "score", "V12", {"points": "60"})

    failed = county.hand_in("v11", "reward", "V11", {"amount": "5000"})
    passed = county.check("v12", "reward", "V12", {"amount": "11000"})

    assert failed.answers.get("amount") is None
    assert passed.status_code == 422
    assert filled(county, "reward", {"amount": "10000"}, "v12")["amount"] == 10000


def test_a_share_ledger_adds_up(county: County) -> None:
    """004 R36."""
    assert "两项之和应为100%" in refused(county, "shares", {"collective": "30", "personal": "69"})
    assert filled(county, "shares", {"collective": "30.5", "personal": "69.5"})


# --- what must have happened ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sources", "verdict"), [("mmmso", "达到"), ("mmssoo", "未达到"), ("mmms", "未达到")])
def test_three_from_the_menu_one_sent_and_any_number_besides(county: County, sources: str, verdict: str) -> None:
    """001 R27: surplus in one part does not stand for another."""
    words = {"m": {"source": "menu", "topic": "health"}, "s": {"source": "sent"}, "o": {"source": "own"}}

    kept = filled(county, "lessons", rows("activities", [words[letter] for letter in sources]))

    assert kept["is_met"] == verdict


def test_staff_are_counted_by_contract_with_their_mean_age(county: County) -> None:
    """001 R28."""
    people = [{"age": "30", "contract": "formal"}, {"age": "41", "contract": "hired"}]

    kept = filled(county, "staffing", rows("people", people))

    assert (str(kept["formal"]), str(kept["mean_age"])) == ("1", "35.5")


def test_only_the_severe_incidents_count(county: County) -> None:
    """001 R29."""
    kept = filled(county, "incidents", rows("cases", [{"severity": "minor"}, {"severity": "large"}]))

    assert str(kept["large"]) == "1"
    assert str(filled(county, "incidents", {}, "v12")["large"]) == "0"


def test_progress_is_between_the_base_and_the_goal_and_the_trend_is_to_last_time(county: County) -> None:
    """001 R30, R31: from 14 to 18; what was said once is not asked again."""
    first = county.hand_in("v11", "beds", "V11", {"base": "14", "goal": "18", "now": "15"}, "2026-02-01")
    page = county.open("v11", "beds", "V11")
    second = filled(county, "beds", {"base": "14", "goal": "18", "now": "17"})

    assert (str(first.answers["progress"]), first.answers["trend"]) == ("25", "无上期")
    assert 'value="18"' in page
    assert (str(second["progress"]), second["trend"]) == ("75", "上升")


def test_a_higher_title_does_for_a_lower_one(county: County) -> None:
    """001 R20."""
    assert filled(county, "titles", {"held": "3", "wanted": "2"})["verdict"] == "达到"
    assert filled(county, "titles", {"held": "1", "wanted": "2"}, "v12")["verdict"] == "未达到"


def test_what_is_forbidden_counts_against_whoever_has_it(county: County) -> None:
    """001 R60: what must be there, what should, and what may not."""
    checked = county.check("v11", "checklist", "V11", {"own_plate": "yes", "reading_room": "no", "other_plates": "yes"})

    page = county.browser.get(checked.location).text

    assert "禁止项" in page
    assert "其他标牌" in page


def test_a_room_without_its_equipment_is_not_accepted(county: County) -> None:
    """001 R61."""
    rooms = {
        "rooms[0].room": "阅览室",
        **rows("rooms[0].items", [{"item": "书架", "wanted": "4", "found": "3"}]),
        "rooms[1].room": "会议室",
        **rows("rooms[1].items", [{"item": "桌", "wanted": "2", "found": "5"}]),
    }

    assert "设备不齐" in refused(county, "rooms", {**rooms, "verdict": "accepted"})
    assert str(filled(county, "rooms", {**rooms, "verdict": "refused"})["lacks"]) == "1"


def test_ten_readings_are_ten_and_their_last_digits_are_counted(county: County) -> None:
    """004 R34: four of ten end in nought."""
    pressures = ["120", "130", "140", "150", "121", "133", "142", "157", "126", "138"]

    assert county.check("v11", "readings", "V11", rows("readings", [{"pressure": "120"}])).status_code == 422
    kept = filled(county, "readings", rows("readings", [{"pressure": each} for each in pressures]))

    assert kept["preference"] == "是"


def test_who_is_excused_is_not_absent(county: County) -> None:
    """003 R48."""
    places = [{"state": "here"}, {"state": "excused", "reason": "出差"}, {"state": "absent"}]

    assert str(filled(county, "attendance", rows("places", places))["absent"]) == "1"
    page = county.check("v12", "attendance", "V12", rows("places", [{"state": "excused"}])).text
    assert "请填写“请假事由”" in page


def test_two_slogans_are_shown_by_their_photos(county: County) -> None:
    """003 R49, 000-002 R44: what is said to hang there has a photo each."""
    page = refused(county, "publicity", rows("slogans", [{"words": "防火"}, {"words": "防盗"}]))

    assert "照片" in page


# --- rota -----------------------------------------------------------------------------------------------------------


def test_every_group_has_one_night_of_the_month(county: County) -> None:
    """000-002 R43."""
    nights = [{"group": f"G{number}", "night": f"2026-03-{number + 10}"} for number in (1, 2, 3)]
    twice = [*nights[:2], {"group": "G1", "night": "2026-03-20"}]

    assert "“小组”与第 1 行相同" in refused(county, "rota", rows("nights", twice))
    assert len(filled(county, "rota", rows("nights", nights))["nights"]) == 3
