"""Filling a form whose questions depend on the answers before them."""

from __future__ import annotations

import dataclasses

import pytest

from saas.org.models import OrgUnit
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_version
from tests.forms.test_logic_on_pages import EXAMINED, PASSED, RATE
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import submissions


@pytest.fixture
def asking(place: Place) -> Place:
    version = make_version(make_form(), EXAMINED, PASSED, RATE)
    return dataclasses.replace(place, collection=make_collection(version))


def test_the_page_looks_again_after_an_answer_and_keeps_nothing(clerk: Browser, asking: Place) -> None:
    assert "合格户数" not in clerk.get(asking.fill_path()).text

    asked = clerk.post(asking.fill_path(), {"examined": "4", "passed": "3", "version": "0"}, htmx=True)

    assert asked.status_code == 200
    assert asked.text.lstrip().startswith('<div id="questions"')
    assert "合格户数" in asked.text
    assert 'value="75"' in asked.text
    assert submissions() == []


def test_without_scripts_the_saved_draft_shows_what_follows(clerk: Browser, asking: Place) -> None:
    assert clerk.post(asking.fill_path(), {"examined": "4", "version": "0"}).status_code == 303

    assert "合格户数" in clerk.get(asking.fill_path()).text


def test_handing_in_drops_what_is_not_asked(clerk: Browser, asking: Place) -> None:
    clerk.post(asking.fill_path(), {"examined": "4", "passed": "3", "version": "0"})
    clerk.post(asking.fill_path(), {"examined": "0", "passed": "3", "version": str(submissions()[0].version)})
    kept = submissions()[0]
    assert kept.answers["passed"] == 3

    clerk.post(f"/submissions/{kept.id}/submit", {"version": str(kept.version)})

    assert submissions()[0].answers == {"examined": 0, "passed": None, "rate": None}


def test_a_broken_rule_between_answers_is_said_beside_the_field(clerk: Browser, asking: Place) -> None:
    typed = {"examined": "4", "passed": "5", "version": "0", "action": "check"}

    response = clerk.post(asking.fill_path(), typed)

    assert response.status_code == 422
    assert "合格户数不能多于检查户数" in response.text


def test_a_neighbour_does_not_fill_here(clerk: Browser, asking: Place) -> None:
    neighbour: OrgUnit = asking.neighbour

    assert clerk.post(asking.fill_path(neighbour), {"examined": "4"}, htmx=True).status_code == 404


def test_a_look_costs_few_statements(clerk: Browser, asking: Place) -> None:
    path = asking.fill_path()

    assert count_statements(lambda: clerk.post(path, {"examined": "4"}, htmx=True)) <= 12
