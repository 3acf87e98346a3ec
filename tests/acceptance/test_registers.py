"""Ledgers of every kind: states and their order, who may move what, parties who are no users, personal data."""

from __future__ import annotations

import io
import uuid
from datetime import date
from typing import Any

import openpyxl

from saas.accounts.services import make_viewer
from saas.db import db
from saas.domain.record_filters import RecordFilter
from saas.files.services import read_file
from saas.registers import queries
from saas.registers.exporting import ExportFormat, Wanted, find_export, make_export, request_export
from saas.registers.models import RecordReading
from tests.acceptance.lanchuan import County, photo, rows

PACK = "registers"


def printed_cells(county: County, register: str) -> list[list[Any]]:
    """The cells of a register's paper form, as its keeper gets them for everybody to see."""
    keeper = make_viewer(county.user("v11"))
    wanted = Wanted(county.register(register), RecordFilter(), ExportFormat.XLSX, "")
    job = request_export(wanted, actor=keeper)
    ids = {name: uuid.UUID(job.args[name]) for name in ("export_id", "register_id", "actor_id")}
    make_export(**ids, query=job.args["query"], file_format=job.args["file_format"], purpose="")
    made = find_export(job)
    assert made is not None
    workbook = openpyxl.load_workbook(io.BytesIO(read_file(made)))
    return [list(row) for row in workbook.active.iter_rows(values_only=True)]


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


def test_two_rechecks_by_two_people_confirm_a_suspicion(county: County) -> None:
    """004 R33: suspected, checked again twice, confirmed."""
    patient = county.record("v11", "patients", {"called": "F-01"})

    assert county.move("v11", patient, "rechecked").status_code == 409
    assert county.move("town1", patient, "rechecked").status_code == 303
    assert county.move("town1", patient, "confirmed").status_code == 409
    assert county.move("v11", patient, "confirmed").status_code == 303


def test_a_promise_is_published_before_it_counts_as_kept(county: County) -> None:
    """001 R57: promise, board, fulfilment, which the village does not state of itself."""
    promise = county.record("v11", "promises", {"words": "月底前装好路灯", "until": "2026-03-31"})
    assert promise.due_on == date(2026, 3, 31)

    assert "应先填写：公示照片" in county.move("v11", promise, "published").text
    county.change("v11", promise, {"words": "月底前装好路灯", "until": "2026-03-31", "board": photo()})
    assert county.move("v11", promise, "published").status_code == 303
    assert county.move("v11", promise, "kept").status_code == 409
    assert county.move("town1", promise, "kept").status_code == 303


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


def test_inspectors_and_objects_are_drawn_by_lot_once(county: County) -> None:
    """000-002 R52: what was drawn stays, and what came of it is signed off with it."""
    for number in range(4):
        county.record("town1", "inspectors", {"called": f"第{number}人"}, unit="T1")
    for number in range(9):
        county.record("town1", "objects", {"called": f"第{number}店"}, unit="T1")

    drawn = county.save("town1", "draw", "T1", {})
    first = (drawn.answers["inspector"], drawn.answers["object"])
    again = county.save("town1", "draw", "T1", {"result": "已整改"})
    handed_in = county.hand_in("town1", "draw", "T1", {"result": "已整改"})

    assert 1 <= int(first[0]) <= 4
    assert 1 <= int(first[1]) <= 9
    assert (again.answers["inspector"], again.answers["object"]) == first
    assert (handed_in.answers["inspector"], handed_in.answers["object"]) == first
    assert county.approve(handed_in, "office").status.value == "approved"


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
    printed = [line for line in printed_cells(county, "cards") if "1栋" in line]
    assert sorted(printed, key=str) == [["1栋", "101", "10000000001"], ["1栋", "102", None]]


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
