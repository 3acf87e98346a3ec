"""A county from nothing through the screens only: founded, set up, reorganised twice, and put up again elsewhere."""

from __future__ import annotations

import io
import os
import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import pytest
from playwright.sync_api import Browser

from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import Site, empty_system, run_command

pytestmark = pytest.mark.browser

SLUG, COUNTY = "thirdco", "第三县"
DIVISION, TOWN = "511524", "511524100"  # a county of the national list, and the town that is taken from it
FIRST, SECOND, THIRD = ("农利村", "511524100203"), ("先锋村", "511524100206"), ("农权村", "511524100207")
MERGED, RENAMED = ("农先村", "511524100299"), "新权村"
SINCE = "2024-01-01"
PACKS = ("social-work-stations", "safe-community")
LONG_AGO, MERGED_ON, RENAMED_ON = (date.today() - timedelta(days=days) for days in (60, 30, 10))


def test_a_county_is_set_up_reorganised_and_moved_without_losing_a_figure(
    site: Site, arrives: Arrives, chromium: Browser, postgres: str, tmp_path: Path
) -> None:
    passwords = found(site, arrives)
    admin, security, office = arrives(SLUG), arrives(SLUG), arrives(SLUG)
    admin.sign_in("sys1", passwords["sys1"])
    security.sign_in("sec1", passwords["sec1"])
    set_up_from_the_list(admin)
    for pack in PACKS:
        apply_pack(admin, pack)
    office.sign_in("office1", name_people(admin, security))
    before = report(office, LONG_AGO, "then")
    assert re.search(r"合计\s+230\b", before), before

    merge(admin)
    rename(admin)

    assert report(office, LONG_AGO, "then") == before
    now = report(office, LONG_AGO, "now")
    assert RENAMED in now
    assert f"{MERGED[0]} 含{FIRST[0]}、{SECOND[0]}" in now
    assert re.search(r"合计\s+230\b", now), now
    figures = every_figure(office)
    assert moved_elsewhere(site, chromium, postgres, tmp_path) == figures


def found(site: Site, arrives: Arrives) -> dict[str, str]:
    """The operator founds the county; return the first passwords by login name."""
    printed = site.command("operators", "add", "运维")
    operator = arrives("operator")
    operator.go("/sign-in")
    operator.page.get_by_label("账号").fill("运维")
    operator.page.get_by_label("密码").fill(printed.split()[-1])
    operator.press("登录")
    operator.change_password(printed.split()[-1])
    operator.go("/counties/new")
    people = {"系统管理员": ("管理一", "sys1"), "安全管理员": ("安全一", "sec1"), "审计管理员": ("审计一", "aud1")}
    typed = {"名称": COUNTY, "地址": SLUG, "最上级单位的名称": COUNTY, "机构自何日起有效": SINCE}
    for role, (name, login) in people.items():
        typed |= {f"{role}姓名": name, f"{role}账号": login}
    operator.fill(typed)
    operator.press("建立")
    rows = operator.page.locator("tbody tr").all()
    shown = [[cell.inner_text() for cell in row.locator("th, td").all()] for row in rows]
    return {login: password for _, _, login, password in shown}


def set_up_from_the_list(admin: Person) -> None:
    """One town with its villages, from the national list."""
    admin.go("/home")
    assert admin.sees("从这里开始")
    admin.go(f"/divisions?words={DIVISION}")
    admin.press("选择")
    admin.press("全不选")
    admin.page.locator(f"input[name=take][value='{TOWN}']").check(force=True)
    admin.press("保存并预览")
    admin.page.locator("input[type=date]").fill(SINCE)
    admin.press("确认设立", exact=False)
    admin.go(f"/units?words={FIRST[1]}")
    assert admin.sees(FIRST[0])


def apply_pack(admin: Person, name: str) -> None:
    """Look at what a shipped pack would change, and apply it."""
    admin.go(f"/packs/shipped/{name}")
    admin.press("看会改变什么")
    admin.confirm("应用到本县", "确认应用")
    admin.wait_for("配置包已经应用到本县")


