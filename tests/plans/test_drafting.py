"""Drafting a plan: its sections, tasks, stages, attachments and targets."""

from __future__ import annotations

import io
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.workflow import PlanStatus
from saas.plans.models import (
    Plan,
    PlanAttachment,
    PlanSection,
    PlanStage,
    PlanTask,
    PlanTaskPart,
    PlanTaskUnit,
)
from saas.plans.services.copying import copy_plan
from saas.plans.services.drafting import fingerprint
from saas.plans.services.pieces import save_section
from saas.plans.views.pieces import EDITORS
from saas.plans.views.target_form import TargetForm
from saas.targets.models import Target
from saas.tenancy.once import new_send_token
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county, make_target

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
FORMS: dict[str, dict[str, Any]] = {
    "sections": {"heading": "组织保障", "kind": "text", "body": "加强领导。落实责任。"},
    "tasks": {"title": "清运垃圾", "body": "日产日清。", "mode": "separate"},
    "stages": {"name": "集中整治", "starts_on": "2026-03-01", "ends_on": "2026-09-30", "body": "逐项推进。"},
    "attachments": {"title": "任务分解表", "shows": "tasks"},
    "targets": {
        "name": "保洁覆盖率", "comparator": "at_least", "kind": "percent", "figure": "98", "deadline": "2026-12-31",
        "strength": "binding", "counting": "exact", "scope": "total", "milestones_are": "cumulative",
    },
}  # fmt: skip
KINDS: dict[str, tuple[Any, str]] = {
    "sections": (PlanSection, "section"),
    "tasks": (PlanTask, "task"),
    "stages": (PlanStage, "stage"),
    "attachments": (PlanAttachment, "attachment"),
    "targets": (Target, "target"),
}


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    county = make_planning_county()
    browser.sign_in(county.office)
    return county


@pytest.fixture
def plan(county: PlanningCounty) -> Plan:
    return make_plan(county)


def edit_address(plan: Plan, kind: str, piece_id: uuid.UUID) -> str:
    return f"/plans/{plan.id}/{kind}/{piece_id}" + ("/edit" if kind == "targets" else "")


# --- a plan ----------------------------------------------------------------------------------------------------------


def test_a_blank_plan_starts_with_the_usual_sections_once_however_often_it_is_sent(
    browser: Browser, county: PlanningCounty
) -> None:
    form = {
        "title": "青山县垃圾治理方案", "year": "2027", "unit": county.root.id, "route": county.route.id, "source": "",
        "send_token": new_send_token(),
    }  # fmt: skip

    first, again = browser.post("/plans", form), browser.post("/plans", form)

    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    plan = db.session.scalars(select(Plan)).one()
    assert (plan.starts_on, plan.ends_on) == (date(2027, 1, 1), date(2027, 12, 31))
    assert browser.get(first.location).status_code == 200
    page = browser.get(f"/plans/{plan.id}").text
    for heading in ("总体要求", "工作目标", "主要任务", "实施步骤", "保障措施"):
        assert heading in page


def test_a_plan_without_title_is_refused_and_keeps_what_was_typed(browser: Browser, county: PlanningCounty) -> None:
    response = browser.post("/plans", {"title": "", "year": "20x7", "unit": county.root.id, "route": county.route.id})

    assert response.status_code == 422
    assert "请填写标题" in response.text
    assert "20x7" in response.text


def test_a_unit_outside_the_county_is_refused(browser: Browser, county: PlanningCounty, unknown_id: uuid.UUID) -> None:
    form = {"title": "方案", "year": "2027", "unit": unknown_id, "route": county.route.id, "source": ""}

    assert browser.post("/plans", form).status_code == 422
    assert db.session.scalars(select(Plan)).all() == []


def test_a_copy_for_the_next_year_moves_days_deadlines_and_written_years(county: PlanningCounty, plan: Plan) -> None:
    make_target(plan, deadline="2026-Q3", figure=90, milestones=[{"deadline": "2026-02-28", "figure": 50}])
    part = db.session.scalars(select(PlanTaskPart)).one()
    part.due_text, part.state = "2026年8月底前", "accepted"
    db.session.flush()

    copied = copy_plan(plan, actor=county.office, title="2027年方案", year=2027)

    assert (copied.starts_on, copied.status, copied.revision) == (date(2027, 1, 1), PlanStatus.DRAFT, 1)
    target = db.session.scalars(select(Target).where(Target.plan_id == copied.id)).one()
    assert target.definition["deadline"] == "2027-Q3"
    assert target.definition["milestones"][0]["deadline"] == "2027-02-28"
    copied_part = db.session.scalars(
        select(PlanTaskPart).join(PlanTask, PlanTask.id == PlanTaskPart.task_id).where(PlanTask.plan_id == copied.id)
    ).one()
    assert (copied_part.due_on, copied_part.due_text, copied_part.state) == (date(2027, 8, 25), "2027年8月底前", "open")
    units = select(PlanTaskUnit.unit_id).where(PlanTaskUnit.part_id == copied_part.id)
    assert db.session.scalars(units).all() == [county.department.id]


