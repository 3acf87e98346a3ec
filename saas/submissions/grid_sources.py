"""What stands behind the forms of many units (预填 for 批量填报、填报表): what they share is read once for all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload

from saas.db import db, local_today
from saas.domain.fields import FormDefinition
from saas.domain.periods import Period
from saas.domain.prefill import Prefill
from saas.forms.models import FormDefinition as Form
from saas.org.cohorts import DatedUnit
from saas.org.models import UnitVersion
from saas.org.versions import version_holds
from saas.registers.figures import RegisterValue, register_figures
from saas.submissions.earlier import UnitThen
from saas.submissions.flags import HANDED_IN, IS_SIGNED
from saas.submissions.models import Collection, Submission
from saas.submissions.prefilling import Sources
from saas.submissions.summing import Report, reports_within


class SharedSources:
    """What the units' sources are read from: reports of each before a period, of other forms up to it, and registers.

    One statement for each kind, when it is first needed.
    """

    def __init__(self, collection: Collection, period: Period, dated: Sequence[DatedUnit]) -> None:
        self.collection, self.period = collection, period
        self.dated = {each.unit.id: each for each in dated}
        self._read: dict[frozenset[str], Mapping[uuid.UUID, list[Submission]]] = {}
        self._within: dict[frozenset[str], Mapping[uuid.UUID, Mapping[str, Sequence[Report]]]] = {}
        self._figures: dict[tuple[Prefill, ...], Mapping[uuid.UUID, Mapping[Prefill, RegisterValue]]] = {}

    def of(self, unit_id: uuid.UUID, form_codes: frozenset[str]) -> Sequence[Submission]:
        """What `earlier.latest_reports` says of one unit."""
        if form_codes not in self._read:
            self._read[form_codes] = self._all(form_codes)
        return self._read[form_codes].get(unit_id, [])

    def _all(self, form_codes: frozenset[str]) -> Mapping[uuid.UUID, list[Submission]]:
        is_wanted = and_(Submission.collection_id == self.collection.id, Submission.period_start < self.period.start)
        if form_codes:
            forms = select(Form.id).where(Form.code.in_(form_codes))
            is_other = and_(Submission.collection_id != self.collection.id, Submission.period_end <= self.period.end)
            is_wanted = or_(is_wanted, and_(is_other, Collection.form_id.in_(forms)))
        rows = db.session.scalars(
            select(Submission)
            .join(Collection, Collection.id == Submission.collection_id)
            .where(
                Submission.unit_id.in_(self.dated.keys()),
                Submission.status.in_(HANDED_IN),
                ~Submission.is_not_applicable,
                is_wanted,
            )
            .ext(distinct_on(Submission.unit_id, Submission.collection_id))
            .options(joinedload(Submission.form_version), joinedload(Submission.collection))
            .order_by(
                Submission.unit_id,
                Submission.collection_id,
                Submission.period_start.desc(),
                IS_SIGNED.desc(),
                Submission.revision.desc(),
            )
        ).all()
        found: dict[uuid.UUID, list[Submission]] = {}
        for row in rows:
            found.setdefault(row.unit_id, []).append(row)
        return found

    def within(self, unit_id: uuid.UUID, form_codes: frozenset[str]) -> Mapping[str, Sequence[Report]]:
        """What one unit reported on other forms within the period."""
        if form_codes not in self._within:
            self._within[form_codes] = reports_within(self.dated.keys(), form_codes, self.period, self.collection)
        return self._within[form_codes].get(unit_id, {})

    def registers(self, unit_id: uuid.UUID, wanted: tuple[Prefill, ...]) -> Mapping[Prefill, RegisterValue]:
        """What registers say of one unit's records."""
        if wanted not in self._figures:
            self._figures[wanted] = register_figures(self.dated.keys(), wanted, self.period.start, self.period.end)
        return self._figures[wanted][unit_id]

    def unit_then(self, unit_id: uuid.UUID) -> UnitThen:
        """The unit as it was on the day whose facts count."""
        dated = self.dated[unit_id]
        return UnitThen(dated.name, dated.seen.attributes, self._parent_names.get(dated.parent_id, ""))

    @cached_property
    def _parent_names(self) -> Mapping[uuid.UUID | None, str]:
        """What the superior units were called then. One statement, when a form asks for it."""
        wanted = {each.parent_id for each in self.dated.values() if each.parent_id is not None}
        on = max(min(self.period.end, local_today()), self.period.start)
        rows = db.session.execute(
            select(UnitVersion.unit_id, UnitVersion.name)
            .where(UnitVersion.unit_id.in_(wanted), version_holds(on))
            .order_by(UnitVersion.unit_id)
        ).all()
        return {row.unit_id: row.name for row in rows}


class GridSources(Sources):
    """The sources of one unit among many: what they share was read once."""

    def __init__(self, form: FormDefinition, dated: DatedUnit, shared: SharedSources) -> None:
        super().__init__(form, shared.collection, dated.unit, shared.period)
        self._shared = shared

    @cached_property
    def _reports(self) -> Sequence[Submission]:
        return self._shared.of(self.unit.id, self._forms_read)

    @cached_property
    def _within(self) -> Mapping[str, Sequence[Report]]:
        return self._shared.within(self.unit.id, self._forms_added_up)

    @cached_property
    def _unit(self) -> UnitThen:
        return self._shared.unit_then(self.unit.id)

    @cached_property
    def _registers(self) -> Mapping[Prefill, RegisterValue]:
        return self._shared.registers(self.unit.id, self._wanted_of_registers)
