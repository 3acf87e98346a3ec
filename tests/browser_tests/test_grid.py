"""A town's officer fills for all villages in one table: keys, a block pasted from a spreadsheet, errors, handing in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import Site

pytestmark = pytest.mark.browser

SLUG = "dongling"  # nobody else files there: the order of the files does not matter
TITLE = "村级基本情况年度统计"
PASTE = """(cell, [text, html]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  data.setData("text/html", html);
  cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
SAVED = 15_000  # milliseconds until the table has saved itself


def test_a_block_from_a_spreadsheet_fills_the_villages_by_their_names(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives)
    names = officer.page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.name)")
    first, last = names[0], names[-1]
    block = [
        ["村", "垃圾收集点", "全年清运垃圾", "清运去向", "应改厕户", "已改厕户", "统计日"],
        [last, "12", "1,234.5", "镇中转站", "100", "90", "2026.3.5"],
        ["没有这个村", "1", "1", "县填埋场", "1", "1", "2026-3-5"],
        [first, "８", "200", "县填埋场", "50", "不适用", "2026年3月6日"],
    ]

    _paste(_cell(officer, first, "垃圾收集点"), block)

    message = officer.page.locator("[data-grid-paste-text]")
    expect(message).to_contain_text("已粘贴 2 行、12 格。按单位名称对应。找不到这些单位：没有这个村。")
    assert _cell(officer, last, "全年清运垃圾").input_value() == "1,234.5"
    assert _cell(officer, first, "已改厕户").input_value() == "不适用"
    assert officer.page.locator("tfoot td").nth(_column(officer, "全年清运垃圾")).inner_text().startswith("1434.5")
    officer.page.get_by_role("button", name="撤销粘贴").click()
    assert _cell(officer, last, "全年清运垃圾").input_value() == ""
    _paste(_cell(officer, first, "垃圾收集点"), block)
    _wait_until_saved(officer)
    officer.page.reload()
    assert _cell(officer, last, "统计日").input_value() == "2026-03-05"
    assert _cell(officer, first, "清运去向").input_value() == "county"

    officer.press("报送全部完整的行")
    assert officer.sees("可以报送的单位（2 个）"), officer.text()
    officer.press("确认报送")
    assert officer.sees("已报送 2 个单位"), officer.text()
    assert officer.page.locator(f"tbody tr[data-name='{first}'] input").count() == 0


def test_a_block_is_read_as_the_spreadsheet_means_it(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives)
    names = officer.page.locator("tbody tr:has(input)").evaluate_all("rows => rows.map(row => row.dataset.name)")[:3]

    def column(label: str) -> list[str]:
        return [_cell(officer, name, label).input_value() for name in names]

    _paste(_cell(officer, names[0], "垃圾收集点"), [["1", "", ""], [""], ["3"], [""]])
    assert column("垃圾收集点") == ["1", "", "3"]
    _paste(_cell(officer, names[0], "备注"), [['"一\n二"'], ['"他说""好"""'], ['"原样"']])
    assert column("备注") == ["一 二", '他说"好"', '"原样"']
    drawn = "<table><tr><td>一<br>二</td></tr><tr><td> 三\n  四</td></tr></table>"
    _paste(_cell(officer, names[0], "备注"), [["一"], ["二"], ["三"]], html=drawn)
    assert column("备注")[:2] == ["一 二", "三 四"]
    headed = [["某镇统计表", ""], ["单位", "垃圾收集点（个）"], [names[1], "9"], ["", ""]]
    _paste(_cell(officer, names[0], "备注"), headed)
    assert column("垃圾收集点") == ["1", "9", "3"]
    assert not officer.sees("超出表格")
    _wait_until_saved(officer)


