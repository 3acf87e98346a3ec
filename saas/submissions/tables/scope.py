"""The units of a collection's period with what each has filed, as a table needs them. The same few statements for
one unit and for ten thousand.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.db import db, local_clock, local_today
from saas.domain.answers import answers_from_stored, initial_raw, parse_answers, raw_from_answers
from saas.domain.cohorts import matches
from saas.domain.errors import Message
from saas.domain.fields import FormDefinition, iter_fields, relabelled, sources_of
from saas.domain.filing import FilingState, filing_state
from saas.domain.first_values import with_first_values
from saas.domain.periods import Period
from saas.domain.windows import WindowDates, WindowStatus
from saas.domain.workflow import SubmissionStatus
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormVersion
from saas.forms.once import begun_in_stored
from saas.forms.outside_choices import ChoiceBook, with_choices
from saas.forms.queries import find_published_version
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.models import OrgUnit
from saas.submissions import queries, services
from saas.submissions.defining import choices_day
from saas.submissions.fillers import FillerBook, above_of
from saas.submissions.grid_sources import GridSources, SharedSources
from saas.submissions.models import Collection, Submission
from saas.submissions.prefilling import Sources, first_raw
from saas.submissions.schedule import cohort_of, dates_of, period_at, status_now

_PREFIX = "collection"


@dataclass(frozen=True, slots=True)
class TableAddress:
    """What a table is of: a period of a collection, for one unit or for all that the viewer has to do with."""

    collection_id: uuid.UUID
    period_start: date
    unit_id: uuid.UUID | None = None

    def __str__(self) -> str:
        whole = f"{_PREFIX}:{self.collection_id}:{self.period_start.isoformat()}"
        return f"{whole}:{self.unit_id}" if self.unit_id is not None else whole


def read_address(text: str) -> TableAddress:
    """Read the subject of an import, or raise NoResultFound (404)."""
    parts = text.split(":")
    try:
        prefix, collection_id, start, *unit = parts
        if prefix != _PREFIX or len(unit) > 1:
            raise ValueError
        return TableAddress(uuid.UUID(collection_id), date.fromisoformat(start), uuid.UUID(unit[0]) if unit else None)
    except ValueError:
        raise NoResultFound("no such table") from None


@dataclass(frozen=True, slots=True)
class Filed:
    """What a unit has in this period: the newest revision."""

    id: uuid.UUID
    version: int
    status: SubmissionStatus
    revision: int
    form_version_id: uuid.UUID
    answers: Mapping[str, Any]
    is_not_applicable: bool
    is_late: bool
    choice_labels: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableUnit:
    """One unit of a table. `may_fill`: the viewer fills for it; else it is only overseen."""

    dated: DatedUnit  # as it was then
    above: OrgUnit | None
    may_fill: bool
    filed: Filed | None

    @property
    def unit(self) -> OrgUnit:
        return self.dated.unit

    @property
    def name(self) -> str:
        """What it was called then."""
        return self.dated.name


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of the form; `filled_in` with its choices, unless each unit has its own."""

    definition: FormDefinition
    is_own: bool
    is_prefilled: bool
    filled_in: FormDefinition | None


