"""Personal data in registers: what somebody sees of a record, opening what is masked, and who has opened it.

What is masked is opened for one page, after its reader has said what for; a row of `record_reading` and a line of the
audit trail stand before anything is shown. Never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, record
from saas.db import db, local_today
from saas.domain.answers import Answers, answers_from_stored
from saas.domain.canonical_json import plain
from saas.domain.errors import DomainError, NotAllowed
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.filed import AnswerRow
from saas.domain.masking import HIDDEN, mask_answer
from saas.domain.record_access import (
    AccessRules,
    FieldAccess,
    Level,
    Relation,
    access_from_mapping,
    access_to_mapping,
    check_access,
    field_access,
    general_path,
    shown_answers,
    shown_rows,
)
from saas.forms.definitions import definition_of_version
from saas.forms.queries import find_published_version
from saas.org.queries import list_subtree_ids
from saas.registers.models import RecordReading, Register, RegisterRecord
from saas.registers.queries.records import Link, definitions_of, links_of

MAX_PURPOSE = 200
OTHER_PURPOSE = "other"  # what the page sends instead of one of the register's purposes


class PurposeMissing(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """Protected answers are asked for without saying what for."""

    code = "purpose_missing"


def rules_of(register: Register) -> AccessRules:
    """Who sees and changes which fields of a register."""
    return access_from_mapping(register.access)


def owns(register: Register, viewer: Viewer) -> bool:
    """Whether the viewer works at the unit that the register belongs to (主管单位)."""
    return register.owner_unit_id in viewer.unit_ids(Permission.SUBMISSION_VIEW)


def relations_of(
    records: Sequence[RegisterRecord],
    register: Register,
    viewer: Viewer,
    links: Mapping[uuid.UUID, Sequence[Link]] | None = None,
) -> Mapping[uuid.UUID, frozenset[Relation]]:
    """What the viewer has to do with each of some records of a register. Two statements at most, whatever their number.

    `links`: who answers for the records, where the caller has read it.
    """
    own = set(viewer.unit_ids(Permission.SUBMISSION_VIEW))
    below = list_subtree_ids(tuple(own), local_today()) if own else frozenset()
    if links is None:
        links = links_of([each.id for each in records]) if records else {}
    office = {Relation.OFFICE} if owns(register, viewer) else set[Relation]()
    return {
        each.id: frozenset(office | _relations(each.unit_id, links.get(each.id, ()), viewer, own, below))
        for each in records
    }


def _relations(
    unit_id: uuid.UUID, links: Iterable[Link], viewer: Viewer, own: set[uuid.UUID], below: frozenset[uuid.UUID]
) -> set[Relation]:
    found = {Relation.KEEPER} if unit_id in own else set[Relation]()
    if unit_id in below and unit_id not in own:
        found.add(Relation.SUPERIOR)
    if any(each.link.user_id == viewer.id or each.link.unit_id in own for each in links):
        found.add(Relation.RESPONSIBLE)
    return found


def accesses_to(
    records: Sequence[RegisterRecord],
    register: Register,
    viewer: Viewer,
    definitions: Mapping[uuid.UUID, FormDefinition] | None = None,
    links: Mapping[uuid.UUID, Sequence[Link]] | None = None,
) -> Mapping[uuid.UUID, FieldAccess]:
    """What the viewer sees of each of some records, by the record's id. A few statements, whatever their number."""
    definitions = definitions_of(records) if definitions is None else definitions
    rules, relations = rules_of(register), relations_of(records, register, viewer, links)
    made: dict[tuple[uuid.UUID, frozenset[Relation]], FieldAccess] = {}
    found = {}
    for each in records:
        key = (each.form_version_id, relations[each.id])
        if key not in made:
            made[key] = field_access(definitions[each.form_version_id], rules, relations[each.id])
        found[each.id] = made[key]
    return found


def access_to(subject: RegisterRecord, viewer: Viewer) -> FieldAccess:
    """What the viewer sees of a record, which comes with its register and form (`get_record`)."""
    definition = definition_of_version(subject.form_version)
    return accesses_to([subject], subject.register, viewer, {subject.form_version_id: definition})[subject.id]


def access_when_opening(register: Register, form: FormDefinition) -> FieldAccess:
    """What somebody who opens a record fills in: all that its keeper may change."""
    access = field_access(form, rules_of(register), [Relation.KEEPER])
    return FieldAccess({}, access.protected, access.unchangeable)


