"""The whole loop of a county as its people see it: fill, review, return, correct, re-check, score, sign, publish."""

from __future__ import annotations

import re

import pytest

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import Site
from tests.browser_tests.steps import decide_all, hand_in, open_due

pytestmark = pytest.mark.browser

REASON = "照片与文字说明不一致，请核对后再报"
REPORT = "农村环境卫生月度自查自评"


def test_a_month_goes_from_the_village_to_the_bulletin(site: Site, arrives: Arrives) -> None:
    village, town = site.first_village("qinghe")
    clerk = arrives("qinghe", site.login("qinghe", Role.VILLAGE_CLERK, village), width=390)
    officer = arrives("qinghe", site.login("qinghe", Role.TOWN_OFFICER, town))
    office = arrives("qinghe", site.login("qinghe", Role.OFFICE))

    title = report_and_review(clerk, officer)
    assert decide_all(office, re.escape(title)) == 1
    round_path = start_and_recheck(site, arrives, office)
    compute(office, round_path)
    sign_results(site, arrives, office, round_path)
    publish(office)
    see_own_result(clerk, round_path)


def report_and_review(clerk: Person, officer: Person) -> str:
    """The clerk reports from a telephone, with a photo; the town returns it, and takes it once it is corrected."""
    open_due(clerk, REPORT)
    title = clerk.page.get_by_role("heading", level=1).inner_text().strip().splitlines()[0]
    assert not clerk.scrolls_sideways()
    hand_in(clerk, photo=True)

    officer.go("/cases")
    officer.follow(re.compile(re.escape(title)))
    officer.unfold("退回")
    officer.page.get_by_label(re.compile("原因")).fill(REASON)
    officer.press("确认退回")

    clerk.go("/home")
    assert clerk.sees(REASON) or clerk.sees("退回"), clerk.text()
    open_due(clerk, title)
    assert clerk.sees(REASON), clerk.text()
    hand_in(clerk)
    assert decide_all(officer, re.escape(title)) == 1
    return title


def start_and_recheck(site: Site, arrives: Arrives, office: Person) -> str:
    """The office starts the round; an inspector, on a telephone, scores every village."""
    office.go("/assessment")
    office.page.locator("a[href*='/assessment/schemes/']").first.click()
    office.page.wait_for_load_state()
    office.press("开展考核")
    round_path = office.page.url.removeprefix(office.root).partition("?")[0]
    inspector = arrives("qinghe", site.login("qinghe", Role.INSPECTOR), width=390)
    inspector.go(f"{round_path}/recheck")
    links = inspector.page.locator("main a[href$='/recheck']").evaluate_all("nodes => nodes.map(node => node.href)")
    units = [link for link in dict.fromkeys(links) if "/units/" in link]
    assert len(units) == 4
    for link in units:
        inspector.go(link)
        assert not inspector.scrolls_sideways()
        form = inspector.page.locator("form").filter(has=inspector.page.get_by_role("button", name="复核完成"))
        inspector.fill_form(form)
        inspector.press("复核完成")
        assert inspector.sees("已复核"), inspector.text()
    return round_path


def compute(office: Person, round_path: str) -> None:
    """A worker scores the round; the office looks at the results and puts them forward."""
    office.go(round_path)
    office.press("计分")
    office.wait_for("预览无误")
    office.go(f"{round_path}/results")
    assert office.page.locator("table tbody tr").count() >= 4
    office.page.locator("main table a[href*='/units/']").first.click()
    assert office.sees("满分"), office.text()
    office.go(round_path)
    office.press("预览无误")
    office.confirm("送审", "确认送审")


def sign_results(site: Site, arrives: Arrives, office: Person, round_path: str) -> None:
    """The head of the government office checks, the deputy magistrate signs."""
    for post, press in (("政府办主任", "同意"), ("分管副县长", "签发")):
        leader = arrives("qinghe", site.posts["qinghe"][post], width=390)
        assert decide_all(leader, "考核结果", press=press) == 1
    office.go(round_path)
    assert office.sees("发布并印发通报"), office.text()


def publish(office: Person) -> None:
    """The bulletin is issued; a worker sets it; it can be downloaded and its pages are shown."""
    office.confirm("发布并印发通报", "确认发布")
    if "/documents/" not in office.page.url:
        office.page.locator("main a[href*='/documents/']").first.click()
        office.page.wait_for_load_state()
    office.wait_for("下载")
    pages = office.page.locator("main img")
    assert pages.count() >= 1
    pages.first.scroll_into_view_if_needed()
    assert pages.first.evaluate("node => node.decode().then(() => node.naturalWidth)") > 100
    content = office.fetch("下载")
    assert content.startswith(b"%PDF-")
    assert len(content) > 10_000


def see_own_result(clerk: Person, round_path: str) -> None:
    """The village sees what it got, and why."""
    clerk.go(f"{round_path}/results")
    clerk.page.locator("main a[href*='/units/']").first.click()
    clerk.page.wait_for_load_state()
    assert clerk.sees("满分") or clerk.sees("得分"), clerk.text()
    assert not clerk.scrolls_sideways()


def test_a_plan_goes_from_its_draft_to_the_issued_document(site: Site, arrives: Arrives) -> None:
    office = arrives("qinghe", site.login("qinghe", Role.OFFICE))
    office.go("/plans")
    office.follow(re.compile("村庄清洁"))
    plan = office.page.url.partition("?")[0]
    title = office.page.get_by_role("heading", level=1).inner_text().strip().splitlines()[0]
    office.follow("检查并送审")
    office.press("送审")

    signed = 0
    for login_name in sorted({login for (role, _), login in site.accounts["qinghe"].items() if role is Role.LEADER}):
        leader = arrives("qinghe", login_name)
        signed += decide_all(leader, re.escape(title))
        leader.leave()
    assert signed >= 1
    for post, press in (("政府办主任", "同意"), ("分管副县长", "签发")):
        decide_all(arrives("qinghe", site.posts["qinghe"][post]), re.escape(title), press=press)
    office.go(plan)
    assert office.sees("印发"), office.text()
    office.confirm("印发", "确认印发")
    office.wait_for("下载")
    assert office.fetch("下载").startswith(b"%PDF-")


def test_without_scripts_a_community_reports_and_its_street_decides(site: Site, arrives: Arrives) -> None:
    community, street = site.first_village("linjiang")
    clerk = arrives("linjiang", site.login("linjiang", Role.VILLAGE_CLERK, community), width=390, scripts=False)
    open_due(clerk, "社区心理服务站月报")
    title = clerk.page.get_by_role("heading", level=1).inner_text().strip().splitlines()[0]
    hand_in(clerk)

    officer = arrives("linjiang", site.login("linjiang", Role.TOWN_OFFICER, street), scripts=False)
    assert decide_all(officer, re.escape(title)) == 1
