"""Builders of schemes, rounds and facts."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.assessment.models import AssessedUnit, AssessmentRound, AssessmentScheme, SchemeVersion
from saas.assessment.queries.rounds import list_assessed
from saas.assessment.services import computing
from saas.assessment.services.facts import NewFact, record_finding, record_office_fact, record_scores
from saas.assessment.services.rounds import start_round
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import digest, plain
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_writing import scheme_to_mapping
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormVersion, VersionStatus
from saas.org.models import OrgUnit
from saas.review.models import Route
from saas.submissions.models import Collection, Submission
from tests.factories import appoint, make_post, make_unit, make_unit_type, make_user
from tests.factories_forms import MONTHLY, make_collection, make_form, make_version

_numbers = itertools.count(1)

# The monthly scheme of a town: two scores, deductions in yuan, a shortfall on the county road, a bonus, a loss, a veto.
SCHEME = """
code = "environment"
title = "农村环境卫生考核办法"
basis = "镇农村环境卫生考核方案"

[attribute_labels]
on_county_road = "位于县道沿线"

[settings]
scores_from = "recheck_replaces"
ranked_by = "points"
ties = "shared"
facts_counted = ["recheck", "office"]
without_recheck = "missing"
deductions_in_loss_period = false
bonus_in_loss_period = true
loss_booked_to = "inspection"
negative_payable = false
household_in_two_rules = true
vetoed_units = "last"
roll_up = { points = "mean", money = "sum", missing = "undetermined" }

[settings.base]
label = "基本考核补助"
amount = 1500

[[parts]]
code = "B"
label = "评分标准"

[[parts.items]]
code = "B1"
label = "基础工作"
full_score = 60

[[parts.items.rules]]
code = "P1"
kind = "manual_score"
label = "制度台账"
full_score = 60

[[parts.items]]
code = "B2"
label = "村容村貌"
full_score = 40

[[parts.items.rules]]
code = "P2"
kind = "manual_score"
label = "道路保洁"
full_score = 40

[[parts]]
code = "S"
label = "奖惩"

[[parts.items]]
code = "S-all"
label = "奖励和扣款"

[[parts.items.rules]]
code = "S1"
kind = "bonus"
label = "县级以上书面表扬"
currency = "yuan"
amount = 500
measure = "次"

[[parts.items.rules]]
code = "S2a"
kind = "whole_month_loss"
label = "被通报批评或曝光"
percent = 100

[[parts.items.rules]]
code = "S3"
kind = "per_occurrence"
label = "路边无人巡捡"
currency = "yuan"
amount = 10
measure = "次"

[[parts.items.rules]]
code = "S4"
kind = "per_household"
label = "农户乱堆乱放"
currency = "yuan"
amount = 5

[[parts.items.rules]]
code = "S5"
kind = "per_household"
label = "农户周边白色垃圾"
currency = "yuan"
amount = 5

[[parts.items.rules]]
code = "S6"
kind = "per_occurrence"
label = "垃圾池未清"
currency = "yuan"
amount = 10
measure = "次"

[[parts.items.rules]]
code = "S7"
kind = "shortfall"
label = "治理示范户不足"
currency = "yuan"
required = 5
amount = 5
measure = "户"
applies_when = { attribute = "on_county_road", equals = true }

[[parts.items.rules]]
code = "S8"
kind = "per_occurrence"
label = "村办公场所不整洁"
currency = "yuan"
amount = 10
measure = "次"

[[parts.items.rules]]
code = "V1"
kind = "veto"
label = "弄虚作假"
"""

ROUTE = {
    "code": "round_confirmation",
    "name": "考核结果审定",
    "steps": [
        {"code": "check", "name": "核稿", "kind": "review", "who": {"post": "核稿人", "at": "ancestor:county"}},
        {"code": "sign", "name": "签发", "kind": "sign", "who": {"post": "签发人", "at": "ancestor:county"}},
    ],
}


@dataclass
class AssessedCounty:
    """A county with two towns of two villages each, the people who assess, and a scheme."""

    root: OrgUnit
    towns: list[OrgUnit]
    villages: list[OrgUnit]
    office: User
    checker: User
    leader: User
    officers: list[User]
    clerks: list[User]
    scheme: AssessmentScheme
    collection: Collection | None = None

    @property
    def on_road(self) -> OrgUnit:
        """The village on the county road."""
        return self.villages[0]


def this_month(months_back: int = 0) -> Period:
    """The month of today's date, or one before it."""
    period = period_of(local_today(), Cadence.MONTH)
    for _ in range(months_back):
        period = period.previous()
    return period