def rows_for(subject: RegisterRecord, form: FormDefinition, access: FieldAccess) -> tuple[AnswerRow, ...]:
    """The record line by line as somebody may see it."""
    return shown_rows(form, answers_from_stored(form, subject.answers), access)


def answers_for(subject: RegisterRecord, form: FormDefinition, access: FieldAccess) -> Answers:
    """The record's answers as somebody may see them: masked texts where masked, nothing where hidden."""
    return shown_answers(form, answers_from_stored(form, subject.answers), access)


def changes_for(changes: Mapping[str, Any], access: FieldAccess) -> dict[str, Any]:
    """The answers before and after of a record's history as somebody may see them; what is hidden is left out."""
    found = {}
    for path, change in changes.items():
        level = access.level(path)
        if level is Level.PLAIN or not isinstance(change, Mapping):
            found[path] = change
        elif level is not Level.HIDDEN:
            found[path] = {key: _masked(path, value, access) for key, value in change.items()}
    return found


def _masked(path: str, value: Any, access: FieldAccess) -> str | None:
    item = access.protected.get(general_path(path))
    if value is None:
        return None
    return mask_answer(item, value) if item is not None and isinstance(value, str) else HIDDEN


# --- opening what is masked ------------------------------------------------------------------------------------------


def check_purpose(purpose: str) -> str:
    """Return the purpose in one line. Raises PurposeMissing if it says nothing or too much."""
    said = " ".join(purpose.split())
    if len(said) < 2:
        raise PurposeMissing("请选择或填写查阅用途")
    if len(said) > MAX_PURPOSE:
        raise PurposeMissing("查阅用途最多 {limit} 字", limit=MAX_PURPOSE)
    return said


def offered_purposes(register: Register) -> list[tuple[str, str]]:
    """The purposes that a register offers to whoever reads: its own, several with ； between them."""
    said = [each.strip() for each in register.purpose.replace(";", "；").split("；")]
    return [(each, each) for each in said if each]


def posted_purpose(form: Mapping[str, str]) -> str:
    """The purpose that was chosen, or else written in one's own words."""
    chosen = form.get("purpose", "").strip()
    return chosen if chosen not in ("", OTHER_PURPOSE) else form.get("own_purpose", "")


def reveal(subject: RegisterRecord, *, actor: Viewer, purpose: str) -> FieldAccess:
    """Open what is masked of a record for one page, and write down who read which fields and what for.

    Raises PurposeMissing, or NotAllowed if nothing is masked that the actor may read.
    """
    said, access = check_purpose(purpose), access_to(subject, actor)
    fields = list(access.revealable)
    if not fields:
        raise NotAllowed("这条记录没有您可以查阅的受保护内容")
    note_reading(subject.register, fields, 1, said, actor=actor, subject=subject)
    return access.revealed()


def note_reading(
    register: Register,
    fields: Sequence[str],
    records: int,
    purpose: str,
    *,
    actor: Viewer,
    subject: RegisterRecord | None = None,
) -> None:
    """Write down that protected fields of one record, or by an export of many, are read, and what for."""
    reading = RecordReading(
        register_id=register.id,
        record_id=subject.id if subject is not None else None,
        reader_id=actor.id,
        purpose=purpose,
        fields=list(fields),
        records=records,
    )
    db.session.add(reading)
    db.session.flush()
    number = {"number": subject.number} if subject is not None else {}
    details = {"register": register.code, "fields": list(fields), "records": records, "purpose": purpose}
    record(AuditAction.RECORD_READ, subject or register, actor=actor, **details, **number)


# --- setting who sees what -------------------------------------------------------------------------------------------


def set_access(register: Register, rules: AccessRules, purpose: str, *, actor: Viewer) -> bool:
    """Set who sees and changes which fields, and the purpose that is offered; return whether anything changed.

    Raises AccessError if a rule names a field that the form does not ask.
    """
    form = published_form(register)
    if form is not None:
        check_access(rules, form)
    stored, said = plain(access_to_mapping(rules)), " ".join(purpose.split())[:MAX_PURPOSE]
    if (register.access, register.purpose) == (stored, said):
        return False
    register.access, register.purpose = stored, said
    db.session.flush()
    record(AuditAction.REGISTER_CHANGED, register, actor=actor, access=stored, purpose=said)
    return True


def published_form(register: Register) -> FormDefinition | None:
    """The form as it is published now, or None."""
    version = find_published_version(register.form_id)
    return form_from_mapping(version.definition) if version is not None else None
