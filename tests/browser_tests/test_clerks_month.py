"""A month of a village clerk and of the town above, on telephones: scores, records, nothing to report, a mistake."""

from __future__ import annotations

import io
import re
from datetime import date

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import Site
from tests.browser_tests.steps import decide_all, hand_in, open_due, send_checked, title_of

pytestmark = pytest.mark.browser

SLUG, TOWN, VILLAGE = "changxi", "T01", "V0103"  # a village on the county road, which also reports open burning
PHONE = 390
DISPUTE = "两组共用水渠分水不均"
VILLAGES = 17


def test_a_clerk_gets_through_the_month_on_a_telephone(site: Site, arrives: Arrives) -> None:
    clerk = arrives(SLUG, site.login(SLUG, Role.VILLAGE_CLERK, VILLAGE), width=PHONE)
    officer = arrives(SLUG, site.login(SLUG, Role.TOWN_OFFICER, TOWN), width=PHONE)
    office = arrives(SLUG, site.login(SLUG, Role.OFFICE))

    title = score_oneself(clerk)
    report_nothing(clerk)
    assert decide_all(officer, re.escape(title)) == 1
    assert decide_all(office, re.escape(title)) == 1
    correct(clerk, title)
    assert decide_all(officer, re.escape(title)) == 1
    keep_the_ledger(clerk, officer)


def score_oneself(clerk: Person) -> str:
    """The self-score of the month with a photo, from the first page on."""
    clerk.go("/home")
    clerk.follow(re.compile("农村环境卫生月度自查自评"))
    assert not clerk.scrolls_sideways()
    title = title_of(clerk)
    hand_in(clerk, photo=True)
    clerk.go("/submissions")
    clerk.page.locator("main a", has_text="农村环境卫生月度自查自评").last.click()
    clerk.page.wait_for_load_state()
    photo = clerk.page.locator("main img").first
    photo.scroll_into_view_if_needed()
    assert photo.evaluate("node => node.decode().then(() => node.naturalWidth)") > 10
    return title


def report_nothing(clerk: Person) -> None:
    """Nothing burned: a zero report, which is a report."""
    open_due(clerk, "露天焚烧情况零报告")
    for label in ("秸秆露天焚烧", "垃圾露天焚烧", "巡查次数"):
        clerk.page.get_by_label(re.compile(label)).first.fill("0")
    clerk.press("核对并报送")
    assert clerk.sees("零报告"), clerk.text()
    send_checked(clerk)
    assert not clerk.scrolls_sideways()


def correct(clerk: Person, title: str) -> None:
    """A figure was wrong: what was signed stays until the correction is signed as well."""
    clerk.go("/submissions")
    clerk.page.locator("main a", has_text="农村环境卫生月度自查自评").last.click()
    clerk.page.wait_for_load_state()
    assert clerk.sees("已签批"), clerk.text()
    clerk.confirm("更正", "建立更正稿")
    assert title in title_of(clerk)
    clerk.page.get_by_label(re.compile("责任分区到人并上墙")).first.fill("5.5")
    clerk.press("核对并报送")
    send_checked(clerk)
    assert clerk.sees("更正"), clerk.text()


def keep_the_ledger(clerk: Person, officer: Person) -> None:
    """A dispute is written down, solved, looked at by the town and closed; its history says so."""
    clerk.go("/registers")
    clerk.follow(re.compile("矛盾纠纷排查台账"))
    clerk.follow("登记一条")
    clerk.page.get_by_label(re.compile("^事由")).fill(DISPUTE)
    form = clerk.page.locator("form").filter(has=clerk.page.get_by_role("button", name="登记", exact=True))
    clerk.fill_form(form)
    clerk.press("登记")
    assert clerk.sees(DISPUTE), clerk.text()
    assert not clerk.scrolls_sideways()
    clerk.confirm("提请核实", "提请核实")
    assert clerk.sees("待核实"), clerk.text()

    officer.go("/registers")
    officer.follow(re.compile("矛盾纠纷排查台账"))
    officer.follow(re.compile(DISPUTE))
    officer.confirm("核实销号", "核实销号")
    assert officer.sees("已化解"), officer.text()
    assert not officer.scrolls_sideways()


def test_a_town_fills_a_workbook_for_seventeen_villages(site: Site, arrives: Arrives) -> None:
    officer = arrives(SLUG, site.login(SLUG, Role.TOWN_OFFICER, TOWN), width=PHONE)
    officer.go("/home")
    officer.follow(re.compile("村级基本情况年度统计"))
    assert not officer.scrolls_sideways()
    here = officer.page.url
    book = openpyxl.load_workbook(io.BytesIO(officer.fetch("下载模板")))
    sheet = book.worksheets[0]
    rows = [row for row in range(1, sheet.max_row + 1) if re.fullmatch("V[0-9]{4}", str(sheet.cell(row, 1).value))]
    assert len(rows) == VILLAGES
    for number, row in enumerate(rows):
        fill_row(sheet, row, number)
    column = column_of(sheet, "已改厕户（户）")
    sheet.cell(rows[4], column).value = 900  # more than there are to be done
    officer.follow("上传填好的表")
    upload(officer, book)
    officer.wait_for("下载标注了错误的文件")
    assert not officer.scrolls_sideways()

    marked = openpyxl.load_workbook(io.BytesIO(officer.fetch("下载标注了错误的文件")))
    told = [str(cell.value) for row in marked.worksheets[0].iter_rows() for cell in row if cell.value]
    assert any("已改厕户不应多于应改厕户" in text for text in told)

    sheet.cell(rows[4], column).value = 90
    officer.follow("再传一份")
    upload(officer, book)
    officer.wait_for("全部应用")
    officer.press("全部应用", exact=False)
    officer.wait_for("已写入")
    officer.go(here)
    assert officer.page.get_by_text("已报送").count() >= VILLAGES, officer.text()

    office = arrives(SLUG, site.login(SLUG, Role.OFFICE))
    office.go("/cases")
    assert (
        office.page.locator("main").get_by_role("link", name=re.compile("村级基本情况")).count() == 0
    )  # the town first


def fill_row(sheet: Worksheet, row: int, number: int) -> None:
    """As somebody types it: a number as a text, a day with dots."""
    typed = {
        "垃圾收集点（处）": 3 + number,
        "全年清运垃圾（吨）": f"{40 + number}.5",
        "清运去向": "镇中转站",
        "应改厕户（户）": 100 + number,
        "已改厕户（户）": 90,
        "统计日": f"{date.today().year}.1.5",
    }
    for head, value in typed.items():
        sheet.cell(row, column_of(sheet, head)).value = value


def column_of(sheet: Worksheet, head: str) -> int:
    return int(next(cell.column for row in sheet.iter_rows(max_row=8) for cell in row if cell.value == head))


def upload(person: Person, book: openpyxl.Workbook) -> None:
    """Send the workbook back, and let what is complete be handed in."""
    content = io.BytesIO()
    book.save(content)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    person.page.locator("input[type=file]").set_input_files(
        {"name": "填报.xlsx", "mimeType": sheet, "buffer": content.getvalue()}
    )
    person.page.get_by_label(re.compile("直接报送")).check(force=True)
    person.press("上传并核对")
