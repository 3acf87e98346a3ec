"""Ledgers of every kind: states and their order, who may move what, parties who are no users, personal data."""

from __future__ import annotations

from datetime import date

from saas.db import db
from saas.registers import queries
from saas.registers.models import RecordReading
from tests.acceptance.lanchuan import County, rows

PACK = "registers"


# --- steps and their order ------------------------------------------------------------------------------------------


def test_a_step_waits_for_a_condition_of_the_one_before(county: County) -> None:
    """000-002 R39: where there is no party organisation it is founded first, then there is an election."""
    without = county.record("v11", "elections", {"title": "梧岭改选", "has_branch": "no"})
    with_one = county.record("v12", "elections", {"title": "柏涧改选", "has_branch": "yes"})

    too_early = county.move("v11", without, "electing")
    at_once = county.move("v12", with_one, "electing")

    assert (too_early.status_code, at_once.status_code) == (409, 303)
    assert "应先填写：先建组织后选举" in too_early.text
    county.change("v11", without, {"title": "梧岭改选", "has_branch": "no", "founded_on": "2026-03-08"})
    assert county.move("v11", without, "electing").status_code == 303
    answers = {"title": "梧岭改选", "has_branch": "no", "founded_on": "2026-03-08", "elected_on": "2026-03-01"}
    assert "选举应在组建之后" in county.change("v11", without, answers).text


def test_a_problem_climbs_from_the_grid_to_the_head_and_each_may_end_it(county: County) -> None:
    """000-002 R36, 001 R51: three outcomes; who may do what at which stage, and how long; every stage is stamped."""
    problem = county.record("v11", "problems", {"what": "河堤渗水", "severity": "major"})
    assert problem.due_on == date(2026, 3, 11)  # the grid has a day

    assert county.move("town1", problem, "deputy").status_code == 409  # it is the keeper's to report it
    assert county.move("v11", problem, "deputy").status_code == 409  # and a note says why
    assert county.move("v11", problem, "deputy", "本级不能处置").status_code == 303
    assert problem.due_on == date(2026, 3, 12)  # the deputy two working days
    assert county.move("v11", problem, "head", "直接报组长").status_code == 409
    assert county.move("town1", problem, "head", "需县里协调").status_code == 303
    assert problem.due_on == date(2026, 4, 10)  # the whole a month, 001 R35
    assert county.move("office", problem, "passed", "转县水务部门").status_code == 303

    stamped = [(row.event.state_after, row.event.happened_at is not None) for row in queries.list_events(problem)]
    assert [state for state, _ in reversed(stamped)] == ["found", "deputy", "head", "passed"]
    assert all(is_stamped for _, is_stamped in stamped)


def test_a_shortcoming_is_remedied_before_acceptance_is_asked_for_and_accepted_by_another(county: County) -> None:
    """000-002 R37: self-check, remedy, application, acceptance."""
    item = county.record("v11", "standards", {"item": "宣传栏", "met": "no"})

    assert "应先填写" in county.move("v11", item, "applied").text
    county.change("v11", item, {"item": "宣传栏", "met": "no", "remedy": "新建一处"})
    assert county.move("v11", item, "applied").status_code == 303
    assert county.move("v11", item, "accepted").status_code == 409
    assert county.move("town1", item, "checked", "照片不清").status_code == 303
    county.move("v11", item, "applied")
    assert county.move("town1", item, "accepted").status_code == 303
    assert item.closed_on == date(2026, 3, 10)


def test_a_purchase_goes_from_the_project_to_the_exit_and_needs_its_experts(county: County) -> None:
    """000-002 R56."""
    project = county.record("town1", "purchases", {"project": "助老服务"}, unit="T1")

    county.move("office", project, "tender")
    assert county.move("office", project, "agreed").status_code == 409
    county.change("town1", project, {"project": "助老服务", "provider": "和禾服务社"})
    for state in ("agreed", "watched"):
        assert county.move("office", project, state).status_code == 303
    assert "专家验收意见" in county.move("office", project, "accepted").text
    county.change("town1", project, {"project": "助老服务", "provider": "和禾服务社", "experts": "合格"})
    assert county.move("office", project, "accepted").status_code == 303
    assert county.move("office", project, "left").status_code == 303


