"""Who may do what, and that other counties do not exist."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.assessment.models import AssessmentFact, AssessmentResult
from saas.db import db
from saas.tenancy.scope import tenant_scope
from tests.assessment.steps import publish, round_path, settled, unit_path
from tests.browser import Browser
from tests.factories import make_tenant, make_user
from tests.factories_assessment import (
    AssessedCounty,
    find,
    make_assessed_county,
    make_round,
)

RUN = ("/preview", "/compute", "/bases", "/submit", "/publish", "/draft", "/facts")
RECHECK = ("/recheck", "/resume", "/findings")


@pytest.mark.parametrize("rest", RUN)
def test_only_the_office_runs_a_round(browser: Browser, county: AssessedCounty, rest: str) -> None:
    assessed = make_round(county)
    browser.sign_in(county.officers[0])

    assert browser.post(round_path(assessed, rest)).status_code == 403


@pytest.mark.parametrize("rest", RECHECK)
def test_a_clerk_does_not_recheck_and_an_officer_only_below_the_own_town(
    browser: Browser, county: AssessedCounty, rest: str
) -> None:
    assessed = make_round(county)
    browser.sign_in(county.clerks[0])
    assert browser.post(unit_path(assessed, county.on_road, rest)).status_code == 403

    browser.sign_in(county.officers[1])
    assert browser.post(unit_path(assessed, county.on_road, rest)).status_code == 404


def test_an_auditor_has_no_part_in_it(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(make_user(Role.AUDITOR, unit=county.root))

    assert browser.get("/assessment").status_code == 403


def test_what_belongs_to_another_county_does_not_exist(
    browser: Browser, county: AssessedCounty, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_assessed_county()
        foreign = make_round(theirs)
        find(foreign, theirs.on_road, "S3", "1", by=theirs.officers[0])
        fact = db.session.scalars(select(AssessmentFact)).one()
        ids = {"round": foreign.id, "unit": theirs.on_road.id, "scheme": theirs.scheme.id, "fact": fact.id}
    db.session.expunge_all()
    browser.sign_in(db.session.get(User, (county.office.tenant_id, county.office.id)) or county.office)

    for found in (ids, dict.fromkeys(ids, unknown_id)):
        base = f"/assessment/rounds/{found['round']}"
        gets = ["", "/results", "/recheck", "/facts", "/facts/new", f"/units/{found['unit']}"]
        for path in [base + rest for rest in gets] + [f"/assessment/schemes/{found['scheme']}"]:
            assert browser.get(path).status_code == 404, path
        posts = [base + rest for rest in RUN] + [f"{base}/units/{found['unit']}{rest}" for rest in RECHECK]
        posts += [f"/assessment/schemes/{found['scheme']}/rounds", f"/assessment/schemes/{found['scheme']}/versions"]
        for path in [*posts, f"/assessment/facts/{found['fact']}/withdraw"]:
            assert browser.post(path, {"reason": "x"}).status_code == 404, path


def test_the_first_page_knows_what_waits(browser: Browser, county: AssessedCounty) -> None:
    make_round(county)
    browser.sign_in(county.officers[0])

    text = browser.get("/assessment").text

    assert re.search(r"还有 2 个单位未复核，共 2 个", text)


def test_the_last_result_of_the_own_unit_stands_on_top(browser: Browser, county: AssessedCounty) -> None:
    publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[0])

    assert "80.00 分" in browser.get("/assessment").text
    assert len(db.session.scalars(select(AssessmentResult)).all()) == 4
