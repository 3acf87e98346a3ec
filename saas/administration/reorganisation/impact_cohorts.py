"""Which units enter and leave what is asked of them: collections, assessment schemes and named cohorts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from sqlalchemy import or_, select

from saas.access.permissions import Permission
from saas.administration.reorganisation.handing_on import sole_heir
from saas.assessment.models import AssessmentScheme
from saas.db import db
from saas.domain.cohorts import CohortUnit, cohort_from_mapping, members
from saas.domain.errors import FormatError
from saas.domain.organisation import Organisation
from saas.domain.reorganisation import Outcome
from saas.domain.reorganisation_steps import Key
from saas.org.cohorts import CohortBook, LinksOn
from saas.org.models import NamedCohort
from saas.submissions.models import Collection


@dataclass(frozen=True, slots=True)
class CohortChange:
    """A set of units with the names of those that leave and enter it."""

    name: str
    leaving: Sequence[str]
    entering: Sequence[str]
    endpoint: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    permission: Permission = Permission.ORG_VIEW


def list_cohort_changes(outcome: Outcome) -> list[CohortChange]:
    """Return the sets that have other members from the day on than before."""
    before, after = cohort_units(outcome, outcome.before), cohort_units(outcome, outcome.after)
    names, book = _names(outcome), CohortBook(outcome.effective_on)
    found = []
    for name, definition, endpoint, arguments, permission in _definitions(outcome):
        try:
            cohort = cohort_from_mapping(definition)
        except FormatError:
            continue
        old, new = set(members(before, cohort, book)), set(members(after, cohort, book))
        if old != new:
            leaving, entering = sorted(old - new), sorted(new - old)
            found.append(
                CohortChange(
                    name,
                    [names[code] for code in leaving],
                    [names[code] for code in entering],
                    endpoint,
                    arguments,
                    permission,
                )
            )
    return found


def cohort_units(outcome: Outcome, organisation: Organisation) -> list[CohortUnit]:
    """Every unit on the day as a cohort sees it. Ties go on at the unit that takes another's place."""
    day = outcome.effective_on
    tree, links = organisation.tree_on(day), LinksOn(day)
    found = []
    for unit, life in organisation.units.items():
        version = organisation.version_on(unit, day)
        if version is None:
            continue
        above = [organisation.units[each].code for each in tree.ancestors(unit)]
        found.append(CohortUnit(life.code, version.type, above, version.attributes, _ties(outcome, links, unit)))
    return found


def _ties(outcome: Outcome, links: LinksOn, unit: Key) -> frozenset[str]:
    followed = [gone for gone in outcome.closed if sole_heir(outcome, gone) == unit]
    return frozenset(kind for each in (unit, *followed) for kind in links.of(each))


def _names(outcome: Outcome) -> dict[str, str]:
    day = outcome.effective_on
    names = {life.code: outcome.after.name_of(unit, day) for unit, life in outcome.after.units.items()}
    return names | {outcome.before.units[unit].code: outcome.before.name_of(unit, day) for unit in outcome.closed}


_Definition = tuple[str, Mapping[str, Any], str, Mapping[str, Any], Permission]


def _definitions(outcome: Outcome) -> Iterator[_Definition]:
    day = outcome.effective_on
    for collection in db.session.scalars(
        select(Collection)
        .where(Collection.is_active, or_(Collection.ends_on.is_(None), Collection.ends_on >= day))
        .order_by(Collection.name, Collection.id)
    ):
        name = gettext("填报任务：%(name)s", name=collection.name)
        address = {"collection_id": collection.id}
        yield name, collection.cohort, "submissions.collection", address, Permission.SUBMISSION_VIEW
    for scheme in db.session.scalars(
        select(AssessmentScheme).where(AssessmentScheme.is_active).order_by(AssessmentScheme.name, AssessmentScheme.id)
    ):
        yield gettext("考核办法：%(name)s", name=scheme.name), scheme.cohort, "", {}, Permission.ASSESSMENT_VIEW
    for cohort in db.session.scalars(
        select(NamedCohort)
        .where(NamedCohort.starts_on <= day, or_(NamedCohort.ends_on.is_(None), NamedCohort.ends_on > day))
        .order_by(NamedCohort.sort_order, NamedCohort.code)
    ):
        yield gettext("单位名册：%(name)s", name=cohort.name), cohort.definition, "", {}, Permission.ORG_VIEW
