"""A check over several answers, put together by an administrator without code, carried by files and on the page."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from saas.domain.fields import Field, form_from_mapping
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.xlsform import form_from_xlsform, form_to_xlsform
from tests.browser import Browser
from tests.factories_forms import make_form, make_version
from tests.forms.steps import page_of


def figure(name: str, label: str, measure: str = "件") -> dict[str, Any]:
    return {"type": "integer", "name": name, "label": label, "measure": measure}


@pytest.fixture
def version() -> FormVersion:
    fields = [figure("family", "家庭纠纷"), figure("land", "土地纠纷"), figure("total", "纠纷总数")]
    return make_version(make_form(), *fields, figure("people", "当事人", "人次"), status=VersionStatus.DRAFT)


def the_check(version: FormVersion) -> Field:
    return next(item for item in form_from_mapping(version.definition).fields if item.mark)


def add(designer: Browser, version: FormVersion) -> str:
    form = {"type": "check", "label": "各类之和与总数对不上", "version": str(version.version)}
    response = designer.post(f"{page_of(version)}/fields", {**form, "send_token": str(uuid.uuid4())})
    assert response.status_code == 303
    return response.location


def settings(version: FormVersion, **typed: Any) -> dict[str, Any]:
    name = the_check(version).name
    return {"label": "各类之和与总数对不上", "name": name, "version": str(version.version), **typed}


SUM = "${family} != '' and ${land} != '' and ${total} != '' and ${family} + ${land} != ${total}"


def test_a_check_is_put_together_from_pickers(designer: Browser, version: FormVersion) -> None:
    page = add(designer, version)
    assert "这些数之和" in designer.get(page).text

    typed = settings(version, check_parts=["family", "land"], check_relation="=", check_whole="total")
    assert designer.post(page, typed | {"relevant": "false()"}).status_code == 303

    assert the_check(version).relevant == SUM
    shown = designer.get(page).text
    assert "!= ${total}" in shown
    assert 'checked id="check_parts-0"' in shown
    assert "核对规则" in designer.get(page_of(version)).text


def test_figures_of_different_measures_are_not_put_together(designer: Browser, version: FormVersion) -> None:
    page = add(designer, version)

    typed = settings(version, check_parts=["people"], check_relation="<=", check_whole="total", relevant="false()")
    refused = designer.post(page, typed)

    assert refused.status_code == 422
    assert "计量单位不同（人次、件）" in refused.text
    assert the_check(version).relevant == "false()"


def test_somebody_may_write_the_condition_himself(designer: Browser, version: FormVersion) -> None:
    page = add(designer, version)

    assert designer.post(page, settings(version, relevant="${people} > 3 * ${total}")).status_code == 303

    assert the_check(version).relevant == "${people} > 3 * ${total}"


def test_a_check_that_compares_nothing_is_not_published(designer: Browser, version: FormVersion) -> None:
    add(designer, version)

    page = designer.get(f"{page_of(version)}/publish").text

    assert "还没有选核对的项" in page
    assert "确认发布" not in page
    refused = designer.post(f"{page_of(version)}/publish", {"version": str(version.version)})
    assert refused.status_code == 409
    assert version.status is VersionStatus.DRAFT


def test_a_check_says_so_while_the_form_is_tried_out(designer: Browser, version: FormVersion) -> None:
    page = add(designer, version)
    designer.post(page, settings(version, check_parts=["family", "land"], check_relation="=", check_whole="total"))
    typed = {"family": "1", "land": "1"}

    assert "form-fill__note--odd" not in designer.post(f"{page_of(version)}/try", {**typed, "total": "2"}).text
    odd = designer.post(f"{page_of(version)}/try", {**typed, "total": "3"})

    assert odd.status_code == 200, "it refuses nothing"
    assert "form-fill__note--odd" in odd.text


def test_a_check_goes_out_and_comes_back_as_an_xlsform(designer: Browser, version: FormVersion) -> None:
    page = add(designer, version)
    designer.post(page, settings(version, check_parts=["family"], check_relation="<=", check_whole="total"))
    form = form_from_mapping(version.definition)

    assert form_from_xlsform(form_to_xlsform(form), "again.xlsx").definition.fields == form.fields


def test_what_was_overlooked_is_said_before_publishing_and_stands_in_nobodys_way(designer: Browser) -> None:
    fields: list[dict[str, Any]] = [
        {"type": "integer", "name": "n", "label": "户数"},
        {"type": "text", "name": "phone", "label": "联系电话"},
        {
            "type": "begin_group",
            "name": "g",
            "label": "情况",
            "fields": [{"type": "text", "name": "x", "label": "新问题"}],
        },
        {"type": "select_one", "name": "kind", "label": "类别", "choices": [{"name": "c1", "label": "选项一"}]},
    ]
    version = make_version(make_form(), *fields, status=VersionStatus.DRAFT)

    page = designer.get(f"{page_of(version)}/publish").text

    for said in ("没有写计量单位", "像是个人信息", "：还是新建时的文字", "选项还是新建时的文字"):
        assert said in page
    assert designer.post(f"{page_of(version)}/publish", {"version": str(version.version)}).status_code == 303


def test_the_table_of_a_repeat_says_it_in_the_row(designer: Browser) -> None:
    check = {"type": "note", "name": "odd", "label": "合格多于检查", "mark": True, "relevant": "${passed} > ${seen}"}
    rows = {"type": "begin_repeat", "name": "rows", "label": "检查", "appearance": "table", "min_count": 1}
    fields = [figure("seen", "检查"), figure("passed", "合格"), check]
    version = make_version(make_form(), {**rows, "fields": fields}, status=VersionStatus.DRAFT)

    page = designer.post(f"{page_of(version)}/try", {"rows[0].seen": "1", "rows[0].passed": "2"}).text

    assert "fill-table" in page
    assert page.count("合格多于检查") == 1
