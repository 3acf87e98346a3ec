"""A department fills for units that it does not own, and a superior for those below it (代填)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.db import db, local_today
from saas.domain.errors import NotAllowed
from saas.domain.workflow import SubmissionStatus
from saas.org.functions import end_function, give_function
from saas.org.models import OrgUnit
from saas.review.services import approve
from saas.submissions.fillers import fillers_of, units_to_fill
from saas.submissions.schedule import period_at
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_submission
from tests.submissions.conftest import Place
from tests.submissions.steps import hand_in, review


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
