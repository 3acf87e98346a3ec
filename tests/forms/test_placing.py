"""Putting a question elsewhere in a form: among its neighbours, into a group, and out of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, iter_fields
from saas.domain.form_editing import places_for, put_field
from saas.forms.models import FormVersion, VersionStatus
from tests.browser import Browser
from tests.factories_forms import make_form, make_version
from tests.forms.steps import page_of


def text(name: str, label: str = "", **keys: Any) -> dict[str, Any]:
    return {"type": "text", "name": name, "label": label or f"题{name}", **keys}


def group(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "begin_group", "name": name, "label": f"组{name}", "fields": list(fields)}


FIELDS = (text("a"), group("g", text("b"), group("h", text("c"))), text("d"))


def a_form(*fields: dict[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields or FIELDS)})


def paths(form: FormDefinition) -> list[str]:
    return [path for path, _ in iter_fields(form)]


@pytest.mark.parametrize(
    ("path", "parent", "place", "expected"),
    [
        ("d", "", 0, ["d", "a", "g", "g.b", "g.h", "g.h.c"]),
        ("a", "", 2, ["g", "g.b", "g.h", "g.h.c", "d", "a"]),
        ("a", "g", 1, ["g", "g.b", "g.a", "g.h", "g.h.c", "d"]),
        ("d", "g.h", 0, ["a", "g", "g.b", "g.h", "g.h.d", "g.h.c"]),
        ("g.b", "", 3, ["a", "g", "g.h", "g.h.c", "d", "b"]),
        ("g.h", "", 0, ["h", "h.c", "a", "g", "g.b", "d"]),
    ],
)
def test_a_question_is_put_anywhere(path: str, parent: str, place: int, expected: list[str]) -> None:
    form = a_form()

    assert (parent, place) in places_for(form, path)
    assert paths(put_field(form, path, parent, place)) == expected


@pytest.mark.parametrize(("path", "parent"), [("g", "g"), ("g", "g.h"), ("g.h.c", "")])
def test_a_group_is_not_put_into_itself_and_keeps_a_question(path: str, parent: str) -> None:
    with pytest.raises(FormError):
        put_field(a_form(), path, parent, 0)


def test_two_questions_of_one_name_do_not_come_together() -> None:
    with pytest.raises(FormError) as refusal:
        put_field(a_form(text("a"), group("g", text("a"), text("b"))), "a", "g", 0)

    assert refusal.value.code == "duplicate"


@pytest.fixture
def version() -> FormVersion:
    return make_version(make_form(), *FIELDS, status=VersionStatus.DRAFT)


def test_a_question_is_put_into_a_group_from_its_page(designer: Browser, version: FormVersion) -> None:
    page = designer.get(f"{page_of(version)}/fields/edit?path=d").text
    places = dict(re.findall(r'<option value="([^"]*:\d+)"[^>]*>([^<]*)</option>', page))
    assert places["g:1"] == "“组g”里：在“题b”之后"
    assert places[":0"] == "最前面"
    assert re.search(r'value=":2" selected', page), "it says where it stands"

    sent = {"path": "d", "place": "g:1", "version": str(version.version)}
    assert designer.post(f"{page_of(version)}/fields/put", sent).status_code == 303

    assert paths(form_from_mapping(version.definition)) == ["a", "g", "g.b", "g.d", "g.h", "g.h.c"]


def test_what_would_break_the_form_is_said_and_nothing_moves(designer: Browser) -> None:
    photo = {"type": "image", "name": "photo", "label": "照片"}
    fields = [text("a", evidence="photo"), photo, group("g", text("b"))]
    version = make_version(make_form(), *fields, status=VersionStatus.DRAFT)

    sent = {"path": "photo", "place": "g:0", "version": str(version.version)}
    response = designer.post(f"{page_of(version)}/fields/put", sent)

    assert response.status_code == 422
    assert "旁边没有照片" in response.text
    assert paths(form_from_mapping(version.definition))[:2] == ["a", "photo"]


def test_a_check_that_is_added_leads_to_its_own_page_out_of_the_fragment(
    designer: Browser, version: FormVersion
) -> None:
    form = {"type": "check", "label": "对不上", "version": str(version.version)}

    response = designer.post(f"{page_of(version)}/fields", form, htmx=True)

    assert response.status_code == 204
    assert "fields/edit" in response.headers["HX-Redirect"]
