"""The first page of each role, with and without anything to do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.assessment.models import AssessmentResult
from saas.db import at_moment, db
from saas.domain.workflow import PlanStatus, RoundStatus, SubmissionStatus
from saas.notifications.models import Notification
from saas.notifications.services import notify
from saas.org.models import OrgUnit
from saas.packs.models import PackApplication
from saas.review.services import start_case
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_unit_type, make_user
from tests.factories_assessment import make_assessed_county, make_round
from tests.factories_forms import make_collection, make_submission
from tests.factories_plans import make_part, make_plan, make_planning_county, make_task
from tests.statements import count_statements

TODAY = date(2026, 3, 10)
STATEMENTS = 22


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Ten in the morning of 10 March 2026, five days before the month's form is due."""
    with at_moment(datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))):
        yield


@pytest.fixture
def village(browser: Browser) -> OrgUnit:
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    town = make_unit("柳河镇", parent=root, kind=make_unit_type("town", "镇", 2))
    return make_unit("东村", parent=town)


def home_of(browser: Browser, user: User) -> str:
    browser.sign_in(user)
    response = browser.get("/home")
    assert response.status_code == 200
    return response.text


def section(page: str, name: str) -> str:
    """The card of the page with this id, or "" if it is not there."""
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


def on_day(day: int) -> datetime:
    return datetime(2026, 3, day, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_first_page_in_an_empty_county(browser: Browser, village: OrgUnit, role: Role) -> None:
    page = home_of(browser, make_user(role, unit=village))

    assert "2026年3月10日 星期二" in page
    assert "没有新消息" in page


@pytest.mark.parametrize("role", list(Role))
def test_the_first_page_takes_at_most_22_statements_whatever_there_is_to_show(
    browser: Browser, village: OrgUnit, role: Role
) -> None:
    user = make_user(role, unit=village)
    browser.sign_in(user)
    browser.get("/home")
    empty = count_statements(lambda: browser.get("/home"))
    for number in range(4):
        collection = make_collection(name=f"自查{number}")
        make_submission(collection, village, status=SubmissionStatus.RETURNED)
        notify([user.id], "reminder", f"提醒{number}", "/home")
    db.session.flush()

    assert count_statements(lambda: browser.get("/home")) <= STATEMENTS
    few = count_statements(lambda: browser.get("/home"))
    for number in range(8):
        make_submission(make_collection(name=f"又查{number}"), village, status=SubmissionStatus.RETURNED)
        notify([user.id], "reminder", f"又提醒{number}", "/home")
    db.session.flush()

    assert count_statements(lambda: browser.get("/home")) == few
    assert few - empty <= 1  # what was filed is only asked for where something is to be filled in


@pytest.mark.parametrize(
    ("day", "where", "words"), [(10, "soon", "还剩 5 天"), (15, "today", "今天截止"), (17, "late", "逾期 2 天")]
)
def test_what_a_clerk_fills_in_moves_from_coming_up_to_today_to_late(
    browser: Browser, village: OrgUnit, day: int, where: str, words: str
) -> None:
    make_collection(name="月度自查", starts_on=date(2026, 3, 1))
    clerk = make_user(Role.VILLAGE_CLERK, unit=village)

    with at_moment(on_day(day)):
        page = home_of(browser, clerk)

    assert "月度自查" in section(page, where)
    assert words in section(page, where)


def test_what_is_due_today_stands_before_everything_else(browser: Browser, village: OrgUnit) -> None:
    make_collection(name="月度自查", starts_on=date(2026, 3, 1))

    with at_moment(on_day(15)):
        page = home_of(browser, make_user(Role.VILLAGE_CLERK, unit=village))

    main = page.partition("<main")[2]
    assert main.index('id="today"') < main.index("月度自查") < main.index('id="news"')


def test_what_came_back_is_told(browser: Browser, village: OrgUnit) -> None:
    make_submission(make_collection(name="月度自查"), village, status=SubmissionStatus.RETURNED)

    page = home_of(browser, make_user(Role.VILLAGE_CLERK, unit=village))

    assert "被退回，请修改后再报" in section(page, "returned")


def test_a_department_sees_its_parts_and_an_office_counts_them(browser: Browser) -> None:
    county = make_planning_county()
    plan = make_plan(county, PlanStatus.DRAFT)
    task = make_task(plan, "2", "清理河道")
    make_part(task, county.department, due_on=TODAY - timedelta(days=3))
    make_part(task, county.department, due_on=TODAY, code="b")
    plan.status = PlanStatus.SIGNED
    db.session.flush()
    plan.status = PlanStatus.ISSUED

    page = home_of(browser, county.clerk)
    assert "逾期 3 天" in section(page, "late")
    assert "今天截止" in section(page, "today")

    page = home_of(browser, county.office)
    assert "任务分项逾期" in page
    assert "已印发方案共 3 项" in page


def test_a_leader_sees_what_waits_and_the_menu_counts_it(browser: Browser) -> None:
    county = make_planning_county()
    start_case(
        county.route,
        subject_type="plan",
        subject_id=uuid.uuid4(),
        unit=county.root,
        title="整治方案送审",
        path="/home",
        content={"text": "x"},
        authors={county.clerk.id},
        actor=county.clerk,
    )

    page = home_of(browser, county.leader)

    assert "整治方案送审" in section(page, "today")
    assert 'class="badge' in page.partition("审核签批")[2][:200]


def test_those_above_see_how_far_the_filing_is(browser: Browser, village: OrgUnit) -> None:
    collection = make_collection(name="月度自查", starts_on=date(2026, 3, 1))
    town = make_user(Role.TOWN_OFFICER, unit=village)
    make_submission(collection, village, status=SubmissionStatus.SUBMITTED, is_late=True)
    with at_moment(on_day(18)):
        page = home_of(browser, town)

    assert "已报 1 / 1" in page
    assert "迟报 1" in page


def test_a_town_counts_only_its_own_villages(browser: Browser, village: OrgUnit) -> None:
    make_collection(name="月度自查", starts_on=date(2026, 3, 1))
    other = make_unit("西村", parent=make_unit("石桥镇", parent=None, kind=make_unit_type("town", "镇", 2)))

    page = home_of(browser, make_user(Role.LEADER, unit=other))

    assert "已报 0 / 1" in page


def test_a_village_sees_its_last_published_result_and_the_office_its_open_rounds(browser: Browser) -> None:
    county = make_assessed_county()
    assessed = make_round(county)
    assert "已复查 0 / 4" in home_of(browser, county.office)
    db.session.add(
        AssessmentResult(
            round_id=assessed.id,
            unit_id=county.villages[0].id,
            points=None,
            points_state="undetermined",
            money=None,
            money_state="undetermined",
            trace={"points": {"text": "未定"}, "money": {"payable": {"text": "1,500.00 元"}}},
        )
    )
    db.session.flush()
    assert "最近考核结果" not in home_of(browser, county.clerks[0])
    assessed.status = RoundStatus.PUBLISHED
    db.session.flush()

    page = home_of(browser, county.clerks[0])

    assert "东村 · 未定" in page
    assert "1,500.00 元" in page
    assert "最近考核结果" not in home_of(browser, county.clerks[1])


def test_the_administrators_see_the_state_of_the_system(browser: Browser, village: OrgUnit) -> None:
    assert "空缺岗位" in home_of(browser, make_user(Role.SYSTEM_ADMIN, unit=village))
    assert "未改首次密码" in home_of(browser, make_user(Role.SECURITY_ADMIN, unit=village))
    assert "今天的审计记录" in home_of(browser, make_user(Role.AUDITOR, unit=village))


def test_a_new_county_is_told_where_to_begin_until_it_has(browser: Browser, village: OrgUnit) -> None:
    admin = make_user(Role.SYSTEM_ADMIN, unit=village)
    assert "从这里开始" in home_of(browser, admin)
    for number in range(4):
        make_user(Role.VILLAGE_CLERK, unit=make_unit(f"第{number}村", parent=village))
    make_collection()
    db.session.add(PackApplication(number=1, name="grid", title="网格", digest="0" * 64))

    assert "从这里开始" not in home_of(browser, admin)


def test_a_message_is_read_when_it_is_opened(browser: Browser, village: OrgUnit) -> None:
    clerk = make_user(Role.VILLAGE_CLERK, unit=village)
    notify([clerk.id], "returned", "三月自查被退回", "/account")
    assert "三月自查被退回" in section(home_of(browser, clerk), "news")
    message = db.session.scalars(select(Notification)).one()

    response = browser.post(f"/notifications/{message.id}/open")

    assert response.status_code == 303
    assert response.location == "/qingshan/account"
    assert message.read_at is not None
    assert "三月自查被退回" not in browser.get("/home").text


def test_all_messages_can_be_put_away(browser: Browser, village: OrgUnit) -> None:
    clerk, other = make_user(Role.VILLAGE_CLERK, unit=village), make_user()
    notify([clerk.id, other.id], "reminder", "请抓紧", "/account")
    browser.sign_in(clerk)

    assert browser.post("/notifications/read").status_code == 303

    unread = db.session.scalars(select(Notification.user_id).where(Notification.read_at.is_(None))).all()
    assert unread == [other.id]


def test_somebody_elses_message_does_not_exist(browser: Browser, village: OrgUnit, unknown_id: uuid.UUID) -> None:
    neighbour = make_user()
    notify([neighbour.id], "reminder", "别人的", "/account")
    db.session.flush()
    theirs = db.session.scalars(select(Notification.id)).one()
    with tenant_scope(make_tenant("other").id):
        notify([make_user().id], "reminder", "外县的", "/account")
        db.session.flush()
        foreign = db.session.scalars(select(Notification.id)).one()
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=village))

    for message_id in (theirs, foreign, unknown_id):
        assert browser.post(f"/notifications/{message_id}/open").status_code == 404


def test_the_countys_address_leads_to_the_first_page(browser: Browser) -> None:
    assert browser.get("/").location == "/qingshan/home"


def test_an_error_is_a_page_in_chinese(browser: Browser, village: OrgUnit) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=village))

    missing, forbidden = browser.get("/nowhere"), browser.get("/audit")

    assert (missing.status_code, forbidden.status_code) == (404, 403)
    assert "页面不存在" in missing.text
    assert "无权访问" in forbidden.text
    assert 'lang="zh' in missing.text