@dataclass(frozen=True)
class TableScope:
    """A period of a collection with its units, as one viewer has to do with them."""

    collection: Collection
    period: Period
    dates: WindowDates
    version: FormVersion
    units: Sequence[TableUnit]
    versions: Mapping[uuid.UUID, FormVersion]
    book: ChoiceBook
    is_one_unit: bool = False
    _read: dict[uuid.UUID, _Version] = field(default_factory=dict)
    _problems: dict[tuple[Any, ...], Message | None] = field(default_factory=dict)

    @cached_property
    def definition(self) -> FormDefinition:
        """The form as it is published now, with every choice that any of the units has."""
        only = self.units[0].unit if self.is_one_unit and self.units else None
        return with_choices(definition_of_version(self.version), only, self._day, book=self.book)

    @property
    def _day(self) -> date:
        return choices_day(self.period.end)

    def definition_for(self, unit: TableUnit) -> FormDefinition:
        """The form as this unit fills it: in the version of its draft, with its own choices."""
        version = self.versions[unit.filed.form_version_id] if unit.filed else self.version
        found = self._read.get(version.id)
        if found is None:
            read = definition_of_version(version)
            is_own = any(source.is_own for source in sources_of(read).values())
            is_prefilled = any(item.prefill for _, item in iter_fields(read))
            filled_in = None if is_own else self._filled_in(read, None)
            found = self._read[version.id] = _Version(read, is_own, is_prefilled, filled_in)
        return found.filled_in or self._filled_in(found.definition, unit)

    def _filled_in(self, definition: FormDefinition, unit: TableUnit | None) -> FormDefinition:
        return with_choices(definition, unit.unit if unit else None, self._day, book=self.book)

    def filed_definition(self, unit: TableUnit) -> FormDefinition:
        """The form as it was handed in: choices from outside are called what they were called then."""
        found = self.definition_for(unit)
        return relabelled(found, unit.filed.choice_labels) if unit.filed and unit.filed.choice_labels else found

    def answers_of(self, unit: TableUnit) -> dict[str, Any]:
        """What the unit has answered, nothing if it has not begun."""
        return answers_from_stored(self.definition_for(unit), unit.filed.answers) if unit.filed else {}

    def sources_of(self, unit: TableUnit) -> Sources | None:
        """Where the unit's form is pre-filled from (预填); None for a form that is not."""
        definition = self.definition_for(unit)
        if not self._read[unit.filed.form_version_id if unit.filed else self.version.id].is_prefilled:
            return None
        return GridSources(definition, unit.dated, self._shared)

    @cached_property
    def _shared(self) -> SharedSources:
        return SharedSources(self.collection, self.period, [each.dated for each in self.units])

    def shown_raw(self, unit: TableUnit, sources: Sources | None) -> dict[str, list[str]]:
        """What stands in the unit's form when it is opened: its draft, or what is known and pre-filled."""
        if unit.filed is None:
            known = queries.known_values(unit.unit)
            if sources:
                return first_raw(sources)
            form = self.definition_for(unit)
            return with_first_values(form, initial_raw(form, known=known), local_clock(), known)
        raw = raw_from_answers(self.definition_for(unit), self.answers_of(unit))
        followed = sources.offers(only_followed=True) if sources else {}
        return raw | {path: list(offer.typed) for path, offer in followed.items() if offer.typed}

    def first_answers(self, unit: TableUnit) -> dict[str, Any]:
        """The answers of a form that is opened, but for those that are not asked at the moment."""
        if unit.filed is not None and unit.filed.status in queries.HANDED_IN:
            return self.answers_of(unit)
        sources = self.sources_of(unit)
        definition = sources.form_to_fill if sources else self.definition_for(unit)
        known = sources.known() if sources else queries.known_values(unit.unit)
        begun = begun_in_stored(definition, unit.filed.answers if unit.filed else {})
        raw = self.shown_raw(unit, sources)
        return parse_answers(definition, raw, known=known, now=local_clock(), begun=begun).answers

    def state_of(self, unit: TableUnit) -> FilingState:
        """Where the unit stands."""
        filed = unit.filed
        is_correction = filed is not None and filed.revision > 1
        return filing_state(filed.status if filed else None, self._window_now, is_correction=is_correction)

    @cached_property
    def _window_now(self) -> WindowStatus:
        return status_now(self.dates)

    def problem_of(self, unit: TableUnit) -> Message | None:
        """Why the unit's answers may not be changed now, or None. The same rule as on its page."""
        filed = unit.filed
        key = (filed.status, filed.revision > 1) if filed else ()
        if key not in self._problems:
            like = Submission(status=filed.status, revision=filed.revision) if filed else None
            self._problems[key] = services.filling_problem(self.collection, self.period, like, self.dates)
        return self._problems[key]


