"""Every address of the application, with ids of one's own county, of another one, and of nobody.

A parameter of an address must be declared here: an address that is not declared fails the test.
"""

from __future__ import annotations

import itertools
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, cast

from flask import Flask
from sqlalchemy import Column, ColumnElement, Table, select
from werkzeug.routing import Rule

from saas.accounts.models import Appointment, Delegation, User, UserSession
from saas.assessment.models import AssessmentFact, AssessmentRound, AssessmentScheme
from saas.bodies.models import Body, BodySeat, BodyTemplate
from saas.db import Base, db
from saas.documents.models import Document
from saas.files.models import FileUpload, StoredFile
from saas.forms.models import ChoiceList, FormDefinition
from saas.imports.models import DataImport
from saas.jobs.models import Job
from saas.notifications.models import Channel, Notification
from saas.org.models import (
    Hierarchy,
    LinkKind,
    NamedCohort,
    OrgUnit,
    Post,
    PostTemplate,
    Reorganisation,
    UnitFunction,
    UnitLink,
    UnitType,
)
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart
from saas.registers.models import RecordDraft, Register, RegisterRecord, RegisterView
from saas.review.models import ReviewCase, Route
from saas.submissions.models import Collection, FieldQuery, Submission
from saas.targets.models import Target
from saas.tenancy.scope import tenant_scope
from tests.isolation.county import FilledCounty

METHODS = ("GET", "POST")


@dataclass(frozen=True)
class OfTable:
    """The parameter is the id of a row."""

    model: type[Base]


@dataclass(frozen=True)
class Secret:
    """The parameter is a text that a row of one county holds."""

    of: Callable[[FilledCounty], str]


@dataclass(frozen=True)
class Plain:
    """The parameter names nothing of a county: a number, a day, the name of a field."""

    values: tuple[str, ...]


# By name; `segment/name` where the same name means something else behind another segment.
PARAMETERS: Mapping[str, OfTable | Secret | Plain] = {
    "appointment_id": OfTable(Appointment),
    "attachments/piece_id": OfTable(PlanAttachment),
    "body_id": OfTable(Body),
    "case_id": OfTable(ReviewCase),
    "channel_id": OfTable(Channel),
    "code": Secret(lambda county: county.verify_code),
    "cohort_id": OfTable(NamedCohort),
    "collection_id": OfTable(Collection),
    "delegation_id": OfTable(Delegation),
    "document_id": OfTable(Document),
    "draft_id": OfTable(DataImport),
    "drafts/draft_id": OfTable(RecordDraft),
    "fact_id": OfTable(AssessmentFact),
    "file_id": OfTable(StoredFile),
    "form_id": OfTable(FormDefinition),
    "function_id": OfTable(UnitFunction),
    "hierarchy_id": OfTable(Hierarchy),
    "import_id": OfTable(DataImport),
    "imports/kind": Plain(("units", "people", "nothing")),
    "job_id": OfTable(Job),
    "kind_id": OfTable(LinkKind),
    "link_id": OfTable(UnitLink),
    "list_id": OfTable(ChoiceList),
    "notification_id": OfTable(Notification),
    "number": Plain(("1", "99")),
    "part_id": OfTable(PlanTaskPart),
    "period_start": Plain((date.today().replace(day=1).isoformat(), "2026-01-01", "not-a-day")),
    "plan_id": OfTable(Plan),
    "post-templates/template_id": OfTable(PostTemplate),
    "post_id": OfTable(Post),
    "query_id": OfTable(FieldQuery),
    "record_id": OfTable(RegisterRecord),
    "register_id": OfTable(Register),
    "reorganisation_id": OfTable(Reorganisation),
    "round_id": OfTable(AssessmentRound),
    "route_id": OfTable(Route),
    "scheme_id": OfTable(AssessmentScheme),
    "seat_id": OfTable(BodySeat),
    "shipped/name": Plain(("grid-management", "no-such-pack")),
    "sections/piece_id": OfTable(PlanSection),
    "session_id": OfTable(UserSession),
    "stages/piece_id": OfTable(PlanStage),
    "submission_id": OfTable(Submission),
    "target_id": OfTable(Target),
    "targets/piece_id": OfTable(Target),
    "task_id": OfTable(PlanTask),
    "tasks/piece_id": OfTable(PlanTask),
    "template_id": OfTable(BodyTemplate),
    "upload_id": OfTable(FileUpload),
    "town_code": Plain(("130102001", "999999999")),
    "tenant_id": Plain(("0198c0de-0000-7000-8000-000000000000",)),  # the operators' console has tests of its own
    "type_id": OfTable(UnitType),
    "unit_id": OfTable(OrgUnit),
    "user_id": OfTable(User),
    "view_id": OfTable(RegisterView),
    "year": Plain(("2026", "2031")),
}
Declared: TypeAlias = OfTable | Secret | Plain


@dataclass(frozen=True)
class Address:
    """One address with a method. `ids` are what it was built from, to be taken out of answers before comparing."""

    endpoint: str
    method: str
    path: str
    access: str
    ids: tuple[str, ...] = ()