def registration(plan: Plan, browser: Browser, **changed: str) -> dict[str, str]:
    page = browser.get(f"/plans/{plan.id}/edit").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    form = {"title": plan.title, "starts_on": "2026-01-01", "ends_on": "2026-12-31", "basis": plan.basis}
    return {**form, "version": version, "countersign_units": plan.countersign_units[0], **changed}


def test_the_registration_is_changed_and_leaves_a_trace(browser: Browser, plan: Plan) -> None:
    form = registration(plan, browser, goals="年底前全覆盖。", addressees="各乡镇人民政府\n县直各部门\n")

    assert browser.post(f"/plans/{plan.id}/edit", form).status_code == 303

    assert plan.goals == "年底前全覆盖。"
    assert plan.addressees == ["各乡镇人民政府", "县直各部门"]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.subject_id == plan.id)).one()
    assert (event.action, event.details["change"]) == ("plan.changed", "registration")


def test_a_plan_that_ends_before_it_starts_is_refused(browser: Browser, plan: Plan) -> None:
    response = browser.post(f"/plans/{plan.id}/edit", registration(plan, browser, ends_on="2025-01-01"))

    assert response.status_code == 422
    assert "结束日期不能早于开始日期" in response.text


def test_a_registration_changed_meanwhile_is_shown_beside_what_was_typed(browser: Browser, plan: Plan) -> None:
    form = registration(plan, browser, goals="我写的目标。")
    plan.goals = "别人写的目标。"

    response = browser.post(f"/plans/{plan.id}/edit", form)

    assert response.status_code == 409
    assert "我写的目标。" in response.text
    assert "别人写的目标。" in response.text
    assert plan.goals == "别人写的目标。"


# --- pieces of every kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMS)
def test_a_piece_is_added_once_however_often_it_is_sent(browser: Browser, plan: Plan, kind: str) -> None:
    model, _word = KINDS[kind]
    before = len(db.session.scalars(select(model.id)).all())
    assert browser.get(f"/plans/{plan.id}/{kind}/new").status_code == 200
    form = {**FORMS[kind], "send_token": new_send_token()}

    first, again = browser.post(f"/plans/{plan.id}/{kind}", form), browser.post(f"/plans/{plan.id}/{kind}", form)

    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert len(db.session.scalars(select(model.id)).all()) == before + 1
    assert "plan.changed" in db.session.scalars(select(AuditEvent.action)).all()
    assert browser.get(first.location).status_code == 200


@pytest.mark.parametrize("kind", FORMS)
def test_a_piece_without_a_name_is_refused_beside_the_field(browser: Browser, plan: Plan, kind: str) -> None:
    empty = {key: "" if key in ("heading", "title", "name") else value for key, value in FORMS[kind].items()}

    response = browser.post(f"/plans/{plan.id}/{kind}", empty)

    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text


@pytest.mark.parametrize("kind", FORMS)
def test_a_piece_changed_meanwhile_is_not_overwritten(browser: Browser, plan: Plan, kind: str) -> None:
    browser.post(f"/plans/{plan.id}/{kind}", FORMS[kind])
    model, word = KINDS[kind]
    piece = db.session.scalars(select(model).where(model.plan_id == plan.id).order_by(model.sort_order.desc())).all()[0]
    address = edit_address(plan, kind, piece.id)

    assert browser.post(address, {**FORMS[kind], "version": "another"}).status_code == 409
    version = fingerprint(EDITORS[word].form.shown(piece))
    assert browser.post(address, {**FORMS[kind], "version": version}).status_code == 303