def load_scope(address: TableAddress, viewer: Viewer, *, is_filed: bool = False) -> TableScope:
    """Return the table of an address with the units that the viewer fills for or oversees.

    With `is_filed` each unit has what counts: a correction that is still a draft does not yet.
    Raises NoResultFound (404) if there is no such period, no published form, or no unit for this viewer in it.
    """
    collection = queries.get_collection(address.collection_id, viewer)
    period = period_at(collection, address.period_start)
    version = find_published_version(collection.form_id)
    if version is None:
        raise NoResultFound("the form was never published")
    filed = _filed(collection.id, period.start, is_filed=is_filed)
    units = _units(collection, period, viewer, filed)
    if address.unit_id is not None:
        units = [each for each in units if each.unit.id == address.unit_id]
    if not units:
        raise NoResultFound("no unit of this collection for the viewer")
    change = queries.find_window_change(collection.id, period.start)
    return TableScope(
        collection,
        period,
        dates_of(collection, period, change),
        version,
        units,
        _versions({each.filed.form_version_id for each in units if each.filed}, version),
        ChoiceBook(choices_day(period.end)),
        is_one_unit=address.unit_id is not None,
    )


def _units(collection: Collection, period: Period, viewer: Viewer, filed: Mapping[uuid.UUID, Filed]) -> list[TableUnit]:
    """Who is asked, in the county's order, as the tree stood at the period's end, at the latest today (当时口径)."""
    on = min(period.end, local_today())
    own, seen = set(viewer.unit_ids(Permission.SUBMISSION_EDIT)), set(viewer.unit_ids(Permission.SUBMISSION_VIEW))
    dated = units_on(on)
    by_id, book, fillers = {each.unit.id: each for each in dated}, CohortBook(on), FillerBook(local_today())
    cohort = cohort_of(collection, period)
    chains: dict[uuid.UUID | None, tuple[OrgUnit, ...]] = {}  # by parent: what is above is the same for its children
    found = []
    for each in dated:
        if each.parent_id not in chains:
            chains[each.parent_id] = above_of(each, by_id)
        above = chains[each.parent_id]
        may_fill = bool(own) and not own.isdisjoint(unit.id for unit in fillers.of(collection, each.unit, above))
        if not may_fill and seen.isdisjoint((each.unit.id, *(unit.id for unit in above))):
            continue
        if each.unit.id in filed or matches(each.seen, cohort, book):
            found.append(_table_unit(each, above, may_fill, filed.get(each.unit.id)))
    return found


def _table_unit(dated: DatedUnit, above: Sequence[OrgUnit], may_fill: bool, filed: Filed | None) -> TableUnit:
    return TableUnit(dated, above[0] if above else None, may_fill, filed)


def _filed(collection_id: uuid.UUID, start: date, *, is_filed: bool) -> dict[uuid.UUID, Filed]:
    """The newest revision of each unit, or the newest that was handed in.

    Plain rows: objects of ten thousand units would take half a second.
    """
    rows = db.session.execute(
        select(
            Submission.unit_id,
            Submission.id,
            Submission.version,
            Submission.status,
            Submission.revision,
            Submission.form_version_id,
            Submission.answers,
            Submission.is_not_applicable,
            Submission.is_late,
            Submission.choice_labels,
        )
        .where(Submission.collection_id == collection_id, Submission.period_start == start)
        .order_by(Submission.unit_id, Submission.revision)
    ).all()
    found: dict[uuid.UUID, Filed] = {}
    for unit_id, *rest in rows:
        filed = Filed(*rest)
        if not is_filed or unit_id not in found or filed.status is not SubmissionStatus.DRAFT:
            found[unit_id] = filed
    return found


def _versions(ids: set[uuid.UUID], published: FormVersion) -> dict[uuid.UUID, FormVersion]:
    others = ids - {published.id}
    found = db.session.scalars(select(FormVersion).where(FormVersion.id.in_(others)).order_by(FormVersion.id)).all()
    return {published.id: published, **{each.id: each for each in found}}
