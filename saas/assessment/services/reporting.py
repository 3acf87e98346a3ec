"""From the rows of a round to what its bulletin is made from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from saas.assessment.bulletin_content import BulletinContent, Issuer, NextDates, UnitOutcome
from saas.assessment.models import AssessmentRound
from saas.assessment.naming import subject_of
from saas.assessment.queries.facts import list_facts
from saas.assessment.queries.results import list_traces
from saas.assessment.queries.rounds import (
    facts_then,
    find_collection,
    is_roll_up,
    list_assessed,
    period_of_round,
    rules_of_round,
    unit_names,
)
from saas.db import db
from saas.submissions.queries import find_window_change
from saas.submissions.schedule import dates_of
from saas.tenancy.models import Tenant, TenantSettings
from saas.tenancy.scope import bound_tenant_id


def county_name() -> str:
    """The name of the bound county."""
    return db.session.scalars(select(Tenant.name).where(Tenant.id == bound_tenant_id())).one()


def bulletin_content(assessed: AssessmentRound, settings: TenantSettings) -> BulletinContent:
    """Collect what the bulletin of a round says. The caller has checked that the results are those confirmed."""
    rules = rules_of_round(assessed)
    outcomes = _outcomes(assessed)
    parts = outcomes[0].trace["parts"] if outcomes and is_roll_up(assessed) else []
    return BulletinContent(
        issuer=_issuer(settings),
        subject=subject_of(assessed.scheme.name, county_name()),
        period=period_of_round(assessed),
        rules=rules,
        is_roll_up=is_roll_up(assessed),
        outcomes=tuple(outcomes),
        documents={str(fact.id): fact.document_name for fact in list_facts(assessed.id) if fact.document_name},
        part_labels=tuple(part["label"] for part in parts),
        next_dates=_next_dates(assessed),
    )


def _outcomes(assessed: AssessmentRound) -> list[UnitOutcome]:
    units = list_assessed(assessed.id)
    parents, facts = {row.unit_id: row.parent_id for row in units}, facts_then(assessed, units)
    above = {parent for parent in parents.values() if parent is not None}
    towns: Mapping[uuid.UUID, str] = unit_names(above, assessed.period_end)
    found = []
    short: dict[str, str] = {}
    for row in list_traces(assessed.id):
        name = facts[row.unit_id].name
        short[name] = facts[row.unit_id].short_name or name
        parent = parents.get(row.unit_id)
        town = towns.get(parent, "") if parent is not None else ""
        found.append(UnitOutcome(name, town, row.rank, row.grade, row.is_vetoed, row.trace))
    # Where all stand under the same unit, its name before each would only be noise.
    if len({outcome.town for outcome in found}) == 1:
        found = [replace(outcome, town="", name=short[outcome.name]) for outcome in found]
    return found


def _issuer(settings: TenantSettings) -> Issuer:
    details = settings.details
    return Issuer(
        letterhead=settings.letterhead,
        has_document_word=details.get("has_document_word", True),
        name=settings.issuing_unit_name,
        printed_by=settings.printing_unit_name,
        agency_code=details.get("bulletin_agency_code") or settings.agency_code,
        addressees=details.get("addressees") or "",
        copied_to=tuple(settings.copied_to),
        county=county_name(),
    )


def _next_dates(assessed: AssessmentRound) -> NextDates | None:
    collection = find_collection(assessed.scheme)
    if collection is None or is_roll_up(assessed):
        return None
    following = period_of_round(assessed).next()
    dates = dates_of(collection, following, find_window_change(collection.id, following.start))
    return NextDates(following.label, dates.due_on, dates.recheck_from, dates.recheck_to)
