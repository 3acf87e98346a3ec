"""Filling one group at a time on a phone, without scripts: every step is a button."""

from __future__ import annotations

import re

import pytest

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.site import Site
from tests.browser_tests.steps import open_due

pytestmark = pytest.mark.browser

REPORT = "农村环境卫生月度自查自评"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_is_gone_through_part_by_part_and_leads_back_to_what_is_missing(
    site: Site, arrives: Arrives, scripts: bool
) -> None:
    village, _ = site.first_village("qinghe")
    clerk = arrives("qinghe", site.login("qinghe", Role.VILLAGE_CLERK, village), width=390, scripts=scripts)
    open_due(clerk, REPORT)
    clerk.follow("一屏一组")
    found = re.search(r"第 1/(\d+) 部分", clerk.text())
    assert found is not None
    count = int(found[1])

    for number in range(2, count + 1):
        assert not clerk.scrolls_sideways()
        clerk.press("下一部分")
        clerk.page.get_by_text(f"第 {number}/{count} 部分").first.wait_for()
    assert clerk.page.get_by_role("button", name="下一部分").count() == 0
    clerk.press("核对并报送")

    clerk.page.get_by_text("处需要更正").first.wait_for()
    assert re.search(rf"第 \d+/{count} 部分", clerk.text())
    assert clerk.page.locator(".error-summary a").first.is_visible()