def make_scheme(
    text: str = SCHEME, *, cadence: str = "month", unit_type: str = "village", collection: Collection | None = None
) -> AssessmentScheme:
    """A scheme with one published version that is in force for years."""
    rules = scheme_from_mapping(tomllib.loads(text, parse_float=Decimal))
    route = db.session.scalars(select(Route).where(Route.code == ROUTE["code"])).one_or_none()
    if route is None:
        route = Route(id=new_id(), code=str(ROUTE["code"]), name=str(ROUTE["name"]), definition=ROUTE)
        db.session.add(route)
        db.session.flush()
    scheme = AssessmentScheme(
        id=new_id(),
        code=f"{rules.code}-{next(_numbers)}",
        name=rules.title,
        cadence=cadence,
        cohort={"unit_types": [unit_type]},
        collection_id=collection.id if collection else None,
        route_id=route.id,
    )
    db.session.add(scheme)
    db.session.flush()
    definition = plain(scheme_to_mapping(rules))
    db.session.add(
        SchemeVersion(
            scheme_id=scheme.id,
            number=1,
            status=VersionStatus.PUBLISHED,
            effective_from=date(2020, 1, 1),
            definition=definition,
            digest=digest(definition),
            published_at=utc_now(),
        )
    )
    db.session.flush()
    return scheme


SELF_SCORE_FIELDS: Mapping[str, Any] = {
    "type": "begin_group",
    "name": "scores",
    "label": "评分",
    "fields": [
        {"type": "decimal", "name": "P1", "label": "制度台账", "min": 0, "max": 60},
        {"type": "decimal", "name": "P2", "label": "道路保洁", "min": 0, "max": 40},
        {"type": "integer", "name": "S3", "label": "自查路边无人巡捡", "min": 0},
    ],
}


def make_self_score(
    collection: Collection,
    unit: OrgUnit,
    period: Period,
    scores: Mapping[str, str] | None,
    *,
    status: SubmissionStatus = SubmissionStatus.SUBMITTED,
    by: User | None = None,
    revision: int = 1,
) -> Submission:
    """What a unit handed in; without scores it declared the form not applicable."""
    versions = select(FormVersion.id).where(FormVersion.form_id == collection.form_id)
    submission = Submission(
        id=new_id(),
        collection_id=collection.id,
        form_version_id=db.session.scalars(versions).one(),
        unit_id=unit.id,
        period_start=period.start,
        period_end=period.end,
        revision=revision,
        status=status,
        answers={"scores": dict(scores)} if scores is not None else {},
        is_not_applicable=scores is None,
        not_applicable_reason="搬迁" if scores is None else "",
        submitted_at=utc_now(),
        submitted_by_id=by.id if by else None,
        contributors=[str(by.id)] if by else [],
    )
    db.session.add(submission)
    db.session.flush()
    return submission


def make_assessed_county(
    text: str = SCHEME, *, has_collection: bool = False, window: Mapping[str, Any] | None = None
) -> AssessedCounty:
    """The county with its people: 东村 lies on the county road, the others do not."""
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    collection = None
    if has_collection:
        version = make_version(make_form(owner=root), SELF_SCORE_FIELDS)
        collection = make_collection(version, window=window or MONTHLY, starts_on=date(2020, 1, 1))
    town_type = make_unit_type("township", "镇", 2)
    towns = [make_unit(name, parent=root, kind=town_type) for name in ("柳河镇", "石桥镇")]
    names = (("东村", towns[0]), ("西村", towns[0]), ("南村", towns[1]), ("北村", towns[1]))
    villages = [make_unit(name, parent=town, on_county_road=name == "东村") for name, town in names]
    return AssessedCounty(
        root=root,
        towns=towns,
        villages=villages,
        office=make_user(Role.OFFICE, unit=root, name="办公室人员"),
        checker=_holder(root, "核稿人"),
        leader=_holder(root, "签发人"),
        officers=[make_user(Role.TOWN_OFFICER, unit=town) for town in towns],
        clerks=[make_user(Role.VILLAGE_CLERK, unit=village) for village in villages],
        scheme=make_scheme(text, collection=collection),
        collection=collection,
    )


def _holder(unit: OrgUnit, post_name: str) -> User:
    user = make_user(name=post_name)
    appoint(user, make_post(unit, Role.LEADER, name=post_name))
    return user


def make_round(county: AssessedCounty, period: Period | None = None) -> AssessmentRound:
    """A round of the county's scheme."""
    return start_round(county.scheme, period or this_month(), actor=county.office)


def assessed_unit(assessed: AssessmentRound, unit: OrgUnit) -> AssessedUnit:
    """A unit in its round."""
    return next(row for row in list_assessed(assessed.id) if row.unit_id == unit.id)


def recheck(
    assessed: AssessmentRound, unit: OrgUnit, officer: User, *, p1: str = "50", p2: str = "30", is_complete: bool = True
) -> None:
    """Re-check a unit with two scores."""
    scores: Mapping[str, Decimal | None] = {"P1": Decimal(p1), "P2": Decimal(p2)}
    record_scores(assessed_unit(assessed, unit), scores, actor=officer, is_complete=is_complete)


def find(
    assessed: AssessmentRound,
    unit: OrgUnit,
    rule: str,
    quantity: str | None,
    *,
    by: User,
    households: Sequence[str] = (),
    is_office: bool = False,
    **more: Any,
) -> None:
    """Record something that was found, or that the office was told."""
    new = NewFact(
        rule_code=rule,
        quantity=None if quantity is None else Decimal(quantity),
        households=households,
        found_on=assessed.period_start,
        **more,
    )
    (record_office_fact if is_office else record_finding)(assessed_unit(assessed, unit), new, actor=by)


def compute(assessed: AssessmentRound) -> None:
    """Compute a round at once, as the worker would."""
    computing.compute_round(assessed.id)
