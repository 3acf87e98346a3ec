"""What asks units asks those of a named cohort: collections, the clerk's list, assessment."""

from __future__ import annotations

from datetime import date

import pytest

from saas.access.permissions import Role
from saas.assessment.queries.rounds import cohort_members
from saas.db import db, local_today
from saas.domain.cohorts import CohortError
from saas.org.models import NamedCohort
from saas.org.services import edit_unit
from saas.submissions.arranging import CollectionSettings, check_settings
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories import START, make_user
from tests.factories_assessment import make_scheme
from tests.factories_forms import make_collection
from tests.org.conftest import Shape


@pytest.fixture
def pilot(shape: Shape) -> str:
    """The first village is the pilot; from June 2026 on the third one is."""
    june = date(2026, 6, 1)
    for village, starts_on, ends_on in ((shape.village, START, june), (shape.villages[2], june, None)):
        db.session.add(
            NamedCohort(
                code="pilot",
                name="试点村",
                definition={"units": [village.code]},
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
    db.session.flush()
    return "pilot"


def collection_of(code: str) -> Collection:
    return make_collection(cohort={"unit_types": ["village"], "cohorts": [code]})


def test_a_collection_asks_the_units_that_a_named_cohort_had_in_the_period(
    browser: Browser, shape: Shape, pilot: str
) -> None:
    collection = collection_of(pilot)
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))

    may = browser.get(f"/collections/{collection.id}?period=2026-05-01").text
    july = browser.get(f"/collections/{collection.id}?period=2026-07-01").text

    assert ("甲村" in may, "丙村" in may) == (True, False)
    assert ("甲村" in july, "丙村" in july) == (False, True)


def test_a_past_period_keeps_the_members_that_the_attributes_of_then_gave_it(browser: Browser, shape: Shape) -> None:
    rule = {"unit_types": ["village"], "where": [{"attribute": "on_county_road", "equals": True}]}
    collection = make_collection(cohort=rule)
    changed = {"name": "甲村", "short_name": "", "attributes": {"on_county_road": False}}
    edit_unit(shape.village, **changed, actor=shape.admin, starts_on=date(2026, 6, 1))  # type: ignore[arg-type]
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))

    assert "甲村" in browser.get(f"/collections/{collection.id}?period=2026-05-01").text
    assert "甲村" not in browser.get(f"/collections/{collection.id}?period=2026-06-01").text


def test_the_clerk_of_a_pilot_village_is_asked_and_the_neighbour_is_not(
    browser: Browser, shape: Shape, pilot: str
) -> None:
    name = collection_of(pilot).name

    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.villages[2]))
    assert name in browser.get("/submissions").text.partition("filter-bar")[0]
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.village))
    assert name not in browser.get("/submissions").text.partition("filter-bar")[0]


def test_a_scheme_assesses_a_named_cohort_from_the_next_round_on(browser: Browser, shape: Shape, pilot: str) -> None:
    scheme = make_scheme()
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))

    assert "试点村" in browser.get(f"/assessment/schemes/{scheme.id}").text
    response = browser.post(f"/assessment/schemes/{scheme.id}/cohort", {"cohort": "pilot"})

    assert response.status_code == 303
    assert [member.unit.name for member in cohort_members(scheme, date(2026, 5, 31))] == ["甲村"]
    assert [member.unit.name for member in cohort_members(scheme, local_today())] == ["丙村"]
    assert "共 1 个单位" in browser.get(f"/assessment/schemes/{scheme.id}").text
    assert browser.post(f"/assessment/schemes/{scheme.id}/cohort", {"cohort": "nobody"}).status_code == 422


def test_a_collection_that_names_an_unknown_cohort_is_refused(shape: Shape, pilot: str) -> None:
    collection = collection_of(pilot)
    settings = CollectionSettings(
        name="x",
        form_id=collection.form_id,
        route_id=collection.route_id,
        cadence="month",
        cohort={"cohorts": ["pilots"]},
        window=collection.window,
        starts_on=date(2026, 1, 1),
    )

    with pytest.raises(CohortError, match="没有代码为“pilots”的单位名册"):
        check_settings(settings)


def test_the_form_of_a_collection_offers_named_cohorts(browser: Browser, shape: Shape, pilot: str) -> None:
    collection = collection_of(pilot)

    page = browser.get(f"/collections/{collection.id}/edit").text

    assert "单位名册" in page
    assert '<input checked id="cohorts-0"' in page


def test_a_named_cohort_says_who_uses_it_and_stays(browser: Browser, shape: Shape, pilot: str) -> None:
    name = collection_of(pilot).name
    row = db.session.query(NamedCohort).filter_by(ends_on=None).one()

    assert name in browser.get(f"/cohorts/{row.id}").text
    refused = browser.post(f"/cohorts/{row.id}/delete")
    assert "正被使用，不能删除" in browser.get(refused.location).text
