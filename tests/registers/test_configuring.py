"""Setting up a register without code."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.errors import DomainError, FormatError
from saas.domain.record_presets import CHECKED, KEPT
from saas.domain.records import states_from_mapping, states_to_mapping
from saas.registers import queries
from saas.registers.forms import page_of
from saas.registers.models import Register
from saas.registers.services import RegisterSettings, change_states, check_settings, move_record
from tests.browser import Browser
from tests.factories import make_user
from tests.registers.conftest import Place, make_register
from tests.registers.steps import actions, make_record


def _form(place: Place, **changes: Any) -> dict[str, Any]:
    typed = {
        "name": "积案台账",
        "form": str(place.register.form_id),
        "by": "rule",
        "unit_types": ["village"],
        "preset": "checked",
        "is_active": "y",
        "send_token": str(uuid.uuid4()),
    }
    return {name: value for name, value in {**typed, **changes}.items() if value is not None}


def _created() -> Register:
    return db.session.scalars(select(Register).where(Register.name == "积案台账")).one()


def test_the_office_sets_up_a_register_that_villages_then_keep(office: Browser, place: Place) -> None:
    assert "办理过程" in office.get("/registers/manage/new").text

    response = office.post("/registers/manage/new", _form(place))

    assert response.status_code == 303
    register = _created()
    assert register.cohort == {"unit_types": ["village"]}
    assert queries.states_of(register) == CHECKED
    assert actions() == ["register.changed"]
    office.sign_in(place.clerk)
    assert "积案台账" in office.get("/registers").text


def test_a_system_administrator_sets_up_registers_and_reads_no_record(browser: Browser, place: Place) -> None:
    record = make_record(place)
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=place.county))

    assert "矛盾纠纷台账" in browser.get("/registers/manage").text
    assert browser.get(f"/registers/{place.register.id}/edit").status_code == 200
    assert browser.get(f"/registers/{place.register.id}").status_code == 403
    assert browser.get(f"/registers/records/{record.id}").status_code == 403


def test_nobody_else_sets_up_registers(browser: Browser, place: Place) -> None:
    for user in (place.clerk, place.officer, place.leader):
        browser.sign_in(user)
        assert browser.get("/registers/manage").status_code == 403
        assert browser.post(f"/registers/{place.register.id}/edit", _form(place)).status_code == 403
        assert browser.post(f"/registers/{place.register.id}/states").status_code == 403


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "请填写台账名称"),
        ({"unit_types": None}, "请选择哪些单位登记"),
        ({"by": "list"}, "请填写单位名单"),
        ({"by": "list", "units": "没有的村"}, "找不到或有重名的单位：没有的村"),
        ({"form": ""}, "请选择表单"),
    ],
)
def test_what_is_wrong_is_said(office: Browser, place: Place, changes: dict[str, Any], message: str) -> None:
    response = office.post("/registers/manage/new", _form(place, **changes))

    assert response.status_code == 422
    assert message in response.text


def test_a_register_is_kept_by_named_units(office: Browser, place: Place) -> None:
    office.post("/registers/manage/new", _form(place, by="list", units="柳塘村\n石桥村"))

    assert [unit.name for unit in queries.keeping_units(_created())] == ["柳塘村", "石桥村"]


def test_columns_and_title_are_chosen(office: Browser, place: Place) -> None:
    version = str(place.register.version)
    changes = {"name": "改名台账", "title": "matter", "columns": ["people", "result"], "version": version}

    response = office.post(f"/registers/{place.register.id}/edit", _form(place, **changes))

    assert response.status_code == 303
    assert place.register.layout == {"title": "matter", "columns": ["people", "result"]}
    assert place.register.name == "改名台账"


def test_what_somebody_else_changed_is_not_overwritten(office: Browser, place: Place) -> None:
    response = office.post(f"/registers/{place.register.id}/edit", _form(place, version="0"))

    assert response.status_code == 409
    assert "设置已被他人修改" in response.text


def test_a_protected_answer_names_no_record(place: Place) -> None:
    settings = RegisterSettings("台账", place.register.form_id, {"unit_types": ["village"]}, title="phone")

    with pytest.raises(FormatError) as refused:
        check_settings(settings)

    assert refused.value.path == "layout.title"


def test_a_register_with_records_keeps_its_form(place: Place) -> None:
    make_record(place)
    other = make_register_form()

    with pytest.raises(DomainError) as refused:
        check_settings(RegisterSettings("台账", other, {"unit_types": ["village"]}), place.register)

    assert refused.value.code == "has_records"


def make_register_form() -> uuid.UUID:
    from tests.factories_forms import make_version

    return make_version().form_id


# --- states -----------------------------------------------------------------------------------------------------------


def _states_form(register: Register, **changes: Any) -> dict[str, Any]:
    page = page_of(queries.states_of(register))
    typed: dict[str, Any] = {"version": str(register.version), "due_kind": page.due_kind, "due_number": page.due_number}
    for number, state in enumerate(page.states):
        typed |= {
            f"state-{number}-code": state.code,
            f"state-{number}-name": state.name,
            f"state-{number}-kind": state.kind,
            f"state-{number}-due_kind": state.due_kind,
            f"state-{number}-due_number": state.due_number,
        }
    for number, move in enumerate(page.moves):
        prefix = f"move-{number}-"
        typed |= {prefix + "from": move.start, prefix + "to": move.end, prefix + "label": move.label}
        typed |= {prefix + "who": list(move.who)} | ({prefix + "note": "yes"} if move.note else {})
    return {**typed, **changes}


def test_the_page_of_states_sent_back_changes_nothing(office: Browser, place: Place) -> None:
    path = f"/registers/{place.register.id}/states"
    before = queries.states_of(place.register)
    assert "办结" in office.get(path).text

    assert office.post(path, _states_form(place.register)).status_code == 303

    assert queries.states_of(place.register) == before


def test_a_state_a_move_and_a_due_rule_are_added(office: Browser, place: Place) -> None:
    path = f"/registers/{place.register.id}/states"
    page = office.post(path, _states_form(place.register, add="state"))
    assert 'name="state-2-code" value="state_1"' in page.text

    added = {
        "state-2-code": "state_1",
        "state-2-name": "待核实",
        "state-2-kind": "active",
        "state-2-due_kind": "days",
        "state-2-due_number": "3",
        "move-2-from": "open",
        "move-2-to": "state_1",
        "move-2-label": "提请核实",
        "move-2-who": ["keeper", "town_officer"],
        "move-2-another": "yes",
        "move-2-needs": ["result"],
        "due_kind": "working_days",
        "due_number": "10",
    }
    assert office.post(path, _states_form(place.register, **added)).status_code == 303

    states = queries.states_of(place.register)
    move = states.moves_from("open")[1]
    assert (states.state("state_1").name, move.who, move.by_another, move.needs) == (
        "待核实",
        ("keeper", "town_officer"),
        True,
        ("result",),
    )
    record = make_record(place, result="已调解")
    assert record.due_on == date(2026, 3, 24)
    move_record(record, "state_1", actor=place.clerk)
    assert record.due_on == date(2026, 3, 13)
    assert 'value="3"' in office.get(path).text


def test_a_condition_that_is_computed_is_offered_as_what_a_move_needs(office: Browser, place: Place) -> None:
    computed = {"type": "calculate", "name": "ready", "label": "可以销号", "calculation": "if(${people} > 0, '是', '')"}
    register = make_register("隐患台账", computed)

    page = office.get(f"/registers/{register.id}/states").text

    assert 'value="ready"' in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state-0-kind": "closed"}, "第一个状态是新登记时的状态"),
        ({"state-1-name": ""}, "没有编码为“closed”的状态"),
        ({"move-0-label": ""}, "没有流转能到达状态“已办结”"),
        ({"move-0-who": ["nobody"]}, "不认识的办理人“nobody”"),
        ({"due_kind": "days", "due_number": "很多"}, "整数"),
        ({"due_kind": "field", "due_field": "people"}, "日期栏"),
    ],
)
def test_wrong_states_are_refused_and_kept_on_the_page(
    office: Browser, place: Place, changes: dict[str, Any], message: str
) -> None:
    response = office.post(f"/registers/{place.register.id}/states", _states_form(place.register, **changes))

    assert response.status_code == 422
    assert message in response.text


def test_a_state_with_records_is_not_taken_out(place: Place) -> None:
    make_record(place)

    with pytest.raises(DomainError) as refused:
        change_states(place.register, KEPT, actor=place.office)

    assert str(refused.value) == "状态“在办”下还有 1 条记录，不能删除"


def test_a_state_that_means_closed_now_closes_its_records(place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    record = make_record(place)
    move_record(record, "checking", actor=place.clerk)
    mapping = states_to_mapping(CHECKED)
    mapping["states"][1]["kind"] = "closed"

    change_states(place.register, states_from_mapping(mapping), actor=place.office)

    db.session.refresh(record)
    assert record.closed_on == date(2026, 3, 10)
