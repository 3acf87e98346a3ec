"""A register as an import sees it: its form, its states, the units that write, the records that are there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from saas.accounts.viewer import Viewer
from saas.db import db
from saas.domain.answers import Answers, answers_from_stored
from saas.domain.errors import Message, message
from saas.domain.fields import Field, FormDefinition
from saas.domain.masking import protected_fields
from saas.domain.record_access import FieldAccess, Masked, shown_answers, withheld_paths
from saas.domain.records import Mover, States, answer_at
from saas.domain.working_days import WorkCalendar
from saas.forms.models import FormVersion
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.registers import queries
from saas.registers.days import work_calendar
from saas.registers.models import Register, RegisterRecord
from saas.registers.protection import accesses_to
from saas.registers.queries.visibility import workable_records
from saas.registers.tables.columns import DUE, NUMBER, OPENED, STATE, UNIT, carried_fields, cell_value
from saas.spreadsheets.columns import Value
from saas.spreadsheets.writing import Row


@dataclass(frozen=True)
class KnownRegister:
    """A register with everything that a table says something about, for one person. Read in a few statements."""

    register: Register
    viewer: Viewer
    version: FormVersion
    form: FormDefinition
    states: States
    units: tuple[OrgUnit, ...]  # for which the person opens records
    records: Mapping[int, RegisterRecord]  # those that the person may change, by number
    definitions: Mapping[uuid.UUID, FormDefinition]
    accesses: Mapping[uuid.UUID, FieldAccess]

    @cached_property
    def movers(self) -> Mapping[uuid.UUID, Mover]:
        """What the person is to each record, for moving it on."""
        return queries.movers_of(list(self.records.values()), self.viewer)

    @cached_property
    def withheld(self) -> Mapping[uuid.UUID, frozenset[str]]:
        """What the person may not change of each record."""
        found: dict[tuple[uuid.UUID, int], frozenset[str]] = {}
        result = {}
        for record in self.records.values():
            access = self.accesses[record.id]
            key = (record.form_version_id, id(access))
            if key not in found:
                found[key] = withheld_paths(self.definitions[record.form_version_id], access)
            result[record.id] = found[key]
        return result

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The questions that the table carries, by path."""
        return {path: item for path, item, _ in carried_fields(self.form)}

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The county's working days, for due days."""
        return work_calendar()

    @cached_property
    def protected(self) -> Mapping[str, Field]:
        """The questions with personal data, by path."""
        return protected_fields(self.form)

    @cached_property
    def _by_text(self) -> Mapping[str, OrgUnit]:
        found = {unit.name: unit for unit in self.units}
        found.update({unit.short_name: unit for unit in self.units if unit.short_name})
        found.update({unit.code: unit for unit in self.units})
        return found

    def unit(self, text: str) -> OrgUnit | Message:
        """The unit that is written as its code, as "code name", or as its name; the only one if nothing is."""
        if not text:
            if len(self.units) == 1:
                return self.units[0]
            return message("missing", "请填写登记单位")
        for candidate in (text, text.split()[0]):
            if candidate in self._by_text:
                return self._by_text[candidate]
        return message("no_unit", "您不能为“{text}”登记：没有这个单位，或不由您填报", text=text[:20])

    def answers(self, record: RegisterRecord) -> Answers:
        return answers_from_stored(self.definitions[record.form_version_id], record.answers)

    def rows(self) -> list[Row]:
        """What is there, as the table holds it. Protected answers are masked; read back they change nothing."""
        return [self._row(record) for record in self.records.values()]

    def _row(self, record: RegisterRecord) -> Row:
        definition, access = self.definitions[record.form_version_id], self.accesses[record.id].listed()
        answers = shown_answers(definition, self.answers(record), access)
        row: dict[str, Value | None] = {
            NUMBER: record.number,
            UNIT: f"{record.unit.code} {record.unit.name}",
            STATE: record.state,
            OPENED: record.opened_on,
            DUE: record.due_on,
        }
        for path, item in self.fields.items():
            answer = answer_at(answers, path)
            row[path] = str(answer) if isinstance(answer, Masked) else cell_value(item, answer)
        return row


def load_register(register: Register, viewer: Viewer, *, is_final: bool = False) -> KnownRegister:
    """Read a register for an import. Raises NoResultFound (404) if it has no published form.

    With `is_final` its records stay as they are until the transaction ends.
    """
    version = find_published_version(register.form_id)
    if version is None:
        raise NoResultFound("the form was never published")
    records = _records(register, viewer, is_final=is_final)
    definitions = {**queries.definitions_of(records)}
    form = queries.definition_for(version, None)
    definitions[version.id] = form
    return KnownRegister(
        register,
        viewer,
        version,
        form,
        queries.states_of(register),
        tuple(queries.own_keeping_units(register, viewer)),
        {record.number: record for record in records},
        definitions,
        accesses_to(records, register, viewer, definitions),
    )


def _records(register: Register, viewer: Viewer, *, is_final: bool) -> Sequence[RegisterRecord]:
    if is_final:
        db.session.execute(select(Register.id).where(Register.id == register.id).with_for_update())
    statement = (
        workable_records(viewer)
        .where(RegisterRecord.register_id == register.id)
        .options(
            joinedload(RegisterRecord.unit),
            joinedload(RegisterRecord.form_version),
            joinedload(RegisterRecord.register),
        )
        .order_by(RegisterRecord.number)
    )
    statement = statement.with_for_update(of=RegisterRecord) if is_final else statement
    return db.session.scalars(statement.execution_options(populate_existing=is_final)).all()
