"""What can be reported on, and the figures of every unit. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from saas.db import db
from saas.domain.organisation import Organisation
from saas.domain.periods import Period
from saas.domain.reorganisation_steps import Key
from saas.domain.roll_up import Figure, Given
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.queries import Looking
from saas.org.cohorts import members_on
from saas.org.models import UnitType
from saas.org.queries import list_unit_types
from saas.submissions.models import Collection, Submission
from saas.submissions.queries import list_collections, self_scores
from saas.submissions.schedule import cohort_of, collection_periods

_NUMBERS = {"integer", "decimal", "range", "calculate"}
_ATTRIBUTES = {"integer", "decimal", "number"}
_GROUPS = {"begin_group", "group"}
_LOOK_BACK = timedelta(days=3 * 366)
MOST_PERIODS = 60


@dataclass(frozen=True, slots=True)
class Source:
    """A number that can be added up: a field of a collection's form, or an attribute of units."""

    key: str
    label: str
    measure: str = ""
    collection: Collection | None = None
    path: tuple[str, ...] = ()
    attribute: str = ""

    def periods(self, today: date) -> Sequence[Period]:
        """The periods of the collection that have begun, the latest first; none for an attribute."""
        if self.collection is None:
            return ()
        found = collection_periods(self.collection, today - _LOOK_BACK, today)
        return tuple(reversed([period for period in found if period.start <= today]))[:MOST_PERIODS]


def list_sources(viewer: Looking) -> list[Source]:
    """The numbers of the collections that the viewer may know of, then the attributes of units. Three statements."""
    collections = list_collections(viewer)
    fields = _fields_of({collection.form_id for collection in collections})
    found = [
        Source(
            f"collection:{collection.id}:{'.'.join(path)}",
            f"{collection.name} · {item.get('label') or path[-1]}",
            str(item.get("measure", "")),
            collection,
            path,
        )
        for collection in collections
        for path, item in fields.get(collection.form_id, ())
    ]
    return [*found, *_attribute_sources(list_unit_types())]


def _attribute_sources(types: Sequence[UnitType]) -> list[Source]:
    found: dict[str, Source] = {}
    for unit_type in types:
        for each in unit_type.attributes:
            if each.get("type") in _ATTRIBUTES and each["name"] not in found:
                label = gettext("单位属性 · %(label)s", label=each["label"])
                name, measure = each["name"], str(each.get("measure", ""))
                found[name] = Source(f"attribute:{name}", label, measure, attribute=name)
    return list(found.values())


_Field = tuple[tuple[str, ...], Mapping[str, Any]]


def _fields_of(form_ids: set[uuid.UUID]) -> dict[uuid.UUID, list[_Field]]:
    """The numbers that forms ask for, in any published version; later versions name them."""
    rows = db.session.execute(
        select(FormVersion.form_id, FormVersion.definition)
        .where(FormVersion.form_id.in_(form_ids), FormVersion.status != VersionStatus.DRAFT)
        .order_by(FormVersion.form_id, FormVersion.number)
    )
    found: dict[uuid.UUID, dict[tuple[str, ...], Mapping[str, Any]]] = {}
    for form_id, definition in rows:
        found.setdefault(form_id, {}).update(_numbers(definition.get("fields", ()), ()))
    return {form_id: list(fields.items()) for form_id, fields in found.items()}


def _numbers(fields: Sequence[Mapping[str, Any]], above: tuple[str, ...]) -> Iterator[_Field]:
    for item in fields:
        path = (*above, str(item.get("name", "")))
        if item.get("type") in _NUMBERS:
            yield path, item
        elif item.get("type") in _GROUPS:
            yield from _numbers(item.get("fields", ()), path)


def figures_of_period(source: Source, period: Period, on: date) -> list[Figure]:
    """What each unit reported for a period: those that were asked in the tree of `on`, and all who reported."""
    if source.collection is None:
        return []
    reported = self_scores(source.collection.id, period)
    asked = [unit.id for unit in members_on(cohort_of(source.collection, period), on)[0]]
    return [_figure(unit, reported.get(unit), source.path) for unit in dict.fromkeys((*asked, *reported))]


def _figure(unit: Key, submission: Submission | None, path: tuple[str, ...]) -> Figure:
    if submission is None:
        return Figure(unit, None, Given.MISSING)
    if submission.is_not_applicable:
        return Figure(unit, None, Given.NOT_APPLICABLE)
    answer: Any = submission.answers
    for name in path:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    if answer == {"not_applicable": True}:
        return Figure(unit, None, Given.NOT_APPLICABLE)
    return _known(unit, answer)


def _known(unit: Key, value: Any) -> Figure:
    try:
        number = None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        return Figure(unit, None, Given.MISSING)
    return Figure(unit, number, Given.KNOWN)


def figures_of_attribute(source: Source, organisation: Organisation, on: date) -> list[Figure]:
    """What is recorded of each unit on a day, of those whose type carries the attribute."""
    carrying = {
        unit_type.code
        for unit_type in list_unit_types()
        if any(each["name"] == source.attribute for each in unit_type.attributes)
    }
    found = []
    for unit in organisation.units:
        version = organisation.version_on(unit, on)
        if version is not None and version.type in carrying:
            found.append(_known(unit, version.attributes.get(source.attribute)))
    return found
