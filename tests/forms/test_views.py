"""Registering forms and publishing their versions, as their designer sees it."""

from __future__ import annotations

import io
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.fields import form_from_mapping
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.queries import find_published_version
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_form, make_version
from tests.forms.steps import actions, draft, labels, page_of
from tests.statements import count_statements


def new_form(**changes: Any) -> dict[str, Any]:
    owner = make_unit("整治办")
    return {
        "name": "环境卫生自评表",
        "owner_unit": str(owner.id),
        "legal_basis": "青政办〔2026〕3号",
        "expires_on": "2030-12-31",
        **changes,
    }


# --- registering ----------------------------------------------------------------------------------------------------


@pytest.fixture
def level_two(tenant: Tenant) -> None:
    """Units that make_unit makes are villages; owners of forms are units of the first two levels."""
    make_unit_type("village", "县直部门", level=2)


@pytest.mark.usefixtures("level_two")
def test_a_new_form_starts_as_a_draft_with_one_question(designer: Browser) -> None:
    response = designer.post("/forms", new_form())

    assert response.status_code == 303
    form = db.session.scalars(select(FormDefinition)).one()
    assert (form.name, form.expires_on) == ("环境卫生自评表", date(2030, 12, 31))
    version = db.session.scalars(select(FormVersion)).one()
    assert version.status is VersionStatus.DRAFT
    assert "form.changed" in actions()
    assert "新问题" in designer.get(page_of(version)).text


@pytest.mark.usefixtures("level_two")
def test_a_form_without_a_basis_is_refused_beside_the_field(designer: Browser) -> None:
    response = designer.post("/forms", new_form(legal_basis=""))

    assert response.status_code == 422
    assert "请填写填报依据" in response.text
    assert 'value="环境卫生自评表"' in response.text
    assert db.session.scalars(select(FormDefinition)).all() == []


@pytest.mark.usefixtures("level_two")
def test_a_form_sent_twice_is_created_once(designer: Browser) -> None:
    form = new_form(send_token=str(uuid.uuid4()))

    first, second = designer.post("/forms", form), designer.post("/forms", form)

    assert first.location == second.location
    assert len(db.session.scalars(select(FormDefinition)).all()) == 1


@pytest.mark.usefixtures("level_two")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'code = "a"\nname = "b"\n[[fields]]\ntype = "integer"\nname = "x"\nlabel = "x"\nmin = "many"\n',
            "fields[0].min",
        ),
        (b"code = \n", "不是有效的 TOML"),
        (b"\xff\xfe\x00", "不是 UTF-8"),
        (
            b'code = "a"\nname = "b"\n[[fields]]\ntype = "text"\nname = "x"\nlabel = "x"\nrelevant = "${y}"\n',
            "x.relevant",
        ),
    ],
)
def test_a_faulty_file_says_where_it_is_wrong(designer: Browser, content: bytes, message: str) -> None:
    response = designer.post("/forms", new_form(file=(io.BytesIO(content), "form.toml")))

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(FormDefinition)).all() == []


def test_a_clerk_sees_forms_but_does_not_design_them(browser: Browser) -> None:
    version = draft()
    browser.sign_in(make_user(Role.VILLAGE_CLERK))

    assert browser.get("/forms").status_code == 200
    assert "检查并发布" not in browser.get(page_of(version)).text
    assert browser.get("/forms/new").status_code == 403
    assert browser.post("/forms", {}).status_code == 403
    assert browser.post(f"{page_of(version)}/fields", {}).status_code == 403
    assert browser.post(f"{page_of(version)}/publish", {}).status_code == 403


