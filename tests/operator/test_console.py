"""The console: signing in, the counties, what can be done to one, and what nobody can do there."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from saas.operator.db import operator_engine
from saas.operator.models import OperatorEvent
from saas.tenancy.models import TenantQuota, TenantStatus
from tests.operator.conftest import LOGIN, Administered, Console, county_row, make_county
from tests.statements import count_statements

FORM = {
    "name": "新宜县",
    "slug": "xinyi",
    "root_type": "county",
    "root_name": "新宜县",
    "root_code": "990101",
    "units_from": "2025-01-01",
    "system_name": "许闻舟",
    "system_login": "sysadmin",
    "security_name": "陶予安",
    "security_login": "secadmin",
    "audit_name": "冉知行",
    "audit_login": "auditor",
}
PASSWORD = re.compile(r"Jc-[\w-]{12}7")


def version_of(app: Flask, slug: str = "xinyi") -> dict[str, int]:
    with county_row(app, slug) as (_, county):
        return {"version": county.version}


def actions(app: Flask, slug: str = "xinyi") -> list[str]:
    with county_row(app, slug) as (session, county):
        found = select(OperatorEvent.action).where(OperatorEvent.tenant_id == county.id).order_by(OperatorEvent.number)
        return list(session.scalars(found))


def test_a_county_is_founded_and_its_three_administrators_can_sign_in(app: Flask, console: Console) -> None:
    console.sign_in()

    page = console.post("/counties", FORM)

    assert page.status_code == 200
    passwords = PASSWORD.findall(page.text)
    assert len(passwords) == 3
    assert page.headers["Cache-Control"] == "no-store"
    for login, password in zip(("sysadmin", "secadmin", "auditor"), passwords, strict=True):
        browser = app.test_client()
        answer = browser.post("/xinyi/sign-in", data={"login_name": login, "password": password})
        assert (answer.status_code, answer.location) == (303, "/xinyi/home")
        assert browser.get("/xinyi/home").location == "/xinyi/account/password"
    assert actions(app) == ["county.created", "county.founded"]
    assert not PASSWORD.search(console.get("/events").text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slug": "Xinyi"}, "小写字母"),
        ({"slug": "operator"}, "由系统保留"),
        ({"slug": "qingshan"}, "已被使用"),
        ({"name": ""}, "请填写名称"),
        ({"name": "=1+1"}, "公式符号"),
        ({"audit_login": "sysadmin"}, "账号不能相同"),
        ({"units_from": "2999-01-01"}, "日期应在"),
        ({"root_type": "moon"}, "有 1 处需要更正"),
    ],
)
def test_what_is_wrong_with_a_new_county_is_said_and_nothing_is_left(
    app: Flask, console: Console, changes: dict[str, str], said: str
) -> None:
    console.sign_in()

    answer = console.post("/counties", {**FORM, **changes})

    assert answer.status_code == 422
    assert said in answer.text
    assert "/xinyi<" not in console.get("?words=xinyi").text


def test_a_county_that_cannot_be_founded_leaves_nothing(
    app: Flask, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.sign_in()

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("saas.operator.founding.insert_units", fail)
    assert console.post("/counties", FORM).status_code == 500
    monkeypatch.undo()

    assert console.post("/counties", FORM).status_code == 200


def test_the_list_finds_counties_by_name_address_and_host(app: Flask, console: Console, county: Administered) -> None:
    make_county(app, "beiya", "北崖区")
    console.sign_in()
    console.post(f"/counties/{county.id}/hosts", {"host": "xy.example.cn", **version_of(app)})

    for words in ("新宜", "xiny", "xy.example"):
        page = console.get(f"?words={words}", htmx=True)
        assert "新宜县" in page.text
        assert "北崖区" not in page.text
    assert "没有符合条件" in console.get("?words=%25").text


def test_the_list_takes_the_same_statements_however_many_counties(
    app: Flask, console: Console, county: Administered
) -> None:
    console.sign_in()
    with app.app_context():
        engine = operator_engine()
    console.get("")
    few = count_statements(lambda: console.get(""), engine)
    for number in range(5):
        make_county(app, f"more{number}", f"第{number}县")

    assert count_statements(lambda: console.get(""), engine) == few


def test_a_suspended_county_does_not_answer_and_a_resumed_one_does(
    app: Flask, console: Console, county: Administered
) -> None:
    console.sign_in()
    assert app.test_client().get("/xinyi/sign-in").status_code == 200

    console.post(f"/counties/{county.id}/suspend", {"comment": "合同到期", **version_of(app)})
    assert app.test_client().get("/xinyi/sign-in").status_code == 404
    assert "合同到期" in console.get(f"/counties/{county.id}").text

    console.post(f"/counties/{county.id}/resume", version_of(app))
    assert app.test_client().get("/xinyi/sign-in").status_code == 200
    assert actions(app)[-2:] == ["county.suspended", "county.resumed"]


def test_suspending_asks_for_a_reason(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    answer = console.post(f"/counties/{county.id}/suspend", version_of(app))

    assert answer.status_code == 422
    assert "请填写原因" in answer.text
    assert app.test_client().get("/xinyi/sign-in").status_code == 200


def test_what_is_not_possible_in_the_present_state_is_refused(
    app: Flask, console: Console, county: Administered
) -> None:
    console.sign_in()

    assert console.post(f"/counties/{county.id}/resume", version_of(app)).status_code == 409


def test_who_changes_an_old_page_is_told_so(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    old = version_of(app)
    console.post(f"/counties/{county.id}/name", {"name": "新宜市", **old})

    answer = console.post(f"/counties/{county.id}/name", {"name": "旧页县", **old})

    assert answer.status_code == 409
    assert "新宜市" in console.get(f"/counties/{county.id}").text


def test_a_new_address_answers_and_the_old_one_leads_there(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()

    console.post(f"/counties/{county.id}/address", {"slug": "xinyi2", **version_of(app)})

    visitor = app.test_client()
    assert visitor.get("/xinyi2/sign-in").status_code == 200
    moved = visitor.get("/xinyi/verify/abc?page=2")
    assert (moved.status_code, moved.location) == (302, "/xinyi2/verify/abc?page=2")
    assert visitor.post("/xinyi/sign-in").status_code == 404
    taken = console.post("/counties", {**FORM, "name": "另一县"})
    assert taken.status_code == 422
    assert "二维码" in taken.text


def test_a_county_may_take_back_its_old_address(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    console.post(f"/counties/{county.id}/address", {"slug": "xinyi2", **version_of(app)})
    console.post(f"/counties/{county.id}/address", {"slug": "xinyi", **version_of(app, "xinyi2")})

    visitor = app.test_client()
    assert visitor.get("/xinyi/sign-in").status_code == 200
    assert visitor.get("/xinyi2/sign-in").location == "/xinyi/sign-in"


def test_a_mapped_host_shows_the_county_and_has_no_console(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    console.post(f"/counties/{county.id}/hosts", {"host": "XY.example.cn", **version_of(app)})

    visitor = app.test_client()
    assert "新宜县" in visitor.get("/sign-in", headers={"Host": "xy.example.cn"}).text
    assert console.get("", headers={"Host": "xy.example.cn"}).status_code == 404
    assert console.get("/sign-in", headers={"Host": "xy.example.cn"}).status_code == 404

    console.post(f"/counties/{county.id}/hosts/unmap", {"host": "xy.example.cn", **version_of(app)})
    assert visitor.get("/sign-in", headers={"Host": "xy.example.cn"}).status_code == 404


@pytest.mark.parametrize("host", ["", "no spaces.cn", "http://a.cn", "a", "a.cn/x", "-a.cn", "测试.cn", "1.2.3.4"])
def test_what_is_no_host_name_is_refused(app: Flask, console: Console, county: Administered, host: str) -> None:
    console.sign_in()

    assert console.post(f"/counties/{county.id}/hosts", {"host": host, **version_of(app)}).status_code == 422


def test_a_host_name_belongs_to_one_county(app: Flask, console: Console, county: Administered) -> None:
    other = make_county(app, "beiya", "北崖区")
    console.sign_in()
    console.post(f"/counties/{county.id}/hosts", {"host": "xy.example.cn", **version_of(app)})

    answer = console.post(f"/counties/{other.id}/hosts", {"host": "xy.example.cn", **version_of(app, "beiya")})

    assert answer.status_code == 422
    assert "已经绑定" in answer.text
    unmapped = console.post(f"/counties/{other.id}/hosts/unmap", {"host": "xy.example.cn", **version_of(app, "beiya")})
    assert unmapped.status_code == 404


def test_quotas_are_set_and_taken_back(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    figures = {"max_users": "40", "max_storage": "100", "max_jobs": "2"}
    console.post(f"/counties/{county.id}/quota", {**figures, **version_of(app)})
    with county_row(app, "xinyi") as (session, _):
        quota = session.get_one(TenantQuota, county.id)
        assert (quota.max_users, quota.max_storage_bytes, quota.max_jobs_in_flight) == (40, 100 * 1024 * 1024, 2)

    console.post(
        f"/counties/{county.id}/quota", {"max_users": "", "max_storage": "", "max_jobs": "", **version_of(app)}
    )
    with county_row(app, "xinyi") as (session, _):
        quota = session.get_one(TenantQuota, county.id)
        assert (quota.max_users, quota.max_storage_bytes, quota.max_jobs_in_flight) == (None, None, None)


@pytest.mark.parametrize(
    "figures", [{"max_users": "-1"}, {"max_jobs": "0"}, {"max_storage": "9" * 30}, {"max_jobs": "x"}]
)
def test_figures_that_are_no_quota_are_refused(
    app: Flask, console: Console, county: Administered, figures: dict[str, str]
) -> None:
    console.sign_in()

    assert console.post(f"/counties/{county.id}/quota", {**figures, **version_of(app)}).status_code == 422


def test_usage_is_counted_without_content(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    assert "尚未统计" in console.get(f"/counties/{county.id}").text

    console.post(f"/counties/{county.id}/measure")

    page = console.get(f"/counties/{county.id}").text
    assert "统计于" in page
    for name in ("许闻舟", "陶予安", "冉知行", "sysadmin"):
        assert name not in page.replace("administrators=['sysadmin'", "")


def test_an_unknown_county_is_404_whatever_is_asked(console: Console) -> None:
    console.sign_in()
    nobody = uuid.uuid4()
    assert console.get(f"/counties/{nobody}").status_code == 404
    forms = {
        "suspend": {"comment": "x"},
        "resume": {},
        "name": {"name": "x"},
        "address": {"slug": "xx"},
        "hosts": {"host": "a.example.cn"},
        "hosts/unmap": {"host": "a.example.cn"},
        "quota": {},
        "measure": {},
    }
    for what, form in forms.items():
        assert console.post(f"/counties/{nobody}/{what}", form).status_code == 404, what


def test_health_says_what_is_away(console: Console) -> None:
    console.sign_in()
    page = console.get("/health").text

    assert "没有对账进程" in page
    assert "PostgreSQL" in page
    assert "0015_operator" in page or "表结构版本" in page


def test_every_act_is_a_line_of_the_trail(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    console.post(f"/counties/{county.id}/name", {"name": "新宜市", **version_of(app)})

    page = console.get("/events?check=1").text
    assert "更名" in page
    assert "留痕完整" in page
    assert LOGIN in page


def test_every_unsafe_address_asks_for_the_form_token(
    app: Flask, console: Console, county: Administered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    console.sign_in()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("operator.") and "POST" in (rule.methods or ()):
            path = rule.rule.replace("<uuid:tenant_id>", str(county.id)).removeprefix("/operator")
            assert console.post(path, {"comment": "x"}).status_code == 400, path
    with county_row(app, "xinyi") as (_, row):
        assert row.status is TenantStatus.ACTIVE


def test_a_countys_session_opens_nothing_of_the_console(app: Flask, county: Administered) -> None:
    browser = app.test_client()
    account = county.accounts[0]
    browser.post("/xinyi/sign-in", data={"login_name": account.login_name, "password": account.password})
    assert account.role == "系统管理员"
    token = browser.get_cookie("xinyi-session")
    assert token is not None
    browser.set_cookie("operator-session", token.value, path="/")

    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("operator.") or rule.endpoint.startswith("operator.sign_in"):
            continue
        path = rule.rule.replace("<uuid:tenant_id>", str(county.id))
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = browser.open(path, method=method)
            assert (answer.status_code, answer.location) == (303, "/operator/sign-in"), path
            assert browser.open(f"/xinyi{path}", method=method).status_code == 404, path


def test_an_operators_session_is_nothing_in_a_county(app: Flask, console: Console, county: Administered) -> None:
    console.sign_in()
    token = console.client.get_cookie("operator-session", path="/operator")
    assert token is not None

    browser = app.test_client()
    for name in ("xinyi-session", "operator-session"):
        browser.set_cookie(name, token.value)
    answer = browser.get("/xinyi/home")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/xinyi/sign-in")


def test_without_the_operators_database_there_is_no_console(
    app: Flask, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "JICENG", replace(app.config["JICENG"], operator_url=None))

    assert app.test_client().get("/operator").status_code == 404
    assert app.test_client().get("/operator/sign-in").status_code == 404
