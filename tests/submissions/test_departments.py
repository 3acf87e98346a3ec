"""A department fills for units that it does not own, and a superior for those below it (代填)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.db import at_moment, db, local_today
from saas.domain.errors import DomainError, NotAllowed
from saas.domain.filing import FilingState
from saas.domain.periods import Period
from saas.domain.workflow import SubmissionStatus
from saas.notifications.models import Notification
from saas.org.functions import end_function, give_function
from saas.org.models import OrgUnit
from saas.review.services import approve
from saas.submissions.arranging import mark_of
from saas.submissions.due import due_submissions
from saas.submissions.duties import check_duties
from saas.submissions.fillers import fillers_of, units_to_fill
from saas.submissions.missing import MissingFilter, missing_list
from saas.submissions.models import FieldQuery
from saas.submissions.reminding import remind
from saas.submissions.schedule import period_at
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_submission
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import hand_in, review

AFTER = datetime(2026, 3, 25, 1, 0, tzinfo=UTC)  # the window is closed


@dataclass(frozen=True)
class Department:
    """A department with its clerk, that fills the collection of the place for all villages."""

    unit: OrgUnit
    clerk: User


@pytest.fixture
def department(place: Place) -> Department:
    unit = make_unit("民政局", parent=place.county, kind=make_unit_type("department", "部门", 2))
    place.collection.filled_by = {"unit": unit.code}
    db.session.flush()
    return Department(unit, make_user(Role.DEPARTMENT, unit=unit))


def _fill_by(place: Place, mapping: Mapping[str, Any]) -> None:
    place.collection.filled_by = dict(mapping)
    db.session.flush()


def test_a_department_fills_and_hands_in_for_a_village(browser: Browser, place: Place, department: Department) -> None:
    browser.sign_in(department.clerk)

    submission = hand_in(browser, place)

    assert submission.unit_id == place.village.id
    assert submission.submitted_by_id == department.clerk.id
    assert browser.get(f"/submissions/{submission.id}").status_code == 200
    assert "撤回" in browser.get(f"/submissions/{submission.id}").text


def test_the_village_does_not_fill_then_but_sees_what_was_filled(
    browser: Browser, place: Place, department: Department
) -> None:
    submission = make_submission(place.collection, place.village)
    browser.sign_in(place.clerk)

    assert browser.get(place.fill_path()).status_code == 404
    assert browser.post(f"/submissions/{submission.id}/submit", {"version": "1"}).status_code == 404
    assert browser.get(f"/submissions/{submission.id}").status_code == 200


def test_another_department_neither_fills_nor_sees(browser: Browser, place: Place, department: Department) -> None:
    submission = make_submission(place.collection, place.village)
    browser.sign_in(make_user(Role.DEPARTMENT, unit=make_unit("教育局", parent=place.county)))

    assert browser.get(place.fill_path()).status_code == 404
    assert browser.get(f"/submissions/{submission.id}").status_code == 404
    for action in ("submit", "withdraw", "correct"):
        assert browser.post(f"/submissions/{submission.id}/{action}", {}).status_code == 404, action


def test_a_department_does_not_fill_what_units_fill_themselves(browser: Browser, place: Place) -> None:
    browser.sign_in(make_user(Role.DEPARTMENT, unit=place.county))

    assert browser.get(place.fill_path()).status_code == 404


def test_whoever_has_the_function_fills(browser: Browser, place: Place, department: Department) -> None:
    _fill_by(place, {"function": "社会救助"})
    period = period_at(place.collection, local_today().replace(day=1))
    assert fillers_of(place.collection, place.village, period) == ()

    given = give_function(department.unit, "社会救助", local_today().replace(month=1), actor=place.office)

    assert fillers_of(place.collection, place.village, period) == (department.unit,)
    browser.sign_in(department.clerk)
    assert browser.get(place.fill_path()).status_code == 200
    end_function(given, local_today(), actor=place.office)
    assert browser.get(place.fill_path()).status_code == 404


@pytest.mark.parametrize("superior", ["township", 2, "parent"])
def test_a_town_fills_for_its_own_villages_only(browser: Browser, place: Place, superior: str | int) -> None:
    _fill_by(place, {"superior": superior})
    browser.sign_in(place.officer)

    assert browser.get(place.fill_path()).status_code == 200
    assert browser.get(place.fill_path(place.far_village)).status_code == 404
    browser.sign_in(place.clerk)
    assert browser.get(place.fill_path()).status_code == 404


def test_whoever_filled_for_others_does_not_approve(browser: Browser, place: Place) -> None:
    colleague = make_user(Role.TOWN_OFFICER, unit=place.town)
    _fill_by(place, {"superior": "township"})
    browser.sign_in(place.officer)
    submission = hand_in(browser, place)

    case = review(place, submission)

    with pytest.raises(NotAllowed):
        approve(case, actor=place.officer)
    approve(case, actor=colleague)
    assert submission.status is SubmissionStatus.REVIEWED


def test_the_units_to_fill_for_are_those_asked(place: Place, department: Department) -> None:
    period = period_at(place.collection, local_today().replace(day=1))

    found = [each.unit for each in units_to_fill(place.collection, make_viewer(department.clerk), period)]
    theirs = [each.unit for each in units_to_fill(place.collection, make_viewer(place.clerk), period)]

    assert {place.village, place.neighbour, place.far_village} <= set(found)
    assert not {place.county, place.town, department.unit} & set(found)
    assert theirs == []


# --- the things to do, lists and reminders ----------------------------------------------------------------------------


def _due(user: User) -> list[tuple[str, str, FilingState]]:
    items = [each for each in due_submissions(make_viewer(user)) if each.title.startswith("2026年3月")]
    return [(item.endpoint, item.unit_name, item.state) for item in items]


def test_a_department_sees_one_line_for_all_its_villages(place: Place, department: Department) -> None:
    total = len(units_to_fill(place.collection, make_viewer(department.clerk), _march(place)))
    make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED)

    assert _due(department.clerk) == [
        ("submissions.grid", f"代填，还有 {total - 1} 个单位未报，共 {total} 个", FilingState.OPEN)
    ]
    assert _due(place.clerk) == []


def test_what_came_back_is_a_line_of_its_own(place: Place) -> None:
    _fill_by(place, {"superior": "township"})
    make_submission(place.collection, place.village, status=SubmissionStatus.RETURNED)

    assert _due(place.officer) == [
        ("submissions.grid", "代填，1 个单位被退回", FilingState.RETURNED),
        ("submissions.grid", "代填，还有 1 个单位未报，共 2 个", FilingState.OPEN),
    ]


def test_the_home_page_calls_it_by_its_name(browser: Browser, place: Place) -> None:
    _fill_by(place, {"superior": "township"})
    browser.sign_in(place.officer)

    page = browser.get("/home").text

    assert "代填，还有 2 个单位未报，共 2 个" in page
    assert f"/submissions/grid/{place.collection.id}/2026-03-01" in page


def test_the_things_to_do_do_not_cost_more_with_more_units(place: Place, department: Department) -> None:
    viewer = make_viewer(department.clerk)
    few = count_statements(lambda: due_submissions(viewer))
    for number in range(30):
        make_unit(f"第{number}村", parent=place.town)
    db.session.flush()

    assert count_statements(lambda: due_submissions(viewer)) == few
    assert few <= 9


def test_others_pay_nothing_for_what_a_department_fills(place: Place, department: Department) -> None:
    viewer = make_viewer(place.clerk)

    assert count_statements(lambda: due_submissions(viewer)) <= 3


def test_the_department_is_behind_and_not_the_village(place: Place, department: Department) -> None:
    with at_moment(AFTER):
        found = missing_list(make_viewer(place.office), MissingFilter(date(2026, 3, 1)), local_today())
        of_town = missing_list(make_viewer(place.officer), MissingFilter(date(2026, 3, 1)), local_today())

    assert [line.unit for line in found.lines] == [department.unit]
    assert place.village in {row.unit for row in found.rows}
    assert of_town.rows == []


def test_where_nobody_has_the_function_the_unit_is_listed_and_it_is_said(browser: Browser, place: Place) -> None:
    _fill_by(place, {"function": "无人负责"})
    with at_moment(AFTER):
        browser.sign_in(place.officer)
        page = browser.get("/collections/missing?month=2026-03").text

    assert "柳塘村" in page
    assert "未落实填报单位" in page


def test_who_fills_is_reminded_and_the_village_is_not(place: Place, department: Department) -> None:
    with at_moment(datetime(2026, 3, 13, 1, 0, tzinfo=UTC)):
        remind(local_today())

    told = {row.user_id: row for row in db.session.scalars(select(Notification).where(Notification.kind == "reminder"))}
    assert department.clerk.id in told
    assert place.clerk.id not in told
    assert told[department.clerk.id].path == f"/submissions/grid/{place.collection.id}/2026-03-01"


def test_a_department_sees_its_collection_with_every_unit(
    browser: Browser, place: Place, department: Department
) -> None:
    browser.sign_in(department.clerk)

    page = browser.get(f"/collections/{place.collection.id}?period=2026-03-01").text

    assert "柳塘村" in page
    assert "白沙村" in page
    assert "民政局代填" in page
    assert "批量填报" in page


# --- the office arranges it -------------------------------------------------------------------------------------------


def test_the_office_says_who_fills_and_who_compiles(browser: Browser, place: Place) -> None:
    unit = make_unit("民政局", parent=place.county, kind=make_unit_type("department", "部门", 2))
    browser.sign_in(place.office)
    form = {**_settings(place), "version": mark_of(place.collection), "filler": "unit", "filler_unit": unit.code}

    response = browser.post(
        f"/collections/{place.collection.id}/edit",
        {**form, "compiling_by": "township", "compiling_days": "3", "compiling_working_days": "y"},
    )

    assert response.status_code == 303
    assert place.collection.filled_by == {"unit": unit.code}
    assert place.collection.compiling == {"by": "township", "days": 3, "working_days": True}
    page = browser.get("/collections").text
    assert "民政局代填" in page
    assert "所属乡镇在单位截止后 3 个工作日内汇总上报" in page
    edit = browser.get(f"/collections/{place.collection.id}/edit").text
    assert f'selected value="{unit.code}"' in edit


@pytest.mark.parametrize("filler", ["unit", "function", "superior"])
def test_a_filler_must_be_picked(browser: Browser, place: Place, filler: str) -> None:
    browser.sign_in(place.office)

    response = browser.post(f"/collections/{place.collection.id}/edit", {**_settings(place), "filler": filler})

    assert response.status_code == 422
    assert "请选择由谁代填" in response.text


def test_the_days_of_compiling_must_be_given(browser: Browser, place: Place) -> None:
    browser.sign_in(place.office)
    form = {**_settings(place), "compiling_by": "township"}

    response = browser.post(f"/collections/{place.collection.id}/edit", form)

    assert response.status_code == 422
    assert "请填写几天内汇总" in response.text


def test_a_unit_that_does_not_exist_cannot_fill(place: Place) -> None:
    with pytest.raises(DomainError, match="没有编码为“NONE”的单位"):
        check_duties({"unit": "NONE"}, {})
    with pytest.raises(DomainError, match="没有编码为“street”的单位类型"):
        check_duties({}, {"by": "street", "days": 3})
    check_duties({"function": "尚无单位负责"}, {"by": "superior", "days": 0})


def _settings(place: Place) -> dict[str, str]:
    return {
        "name": place.collection.name,
        "form": str(place.collection.form_id),
        "route": str(place.collection.route_id),
        "cadence": "month",
        "starts_on": "2025-01-01",
        "by": "rule",
        "unit_types": "village",
        "opens_kind": "start",
        "opens_number": "0",
        "due_kind": "month0",
        "due_number": "16",
        "due_inclusive": "no",
        "grace": "days",
        "grace_days": "5",
        "is_active": "y",
    }


def _march(place: Place) -> Period:
    return period_at(place.collection, date(2026, 3, 1))


# --- objecting --------------------------------------------------------------------------------------------------------


def test_the_village_objects_and_the_department_answers(browser: Browser, place: Place, department: Department) -> None:
    browser.sign_in(department.clerk)
    submission = hand_in(browser, place)
    path = f"/submissions/{submission.id}"
    assert "提出异议" not in browser.get(path).text
    browser.sign_in(place.clerk)
    assert "提出异议" in browser.get(path).text
    assert browser.post(f"{path}/objection", {"objection": " "}).status_code == 422

    response = browser.post(f"{path}/objection", {"objection": "保洁次数应为 20"})

    assert response.status_code == 303
    told = db.session.scalars(select(Notification).where(Notification.user_id == department.clerk.id)).all()
    assert any("柳塘村对代填的环境卫生自查有异议：保洁次数应为 20" in row.title for row in told)
    browser.sign_in(department.clerk)
    assert "保洁次数应为 20" in browser.get(path).text
    query = db.session.scalars(select(FieldQuery)).one()
    assert browser.post(f"{path}/questions/{query.id}/answer", {"answer": "已核对，按台账为 12"}).status_code == 303
    browser.sign_in(place.officer)
    assert "已核对，按台账为 12" in browser.get(path).text


def test_others_do_not_object(browser: Browser, place: Place, department: Department) -> None:
    submission = make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED)
    path = f"/submissions/{submission.id}/objection"

    for user in (department.clerk, place.officer, make_user(Role.VILLAGE_CLERK, unit=place.neighbour)):
        browser.sign_in(user)
        assert browser.post(path, {"objection": "不对"}).status_code == 404
    _fill_by(place, {})
    browser.sign_in(place.clerk)
    assert browser.post(path, {"objection": "不对"}).status_code == 404


def test_who_reviews_sees_the_objection(browser: Browser, place: Place, department: Department) -> None:
    browser.sign_in(department.clerk)
    submission = hand_in(browser, place)
    browser.sign_in(place.clerk)
    browser.post(f"/submissions/{submission.id}/objection", {"objection": "保洁次数应为 20"})
    case = review(place, submission)

    browser.sign_in(place.officer)

    assert "提出异议：保洁次数应为 20" in browser.get(f"/cases/{case.id}").text
