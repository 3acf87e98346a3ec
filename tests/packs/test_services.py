"""Applying a pack to a county."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from saas.accounts.models import User
from saas.assessment.models import SchemeVersion
from saas.db import db, local_today
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.fields import form_from_mapping
from saas.domain.routes import route_from_mapping
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.target_format import target_from_mapping
from saas.domain.windows import window_from_mapping
from saas.forms.models import FormVersion
from saas.org.models import OrgUnit
from saas.org.queries import get_root_unit, list_units_below
from saas.packs.services import apply_pack
from saas.plans.models import Plan
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.targets.models import Target
from saas.tenancy.models import Tenant
from saas.tenancy.packs import read_pack

PACKS = Path(__file__).resolve().parents[2] / "tenants"


@pytest.mark.parametrize("name", ["rural-county", "city-district"])
def test_a_pack_makes_a_county_that_reads_back_and_may_be_applied_again(tenant: Tenant, name: str) -> None:
    pack = read_pack(PACKS / name, year=2026)

    first = apply_pack(pack, first_password="Right-password-1")
    again = apply_pack(pack, first_password="Right-password-1")

    assert first["units"] == len(pack.organisation.units)
    assert again == {}
    root = get_root_unit(local_today())
    assert len(list_units_below([root.id], local_today())) == len(pack.organisation.units)
    for read, column in (
        (form_from_mapping, FormVersion.definition),
        (route_from_mapping, Route.definition),
        (cohort_from_mapping, Collection.cohort),
        (window_from_mapping, Collection.window),
        (target_from_mapping, Target.definition),
        (scheme_from_mapping, SchemeVersion.definition),
    ):
        stored = db.session.scalars(select(column)).all()
        assert stored
        for mapping in stored:
            assert read(mapping) is not None


def test_a_pack_leaves_the_plan_a_draft_and_the_first_passwords_to_be_changed(tenant: Tenant) -> None:
    apply_pack(read_pack(PACKS / "rural-county", year=2026), first_password="Right-password-1")

    assert {plan.status for plan in db.session.scalars(select(Plan))} == {"draft"}
    assert db.session.scalars(select(func.bool_and(User.must_change_password))).one() is True
    assert db.session.scalars(select(func.count()).select_from(OrgUnit)).one() > 150
