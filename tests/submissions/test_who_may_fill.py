"""Who may fill and see what."""

from __future__ import annotations

import uuid

import pytest

from saas.access.permissions import Role
from saas.submissions import services
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_collection, make_submission
from tests.submissions.conftest import Place
from tests.submissions.steps import hand_in

# --- who may --------------------------------------------------------------------------------------------------------


def test_others_may_not_fill(browser: Browser, place: Place) -> None:
    submission = make_submission(place.collection, place.village)
    browser.sign_in(place.office)

    for path in (place.fill_path(), f"{place.fill_path()}/not-applicable", f"/submissions/{submission.id}/submit"):
        assert browser.post(path, {"version": "0"}).status_code == 403, path
    assert browser.get(f"/submissions/{submission.id}").status_code == 200


def test_a_clerk_sees_only_the_own_village(clerk: Browser, place: Place, unknown_id: uuid.UUID) -> None:
    theirs = make_submission(place.collection, place.neighbour)

    for submission_id in (theirs.id, unknown_id):
        assert clerk.get(f"/submissions/{submission_id}").status_code == 404
        for action in ("submit", "withdraw", "correct"):
            assert clerk.post(f"/submissions/{submission_id}/{action}", {}).status_code == 404, action
    assert clerk.get(place.fill_path(place.neighbour)).status_code == 404


def test_an_officer_sees_the_own_town_but_does_not_fill_for_a_village(browser: Browser, place: Place) -> None:
    near, far = make_submission(place.collection, place.village), make_submission(place.collection, place.far_village)
    browser.sign_in(place.officer)

    assert browser.get(f"/submissions/{near.id}").status_code == 200
    assert browser.get(f"/submissions/{far.id}").status_code == 404
    assert browser.get(place.fill_path()).status_code == 404
    assert browser.post(f"/submissions/{near.id}/submit", {"version": "1"}).status_code == 404


def test_another_countys_place_and_an_unknown_one_are_the_same(
    clerk: Browser, place: Place, other_tenant: Tenant, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(other_tenant.id):
        unit = make_unit("外村")
        collection = make_collection()
        theirs = make_submission(collection, unit)

    for submission_id, collection_id, unit_id in (
        (theirs.id, collection.id, unit.id),
        (unknown_id, unknown_id, unknown_id),
    ):
        assert clerk.get(f"/submissions/{submission_id}").status_code == 404
        assert clerk.get(f"/submissions/fill/{collection_id}/{unit_id}/2026-03-01").status_code == 404
        assert clerk.post(f"/submissions/fill/{collection_id}/{place.village.id}/2026-03-01", {}).status_code == 404
        assert clerk.post(f"/submissions/{submission_id}/submit", {}).status_code == 404


@pytest.mark.parametrize("period", ["2026-03-02", "yesterday", "2024-01-01"])
def test_a_day_that_begins_no_period_is_not_found(clerk: Browser, place: Place, period: str) -> None:
    assert clerk.get(place.fill_path(period=period)).status_code == 404


def test_a_unit_outside_the_cohort_is_not_asked(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get(place.fill_path(place.town)).status_code == 404


def test_whoever_filled_does_not_review(clerk: Browser, place: Place) -> None:
    both = make_user(Role.VILLAGE_CLERK, unit=place.village)
    submission = hand_in(clerk, place)
    services.withdraw(submission, actor=place.clerk)
    clerk.sign_in(both)
    clerk.post(place.fill_path(), {"patrols": "9", "version": str(submission.version)}, headers={"X-Autosave": "true"})

    assert submission.contributors == [str(place.clerk.id), str(both.id)]
