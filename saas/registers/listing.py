"""The list of a register as the page shows it: its columns, one line for each record, and what may be asked for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.accounts.viewer import Viewer
from saas.db import local_today
from saas.domain.answers import answers_from_stored
from saas.domain.fields import FILES, NUMBERS, SILENT, Field, FieldType, FormDefinition
from saas.domain.masking import mask_answer, protected_fields
from saas.domain.record_access import FieldAccess, Level
from saas.domain.record_filters import CHOSEN, LEAST, MOST, AnswerTest, Due, RecordFilter, is_chosen, may_filter
from saas.domain.records import State, answer_at, is_overdue, open_fields, plain_fields, text_at
from saas.forms.queries import find_published_version
from saas.org.queries import list_units_by_id
from saas.registers import queries
from saas.registers.models import Register, RegisterRecord
from saas.registers.protection import accesses_to

ORDINARY_COLUMNS = 4
_RESPONSIBLE = ("responsible", "supporting")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: the path of an answer, its head, and whether it holds figures."""

    path: str
    label: str
    is_number: bool
    may_sort: bool


@dataclass(frozen=True, slots=True)
class ListRow:
    """One record in the list. `days_left` is negative when it is overdue; None: nothing is due."""

    record: RegisterRecord
    state: State
    is_overdue: bool
    days_left: int | None
    cells: tuple[str, ...]
    responsible: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """An answer that may be asked for: by choices, or by bounds (kind "date" or "decimal")."""

    path: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    kind: str = ""


def published_form(register: Register) -> FormDefinition | None:
    """The register's form as it is published now, for its list; None before it is published."""
    version = find_published_version(register.form_id)
    return queries.definition_for(version, None) if version is not None else None


def columns_of(register: Register, form: FormDefinition | None, wanted: RecordFilter) -> list[Column]:
    """The columns that are asked for, else those of the register, else the first short answers of the form."""
    if form is None:
        return []
    fields, shown = plain_fields(form), open_fields(form)
    paths = [path for path in wanted.columns or register.layout.get("columns", ()) if path in fields]
    if not paths:
        paths = [path for path in offered_columns(form) if path != register.layout.get("title")][:ORDINARY_COLUMNS]
    return [Column(path, fields[path].label, fields[path].type in NUMBERS, path in shown) for path in paths]


def offered_columns(form: FormDefinition) -> dict[str, str]:
    """The answers that a list may show, by path."""
    skipped = FILES | (SILENT - {FieldType.CALCULATE}) | {FieldType.ACKNOWLEDGE}
    return {path: item.label for path, item in plain_fields(form).items() if item.type not in skipped and item.label}


def filter_fields(form: FormDefinition | None) -> list[FilterField]:
    """The answers that may be asked for: nothing that is protected."""
    fields = open_fields(form) if form is not None else {}
    return [_filter_field(path, item) for path, item in fields.items() if may_filter(item)]


def _filter_field(path: str, item: Field) -> FilterField:
    if is_chosen(item):
        return FilterField(path, item.label, tuple((choice.name, choice.label) for choice in item.choices))
    return FilterField(path, item.label, (), "date" if item.type is FieldType.DATE else "decimal")


def list_rows(
    register: Register, records: Sequence[RegisterRecord], columns: Sequence[Column], viewer: Viewer
) -> list[ListRow]:
    """The records as lines. What is protected shows masked, whoever looks. A few statements, whatever the rows."""
    definitions, links = queries.definitions_of(records), queries.list_links_of(records)
    accesses = accesses_to(records, register, viewer, definitions, links)
    states, today = queries.states_of(register), local_today()
    masks = {version: protected_fields(definition) for version, definition in definitions.items()}
    rows = []
    for record in records:
        state = states.state(record.state)
        definition, access = definitions[record.form_version_id], accesses[record.id].listed()
        names = [link.name for link in links.get(record.id, ()) if link.link.role in _RESPONSIBLE]
        rows.append(
            ListRow(
                record,
                state,
                is_overdue(record.due_on, state.kind, today),
                _days_left(record, today),
                _cells(record, definition, access, masks[record.form_version_id], columns),
                "、".join(names),
            )
        )
    return rows


def _days_left(record: RegisterRecord, today: date) -> int | None:
    return None if record.due_on is None or record.closed_on is not None else (record.due_on - today).days


def _cells(
    record: RegisterRecord,
    definition: FormDefinition,
    access: FieldAccess,
    masks: Mapping[str, Field],
    columns: Sequence[Column],
) -> tuple[str, ...]:
    answers = answers_from_stored(definition, record.answers)
    texts = []
    for column in columns:
        level = access.level(column.path)
        if level is Level.PLAIN:
            texts.append(text_at(definition, answers, column.path))
        elif level is Level.HIDDEN or column.path not in masks:
            texts.append("")
        else:
            texts.append(mask_answer(masks[column.path], answer_at(answers, column.path)))
    return tuple(texts)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the filter asks for, in words, with the keys of the address that carry it."""

    words: str
    keys: tuple[str, ...]


def asked_words(register: Register, form: FormDefinition | None, wanted: RecordFilter) -> list[Asked]:
    """What the filter asks for in words, apart from what the tabs say. At most two statements."""
    states, fields = queries.states_of(register), plain_fields(form) if form is not None else {}
    found = []
    if wanted.text:
        found.append(Asked(f"“{wanted.text}”", ("q",)))
    if wanted.states:
        found.append(Asked("、".join(states.state(code).name for code in wanted.states), ("state",)))
    ids = [each for each in (wanted.unit_id, wanted.responsible_id) if each is not None]
    names = {unit_id: unit.name for unit_id, unit in list_units_by_id(ids).items()} if ids else {}
    if wanted.unit_id is not None:
        found.append(Asked(names.get(wanted.unit_id, "—"), ("unit",)))
    if wanted.responsible_id is not None:
        found.append(Asked(gettext("责任：%(name)s", name=names.get(wanted.responsible_id, "—")), ("responsible",)))
    if wanted.person_id is not None:
        found.append(Asked(gettext("人员：%(name)s", name=queries.name_of_person(wanted.person_id)), ("person",)))
    if wanted.due is Due.NONE:
        found.append(Asked(gettext("未定期限"), ("due",)))
    for label, span, name in ((_l("期限"), wanted.due_on, "due"), (_l("登记"), wanted.opened_on, "opened")):
        if span.first is not None or span.last is not None:
            found.append(Asked(f"{label} {_between(span.first, span.last)}", (f"{name}_from", f"{name}_to")))
    found += [_asked_answer(test, fields[test.path]) for test in wanted.tests if test.path in fields]
    return found


def _asked_answer(test: AnswerTest, item: Field) -> Asked:
    if test.chosen:
        words = "、".join(item.label_of(name) for name in test.chosen)
        return Asked(f"{item.label}：{words}", (CHOSEN + test.path,))
    return Asked(f"{item.label} {_between(test.least, test.most)}", (LEAST + test.path, MOST + test.path))


def _between(first: object, last: object) -> str:
    return f"{'' if first is None else first}–{'' if last is None else last}"


def record_ids(values: Sequence[str], limit: int) -> list[uuid.UUID]:
    """The ids that were ticked; what is no id is left out."""
    found: dict[uuid.UUID, None] = {}
    for value in values[:limit]:
        try:
            found[uuid.UUID(value)] = None
        except ValueError:
            continue
    return list(found)
