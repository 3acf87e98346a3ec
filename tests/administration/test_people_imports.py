"""Posts, people and appointments as tables: the administrators keep their separate rights."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.services import sign_in
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.org.models import OrgUnit, Post
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import START, appoint, make_post, make_unit, make_unit_type, make_user
from tests.imports.steps import apply, counts, differences, errors, imported, latest, rows

PEOPLE = ("姓名", "账号", "手机", "单位", "岗位", "任职日期")


@pytest.fixture
def county(tenant: Tenant) -> OrgUnit:
    top = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    top.code = "C"
    village = make_unit("一村", parent=top)
    village.code = "V1"
    db.session.flush()
    return top


@pytest.fixture
def village(county: OrgUnit) -> OrgUnit:
    return db.session.scalars(select(OrgUnit).where(OrgUnit.code == "V1")).one()


@pytest.fixture
def system_administrator(county: OrgUnit, browser: Browser) -> User:
    user = make_user(Role.SYSTEM_ADMIN, unit=county)
    browser.sign_in(user)
    return user


@pytest.fixture
def security_administrator(county: OrgUnit, browser: Browser) -> User:
    user = make_user(Role.SECURITY_ADMIN, unit=county)
    browser.sign_in(user)
    return user


def person(login_name: str) -> User:
    db.session.expire_all()
    return db.session.scalars(select(User).where(User.login_name == login_name)).one()


def test_posts_are_set_up_and_changed(system_administrator: User, village: OrgUnit, browser: Browser) -> None:
    make_post(village, Role.VILLAGE_CLERK, name="填报员")
    content = rows(
        ("单位", "岗位名称", "角色", "次序"),
        ("V1 一村", "填报员", "村（社区）填报人、检查人员", 2),
        ("一村", "联络员", None, None),
        ("青山县", "督查员", "检查人员", 1),
    )
    checked = imported(browser, "posts", content)
    assert counts(checked) == (2, 1, 0, 0)
    assert differences(checked)[0][1] == [
        ["角色", "村（社区）填报人", "检查人员、村（社区）填报人"],
        ["次序", "0", "2"],
    ]

    apply(browser, checked)

    posts = {post.name: post for post in db.session.scalars(select(Post))}
    assert posts["填报员"].roles == ["inspector", "village_clerk"]
    assert posts["联络员"].roles == []
    assert posts["督查员"].roles == ["inspector"]
    assert counts(imported(browser, "posts", content)) == (0, 0, 3, 0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("V1", "甲岗", "系统管理员、检查人员", 1), "只能单独担任"),
        (("V1", "甲岗", "村长", 1), "没有“村长”这个选项"),
        (("V9", "甲岗", None, 1), "没有代码或名称为“V9”"),
        (("V1", "=甲岗", None, 1), "公式符号"),
        (("V1", "甲岗", None, -1), "0 到 9999"),
        (("V1", None, None, 1), "请填写“岗位名称”"),
    ],
)
def test_a_mistake_in_a_post_is_told(
    system_administrator: User, village: OrgUnit, browser: Browser, row: tuple[object, ...], words: str
) -> None:
    checked = imported(browser, "posts", rows(("单位", "岗位名称", "角色", "次序"), row))

    assert any(words in each for each in errors(checked).values())


def test_an_e_mail_address_comes_with_the_list_and_is_masked(security_administrator: User, browser: Browser) -> None:
    known = make_user(name="老李")
    known.email = "old@example.org"
    db.session.flush()
    content = rows(
        ("姓名", "账号", "邮箱"),
        ("张明", "zhangming", "zhang@example.org"),
        ("老李", known.login_name, "li@example.org"),
        ("错的", "wrong01", "no address"),
    )
    checked = imported(browser, "people", content)

    assert differences(checked)[0][1] == [["邮箱", "o***@example.org", "l***@example.org"]]
    assert any("电子邮箱地址" in each for each in errors(checked).values())
    apply(browser, checked, scope="good")
    assert (person("zhangming").email, person(known.login_name or "").email) == ("zhang@example.org", "li@example.org")


def test_people_are_registered_and_changed_and_their_phones_are_masked(
    security_administrator: User, browser: Browser
) -> None:
    known = make_user(name="老李")
    known.phone = "13900002222"
    db.session.flush()
    content = rows(
        PEOPLE[:3],
        ("张明", "zhangming", 13800001111),
        ("老李头", known.login_name, "１３９００００３３３３"),
    )
    checked = imported(browser, "people", content)
    assert counts(checked) == (1, 1, 0, 0)
    assert differences(checked)[0][1] == [["姓名", "老李", "老李头"], ["手机", "139****2222", "139****3333"]]
    assert "13900003333" not in str(checked.details)

    apply(browser, checked)

    assert (person("zhangming").name, person("zhangming").phone) == ("张明", "13800001111")
    assert person(known.login_name or "").phone == "13900003333"
    actions = db.session.scalars(select(AuditEvent.action)).all()
    assert {"account.created", "account.changed", "data.imported"} <= set(actions)
    assert counts(imported(browser, "people", content)) == (0, 0, 2, 0)


def test_first_passwords_are_made_when_they_are_fetched_and_kept_nowhere(
    security_administrator: User, browser: Browser
) -> None:
    apply(browser, imported(browser, "people", rows(PEOPLE[:3], ("张明", "zhangming", ""), ("李红", "lihong", ""))))
    run = latest()
    assert sign_in("zhangming", "", address="", agent="") is None
    page = browser.get(f"/imports/runs/{run.id}/first-passwords")
    assert "还没有登录过的账号：2 个" in page.text

    response = browser.post(f"/imports/runs/{run.id}/first-passwords")

    assert response.headers["Cache-Control"] == "no-store"
    sheet: Any = openpyxl.load_workbook(io.BytesIO(response.data)).worksheets[0]
    given = {row[1]: row[2] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert set(given) == {"zhangming", "lihong"}
    signed_in = sign_in("zhangming", given["zhangming"], address="", agent="")
    db.session.flush()
    assert signed_in is not None
    assert signed_in[0].must_change_password
    assert given["zhangming"] not in str(latest().details)
    again: Any = openpyxl.load_workbook(
        io.BytesIO(browser.post(f"/imports/runs/{run.id}/first-passwords").data)
    ).worksheets[0]
    assert [row[1] for row in again.iter_rows(min_row=2, values_only=True)] == ["lihong"]  # the other has signed in
    assert sign_in("lihong", given["lihong"], address="", agent="") is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("张明", "张明", ""), "小写字母开头"),
        (("张明", "z", ""), "小写字母开头"),
        ((None, "zhangming", ""), "请填写“姓名”"),
        (("=张明", "zhangming", ""), "公式符号"),
        (("张明", "zhangming", "1380000"), "11 位"),
    ],
)
def test_a_mistake_in_a_person_is_told(
    security_administrator: User, browser: Browser, row: tuple[object, ...], words: str
) -> None:
    checked = imported(browser, "people", rows(PEOPLE[:3], row))

    assert any(words in each for each in errors(checked).values())


def test_one_person_in_two_rows_is_one_account(security_administrator: User, browser: Browser) -> None:
    content = rows(
        PEOPLE[:3], ("张明", "zhangming", ""), ("张明", "zhangming", ""), ("李红", "lihong", ""), ("李洪", "lihong", "")
    )

    checked = imported(browser, "people", content)

    assert counts(checked) == (2, 0, 1, 1)
    assert "与 B4 是同一个账号" in errors(checked)["B5"]


def test_what_was_exported_of_people_says_nothing_new(security_administrator: User, browser: Browser) -> None:
    make_user(name="张明").phone = "13800001111"
    exported = browser.get("/imports/people/export")

    assert counts(imported(browser, "people", exported.data))[:2] == (0, 0)


def test_one_file_serves_both_administrators(county: OrgUnit, village: OrgUnit, browser: Browser) -> None:
    make_post(village, Role.VILLAGE_CLERK, name="填报员")
    content = rows(PEOPLE, ("张明", "zhangming", "13800001111", "V1 一村", "填报员", "2026.3.1"))
    security, system = make_user(Role.SECURITY_ADMIN, unit=county), make_user(Role.SYSTEM_ADMIN, unit=county)
    browser.sign_in(security)
    assert browser.get("/imports/appointments").status_code == 404
    apply(browser, imported(browser, "people", content))
    browser.sign_in(system)
    assert browser.get("/imports/people").status_code == 404
    assert browser.get(f"/imports/runs/{latest().id}").status_code == 404

    apply(browser, imported(browser, "appointments", content))

    held = db.session.scalars(select(Appointment).where(Appointment.user_id == person("zhangming").id)).one()
    assert (held.starts_on, held.ends_on) == (date(2026, 3, 1), None)
    assert counts(imported(browser, "appointments", content)) == (0, 0, 1, 0)


HEADS = ("账号", "姓名", "单位", "岗位", "任职日期", "免职日期")


def test_an_appointment_ends_on_the_day_that_is_given(
    system_administrator: User, village: OrgUnit, browser: Browser
) -> None:
    user, post = make_user(), make_post(village, Role.VILLAGE_CLERK, name="填报员")
    held = appoint(user, post)
    today = local_today().isoformat()
    checked = imported(browser, "appointments", rows(HEADS, (user.login_name, "", "V1", "填报员", None, today)))
    assert differences(checked)[0][1] == [["免职日期", "", today]]

    apply(browser, checked)

    db.session.expire_all()
    assert held.ends_on == local_today()


def test_mistakes_in_appointments_are_told(system_administrator: User, village: OrgUnit, browser: Browser) -> None:
    holder, other = make_user(name="甲"), make_user(name="乙")
    post = make_post(village, Role.VILLAGE_CLERK, name="填报员")
    make_post(village, Role.AUDITOR, name="审计")
    appoint(holder, post)
    me = system_administrator
    content = rows(
        HEADS,
        ("nobody", "", "V1", "填报员", None, None),
        (other.login_name, "", "V1", "没有的岗位", None, None),
        (me.login_name, "", "V1", "填报员", None, None),
        (holder.login_name, "", "V1", "填报员", "2026-01-01", None),
        (holder.login_name, "", "V1", "审计", None, None),
        (other.login_name, "", "V1", "填报员", "2026-03-01", "2026-03-01"),
        (other.login_name, "", "V1", "填报员", "2026-03-01", None),
        (other.login_name, "", "V1", "填报员", "2026-03-01", None),
        (
            me.login_name,
            "",
            "C",
            db.session.scalars(select(Post.name).where(Post.unit_id != village.id)).one(),
            START,
            None,
        ),
    )

    checked = imported(browser, "appointments", content)

    found = errors(checked)
    assert "没有这个账号" in found["A2"]
    assert "没有这个岗位" in found["D3"]
    assert "不能给自己任职" in found["A4"]
    assert "已担任这个岗位" in found["D5"]
    assert "只能单独担任" in found["D6"]
    assert "晚于任职日期" in found["F7"]
    assert "上面的行里已经有了" in found["A9"]
    assert counts(checked) == (1, 0, 1, 7)
