"""Keeping the county's accounts, as the security administrator does it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import GRANTS, PERMISSION_LABELS, ROLE_LABELS, Permission, Role
from saas.accounts.models import User, UserSession
from saas.accounts.passwords import password_problem, verify_password
from saas.audit.models import AuditEvent
from saas.db import db, utc_now
from saas.org.models import OrgUnit
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_user
from tests.statements import count_statements


@pytest.fixture
def root(browser: Browser) -> OrgUnit:
    return make_unit("青山县")


@pytest.fixture
def admin(browser: Browser, root: OrgUnit) -> User:
    admin = make_user(Role.SECURITY_ADMIN, unit=root)
    browser.sign_in(admin)
    return admin


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all())


def shown_password(text: str) -> str:
    found = re.search(r'class="first-password"[^>]*>([^<]+)<', text)
    assert found is not None
    return found[1]


def test_a_new_person_gets_a_first_password_that_is_shown_once(browser: Browser, admin: User) -> None:
    form = {"name": "新来的人", "login_name": "new01", "phone": "10000000001", "send_token": str(uuid.uuid4())}

    first, second = browser.post("/accounts", form), browser.post("/accounts", form)

    user = db.session.scalars(select(User).where(User.login_name == "new01")).one()
    password = shown_password(first.text)
    assert first.headers["Cache-Control"] == "no-store"
    assert verify_password(user.password_hash, password)
    assert password_problem(password, login_name="new01") is None
    assert user.must_change_password
    assert second.status_code == 303
    assert password not in browser.get(f"/accounts/{user.id}").text
    assert actions() == ["account.created"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"name": "=HYPERLINK()"}, "公式符号"),
        ({"login_name": "Bad Name"}, "账号以小写字母开头"),
        ({"login_name": "taken"}, "已被使用"),
        ({"phone": "12345"}, "手机号应为 11 位数字"),
    ],
)
def test_a_wrong_person_is_refused_and_kept(
    browser: Browser, admin: User, changes: dict[str, str], message: str
) -> None:
    make_user().login_name = "taken"

    response = browser.post("/accounts", {"name": "新来的人", "login_name": "new01", **changes})

    assert response.status_code == 422
    assert message in response.text
    assert actions() == []


def test_a_reset_gives_a_new_password_and_ends_the_sessions(browser: Browser, admin: User) -> None:
    user = make_user()
    db.session.add(UserSession(user_id=user.id, token_digest="theirs"))  # a session elsewhere
    before = user.password_hash

    response = browser.post(f"/accounts/{user.id}/reset", {"send_token": str(uuid.uuid4())})

    assert verify_password(user.password_hash, shown_password(response.text))
    assert user.password_hash != before
    session = db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one()
    assert session.ended_at is not None
    assert actions() == ["account.password_reset"]


def test_a_locked_account_is_unlocked(browser: Browser, admin: User) -> None:
    user = make_user(name="锁住的人")
    user.locked_until = utc_now() + timedelta(minutes=10)
    assert "锁住的人" in browser.get("/accounts?state=locked").text

    assert browser.post(f"/accounts/{user.id}/unlock").status_code == 303

    assert user.locked_until is None
    assert "已解锁" in browser.get("/accounts").text
    assert "锁住的人" not in browser.get("/accounts?state=locked").text
    assert actions() == ["account.unlocked"]


def test_a_disabled_account_can_be_enabled_again(browser: Browser, admin: User) -> None:
    user = make_user()

    assert browser.post(f"/accounts/{user.id}/active", {"active": "no"}).status_code == 303
    assert not user.is_active
    assert browser.post(f"/accounts/{user.id}/active", {"active": "yes"}).status_code == 303

    assert user.is_active
    assert actions() == ["account.disabled", "account.enabled"]


def test_the_last_administrator_and_oneself_stay_enabled(browser: Browser, admin: User, root: OrgUnit) -> None:
    auditor = make_user(Role.AUDITOR, unit=root)

    last = browser.post(f"/accounts/{auditor.id}/active", {"active": "no"})
    own = browser.post(f"/accounts/{admin.id}/active", {"active": "no"})

    assert (last.status_code, own.status_code) == (409, 409)
    assert "唯一的审计管理员" in last.text
    assert "不能停用自己的账号" in own.text
    assert auditor.is_active


def test_one_of_two_administrators_may_be_disabled(browser: Browser, admin: User, root: OrgUnit) -> None:
    auditor = make_user(Role.AUDITOR, unit=root)
    make_user(Role.AUDITOR, unit=root)

    assert browser.post(f"/accounts/{auditor.id}/active", {"active": "no"}).status_code == 303


def test_the_list_masks_telephone_numbers(browser: Browser, admin: User) -> None:
    make_user().phone = "10012345678"

    page = browser.get("/accounts").text

    assert "100****5678" in page
    assert "10012345678" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("words=李四", True), ("words=东村", True), ("words=%25", False), ("state=inactive", False), ("state=x", True)],
)
def test_the_list_is_searched_by_name_account_post_and_state(
    browser: Browser, admin: User, root: OrgUnit, query: str, found: bool
) -> None:
    make_user(Role.VILLAGE_CLERK, unit=make_unit("东村", parent=root), name="李四")

    assert ("李四" in browser.get(f"/accounts?{query}").text) is found


def test_the_list_takes_the_same_statements_whatever_its_length(browser: Browser, admin: User, root: OrgUnit) -> None:
    browser.get("/accounts")
    few = count_statements(lambda: browser.get("/accounts"))
    for _ in range(20):
        make_user(Role.VILLAGE_CLERK, unit=root)

    assert count_statements(lambda: browser.get("/accounts")) == few <= 8


def test_the_system_administrator_sees_accounts_and_changes_none(browser: Browser, root: OrgUnit) -> None:
    user = make_user()
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=root))

    assert browser.get(f"/accounts/{user.id}").status_code == 200
    for address in ("", f"/{user.id}/reset", f"/{user.id}/unlock", f"/{user.id}/active"):
        assert browser.post(f"/accounts{address}").status_code == 403


def test_another_tenants_person_does_not_exist(browser: Browser, admin: User, unknown_id: uuid.UUID) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_user().id
    db.session.expunge_all()

    for user_id in (theirs, unknown_id):
        assert browser.get(f"/accounts/{user_id}").status_code == 404
        for action in ("reset", "unlock", "active"):
            assert browser.post(f"/accounts/{user_id}/{action}").status_code == 404


def test_the_matrix_page_shows_every_role_and_permission(browser: Browser, admin: User) -> None:
    page = browser.get("/accounts/matrix").text

    assert set(PERMISSION_LABELS) == set(Permission)
    assert set(ROLE_LABELS) == set(Role)
    for label in (*PERMISSION_LABELS.values(), *ROLE_LABELS.values()):
        assert str(label) in page
    assert page.count("✓") == sum(len(granted) for granted in GRANTS.values())


def test_a_person_may_be_registered_without_an_account(browser: Browser, admin: User) -> None:
    response = browser.post("/accounts", {"name": "不登录的人", "login_name": "", "send_token": str(uuid.uuid4())})

    user = db.session.scalars(select(User).where(User.name == "不登录的人")).one()
    assert response.status_code == 303
    assert (user.login_name, user.password_hash) == (None, None)
    page = browser.get(f"/accounts/{user.id}").text
    assert "没有账号" in page
    assert "重置密码" not in page
    assert browser.post(f"/accounts/{user.id}/reset").status_code == 409
    assert "不登录的人" in browser.get("/accounts?state=no_account").text


def test_an_account_is_opened_for_somebody_who_had_none(browser: Browser, admin: User) -> None:
    user = User(name="不登录的人", login_name=None, password_hash=None)
    db.session.add(user)
    db.session.flush()

    response = browser.post(f"/accounts/{user.id}/edit", {"name": "不登录的人", "login_name": "later01"})

    assert verify_password(user.password_hash, shown_password(response.text))
    assert user.login_name == "later01"
    assert user.must_change_password


def test_a_persons_name_account_and_phone_are_changed_and_recorded(browser: Browser, admin: User) -> None:
    user = make_user(name="旧名")
    user.phone = "10012345678"
    assert "10012345678" not in browser.get(f"/accounts/{user.id}/edit").text

    form = {"name": "新名", "login_name": "renamed01", "phone": ""}
    assert browser.post(f"/accounts/{user.id}/edit", form).status_code == 303
    assert (user.name, user.login_name, user.phone) == ("新名", "renamed01", "10012345678")
    event = db.session.scalars(select(AuditEvent)).one()
    assert event.action == "account.edited"
    assert event.details["fields"] == ["姓名", "账号"]

    assert browser.post(f"/accounts/{user.id}/edit", {**form, "clears_phone": "y"}).status_code == 303
    assert user.phone == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login_name": ""}, "不能去掉账号"),
        ({"login_name": "taken"}, "已被使用"),
        ({"name": ""}, "请填写姓名"),
        ({"phone": "123"}, "11 位数字"),
        ({"phone": "10000000009", "clears_phone": "y"}, "就不要勾选删除"),
    ],
)
def test_a_wrong_change_of_a_person_is_refused(
    browser: Browser, admin: User, changes: dict[str, str], words: str
) -> None:
    make_user().login_name = "taken"
    user = make_user(name="某人")

    response = browser.post(f"/accounts/{user.id}/edit", {"name": "某人", "login_name": user.login_name, **changes})

    assert response.status_code == 422
    assert words in response.text
    assert actions() == []


def test_a_phone_is_shown_once_and_who_saw_it_is_recorded(browser: Browser, admin: User) -> None:
    user = make_user(name="有手机的人")
    user.phone = "10012345678"
    page = browser.get(f"/accounts/{user.id}").text
    assert "100****5678" in page
    assert "10012345678" not in page

    response = browser.post(f"/accounts/{user.id}/phone", {"reason": "防汛值班联系"})

    assert "10012345678" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "10012345678" not in browser.get(f"/accounts/{user.id}").text
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.subject_id) == ("phone.viewed", admin.id, user.id)
    assert event.details == {"user": "有手机的人", "reason": "防汛值班联系"}


def test_others_see_neither_phones_nor_the_page_that_changes_people(browser: Browser, root: OrgUnit) -> None:
    user = make_user()
    browser.sign_in(make_user(Role.OFFICE, unit=root))

    assert browser.post(f"/accounts/{user.id}/phone").status_code == 403
    assert browser.post(f"/accounts/{user.id}/edit").status_code == 403
    assert browser.get(f"/accounts/{user.id}").status_code == 403