def test_all_four_parties_are_on_the_spot_before_anybody_builds(county: County) -> None:
    """003 R46."""
    seen = {"place": "村东宅基", "community": "2026-03-09", "construction": "2026-03-09", "land": "2026-03-09"}
    siting = county.record("v11", "sitings", seen)

    assert "应先填写：联系干部到场" in county.move("v11", siting, "sited").text
    county.change("v11", siting, {**seen, "cadre": "2026-03-10"})
    assert county.move("v11", siting, "sited").status_code == 303


def test_an_errand_is_run_at_the_office_that_has_the_authority(county: County) -> None:
    """001 R55: four states, and what is for the county's offices is passed on first."""
    errand = county.record("v11", "errands", {"matter": "办证", "authority": "county"})
    county.move("v11", errand, "taken")

    assert county.move("v11", errand, "run").status_code == 409
    county.change("v11", errand, {"matter": "办证", "authority": "county", "passed_on": "2026-03-10"})
    assert county.move("v11", errand, "run").status_code == 303
    assert county.move("v11", errand, "replied").status_code == 303


# --- parties and figures --------------------------------------------------------------------------------------------


def test_the_signing_rate_comes_from_the_ledger_of_agreements(county: County) -> None:
    """000-002 R35, 001 R52: the parties are households and shops, who have no account."""
    for number in range(4):
        parties = rows("parties", [{"called": "村委会"}, {"called": f"第{number}户"}])
        record = county.record("v11", "pledges", {"subject": "十户联保", "kind": "household", **parties})
        if number:
            county.change(
                "v11", record, {"subject": "十户联保", "kind": "household", "signed_on": "2026-03-09", **parties}
            )
            county.move("v11", record, "signed")
    alone = county.enter("v11", "pledges", {"subject": "一人", "kind": "shop", **rows("parties", [{"called": "甲"}])})

    report = county.hand_in("v11", "signing", "V11", {})

    assert alone.status_code == 422
    assert (report.answers["all"], report.answers["signed"], str(report.answers["rate"])) == (4, 3, "75")


def test_only_what_was_verified_counts_as_put_right(county: County) -> None:
    """001 R53, cases X9: eight found, six verified, one done but not verified, one passed up: 75 percent."""
    for number in range(8):
        hazard = county.record("v11", "hazards", {"what": f"隐患{number}", "severity": "small"})
        if number < 7:
            county.move("v11", hazard, "checking")
        if number < 6:
            county.move("town1", hazard, "closed")
        if number == 7:
            county.link("v11", hazard, "health")

    report = county.hand_in("v11", "rectified", "V11", {})

    assert (report.answers["found"], report.answers["verified"], str(report.answers["rate"])) == (8, 6, "75")


def test_items_of_information_are_counted_by_unit(county: County) -> None:
    """000-002 R45."""
    for title in ("春耕动态", "防火宣传", "庙会保障"):
        county.record("v11", "briefings", {"headline": title})
    county.record("v12", "briefings", {"headline": "人居动态"})

    assert county.hand_in("v11", "briefings_month", "V11", {}).answers["sent"] == 3
    assert county.hand_in("v12", "briefings_month", "V12", {}).answers["sent"] == 1
    assert county.hand_in("v21", "briefings_month", "V21", {}).answers["sent"] == 0


def test_the_base_table_of_households_is_what_a_rate_is_of(county: County) -> None:
    """004 R37."""
    for door, members in (("1号", 3), ("2号", 5), ("3号", 2)):
        county.record("v11", "households", {"door": door, "members": str(members), "cameras": "1"})

    too_many = county.check("v11", "coverage", "V11", {"covered": "4"})
    report = county.hand_in("v11", "coverage", "V11", {"covered": "2"})

    assert "入户数不能多于底册的户数" in too_many.text
    assert (report.answers["people"], str(report.answers["rate"])) == (10, "66.67")