def test_keys_move_between_the_cells_and_errors_stand_beside_them(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives)
    names = officer.page.locator("tbody tr:has(input)").evaluate_all("rows => rows.map(row => row.dataset.name)")
    one, two, three = names[1:4]
    cell = _cell(officer, one, "垃圾收集点")

    cell.fill("3")
    cell.press("Enter")
    officer.page.keyboard.type("4")
    officer.page.keyboard.press("ArrowDown")
    officer.page.keyboard.type("很多")
    officer.page.keyboard.press("ArrowRight")
    officer.page.keyboard.type("7.5")
    officer.page.keyboard.press("ArrowUp")
    officer.page.keyboard.type("6.5")
    _wait_until_saved(officer)

    assert "草稿" in officer.page.locator(f"tbody tr[data-name='{two}'] th").inner_text()
    assert _cell(officer, two, "垃圾收集点").input_value() == "4"
    assert _cell(officer, two, "全年清运垃圾").input_value() == "6.5"
    wrong = _cell(officer, three, "垃圾收集点")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    assert officer.sees("“垃圾收集点”应填整数")
    wrong.fill("5")
    _wait_until_saved(officer)
    expect(wrong).not_to_have_attribute("aria-invalid", "true")
    officer.page.reload()
    assert [_cell(officer, name, "垃圾收集点").input_value() for name in (one, two, three)] == ["3", "4", "5"]
    assert _cell(officer, three, "全年清运垃圾").input_value() == "7.5"


def test_the_table_works_without_scripts(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives, scripts=False)
    name = officer.page.locator("tbody tr:has(input)").last.get_attribute("data-name") or ""

    _cell(officer, name, "备注").fill("无脚本也能填")
    officer.press("保存草稿")

    assert officer.sees("已保存 1 行草稿"), officer.text()
    assert _cell(officer, name, "备注").input_value() == "无脚本也能填"


def test_on_a_telephone_only_the_table_moves_sideways(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives, width=390)

    assert not officer.scrolls_sideways()
    box = officer.page.locator(".grid-scroll")
    before = officer.page.locator("tbody th").first.bounding_box()
    box.evaluate("node => { node.scrollLeft = 300 }")
    after = officer.page.locator("tbody th").first.bounding_box()
    assert before
    assert after
    assert abs(before["x"] - after["x"]) < 2


def test_the_cell_that_has_the_keys_is_never_covered(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives, width=390)
    name = officer.page.locator("tbody tr:has(input)").last.get_attribute("data-name") or ""
    _cell(officer, name, "备注").focus()

    for _ in range(_column(officer, "备注")):  # over the choices as well
        officer.page.keyboard.press("Home")
        officer.page.keyboard.press("ArrowLeft")

    first = officer.page.locator(f"tbody tr[data-name='{name}'] td").first.locator("input")
    expect(first).to_be_focused()
    covering = officer.page.locator(f"tbody tr[data-name='{name}'] th").bounding_box()
    cell = first.bounding_box()
    assert covering
    assert cell
    assert cell["x"] >= covering["x"] + covering["width"]


def test_what_is_wrong_has_the_keys_and_leads_to_its_cell(site: Site, arrives: Arrives) -> None:
    officer = _officer(site, arrives, scripts=False)
    name = officer.page.locator("tbody tr:has(input)").last.get_attribute("data-name") or ""
    _cell(officer, name, "村民小组").fill("很多")

    officer.press("保存草稿")

    expect(officer.page.locator(".error-summary")).to_be_focused()
    officer.page.locator(".error-summary a").first.press("Enter")
    expect(_cell(officer, name, "村民小组")).to_be_focused()


def _officer(site: Site, arrives: Arrives, *, width: int = 1280, scripts: bool = True) -> Person:
    town = next(unit for role, unit in site.accounts[SLUG] if role is Role.TOWN_OFFICER)
    officer = arrives(SLUG, site.login(SLUG, Role.TOWN_OFFICER, town), width=width, scripts=scripts)
    officer.go("/home")
    officer.follow(re.compile(TITLE), within=officer.page.locator("main"))
    assert "/submissions/grid/" in officer.page.url
    return officer


def _column(officer: Person, label: str) -> int:
    labels = officer.page.locator("thead th[data-label]").evaluate_all(
        "heads => heads.map(head => head.dataset.label.split('·').pop())"
    )
    return int(labels.index(label))


def _cell(officer: Person, name: str, label: str) -> Locator:
    row = officer.page.locator(f"tbody tr[data-name='{name}']")
    return row.locator("td").nth(_column(officer, label)).locator("input, select, textarea").first


def _paste(cell: Locator, block: list[list[str]], *, html: str = "") -> None:
    cell.focus()
    cell.evaluate(PASTE, ["\r\n".join("\t".join(row) for row in block), html])


def _wait_until_saved(officer: Person) -> None:
    """Three seconds after the last change the table sends what was changed."""
    with officer.page.expect_response(lambda answer: answer.request.method == "POST", timeout=SAVED):
        pass
    expect(officer.page.locator("[data-autosave-status]")).to_contain_text("草稿已自动保存", timeout=SAVED)
