"""Applying what a county does: forms, routes, collections, plans with their targets, and assessment schemes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.queries import list_post_holders
from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.audit.services import HasId
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import digest, plain
from saas.domain.cohorts import cohort_to_mapping
from saas.domain.fields import form_to_mapping
from saas.domain.routes import route_to_mapping
from saas.domain.scheme_writing import scheme_to_mapping
from saas.domain.target_format import target_to_mapping
from saas.domain.windows import window_to_mapping
from saas.forms.models import FormDefinition, VersionStatus
from saas.forms.queries import find_draft, find_published_version
from saas.forms.services import change_definition, create_form, publish, start_draft
from saas.org.queries import get_root_unit
from saas.packs.organisation import Directory
from saas.packs.plans import apply_plan
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.targets.models import Target
from saas.tenancy.pack_configuration import PackCollection, PackForm, PackScheme, PackTarget
from saas.tenancy.packs import Configuration


def apply_configuration(configuration: Configuration, directory: Directory) -> None:
    """Create what is new and bring what is known by its code to the pack's wording.

    What is frozen stays: a changed form or scheme becomes a new version; a plan that left its draft is not touched.
    """
    actor = find_office_user()
    routes = _apply_routes(configuration)
    forms = {entry.form.code: _apply_form(entry, directory, actor) for entry in configuration.forms}
    plans = {}
    for plan in configuration.plans:
        plans[plan.plan.code] = apply_plan(plan.plan, directory, routes, actor)
    for target in configuration.targets:
        _apply_target(target, directory, plans)
    collections = {
        entry.table.code: _apply_collection(entry, directory, forms, routes, plans)
        for entry in configuration.collections
    }
    for scheme in configuration.schemes:
        _apply_scheme(scheme, directory, routes, collections, actor)
    db.session.flush()


def find_office_user() -> User:
    """The first holder of an office post at the county: in whose name a pack is applied."""
    root = get_root_unit(local_today())
    holders = list_post_holders([root.id], Role.OFFICE, local_today())
    if not holders:
        raise LookupError("the county has no holder of an office post: nobody could draft its plans")
    return holders[0][1]


def _apply_routes(configuration: Configuration) -> dict[str, uuid.UUID]:
    known = {row.code: row for row in db.session.scalars(select(Route).order_by(Route.code))}
    for entry in configuration.routes:
        route = known.get(entry.route.code)
        if route is None:
            route = Route(id=new_id(), code=entry.route.code)
            db.session.add(route)
            known[route.code] = route
        route.name, route.definition = entry.route.name, plain(route_to_mapping(entry.route))
    db.session.flush()
    return {code: route.id for code, route in known.items()}


def _apply_form(entry: PackForm, directory: Directory, actor: HasId) -> FormDefinition:
    registration = entry.registration
    owner_id = directory.units[registration.owner_unit] if registration else None
    basis = registration.legal_basis if registration else ""
    expires_on = registration.expires_on if registration else None
    form = db.session.scalars(select(FormDefinition).where(FormDefinition.code == entry.form.code)).one_or_none()
    if form is None:
        form = create_form(entry.form, actor=actor, owner_unit_id=owner_id, legal_basis=basis, expires_on=expires_on)
        directory.count("forms")
    current = find_published_version(form.id)
    if current is not None and current.definition == plain(form_to_mapping(entry.form)):
        return form
    version = find_draft(form.id) or start_draft(form, actor=actor)
    change_definition(version, entry.form, actor=actor, change="pack")
    if registration is not None:
        publish(version, actor=actor)
    return form


def _apply_target(entry: PackTarget, directory: Directory, plans: Mapping[str, uuid.UUID | None]) -> None:
    plan_id = plans.get(entry.plan)
    if plan_id is None:
        return  # the plan left its draft: its targets stay as signed
    target = db.session.scalars(
        select(Target).where(Target.plan_id == plan_id, Target.code == entry.target.code)
    ).one_or_none()
    if target is None:
        order = len(db.session.scalars(select(Target.id).where(Target.plan_id == plan_id)).all())
        target = Target(id=new_id(), plan_id=plan_id, code=entry.target.code, sort_order=order)
        db.session.add(target)
        directory.count("targets")
    target.name, target.measure = entry.target.name, entry.target.measure
    target.due_on = entry.target.deadline.due_on if entry.target.deadline else None
    target.responsible_unit_id = directory.units[entry.responsible_unit] if entry.responsible_unit else None
    target.definition = plain(target_to_mapping(entry.target))
    db.session.flush()


def _apply_collection(
    entry: PackCollection,
    directory: Directory,
    forms: Mapping[str, FormDefinition],
    routes: Mapping[str, uuid.UUID],
    plans: Mapping[str, uuid.UUID | None],
) -> uuid.UUID:
    table = entry.table
    collection = db.session.scalars(select(Collection).where(Collection.code == table.code)).one_or_none()
    if collection is None:
        collection = Collection(id=new_id(), code=table.code, starts_on=table.starts_on)
        db.session.add(collection)
        directory.count("collections")
    collection.name, collection.form_id, collection.route_id = table.name, forms[table.form].id, routes[table.route]
    if table.plan and plans.get(table.plan):
        collection.plan_id = plans[table.plan]
    collection.cadence = str(table.cadence)
    collection.cohort = plain(cohort_to_mapping(entry.cohort))
    collection.window = plain(window_to_mapping(entry.window))
    collection.starts_on, collection.ends_on = table.starts_on, table.ends_on
    db.session.flush()
    return collection.id


def _apply_scheme(
    entry: PackScheme,
    directory: Directory,
    routes: Mapping[str, uuid.UUID],
    collections: Mapping[str, uuid.UUID],
    actor: HasId,
) -> None:
    use = entry.application
    scheme = db.session.scalars(
        select(AssessmentScheme).where(AssessmentScheme.code == entry.scheme.code)
    ).one_or_none()
    if scheme is None:
        scheme = AssessmentScheme(id=new_id(), code=entry.scheme.code)
        db.session.add(scheme)
        directory.count("schemes")
    scheme.name, scheme.cadence = entry.scheme.title, str(use.cadence)
    scheme.cohort, scheme.route_id = plain(cohort_to_mapping(entry.cohort)), routes[use.route]
    scheme.collection_id = collections[use.collection] if use.collection else None
    db.session.flush()
    _publish_version(scheme, plain(scheme_to_mapping(entry.scheme)), use.effective_from, actor)


def _publish_version(scheme: AssessmentScheme, definition: dict[str, Any], effective_from: date, actor: HasId) -> None:
    """A scheme that differs from its last version is published as the next one."""
    versions = db.session.scalars(
        select(SchemeVersion).where(SchemeVersion.scheme_id == scheme.id).order_by(SchemeVersion.number.desc())
    ).all()
    if versions and versions[0].digest == digest(definition):
        return
    db.session.add(
        SchemeVersion(
            scheme_id=scheme.id,
            number=versions[0].number + 1 if versions else 1,
            status=VersionStatus.PUBLISHED,
            effective_from=effective_from,
            definition=definition,
            digest=digest(definition),
            published_at=utc_now(),
            published_by_id=actor.id,
        )
    )
    db.session.flush()
