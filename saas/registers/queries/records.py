"""Reading one record: its form, its history, who answers for it, and what somebody is to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.db import db, local_today, utc_now
from saas.domain.fields import FormDefinition
from saas.domain.records import Mover
from saas.files.models import StoredFile
from saas.files.queries import list_files
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormVersion
from saas.forms.outside_choices import with_choices
from saas.org.models import OrgUnit
from saas.org.queries import list_ancestors, parents_on
from saas.registers.models import RecordEvent, RecordLink, RecordReading, RegisterRecord
from saas.registers.queries.visibility import Looking, responsible_units, visible_records, workable_records

SUBJECT = "register_record"
OPENED_FOR = timedelta(hours=12)  # in which what was opened for a purpose may still be sent back changed


@dataclass(frozen=True, slots=True)
class Link:
    """Who else has to do with a record, with the name of the unit or person."""

    link: RecordLink
    name: str

    @property
    def is_person(self) -> bool:
        return self.link.user_id is not None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history with the name of who did it; "" for the system."""

    event: RecordEvent
    actor_name: str


def get_record(record_id: uuid.UUID, viewer: Looking) -> RegisterRecord:
    """Return a record with its register, form and unit, or raise NoResultFound (404) if the viewer may not know."""
    return db.session.scalars(_whole(visible_records(viewer).where(RegisterRecord.id == record_id))).one()


def find_record(record_id: uuid.UUID, viewer: Looking) -> RegisterRecord | None:
    """The same, or None."""
    return db.session.scalars(_whole(visible_records(viewer).where(RegisterRecord.id == record_id))).one_or_none()


def get_workable_record(record_id: uuid.UUID, viewer: Looking) -> RegisterRecord:
    """Return a record that the viewer may change, or raise NoResultFound (404)."""
    return db.session.scalars(_whole(workable_records(viewer).where(RegisterRecord.id == record_id))).one()


def get_assignable_record(record_id: uuid.UUID, viewer: Viewer) -> RegisterRecord:
    """Return a record for which the viewer may say who answers (交办): he works on it, or decides above its keeper.

    Raises NoResultFound (404) for any other.
    """
    found = get_record(record_id, viewer)
    if not movers_of([found], viewer)[found.id].may_assign:
        raise NoResultFound("somebody else says who answers for this record")
    return found


def find_any_record(record_id: uuid.UUID) -> RegisterRecord | None:
    """A record whoever may see it, or None: to know whether an id is taken."""
    return db.session.scalars(select(RegisterRecord).where(RegisterRecord.id == record_id)).one_or_none()


def _whole(statement: Select[RegisterRecord]) -> Select[RegisterRecord]:
    return statement.options(
        joinedload(RegisterRecord.register), joinedload(RegisterRecord.form_version), joinedload(RegisterRecord.unit)
    )


def definition_of(record: RegisterRecord) -> FormDefinition:
    """The form as the record's own version asks it, with the choices of today."""
    return definition_for(record.form_version, record.unit)


def definition_for(version: FormVersion, unit: OrgUnit | None) -> FormDefinition:
    """A version of a form as a unit fills it today; None: as a list of many units shows it."""
    return with_choices(definition_of_version(version), unit, local_today())


def definitions_of(records: Iterable[RegisterRecord]) -> Mapping[uuid.UUID, FormDefinition]:
    """The forms of many records by the id of their version, each read once. One statement."""
    wanted = {record.form_version_id for record in records}
    if not wanted:
        return {}
    versions = db.session.scalars(select(FormVersion).where(FormVersion.id.in_(wanted)).order_by(FormVersion.id)).all()
    return {version.id: definition_for(version, None) for version in versions}


def record_files(record: RegisterRecord) -> Mapping[str, StoredFile]:
    """The photos and files of a record, by id."""
    return {str(file.id): file for file in list_files(SUBJECT, [record.id])}


def may_see_record(record_id: uuid.UUID, viewer: Looking) -> bool:
    """Whether a viewer may see a record."""
    found = visible_records(viewer).where(RegisterRecord.id == record_id).with_only_columns(RegisterRecord.id)
    return db.session.scalars(found).first() is not None


def list_links(record: RegisterRecord) -> list[Link]:
    """The units and persons that answer for a record or support it, in the order in which they were added."""
    return links_of([record.id]).get(record.id, [])