def test_shares_of_several_answers_are_of_valid_sheets_and_may_exceed_a_hundred(county: County) -> None:
    """004 R35: on paper and on the web, valid and invalid; 004 R58."""
    for channel, wishes, state in (
        ("paper", ["road", "water"], "valid"),
        ("web", ["road", "water"], "valid"),
        ("web", ["road"], "valid"),
        ("paper", ["water"], "invalid"),
    ):
        sheet = county.record("v11", "questionnaires", {"channel": channel, "wishes": wishes})
        county.move("town1", sheet, state, "空白" if state == "invalid" else "")

    report = county.hand_in("v11", "survey", "V11", {})

    assert (report.answers["collected"], report.answers["valid"]) == (4, 3)
    assert str(report.answers["shares"]) == "166.7"


# --- order and terms ------------------------------------------------------------------------------------------------


def test_who_waits_is_called_in_order_of_need_and_then_of_application(county: County) -> None:
    """000-002 R57."""
    for ticket, urgency, day in (("甲", 1, "2026-01-05"), ("乙", 3, "2026-03-01"), ("丙", 3, "2026-02-01")):
        county.record("v11", "beds", {"ticket": ticket, "urgency": str(urgency), "applied_on": day})
    register = county.register("beds")

    page = county.sign_in("town1").get(f"/registers/{register.id}?state=waiting&sort=is.place").text

    names = [name for name in ("丙", "乙", "甲") if f">{name}<" in page]
    assert names == sorted(names, key=lambda name: page.index(f">{name}<"))
    assert county.move("v11", county.records("beds")[0], "placed").status_code == 409


def test_an_elected_post_has_a_majority_and_a_term_that_ends(county: County) -> None:
    """000-002 R60: one person, one vote."""
    held = {"post": "楼长", "begins_on": "2023-03-20", "ends_on": "2026-03-20", "ballots": "99"}

    assert "一人一票" in county.enter("v11", "offices", {**held, "votes": "100"}).text
    assert "一人一票" in county.enter("v11", "offices", {**held, "votes": "49"}).text
    assert county.record("v11", "offices", {**held, "votes": "50"}).due_on == date(2026, 3, 20)


# --- personal data --------------------------------------------------------------------------------------------------


def test_a_telephone_number_is_on_the_card_only_with_consent(county: County) -> None:
    """000-002 R62: printed by building."""
    agreed = {"door": "101", "building": "1栋", "consent": "OK", "phone": "10000000001"}
    silent = {"door": "102", "building": "1栋", "phone": "10000000002"}

    first, second = county.record("v11", "cards", agreed), county.record("v11", "cards", silent)

    assert (first.answers["phone"], second.answers.get("phone")) == ("10000000001", None)
    export = county.sign_in("v11").get(f"/registers/{county.register('cards').id}/export")
    assert export.status_code == 200


def test_who_reads_a_persons_file_says_what_for_and_is_on_record(county: County) -> None:
    """000-002 R34, 003 R44, 004 R32, 001 R63: by field and by what somebody has to do with it."""
    record = county.record(
        "v11",
        "carees",
        {"case_number": "B-01", "person": "无名氏", "identity": "110101190001010007", "condition": "行动不便"},
    )
    page, path = f"/registers/records/{record.id}", f"/registers/records/{record.id}/protected"

    assert "110101190001010007" not in county.sign_in("v11").get(page).text
    assert county.sign_in("v12").get(page).status_code == 404
    opened = county.sign_in("v11").post(path, {"purpose": "上门帮扶"})
    assert "110101190001010007" in opened.text
    above = county.sign_in("town1").post(path, {"purpose": "上门帮扶"})
    assert "行动不便" not in above.text

    read = db.session.query(RecordReading).order_by(RecordReading.read_at).all()
    assert [(row.reader_id, row.purpose) for row in read] == [
        (county.user("v11").id, "上门帮扶"),
        (county.user("town1").id, "上门帮扶"),
    ]
    log = county.sign_in("auditor").get("/registers/readings").text
    assert "文梧岭" in log
    listed = county.sign_in("v11").get(f"/registers/{county.register('carees').id}").text
    assert "无名氏" not in listed
