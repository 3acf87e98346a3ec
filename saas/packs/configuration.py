"""Planning what a county does: routes, forms, collections, targets and assessment schemes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.db import local_today
from saas.domain.canonical_json import digest, plain
from saas.domain.cohorts import cohort_to_mapping
from saas.domain.compiling import compiling_to_mapping
from saas.domain.errors import DomainError
from saas.domain.fields import count_fields, form_to_mapping
from saas.domain.fields.shared_list import shared_list_to_mapping
from saas.domain.fillers import filler_to_mapping
from saas.domain.periods import Cadence, period_of
from saas.domain.routes import route_to_mapping
from saas.domain.scheme_writing import scheme_to_mapping
from saas.domain.target_format import target_to_mapping
from saas.domain.windows import own_days_to_mapping, window_to_mapping
from saas.forms.models import ChoiceList, FormDefinition, FormVersion, VersionStatus
from saas.packs.county import Desk, Stored
from saas.packs.plans import plan_plan
from saas.packs.registers import plan_registers
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.targets.models import Target
from saas.tenancy.pack_configuration import PackCollection, PackForm, PackScheme, PackTarget

_UNAPPROVED = {"approved_at": None, "approved_by_id": None, "approval_number": "", "approved_fields": 0}


def plan_configuration(desk: Desk) -> None:
    """Put down what is new and what is worded otherwise.

    What is frozen stays: a changed form or scheme becomes a new version; a plan that left its draft is not touched.
    """
    _plan_routes(desk)
    _plan_choice_lists(desk)
    _plan_forms(desk)
    for plan in desk.pack.configuration.plans:
        plan_plan(desk, plan.plan)
    _plan_targets(desk)
    _plan_collections(desk)
    plan_registers(desk)
    _plan_schemes(desk)


def _plan_routes(desk: Desk) -> None:
    stored = desk.county.by(Route, "code")
    desk.routes = {code: row["id"] for code, row in stored.items()}
    for entry in desk.pack.configuration.routes:
        route = entry.route
        values = {"code": route.code, "name": route.name, "definition": plain(route_to_mapping(route))}
        label = f"{route.name}（{route.code}）"
        desk.routes[route.code] = desk.ledger.put(Route, stored.get(route.code), label, values)


def _plan_choice_lists(desk: Desk) -> None:
    stored = desk.county.by(ChoiceList, "code")
    for entry in desk.pack.configuration.choice_lists:
        shared, label = entry.shared, f"{entry.shared.name}（{entry.shared.code}）"
        values = plain(shared_list_to_mapping(shared)) | {"source": shared.source}
        desk.ledger.put(ChoiceList, stored.get(shared.code), label, values)


# --- forms -------------------------------------------------------------------------------------------------------


def _plan_forms(desk: Desk) -> None:
    stored, versions = desk.county.by(FormDefinition, "code"), desk.county.grouped(FormVersion, "form_id")
    desk.forms = {code: row["id"] for code, row in stored.items()}
    for entry in desk.pack.configuration.forms:
        known = stored.get(entry.form.code)
        form_id = desk.forms[entry.form.code] = _plan_form(desk, entry, known)
        _plan_form_version(desk, entry, form_id, known, versions.get(form_id, []))


def _plan_form(desk: Desk, entry: PackForm, known: Stored | None) -> uuid.UUID:
    registration, label = entry.registration, _form_label(entry)
    values: dict[str, Any] = {}
    if registration is not None:
        values = {
            "owner_unit_id": desk.unit_id(registration.owner_unit),
            "legal_basis": registration.legal_basis,
            "expires_on": registration.expires_on,
        }
    values |= _approval(desk, entry, known)
    if known is None:
        values = {"owner_unit_id": None, "legal_basis": "", "expires_on": None, **_UNAPPROVED, **values}
        values.update(code=entry.form.code, name=entry.form.name, description=entry.form.description)
    return desk.ledger.put(FormDefinition, known, label, values)


def _approval(desk: Desk, entry: PackForm, known: Stored | None) -> dict[str, Any]:
    """Whoever applies a pack decides that its forms are collected: the pack's title stands for the number.

    What the county approved itself stays, as long as the pack asks for no more than that.
    """
    fields, approver = count_fields(entry.form), desk.actor_id or desk.drafter_id
    is_approved = known is not None and known["approved_at"] is not None and known["approved_fields"] >= fields
    is_others = known is not None and desk.ledger.is_others(FormDefinition, known)
    if not _is_asked(desk, entry) or approver is None or is_approved or is_others:
        return {}
    title = f"《{desk.pack.head.title}》"
    return {"approved_at": desk.now, "approved_by_id": approver, "approval_number": title, "approved_fields": fields}


def _is_asked(desk: Desk, entry: PackForm) -> bool:
    """Whether a form of a pack is published: it says who asks on what basis, and is not over."""
    registration = entry.registration
    return registration is not None and (registration.expires_on is None or registration.expires_on >= desk.today)


def _form_label(entry: PackForm) -> str:
    return f"{entry.form.name}（{entry.form.code}）"


def _plan_form_version(
    desk: Desk, entry: PackForm, form_id: uuid.UUID, known: Stored | None, versions: Sequence[Stored]
) -> None:
    definition, label = plain(form_to_mapping(entry.form)), _form_label(entry)
    published = [row for row in versions if row["status"] is VersionStatus.PUBLISHED]
    drafts = [row for row in versions if row["status"] is VersionStatus.DRAFT]
    current = (published or drafts)[-1] if published or drafts else None
    if current is not None and current["definition"] == definition:
        desk.ledger.same.append((FormVersion.__tablename__, label))
        return
    if drafts:
        desk.ledger.conflict(FormDefinition, label, "本县正在修改这张表单（有未发布的草稿）：请先发布或放弃草稿")
        return
    if known is not None and desk.ledger.is_others(FormDefinition, known):
        desk.ledger.conflict(FormDefinition, label, "本县已有同代码的表单，内容不同")
        return
    is_asked = _is_asked(desk, entry)
    if entry.registration is not None and not is_asked:
        desk.ledger.keep(FormDefinition, label, "已过有效期：只存为草稿，延长有效期后再发布")
    for row in published if is_asked else ():
        desk.ledger.change(FormVersion, row, label, {"status": VersionStatus.RETIRED})
    number = max((row["number"] for row in versions), default=0) + 1
    values: dict[str, Any] = {"form_id": form_id, "number": number, "definition": definition}
    values.update(published_as(desk, definition, is_published=is_asked))
    desk.ledger.add(FormVersion, label, values, former=current)


def published_as(desk: Desk, definition: dict[str, Any], *, is_published: bool) -> dict[str, Any]:
    """What a version says about its publication."""
    if not is_published:
        return {"status": VersionStatus.DRAFT, "digest": "", "published_at": None, "published_by_id": None}
    return {
        "status": VersionStatus.PUBLISHED,
        "digest": digest(definition),
        "published_at": desk.now,
        "published_by_id": desk.actor_id or desk.drafter_id,
    }


# --- targets and collections -------------------------------------------------------------------------------------


def _plan_targets(desk: Desk) -> None:
    stored = desk.county.by(Target, "plan_id", "code")
    orders = {plan_id: len(rows) for plan_id, rows in desk.county.grouped(Target, "plan_id").items()}
    for entry in desk.pack.configuration.targets:
        plan_id = desk.drafts.get(entry.plan)
        if plan_id is None:
            continue  # the plan left its draft: its targets stay as signed
        known = stored.get((plan_id, entry.target.code))
        values = _target_values(desk, entry, plan_id)
        if known is None:
            values["sort_order"] = orders.get(plan_id, 0)
            orders[plan_id] = orders.get(plan_id, 0) + 1
        desk.ledger.put(Target, known, f"{entry.target.name}（{entry.target.code}）", values)


def _target_values(desk: Desk, entry: PackTarget, plan_id: uuid.UUID) -> dict[str, Any]:
    target = entry.target
    return {
        "plan_id": plan_id,
        "code": target.code,
        "name": target.name,
        "measure": target.measure,
        "due_on": target.deadline.due_on if target.deadline else None,
        "responsible_unit_id": desk.unit_id(entry.responsible_unit) if entry.responsible_unit else None,
        "definition": plain(target_to_mapping(target)),
    }


def _plan_collections(desk: Desk) -> None:
    stored = desk.county.by(Collection, "code")
    desk.collections = {code: row["id"] for code, row in stored.items()}
    for entry in desk.pack.configuration.collections:
        known, label = stored.get(entry.table.code), f"{entry.table.name}（{entry.table.code}）"
        values = _collection_values(desk, entry)
        if desk.pack.head.kind == "starter":
            values["starts_on"] = known["starts_on"] if known else _first_asked(entry)
        desk.collections[entry.table.code] = desk.ledger.put(Collection, known, label, values)


def _first_asked(entry: PackCollection) -> date:
    """From when a starter pack asks: not for periods that were over before the county had the form."""
    try:
        return max(entry.table.starts_on, period_of(local_today(), Cadence(entry.table.cadence)).start)
    except DomainError:  # a cadence with days of its own
        return max(entry.table.starts_on, local_today())


def _collection_values(desk: Desk, entry: PackCollection) -> dict[str, Any]:
    table = entry.table
    values: dict[str, Any] = {
        "code": table.code,
        "name": table.name,
        "form_id": desk.forms[table.form],
        "route_id": desk.routes[table.route],
        "cadence": str(table.cadence),
        "cohort": plain(cohort_to_mapping(entry.cohort)),
        "window": plain(window_to_mapping(entry.window)),
        "own_days": own_days_to_mapping(entry.own) if entry.own else {},
        "filled_by": filler_to_mapping(entry.filler),
        "compiling": compiling_to_mapping(entry.compiling),
        "starts_on": table.starts_on,
        "ends_on": table.ends_on,
    }
    if table.plan and table.plan in desk.drafts:
        values["plan_id"] = desk.drafts[table.plan]
    elif table.plan and table.code not in {row["code"] for row in desk.county.rows(Collection)}:
        values["plan_id"] = desk.plans.get(table.plan)
    return values


# --- schemes -----------------------------------------------------------------------------------------------------


def _plan_schemes(desk: Desk) -> None:
    stored, versions = desk.county.by(AssessmentScheme, "code"), desk.county.grouped(SchemeVersion, "scheme_id")
    for entry in desk.pack.configuration.schemes:
        use, label = entry.application, f"{entry.scheme.title}（{entry.scheme.code}）"
        values = {
            "code": entry.scheme.code,
            "name": entry.scheme.title,
            "cadence": str(use.cadence),
            "cohort": plain(cohort_to_mapping(entry.cohort)),
            "route_id": desk.routes[use.route],
            "collection_id": desk.collections[use.collection] if use.collection else None,
        }
        known = stored.get(entry.scheme.code)
        scheme_id = desk.ledger.put(AssessmentScheme, known, label, values)
        is_others = known is not None and desk.ledger.is_others(AssessmentScheme, known)
        newest = max(versions.get(scheme_id, []), key=lambda row: row["number"], default=None)
        _plan_scheme_version(desk, entry, scheme_id, newest, is_others=is_others)


def _plan_scheme_version(
    desk: Desk, entry: PackScheme, scheme_id: uuid.UUID, newest: Stored | None, *, is_others: bool
) -> None:
    """A scheme that differs from its last version is published as the next one."""
    definition, label = plain(scheme_to_mapping(entry.scheme)), f"{entry.scheme.title}（{entry.scheme.code}）"
    if newest is not None and newest["digest"] == digest(definition):
        desk.ledger.same.append((SchemeVersion.__tablename__, label))
        return
    if is_others:
        desk.ledger.conflict(AssessmentScheme, label, "本县已有同代码的考核方案，计分规则不同")
        return
    if newest is not None and newest["status"] is VersionStatus.DRAFT:
        desk.ledger.conflict(AssessmentScheme, label, "本县正在修改这个考核方案（有未发布的草稿）：请先发布或放弃草稿")
        return
    values = {
        "scheme_id": scheme_id,
        "number": newest["number"] + 1 if newest is not None else 1,
        "effective_from": entry.application.effective_from,
        "definition": definition,
    }
    values.update(published_as(desk, definition, is_published=True))
    desk.ledger.add(SchemeVersion, label, values, former=newest)