def links_of(record_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Link]]:
    """The same for many records. One statement."""
    rows = db.session.execute(
        select(RecordLink, OrgUnit.name, User.name)
        .outerjoin(OrgUnit, OrgUnit.id == RecordLink.unit_id)
        .outerjoin(User, User.id == RecordLink.user_id)
        .where(RecordLink.record_id.in_(record_ids))
        .order_by(RecordLink.record_id, RecordLink.id)
    ).all()
    found: dict[uuid.UUID, list[Link]] = {}
    for link, unit_name, user_name in rows:
        found.setdefault(link.record_id, []).append(Link(link, unit_name or user_name or ""))
    return found


def list_events(record: RegisterRecord) -> list[Event]:
    """What happened to a record, the latest first."""
    rows = db.session.execute(
        select(RecordEvent, User.name)
        .outerjoin(User, User.id == RecordEvent.actor_id)
        .where(RecordEvent.record_id == record.id)
        .order_by(RecordEvent.happened_at.desc(), RecordEvent.id.desc())
    ).all()
    return [Event(event, name or "") for event, name in rows]


def movers_of(records: Sequence[RegisterRecord], viewer: Viewer) -> Mapping[uuid.UUID, Mover]:
    """What the viewer is to each of some records that he sees. Three statements, however many there are."""
    links = links_of([record.id for record in records])
    above, last = _above({record.unit_id for record in records}), _last_movers([record.id for record in records])
    return {
        record.id: _mover(record, viewer, links.get(record.id, ()), above[record.unit_id], last.get(record.id))
        for record in records
    }


def _mover(
    record: RegisterRecord,
    viewer: Viewer,
    links: Iterable[Link],
    above: frozenset[uuid.UUID],
    last_mover: uuid.UUID | None,
) -> Mover:
    linked_units = {each.link.unit_id for each in links if each.link.unit_id is not None}
    is_person = any(each.link.user_id == viewer.id for each in links)
    reach = above | {record.unit_id} | linked_units
    deciding = {*viewer.unit_ids(Permission.CASE_DECIDE), *viewer.unit_ids(Permission.COLLECTION_EDIT)}
    return Mover(
        is_keeper=record.unit_id in viewer.unit_ids(Permission.SUBMISSION_EDIT),
        is_responsible=is_person or bool(linked_units & set(responsible_units(viewer))),
        is_superior=bool(above & deciding),
        roles=frozenset(role.value for post in viewer.posts if post.unit_id in reach for role in post.roles),
        has_moved_last=last_mover == viewer.id,
    )


def _above(unit_ids: set[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """The units above each unit today."""
    today = local_today()
    if len(unit_ids) == 1:
        (unit_id,) = unit_ids
        return {unit_id: frozenset(each.id for each in list_ancestors(unit_id, today))}
    parents = parents_on(today)
    found = {}
    for unit_id in unit_ids:
        above, parent = set[uuid.UUID](), parents.get(unit_id)
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parents.get(parent)
        found[unit_id] = frozenset(above)
    return found


def _last_movers(record_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, uuid.UUID | None]:
    """Who brought each record into the state in which it stands."""
    rows = db.session.execute(
        select(RecordEvent.record_id, RecordEvent.actor_id)
        .where(RecordEvent.record_id.in_(record_ids), RecordEvent.state_after != RecordEvent.state_before)
        .order_by(RecordEvent.happened_at, RecordEvent.id)
    ).all()
    return {row.record_id: row.actor_id for row in rows}


def may_work_on(record: RegisterRecord, viewer: Looking) -> bool:
    """Whether the viewer may change a record that he sees."""
    found = workable_records(viewer).where(RegisterRecord.id == record.id).with_only_columns(RegisterRecord.id)
    return db.session.scalars(found).first() is not None


def has_opened(record: RegisterRecord, reader: Looking) -> bool:
    """Whether somebody has said lately what the protected answers of a record are read for."""
    since = utc_now() - OPENED_FOR
    reading = select(RecordReading.id).where(
        RecordReading.record_id == record.id, RecordReading.reader_id == reader.id, RecordReading.read_at >= since
    )
    return db.session.scalars(reading.limit(1)).first() is not None