@pytest.mark.parametrize("kind", FORMS)
def test_a_piece_of_another_plan_or_county_does_not_exist(
    browser: Browser, plan: Plan, kind: str, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_plan(make_planning_county())
        section_id = db.session.scalars(select(PlanSection.id).where(PlanSection.plan_id == theirs.id)).first()
    for plan_id in (theirs.id, unknown_id):
        assert browser.post(f"/plans/{plan_id}/{kind}", FORMS[kind]).status_code == 404
    for piece_id in (section_id, unknown_id):
        assert piece_id is not None
        assert browser.get(edit_address(plan, kind, piece_id)).status_code == 404
        assert browser.post(edit_address(plan, kind, piece_id), FORMS[kind]).status_code == 404
        named = {"kind": KINDS[kind][1], "piece": piece_id, "version": plan.version}
        for action in ("move", "remove"):
            assert browser.post(f"/plans/{plan.id}/{action}", named).status_code == 404


@pytest.mark.parametrize("kind", FORMS)
def test_only_who_drafts_adds_pieces(browser: Browser, county: PlanningCounty, plan: Plan, kind: str) -> None:
    browser.sign_in(county.clerk)

    assert browser.post(f"/plans/{plan.id}/{kind}", FORMS[kind]).status_code == 403


def test_sections_change_places_and_leave(browser: Browser, plan: Plan) -> None:
    sections = db.session.scalars(select(PlanSection).order_by(PlanSection.sort_order)).all()
    named = {"kind": "section", "piece": sections[0].id, "version": plan.version}

    assert browser.post(f"/plans/{plan.id}/move", {**named, "direction": "down"}).status_code == 303
    order = select(PlanSection.heading).order_by(PlanSection.sort_order)
    assert db.session.scalars(order).all() == ["主要任务", "总体要求", "实施步骤"]
    assert browser.post(f"/plans/{plan.id}/remove", named).status_code == 409  # the page is out of date
    assert browser.post(f"/plans/{plan.id}/remove", {**named, "version": plan.version}).status_code == 303
    assert db.session.scalars(order).all() == ["主要任务", "实施步骤"]


def test_removing_a_task_takes_its_parts_along(browser: Browser, plan: Plan) -> None:
    task_id = db.session.scalars(select(PlanTask.id)).one()

    named = {"kind": "task", "piece": task_id, "version": plan.version}
    assert browser.post(f"/plans/{plan.id}/remove", named).status_code == 303

    for model in (PlanTask, PlanTaskPart, PlanTaskUnit):
        assert db.session.scalars(select(model.id)).all() == []


def test_a_script_typed_into_a_section_is_shown_as_text(browser: Browser, county: PlanningCounty, plan: Plan) -> None:
    save_section(plan, None, actor=county.office, kind="text", heading="标题", body="<script>alert(1)</script>")

    page = browser.get(f"/plans/{plan.id}").text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


# --- targets and attachments -----------------------------------------------------------------------------------------


def test_a_target_may_stay_open_and_says_so(browser: Browser, plan: Plan) -> None:
    form = {**FORMS["targets"], "figure": "", "milestones": "2026-06-30 90\n2026-09-30"}

    assert browser.post(f"/plans/{plan.id}/targets", form).status_code == 303

    target = db.session.scalars(select(Target)).one()
    assert "figure" not in target.definition
    assert target.definition["milestones"] == [{"deadline": "2026-06-30", "figure": "90"}, {"deadline": "2026-09-30"}]
    assert "未定" in browser.get(f"/plans/{plan.id}?tab=targets").text
    assert "目标值未定" in browser.get(f"/plans/{plan.id}/submit").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"deadline": "年底"}, "不是时限"),
        ({"figure": "很多"}, 'id="figure-error"'),
        ({"milestones": "2026-09-30 90\n2026-06-30 95"}, "依次递增"),
        ({"comparator": "range", "figure": "5"}, "区间应写两个数"),
        ({"kind": "per", "per": "十万"}, "应填整数"),
        ({"kind": "ratio", "figure": "1比300"}, "不是比"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_beside_its_field(
    browser: Browser, plan: Plan, typed: dict[str, str], said: str
) -> None:
    response = browser.post(f"/plans/{plan.id}/targets", {**FORMS["targets"], **typed})

    assert response.status_code == 422
    assert said in response.text
    assert db.session.scalars(select(Target)).all() == []


def test_editing_a_target_keeps_what_its_form_shows_in_one_line(browser: Browser, plan: Plan) -> None:
    stated = {"start": "2026-03-16", "days": 10}
    groups = [{"code": "staff", "name": "机关", "figure": 90}]
    target = make_target(plan, name="知晓率", boundary="exclusive", deadline=stated, groups=groups)
    shown = TargetForm.shown(target)
    version = fingerprint(shown)

    address = f"/plans/{plan.id}/targets/{target.id}/edit"
    assert browser.post(address, {**shown, "name": "新名称", "version": version}).status_code == 303

    assert target.name == "新名称"
    assert (target.definition["boundary"], target.definition["deadline"]) == ("exclusive", stated)
    assert target.definition["groups"] == [{"code": "staff", "name": "机关", "figure": "90"}]


def test_a_file_is_attached_and_may_be_fetched(browser: Browser, plan: Plan) -> None:
    form = {"title": "评分表", "shows": "", "file": (io.BytesIO(PDF), "评分表.pdf")}

    response = browser.post(f"/plans/{plan.id}/attachments", form)

    assert response.status_code == 303, response.text
    attachment = db.session.scalars(select(PlanAttachment)).one()
    assert browser.get(f"/files/{attachment.file_id}").data == PDF


@pytest.mark.parametrize(
    ("upload", "said"),
    [(None, "请选择要上传的文件"), ((b"MZ\x90\x00", "评分表.exe"), "评分表.exe"), ((b"<script>", "a.pdf"), "a.pdf")],
)
def test_an_unusable_file_is_refused_beside_the_field(
    browser: Browser, plan: Plan, upload: tuple[bytes, str] | None, said: str
) -> None:
    form: dict[str, Any] = {"title": "评分表", "shows": ""}
    if upload is not None:
        form["file"] = (io.BytesIO(upload[0]), upload[1])

    response = browser.post(f"/plans/{plan.id}/attachments", form)

    assert response.status_code == 422
    assert said in response.text
    assert db.session.scalars(select(PlanAttachment)).all() == []
