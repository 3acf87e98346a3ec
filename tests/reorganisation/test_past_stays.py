"""What was confirmed, printed or shown for an earlier period keeps the names and attributes of that time."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from saas.assessment.queries.rounds import rules_of_round
from saas.assessment.services.confirming import frozen_results
from saas.assessment.services.gathering import gather
from saas.assessment.services.reporting import bulletin_content
from saas.db import db, local_today
from saas.domain.canonical_json import digest
from saas.org import versions
from saas.org.models import OrgUnit
from saas.tenancy.models import TenantSettings
from tests.assessment.steps import confirm
from tests.browser import Browser
from tests.factories_assessment import (
    AssessedCounty,
    compute,
    make_assessed_county,
    make_round,
    recheck,
    this_month,
)
from tests.factories_forms import make_collection


@pytest.fixture
def county(browser: Browser) -> AssessedCounty:
    return make_assessed_county()


def rename(unit: OrgUnit, name: str, **attributes: object) -> None:
    """From today on: after every period of last month."""
    today = local_today()
    kept = {**unit.attributes, **attributes}
    versions.change_from(unit, today, today, name=name, short_name="", attributes=kept)
    db.session.flush()


def own_settings() -> TenantSettings:
    return db.session.scalars(select(TenantSettings)).one()


def test_a_renamed_unit_does_not_change_the_results_that_were_confirmed(county: AssessedCounty) -> None:
    assessed = make_round(county, this_month(1))
    recheck(assessed, county.on_road, county.officers[0])
    compute(assessed)
    before, content = digest(frozen_results(assessed)), bulletin_content(assessed, own_settings())
    was_called = county.on_road.name

    rename(county.on_road, "新名村")
    rename(county.towns[0], "新名镇")

    assert digest(frozen_results(assessed)) == before
    assert bulletin_content(assessed, own_settings()) == content
    assert county.on_road.name == "新名村" != was_called


def test_a_published_table_names_units_as_they_were(browser: Browser, county: AssessedCounty) -> None:
    assessed = make_round(county, this_month(1))
    for unit in county.villages:
        recheck(assessed, unit, county.officers[county.villages.index(unit) // 2])
    compute(assessed)
    assessed = confirm(county, assessed)
    was_called, town = county.on_road.name, county.towns[0].name
    rename(county.on_road, "新名村")
    rename(county.towns[0], "新名镇")
    browser.sign_in(county.office)

    page = re.sub(r"<option.*?</option>", "", browser.get(f"/assessment/rounds/{assessed.id}/results").text)

    assert was_called in page
    assert town in page
    assert "新名" not in page


def test_a_round_scores_what_a_unit_carried_in_its_period(county: AssessedCounty) -> None:
    assessed = make_round(county, this_month(1))
    rules = rules_of_round(assessed)
    before = {each.unit_code: each.attributes for each in gather(assessed, rules).facts}

    rename(county.on_road, "新名村", on_county_road=False)

    assert {each.unit_code: each.attributes for each in gather(assessed, rules).facts} == before
    assert before[county.on_road.code]["on_county_road"] is True


def test_the_overview_of_a_past_period_calls_units_what_they_were(browser: Browser, county: AssessedCounty) -> None:
    collection, period = make_collection(), this_month(1)
    was_called = county.on_road.name
    rename(county.on_road, "新名村")
    browser.sign_in(county.office)

    page = browser.get(f"/collections/{collection.id}?period={period.start}").text

    assert was_called in page
    assert "新名村" not in page