def name_people(admin: Person, security: Person) -> str:
    """Figures of three villages and somebody at the office, by tables; return that person's first password."""
    households = zip((FIRST, SECOND, THIRD), (120, 80, 30), strict=True)
    admin.upload_table("attributes", "单位代码,户数（户）", *(f"{unit[1]},{count}" for unit, count in households))
    security.upload_table("people", "账号,姓名,手机", "office1,办公一,")
    security.follow("首次密码表")
    with security.page.expect_download() as downloading:
        security.page.get_by_role("button", name="生成并下载首次密码表").click()
    book = openpyxl.load_workbook(io.BytesIO(downloading.value.path().read_bytes()))
    row = next(row for row in book.active.iter_rows(values_only=True) if "office1" in row)
    admin.upload_table("appointments", "账号,单位,岗位,任职日期", f"office1,{SLUG},安全社区建设办公室主任,{SINCE}")
    return str(row[2])


def merge(admin: Person) -> None:
    """Two villages become one, a month ago."""
    draft(admin, f"{MERGED[0]}设立", MERGED_ON, "合并")
    for name, _ in (FIRST, SECOND):
        admin.page.get_by_label("单位名称、代码或拼音首字母").first.fill(name)
        admin.press("查找")
        admin.page.locator("main").get_by_role("link", name=name, exact=True).click()
        admin.page.wait_for_load_state()
    admin.fill({"单位名称": MERGED[0], "单位代码": MERGED[1]})
    admin.page.get_by_label(re.compile("^单位类型")).select_option(label="村")
    settle(admin)


def rename(admin: Person) -> None:
    """A village gets another name, ten days ago."""
    draft(admin, f"{THIRD[0]}更名", RENAMED_ON, "更名")
    admin.page.get_by_label("单位名称、代码或拼音首字母").first.fill(THIRD[0])
    admin.press("查找")
    admin.page.locator("main").get_by_role("link", name=THIRD[0], exact=True).click()
    admin.page.wait_for_load_state()
    admin.fill({"新名称": RENAMED})
    settle(admin)


def draft(admin: Person, title: str, effective_on: date, step: str) -> None:
    admin.go("/reorganisations/new")
    admin.fill({"名称": title, "生效日期": str(effective_on)})
    admin.press("下一步：添加调整事项")
    admin.page.locator("main").get_by_role("link", name=step, exact=True).click()
    admin.page.wait_for_load_state()


def settle(admin: Person) -> None:
    """Add the step, look at what it touches, confirm."""
    admin.page.locator("main form button[type=submit]").last.click()
    admin.page.wait_for_load_state()
    admin.follow("预览影响并确认")
    admin.unfold("确认调整")
    admin.press("确认，自", exact=False)
    assert admin.sees("已确认"), admin.text()


def report(office: Person, day: date, structure: str) -> str:
    """The households of every unit on a day, in the tree of then or of now, as the page shows them."""
    office.go("/reports")
    option = office.page.locator("select[name=source] option").filter(has_text="户数").first
    source = option.get_attribute("value") or ""
    office.go("/reports?" + urlencode({"source": source, "day": str(day), "structure": structure, "depth": 9}))
    return office.page.locator("table").inner_text()


def every_figure(office: Person) -> list[str]:
    """The reports of before, between and after, in both trees; and how many units of each kind there are."""
    days = (LONG_AGO, MERGED_ON, RENAMED_ON, date.today())
    shown = [report(office, day, structure) for day in days for structure in ("then", "now")]
    office.go("/units")
    return [*shown, office.page.locator("main").inner_text()]


def moved_elsewhere(site: Site, chromium: Browser, postgres: str, folder: Path) -> list[str]:
    """Export the county, restore it into an empty system, and read every figure there."""
    archive = str(folder / "county.zip")
    site.command("tenants", "export", SLUG, archive)
    with empty_system(postgres, os.environ["JICENG_TEST_REDIS"], folder) as (url, environ):
        assert "every digest equal" in run_command(environ, "tenants", "restore", archive)
        office = Person(chromium, url, SLUG, width=1280, scripts=True)
        try:
            office.sign_in("office1")
            return every_figure(office)
        finally:
            office.leave()