def rules(app: Flask) -> list[Rule]:
    """Every rule but that of the static files, which belong to no county, and those that are not declared yet."""
    return [rule for rule in _all_rules(app) if all(_find_declared(rule, name) for name in _names(rule))]


def _all_rules(app: Flask) -> list[Rule]:
    return sorted((rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"), key=str)


def undeclared(app: Flask) -> list[str]:
    """Addresses with a parameter that nobody has declared."""
    return [str(rule) for rule in _all_rules(app) for name in _names(rule) if _find_declared(rule, name) is None]


def _names(rule: Rule) -> list[str]:
    """The parameters of a rule in the order of its path."""
    return [name for is_parameter, name in rule._trace if is_parameter]


def _find_declared(rule: Rule, name: str) -> Declared | None:
    segment = rule.rule.partition(f"{name}>")[0].split("/")[-2]
    return PARAMETERS.get(f"{segment}/{name}") or PARAMETERS.get(name)


def declared(rule: Rule) -> dict[str, Declared]:
    """What the parameters of a rule are, in the order of its path."""
    found = {name: _find_declared(rule, name) for name in _names(rule)}
    return {name: source for name, source in found.items() if source is not None}


def methods(rule: Rule) -> list[str]:
    return [method for method in METHODS if method in (rule.methods or ())]


def own_addresses(app: Flask, rule: Rule, county: FilledCounty, limit: int = 3) -> list[Address]:
    """The rule with ids of the county itself: at most `limit` combinations, each id belonging to the one before."""
    found = itertools.islice(_own_values(declared(rule), county), limit)
    return [_address(app, rule, method, values) for values in found for method in methods(rule)]


def pairs(app: Flask, rule: Rule, ours: FilledCounty, theirs: FilledCounty) -> list[tuple[Address, Address]]:
    """The rule with one id of the other county, beside the same with an id of nobody. Then with all ids foreign."""
    sources = declared(rule)
    names = [name for name, source in sources.items() if not isinstance(source, Plain)]
    if not names:
        return []
    own = next(_own_values(sources, ours))
    found = []
    for replaced in [(name,) for name in names] + ([tuple(names)] if len(names) > 1 else []):
        foreign = {**own, **{name: _candidates(sources[name], theirs, {})[0] for name in replaced}}
        random = {**own, **{name: _nobodys(sources[name]) for name in replaced}}
        for method in methods(rule):
            found.append((_address(app, rule, method, foreign), _address(app, rule, method, random)))
    return found


def _address(app: Flask, rule: Rule, method: str, values: Mapping[str, str]) -> Address:
    built = rule.build({name: _converted(rule, name, value) for name, value in values.items()})
    assert built is not None, (str(rule), values)
    access = vars(app.view_functions[rule.endpoint])["access"]
    return Address(rule.endpoint, method, built[1], access, tuple(values.values()))


def _converted(rule: Rule, name: str, value: str) -> object:
    kind = type(rule._converters[name]).__name__
    if kind == "UUIDConverter":
        return uuid.UUID(value)
    return int(value) if kind == "IntegerConverter" else value


Chosen: TypeAlias = Mapping[str, tuple["Declared", str]]


def _own_values(sources: Mapping[str, Declared], county: FilledCounty) -> Iterator[dict[str, str]]:
    for chosen in _combinations(list(sources.items()), county, {}):
        yield {name: value for name, (_, value) in chosen.items()}


def _combinations(left: list[tuple[str, Declared]], county: FilledCounty, chosen: Chosen) -> Iterator[Chosen]:
    if not left:
        yield chosen
        return
    name, source = left[0]
    for value in _candidates(source, county, chosen):
        yield from _combinations(left[1:], county, {**chosen, name: (source, value)})


def _candidates(source: Declared, county: FilledCounty, chosen: Chosen) -> list[str]:
    if isinstance(source, Plain):
        return list(source.values)
    if isinstance(source, Secret):
        return [source.of(county)]
    statement = select(_table(source).c.id).order_by(_table(source).c.id.desc()).limit(5)
    for other, value in chosen.values():
        if isinstance(other, OfTable):
            statement = statement.where(*_belongs(_table(source), _table(other), uuid.UUID(value)))
    with tenant_scope(county.tenant_id):
        return [str(found) for found in db.session.execute(statement).scalars()]


def _table(source: OfTable) -> Table:
    return cast(Table, source.model.__table__)


def _belongs(table: Table, other: Table, row: uuid.UUID) -> list[ColumnElement[bool]]:
    """Conditions that keep the rows that point at a row of another table, directly or over one table between."""
    direct = _columns_to(table, other)
    if direct:
        return [direct[0] == row]
    for between in {key.referred_table for key in table.foreign_key_constraints}:
        second = _columns_to(between, other)
        if second and between is not table:
            return [_columns_to(table, between)[0].in_(select(between.c.id).where(second[0] == row))]
    return []


def _columns_to(table: Table, other: Table) -> list[Column[uuid.UUID]]:
    keys = [key for key in table.foreign_key_constraints if key.referred_table is other and len(key.column_keys) == 2]
    return [table.c[name] for name in sorted(key.column_keys[1] for key in keys)]


def _nobodys(source: Declared) -> str:
    return secrets.token_urlsafe(12) if isinstance(source, Secret) else str(uuid.uuid4())
