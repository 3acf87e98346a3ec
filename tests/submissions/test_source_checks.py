"""The page that publishes a form says which of its sources this county does not have."""

from __future__ import annotations

from typing import Any

import pytest

from saas.access.permissions import Role
from saas.db import db, new_id
from saas.domain.fields import form_from_mapping
from saas.forms.models import VersionStatus
from saas.registers.models import Register
from saas.submissions.source_checks import unknown_sources
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_form, make_version
from tests.submissions.conftest import Place

FOUND = {"type": "integer", "name": "found", "label": "发现", "measure": "件"}


def question(prefill: str, name: str = "n", **keys: Any) -> dict[str, Any]:
    return {"type": "integer", "name": name, "label": f"数{name}", "measure": "件", "prefill": prefill, **keys}


def problems(*fields: dict[str, Any]) -> list[str]:
    definition = form_from_mapping({"code": "f", "name": "表", "fields": list(fields)})
    return [stake.figure for stake in unknown_sources(make_form(), definition)]


def make_hazards() -> None:
    version = make_version(None, FOUND)
    db.session.add(Register(id=new_id(), code="hazards", name="隐患台账", form_id=version.form_id))
    db.session.flush()


@pytest.mark.parametrize(
    ("prefill", "problem"),
    [
        ("attribute:area", "没有单位属性“area”"),
        ("attribute:households", "计量单位不同"),
        ("attribute:cases", ""),
        ("form:nowhere.found", "没有已发布的表单“nowhere”"),
        ("register:roads.count", "没有编码为“roads”的台账"),
        ("register:hazards.count", ""),
        ("register:hazards.sum(found)", ""),
        ("unit:code", ""),
        ("last", ""),
    ],
)
def test_what_the_county_does_not_have_is_said(place: Place, prefill: str, problem: str) -> None:
    place.village.unit_type.attributes = [
        {"name": "households", "label": "户数", "type": "integer", "measure": "户"},
        {"name": "cases", "label": "案件", "type": "integer", "measure": "件"},
    ]
    db.session.flush()
    make_hazards()

    assert problems(question(prefill)) == ([problem] if problem else [])


def test_a_field_of_another_form_must_be_there_and_fit(place: Place) -> None:
    other = make_version(
        make_form(name="网格台账"), FOUND, {**FOUND, "name": "people", "label": "人数", "measure": "人"}
    )
    code = other.form.code
    make_hazards()

    found = problems(
        question(f"form:{code}.found", "a"),
        question(f"form:{code}.lost", "b"),
        question(f"form:{code}.people", "c"),
        question("register:hazards.sum(lost)", "d"),
    )

    assert found == [
        "“网格台账”里没有字段“lost”",
        "“网格台账”的“人数”类型或计量单位不同",
        f"“{db.session.query(Register).one().form.name}”里没有字段“lost”",
    ]


def test_a_draft_is_published_all_the_same(browser: Browser, place: Place) -> None:
    form = make_form(name="库存表")
    draft = make_version(form, question("register:roads.count"), status=VersionStatus.DRAFT)

    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=place.county))
    path = f"/forms/{form.id}/versions/1/publish"

    page = browser.get(path).text

    assert "“数n”的预填来源" in page
    assert "没有编码为“roads”的台账" in page
    assert browser.post(path, {"version": str(draft.version)}).status_code == 303