def test_another_countys_form_and_an_unknown_one_are_the_same(
    designer: Browser, other_tenant: Tenant, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(other_tenant.id):
        theirs = draft().form_id

    for form_id in (theirs, unknown_id):
        page = f"/forms/{form_id}/versions/1"
        assert designer.get(f"/forms/{form_id}").status_code == 404
        assert designer.get(page).status_code == 404
        for action in ("fields", "fields/move", "fields/remove", "fields/edit", "upload", "publish", "discard"):
            assert designer.post(f"{page}/{action}", {}).status_code == 404, action


@pytest.mark.usefixtures("level_two")
def test_the_registration_can_be_changed(designer: Browser) -> None:
    form = make_form(name="旧名")

    response = designer.post(f"/forms/{form.id}/edit", new_form(name="新名", expires_on="2031-01-31", is_active="y"))

    assert response.status_code == 303
    assert (form.name, form.expires_on, form.is_active) == ("新名", date(2031, 1, 31), True)
    assert actions() == ["form.changed"]


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_downloaded_definition_can_be_uploaded_again(designer: Browser) -> None:
    version = draft()
    before = version.definition

    file = designer.get(f"{page_of(version)}/definition.toml")
    assert file.mimetype == "application/toml"
    response = designer.post(
        f"{page_of(version)}/upload", {"version": "1", "file": (io.BytesIO(file.data), "form.toml")}
    )

    assert response.status_code == 303
    assert form_from_mapping(version.definition) == form_from_mapping(before)


def test_a_faulty_upload_changes_nothing(designer: Browser) -> None:
    version = draft()
    content = b'code = "a"\nname = "b"\n[[fields]]\ntype = "colour"\nname = "x"\nlabel = "x"\n'

    response = designer.post(f"{page_of(version)}/upload", {"version": "1", "file": (io.BytesIO(content), "f.toml")})

    assert response.status_code == 422
    assert "fields[0].type" in response.text
    assert labels(version)[0] == "保洁次数"


# --- publishing -----------------------------------------------------------------------------------------------------


def test_publishing_freezes_the_draft_and_retires_the_version_before(designer: Browser) -> None:
    old = make_version()
    start = designer.post(f"/forms/{old.form_id}/versions")
    new = db.session.scalars(select(FormVersion).where(FormVersion.number == 2)).one()
    assert start.location.endswith(f"/forms/{old.form_id}/versions/2")
    designer.post(f"{page_of(new)}/fields/remove", {"path": "remark", "version": "1"})

    assert "删除：情况说明" in designer.get(f"{page_of(new)}/publish").text
    response = designer.post(f"{page_of(new)}/publish", {"version": str(new.version), "acknowledged": "yes"})

    assert response.status_code == 303
    assert (old.status, new.status) == (VersionStatus.RETIRED, VersionStatus.PUBLISHED)
    assert len(new.digest) == 64
    assert find_published_version(old.form_id) is new
    assert "form.published" in actions()


def test_a_published_version_does_not_change(designer: Browser) -> None:
    version = make_version()
    form = {"type": "text", "label": "备注", "path": "patrols", "version": "1"}

    for action in ("fields", "fields/move", "fields/remove", "publish", "discard"):
        assert designer.post(f"{page_of(version)}/{action}", form).status_code == 409, action
    assert labels(version)[0] == "保洁次数"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"legal_basis": ""}, "没有写填报依据"),
        ({"owner_unit_id": None}, "没有写制表单位"),
        ({"expires_on": date(2020, 1, 1)}, "已过有效期"),
    ],
)
def test_a_form_that_may_not_be_asked_is_not_published(designer: Browser, change: dict[str, Any], message: str) -> None:
    version = draft()
    for name, value in change.items():
        setattr(version.form, name, value)

    response = designer.post(f"{page_of(version)}/publish", {"version": "1"})

    assert response.status_code == 409
    assert message in response.text
    assert version.status is VersionStatus.DRAFT


def test_a_draft_can_be_given_up_but_not_the_only_version(designer: Browser) -> None:
    old = make_version()
    designer.post(f"/forms/{old.form_id}/versions")

    assert designer.post(f"/forms/{old.form_id}/versions/2/discard").status_code == 303
    assert len(db.session.scalars(select(FormVersion)).all()) == 1
    only = draft()
    assert designer.post(f"{page_of(only)}/discard").status_code == 409


def test_the_list_takes_the_same_number_of_statements_however_long(designer: Browser) -> None:
    make_version()
    designer.get("/forms")  # the first request also notes that the session is in use
    few = count_statements(lambda: designer.get("/forms"))
    for _ in range(5):
        make_version()

    assert count_statements(lambda: designer.get("/forms")) == few <= 8
