"""Publishing a version shows what it means; what parts the data is published by somebody who says that they know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.errors import FormError
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.services import publish
from saas.registers.models import Register
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_assessment import SELF_SCORE_FIELDS, make_scheme
from tests.factories_forms import QUESTIONS, make_collection, make_form, make_version
from tests.forms.steps import page_of
from tests.statements import count_statements

TONS, KILOS = ({**QUESTIONS[1], "measure": measure} for measure in ("吨", "公斤"))
RELABELLED = {**QUESTIONS[2], "label": "补充说明"}


def next_version(*fields: Mapping[str, Any]) -> FormVersion:
    """A draft that follows a published version with the questions of the factories."""
    form = make_form()
    make_version(form)
    return make_version(form, *fields, status=VersionStatus.DRAFT, number=2)


def send(browser: Browser, version: FormVersion, **form: str) -> int:
    return browser.post(f"{page_of(version)}/publish", {"version": str(version.version), **form}).status_code


def last_event() -> AuditEvent:
    return db.session.scalars(select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(1)).one()


def test_what_parts_the_data_is_said_before_publishing(designer: Browser) -> None:
    draft = next_version(QUESTIONS[0], KILOS, *QUESTIONS[2:])

    page = designer.get(f"{page_of(draft)}/publish").text

    assert "计量单位变化：清运垃圾" in page
    assert "吨 → 公斤" in page
    assert "已知晓影响：1 处口径变化" in page


def test_without_the_tick_nothing_is_published(designer: Browser) -> None:
    draft = next_version(QUESTIONS[0], KILOS, *QUESTIONS[2:])

    response = designer.post(f"{page_of(draft)}/publish", {"version": str(draft.version)})

    assert response.status_code == 422
    assert "请确认已经知道口径变化的影响" in response.text
    assert draft.status is VersionStatus.DRAFT


def test_published_anyway_it_stands_in_the_trail_with_what_differs(designer: Browser) -> None:
    draft = next_version(QUESTIONS[0], KILOS, RELABELLED, *QUESTIONS[3:])

    assert send(designer, draft, acknowledged="yes") == 303

    event = last_event()
    assert event.action == "form.published"
    assert event.details["findings"] == ["measure_changed rubbish"]
    assert event.details["is_acknowledged"] is True


def test_no_service_publishes_past_the_question(designer: Browser) -> None:
    draft = next_version(*QUESTIONS[1:])

    with pytest.raises(FormError) as refused:
        publish(draft, actor=make_user(Role.SYSTEM_ADMIN))

    assert refused.value.code == "unacknowledged"


@pytest.mark.parametrize("fields", [QUESTIONS, (*QUESTIONS[:2], RELABELLED, *QUESTIONS[3:])])
def test_what_parts_nothing_needs_no_tick(designer: Browser, fields: tuple[Mapping[str, Any], ...]) -> None:
    draft = next_version(*fields)

    assert "已知晓影响" not in designer.get(f"{page_of(draft)}/publish").text
    assert send(designer, draft) == 303


def test_a_first_version_is_compared_with_nothing(designer: Browser) -> None:
    draft = make_version(status=VersionStatus.DRAFT)

    assert "与上一版相比" not in designer.get(f"{page_of(draft)}/publish").text
    assert send(designer, draft) == 303


def test_a_form_that_is_filled_in_from_a_changed_field_is_named(designer: Browser) -> None:
    draft = next_version(QUESTIONS[0], KILOS, *QUESTIONS[2:])
    source = f"form:{draft.form.code}.rubbish"
    taking = {"type": "decimal", "name": "taken", "label": "上报垃圾量", "measure": "吨", "prefill": source}
    make_version(make_form(name="季度汇总表"), taking)

    page = designer.get(f"{page_of(draft)}/publish").text

    assert "预填“季度汇总表·上报垃圾量”" in page


# --- any two versions --------------------------------------------------------------------------------------------


def three_versions() -> FormVersion:
    form = make_form()
    make_version(form, TONS, status=VersionStatus.RETIRED)
    make_version(form, KILOS, number=2)
    return make_version(form, KILOS, RELABELLED, status=VersionStatus.DRAFT, number=3)


@pytest.mark.parametrize(
    ("query", "words", "absent"),
    [
        ("", "新增：补充说明", "计量单位变化"),
        ("?old=1&new=2", "计量单位变化：清运垃圾", "新增：补充说明"),
        ("?old=1&new=3", "计量单位变化：清运垃圾", "没有变化"),
        ("?old=2&new=2", "没有变化", "新增"),
        ("?old=2&new=1", "公斤 → 吨", "新增"),
        ("?old=x&new=", "新增：补充说明", "计量单位变化"),
    ],
)
def test_any_two_versions_are_compared(browser: Browser, query: str, words: str, absent: str) -> None:
    form_id = three_versions().form_id
    browser.sign_in(make_user(Role.OFFICE))

    page = browser.get(f"/forms/{form_id}/compare{query}").text

    assert words in page
    assert absent not in page


def test_a_version_that_there_is_not_is_not_found(designer: Browser) -> None:
    form_id = three_versions().form_id

    assert designer.get(f"/forms/{form_id}/compare?old=9&new=1").status_code == 404


def test_comparing_takes_the_same_number_of_statements_however_many_forms(designer: Browser) -> None:
    path = f"/forms/{three_versions().form_id}/compare?old=1&new=2"
    designer.get(path)
    few = count_statements(lambda: designer.get(path))
    for _ in range(5):
        make_version()

    assert count_statements(lambda: designer.get(path)) == few


# --- who uses a field --------------------------------------------------------------------------------------------


def test_the_schemes_that_score_a_changed_field_are_named(designer: Browser) -> None:
    form = make_form()
    first = make_version(form, SELF_SCORE_FIELDS, TONS)
    make_scheme(collection=make_collection(first))
    make_version(form, TONS, status=VersionStatus.DRAFT, number=2)

    page = designer.get(f"/forms/{form.id}/versions/2/publish").text

    assert "删除：制度台账" in page
    assert page.count("考核方案“") >= 2  # both scored fields are gone


def test_the_registers_that_list_a_changed_field_are_named(designer: Browser) -> None:
    draft = next_version(QUESTIONS[0], KILOS, *QUESTIONS[2:])
    register = Register(code="waste", name="垃圾清运台账", form_id=draft.form_id, layout={"columns": ["rubbish"]})
    db.session.add(register)
    added_up = {"type": "decimal", "name": "sum", "label": "全年清运", "prefill": "register:waste.sum(rubbish)"}
    make_version(make_form(name="年报表"), added_up)

    page = designer.get(f"{page_of(draft)}/publish").text

    assert "台账“垃圾清运台账”" in page
    assert "预填“年报表·全年清运”" in page
