"""Designing a form in the browser, question by question."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from saas.domain.fields import form_from_mapping
from saas.forms.models import VersionStatus
from tests.browser import Browser
from tests.factories_forms import make_version
from tests.forms.steps import actions, draft, labels, page_of

# --- designing ------------------------------------------------------------------------------------------------------


def test_a_question_of_every_type_can_be_added(designer: Browser) -> None:
    version = draft()
    kinds = ["text", "integer", "decimal", "date", "select_one", "select_multiple", "image", "note", "begin_group"]

    for kind in [*kinds, "begin_repeat"]:
        form = {"type": kind, "label": f"新{kind}", "parent": "", "version": str(version.version)}
        assert designer.post(f"{page_of(version)}/fields", form).status_code == 303, kind

    assert labels(version)[-10:] == [f"新{kind}" for kind in [*kinds, "begin_repeat"]]
    assert actions() == ["form.changed"] * 10


def test_a_question_is_added_inside_a_group(designer: Browser) -> None:
    version = draft()
    form = {"type": "date", "label": "入住日期", "parent": "homes", "version": str(version.version)}

    response = designer.post(f"{page_of(version)}/fields", form)

    assert response.status_code == 303
    assert [item.label for item in form_from_mapping(version.definition).fields[-1].fields][-1] == "入住日期"


def test_a_question_sent_twice_is_added_once(designer: Browser) -> None:
    version = draft()
    form = {"type": "text", "label": "备注", "version": str(version.version), "send_token": str(uuid.uuid4())}

    designer.post(f"{page_of(version)}/fields", form)
    assert designer.post(f"{page_of(version)}/fields", form).status_code == 303

    assert labels(version).count("备注") == 1


def test_questions_move_and_go(designer: Browser) -> None:
    version = draft()

    down = {"path": "patrols", "direction": "down", "version": str(version.version)}
    assert designer.post(f"{page_of(version)}/fields/move", down).status_code == 303
    assert labels(version)[:2] == ["清运垃圾", "保洁次数"]

    gone = {"path": "remark", "version": str(version.version)}
    assert designer.post(f"{page_of(version)}/fields/remove", gone).status_code == 303
    assert "情况说明" not in labels(version)


def test_the_settings_of_a_question_can_be_changed(designer: Browser) -> None:
    version = draft()
    form = {"label": "巡查次数", "name": "patrols", "minimum": "1", "maximum": "62", "measure": "趟", "version": "1"}

    assert designer.get(f"{page_of(version)}/fields/edit?path=patrols").status_code == 200
    response = designer.post(f"{page_of(version)}/fields/edit?path=patrols", form)

    assert response.status_code == 303
    item = form_from_mapping(version.definition).fields[0]
    assert (item.label, item.measure, item.required) == ("巡查次数", "趟", False)
    assert (item.minimum, item.maximum) == (Decimal(1), Decimal(62))


def test_choices_are_edited_one_by_one_and_added_by_line(designer: Browser) -> None:
    question = {
        "type": "select_one",
        "name": "clean",
        "label": "卫生",
        "choices": [{"name": "good", "label": "好"}, {"name": "bad", "label": "差"}],
    }
    version = make_version(None, question, status=VersionStatus.DRAFT)
    form = {"label": "卫生", "name": "clean", "choice-good": "整洁", "choice-bad": "", "new_choices": "一般\n较差\n"}

    designer.post(f"{page_of(version)}/fields/edit?path=clean", {**form, "version": "1"})

    choices = form_from_mapping(version.definition).fields[0].choices
    assert [(choice.name, choice.label) for choice in choices] == [("good", "整洁"), ("c1", "一般"), ("c2", "较差")]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"minimum": "many"}, "不是数"),
        ({"minimum": "9", "maximum": "3"}, "min 大于 max"),
        ({"label": ""}, "请填写问题"),
        ({"name": "Bad Name"}, "字段名以字母开头"),
        ({"name": "rubbish"}, "重复"),
    ],
)
def test_wrong_settings_are_refused_and_kept_on_the_page(
    designer: Browser, typed: dict[str, str], message: str
) -> None:
    version = draft()
    form = {"label": "巡查次数", "name": "patrols", "hint": "含节假日", "version": "1", **typed}

    response = designer.post(f"{page_of(version)}/fields/edit?path=patrols", form)

    assert response.status_code == 422
    assert message in response.text
    assert "含节假日" in response.text
    assert labels(version)[0] == "保洁次数"


def test_a_script_in_a_question_is_only_text(designer: Browser) -> None:
    version = draft()
    form = {"type": "text", "label": "<script>alert(1)</script>", "version": "1"}

    designer.post(f"{page_of(version)}/fields", form)
    page = designer.get(page_of(version)).text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_stale_page_keeps_what_was_typed(designer: Browser) -> None:
    version = draft()
    designer.post(f"{page_of(version)}/fields", {"type": "text", "label": "别人加的", "version": "1"})

    added = designer.post(f"{page_of(version)}/fields", {"type": "text", "label": "我加的", "version": "1"})
    edited = designer.post(
        f"{page_of(version)}/fields/edit?path=patrols", {"label": "我改的", "name": "patrols", "version": "1"}
    )
    moved = designer.post(f"{page_of(version)}/fields/move", {"path": "patrols", "direction": "down", "version": "1"})

    assert (added.status_code, edited.status_code, moved.status_code) == (409, 409, 409)
    assert "我加的" in added.text
    assert "别人加的" in added.text
    assert "我改的" in edited.text
    assert "保洁次数" in edited.text


def test_an_unknown_question_is_not_moved(designer: Browser) -> None:
    version = draft()

    response = designer.post(f"{page_of(version)}/fields/move", {"path": "nothing", "version": "1"})

    assert response.status_code == 409
    assert "没有这个字段" in response.text


def test_the_last_question_stays(designer: Browser) -> None:
    version = make_version(None, {"type": "text", "name": "only", "label": "唯一"}, status=VersionStatus.DRAFT)

    response = designer.post(f"{page_of(version)}/fields/remove", {"path": "only", "version": "1"})

    assert response.status_code == 409
    assert labels(version) == ["唯一"]


def test_htmx_gets_the_builder_only(designer: Browser) -> None:
    page = designer.get(page_of(draft()), htmx=True)

    assert page.text.lstrip().startswith('<div id="builder">')
