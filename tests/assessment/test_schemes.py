"""Schemes in words, and new versions of them."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from saas.assessment.models import SchemeVersion
from saas.db import db
from tests.assessment.steps import actions_of
from tests.browser import Browser
from tests.factories_assessment import (
    SCHEME,
    AssessedCounty,
    make_round,
)


def test_a_scheme_is_shown_in_words_with_its_settings_and_what_is_open(
    browser: Browser, county: AssessedCounty
) -> None:
    browser.sign_in(county.clerks[0])

    text = browser.get(f"/assessment/schemes/{county.scheme.id}").text

    assert "应有 5 户，每少 1 户扣 5 元" in text
    assert "以检查发现之日为准" in text
    assert "排名本身没有规定奖惩" in text


def upload(county: AssessedCounty, text: str) -> dict[str, object]:
    named = text.replace('code = "environment"', f'code = "{county.scheme.code}"', 1)
    return {"file": (io.BytesIO(named.encode()), "办法.toml"), "effective_from": "2027-01-01"}


def test_a_new_version_takes_effect_from_its_day(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(county.office)
    path = f"/assessment/schemes/{county.scheme.id}/versions"

    response = browser.post(path, upload(county, SCHEME.replace("amount = 500", "amount = 600")))

    assert response.status_code == 303
    numbers = db.session.scalars(select(SchemeVersion.number).order_by(SchemeVersion.number)).all()
    assert numbers == [1, 2]
    assert len(actions_of("scheme.published")) == 1
    assert (
        make_round(county).scheme_version_id
        == db.session.scalars(select(SchemeVersion.id).where(SchemeVersion.number == 1)).one()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SCHEME.replace("amount = 500", "amount = 0.5e"), "TOML"),
        (SCHEME.replace('ties = "shared"', ""), "ties"),
        ("\x00\x01", "TOML"),
    ],
)
def test_a_faulty_version_says_where_and_is_not_published(
    browser: Browser, county: AssessedCounty, text: str, message: str
) -> None:
    browser.sign_in(county.office)

    response = browser.post(f"/assessment/schemes/{county.scheme.id}/versions", upload(county, text))

    assert response.status_code == 422
    assert message in response.text
    assert len(db.session.scalars(select(SchemeVersion)).all()) == 1
