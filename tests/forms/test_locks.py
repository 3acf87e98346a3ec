"""What a pack locked in a form: the builder and uploads cannot change it, a newer pack can."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.fields import form_from_mapping
from saas.domain.form_locks import locked_paths, without_locks
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.services import create_form, start_draft
from saas.forms.toml_file import form_to_toml
from saas.forms.xlsform import form_to_xlsform
from saas.packs.services import apply_pack
from saas.tenancy.packs import Pack
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_form, make_version
from tests.forms.steps import labels, page_of
from tests.packs.counties import PASSWORD, found_county, read
from tests.packs.starters import TENANTS

LOCKED: Mapping[str, Any] = {"type": "integer", "name": "a", "label": "县定项目", "locked": True}
CHOSEN: Mapping[str, Any] = {
    "type": "select_one",
    "name": "s",
    "label": "县定选项",
    "locked": True,
    "choices": [{"name": "x", "label": "甲"}, {"name": "y", "label": "乙"}],
}
OPEN: Mapping[str, Any] = {"type": "text", "name": "b", "label": "本地项目"}
GROUP: Mapping[str, Any] = {"type": "begin_group", "name": "g", "label": "县定分组", "locked": True, "fields": [OPEN]}


@pytest.fixture
def draft() -> FormVersion:
    return make_version(make_form(), LOCKED, CHOSEN, OPEN, GROUP, status=VersionStatus.DRAFT)


def send(browser: Browser, version: FormVersion, action: str, **form: Any) -> tuple[int, str]:
    response = browser.post(f"{page_of(version)}/{action}", {"version": str(version.version), **form})
    return response.status_code, response.text


def test_the_builder_shows_a_lock_instead_of_buttons(designer: Browser, draft: FormVersion) -> None:
    page = designer.get(page_of(draft)).text

    assert page.count("已锁定") == 4 + 1  # each locked line, and the remark above
    assert "fields/edit?path=b" in page
    assert "fields/edit?path=a" not in page
    assert "在“县定分组”中添加" not in page


@pytest.mark.parametrize("path", ["a", "s", "g", "g.b"])
def test_a_locked_field_is_neither_edited_moved_nor_removed(designer: Browser, draft: FormVersion, path: str) -> None:
    before = draft.definition
    edited = {"label": "改名", "name": path.rpartition(".")[2]}

    assert designer.get(f"{page_of(draft)}/fields/edit?path={path}").status_code == 409
    for action, form in (("fields/remove", {}), ("fields/move", {"direction": "up"})):
        status, page = send(designer, draft, action, path=path, **form)
        assert (status, "锁定" in page) == (409, True), action
    status, page = send(designer, draft, f"fields/edit?path={path}", **edited)

    assert (status, "锁定" in page) == (409, True)
    assert draft.definition == before


def test_what_is_not_locked_is_changed_beside_it(designer: Browser, draft: FormVersion) -> None:
    assert send(designer, draft, "fields", type="text", label="再加一项", send_token="once-1")[0] == 303
    assert send(designer, draft, "fields/remove", path="b")[0] == 303

    assert labels(draft) == ["县定项目", "县定选项", "县定分组", "再加一项"]


def test_nothing_is_put_into_a_locked_group(designer: Browser, draft: FormVersion) -> None:
    status, page = send(designer, draft, "fields", type="text", label="塞一项", parent="g", send_token="once-2")

    assert (status, "县定分组" in page) == (409, True)


@pytest.mark.parametrize("kind", ["toml", "xlsx"])
def test_an_upload_does_not_get_around_a_lock(designer: Browser, draft: FormVersion, kind: str) -> None:
    stored = form_from_mapping(draft.definition)
    changed = without_locks(replace(stored, fields=(replace(stored.fields[0], label="改了"), *stored.fields[1:])))
    content = form_to_toml(changed).encode() if kind == "toml" else form_to_xlsform(changed)

    status, page = send(designer, draft, "upload", file=(io.BytesIO(content), f"form.{kind}"))

    assert (status, "县定项目" in page, "锁定" in page) == (422, True, True)
    assert labels(draft)[0] == "县定项目"


@pytest.mark.parametrize("kind", ["toml", "xlsx"])
def test_an_upload_that_keeps_what_is_locked_is_taken_and_keeps_the_locks(
    designer: Browser, draft: FormVersion, kind: str
) -> None:
    stored = form_from_mapping(draft.definition)
    fields = tuple(replace(item, label="新的本地项目") if item.name == "b" else item for item in stored.fields)
    changed = without_locks(replace(stored, fields=fields))
    content = form_to_toml(changed).encode() if kind == "toml" else form_to_xlsform(changed)

    assert send(designer, draft, "upload", file=(io.BytesIO(content), f"form.{kind}"))[0] == 303

    assert "新的本地项目" in labels(draft)
    assert [item.locked for item in form_from_mapping(draft.definition).fields] == [True, True, False, True]


@pytest.mark.usefixtures("tenant")
def test_a_county_does_not_lock_its_own_forms() -> None:
    uploaded = form_from_mapping({"code": "own", "name": "自建表", "fields": [LOCKED], "locked": True})

    form = create_form(uploaded, actor=make_user(), owner_unit_id=None, legal_basis="", expires_on=None)

    created = db.session.scalars(select(FormVersion).where(FormVersion.form_id == form.id)).one()
    assert locked_paths(form_from_mapping(created.definition)) == frozenset()


# --- packs -------------------------------------------------------------------------------------------------------


def locking_pack(pack: Pack, label: str) -> Pack:
    """The pack with its first form locked as a whole, and its first question called otherwise."""
    first, *others = pack.configuration.forms
    renamed = (replace(first.form.fields[0], label=label), *first.form.fields[1:])
    entry = replace(first, form=replace(first.form, fields=renamed, locked=True))
    return replace(pack, configuration=replace(pack.configuration, forms=(entry, *others)))


def test_the_message_names_the_pack_and_a_newer_pack_changes_what_it_locked(browser: Browser) -> None:
    found_county()
    pack = read(TENANTS / "grid-management")
    apply_pack(locking_pack(pack, "第一版的问题"), first_password=PASSWORD)
    code = pack.configuration.forms[0].form.code
    form = db.session.scalars(select(FormDefinition).where(FormDefinition.code == code)).one()
    draft = start_draft(form, actor=make_user())
    browser.sign_in(make_user(Role.SYSTEM_ADMIN))
    assert pack.head.title in browser.get(page_of(draft)).text

    status, page = send(browser, draft, "fields", type="text", label="再加一项", send_token="once-4")
    assert (status, pack.head.title in page) == (409, True)
    assert browser.post(f"{page_of(draft)}/discard", {}).status_code == 303

    apply_pack(locking_pack(pack, "第二版的问题"), first_password=PASSWORD)

    newest = db.session.scalars(
        select(FormVersion).where(FormVersion.form_id == form.id).order_by(FormVersion.number.desc())
    ).first()
    assert newest is not None
    assert (newest.number, newest.status, labels(newest)[0]) == (2, VersionStatus.PUBLISHED, "第二版的问题")
