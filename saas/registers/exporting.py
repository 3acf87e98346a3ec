"""Registers as files (导出、打印): the records of a filter as the paper form, made in the background. Never commits.

A file is for whoever asked for it, for some days. Protected answers are masked in it unless a purpose was given: then
it is written down who took how many records along and what for, in the transaction that makes the file.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from urllib.parse import parse_qs, urlencode

from sqlalchemy import select

from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.documents.services import deployment_fonts
from saas.domain.answers import answers_from_stored
from saas.domain.errors import DomainError
from saas.domain.fields import FormDefinition
from saas.domain.masking import protected_fields
from saas.domain.paper_table import (
    PaperLayout,
    PaperTable,
    RecordLine,
    check_layout,
    layout_from_mapping,
    layout_to_mapping,
    paper_columns,
    paper_table,
)
from saas.domain.record_access import shown_answers
from saas.domain.record_filters import RecordFilter, filter_from_query, filter_to_query
from saas.domain.records import open_fields
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.queries import list_files, register_subject
from saas.files.services import store_bytes
from saas.files.sweeping import keep_only_for
from saas.jobs.models import Job
from saas.jobs.running import report_progress
from saas.jobs.services import request_job
from saas.org.models import OrgUnit
from saas.registers import queries
from saas.registers.models import Register, RegisterRecord
from saas.registers.printing import MASKED_MARK, PLAIN_MARK, Sheet, register_pdf
from saas.registers.protection import accesses_to, check_purpose, note_reading, published_form
from saas.spreadsheets.paper import write_paper

JOB = "register.export"
SUBJECT = "register_export"
KEPT = timedelta(days=7)  # then nobody gets the file any more
MAX_PRINTED = 1000


class ExportFormat(StrEnum):
    """What is made. Stored in jobs: never rename a value."""

    XLSX = "xlsx"
    PDF = "pdf"


class NothingToExport(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """The register has no published form, no records are found, or too many."""

    code = "nothing_to_export"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a register is wanted as a file: the records of a filter, and what they are needed for ("": masked)."""

    register: Register
    filter: RecordFilter
    format: ExportFormat
    purpose: str = ""


def paper_layout(register: Register) -> PaperLayout:
    """The paper form of a register."""
    return layout_from_mapping(register.layout.get("paper", {}))


def set_paper_layout(register: Register, layout: PaperLayout, *, actor: HasId) -> bool:
    """Set the paper form of a register; return whether it is another.

    Raises LayoutError if a column names a field that the form does not ask.
    """
    form = published_form(register)
    if form is not None:
        check_layout(layout, form)
    stored = layout_to_mapping(layout_from_mapping(layout_to_mapping(layout)))
    if register.layout.get("paper", {}) == stored:
        return False
    register.layout = {**register.layout, "paper": stored}
    db.session.flush()
    record(AuditAction.REGISTER_CHANGED, register, actor=actor, paper=stored)
    return True


def exported_fields(register: Register, form: FormDefinition) -> tuple[str, ...]:
    """The protected fields that the register's paper form shows, by path, those inside repeats included."""
    keys = [column.key for column in paper_columns(paper_layout(register), form)]
    return tuple(
        path for path in protected_fields(form) if any(path == key or path.startswith(f"{key}[]") for key in keys)
    )


def request_export(wanted: Wanted, *, actor: Viewer) -> Job:
    """Ask for a file. Raises NothingToExport, PurposeMissing for a purpose that says nothing."""
    form = published_form(wanted.register)
    if form is None:
        raise NothingToExport("台账的表单还没有发布，没有可以导出的内容")
    count = queries.count_by_state(wanted.register, wanted.filter, actor, form).found
    if count == 0:
        raise NothingToExport("没有符合条件的记录")
    if wanted.format is ExportFormat.PDF and count > MAX_PRINTED:
        text = "有 {count} 条记录，一次最多打印 {limit} 条：请先筛选，或导出 Excel"
        raise NothingToExport(text, count=count, limit=MAX_PRINTED)
    purpose = check_purpose(wanted.purpose) if wanted.purpose.strip() else ""
    export_id = new_id()
    args = {
        "export_id": export_id,
        "register_id": wanted.register.id,
        "actor_id": actor.id,
        "query": urlencode(filter_to_query(wanted.filter), doseq=True),
        "file_format": wanted.format.value,
        "purpose": purpose,
    }
    return request_job(JOB, str(export_id), args, actor=actor, priority=1)


def make_export(
    export_id: uuid.UUID, register_id: uuid.UUID, actor_id: uuid.UUID, *, query: str, file_format: str, purpose: str
) -> None:
    """Make the file. The rights are those of now. Run twice it is made once."""
    if list_files(SUBJECT, [export_id]):
        return
    actor = make_viewer(db.session.scalars(select(User).where(User.id == actor_id)).one())
    register = queries.get_register(register_id, actor)
    form = published_form(register)
    if form is None:
        raise NothingToExport("台账的表单还没有发布，没有可以导出的内容")
    wanted = Wanted(register, filter_from_query(parse_qs(query), open_fields(form)), ExportFormat(file_format), purpose)
    ordered = replace(wanted.filter, sort=wanted.filter.sort or "unit")  # paper goes unit by unit
    records = queries.find_records(register, ordered, actor, form=form, page=None)
    report_progress(20)
    table, fields = _table(wanted, form, records, actor)
    report_progress(50)
    mark = PLAIN_MARK if fields else MASKED_MARK if exported_fields(register, form) else ""
    signatures = paper_layout(register).signatures
    _keep(export_id, wanted, table, Sheet(_unit_name(wanted, actor), local_today(), signatures, actor.name, mark))
    if purpose and fields:
        note_reading(register, fields, len(records), purpose, actor=actor)
    details = {"register": register.code, "rows": len(records), "format": file_format, "purpose": purpose}
    record(AuditAction.DATA_EXPORTED, register, actor=actor, **details)


def _table(
    wanted: Wanted, form: FormDefinition, records: Sequence[RegisterRecord], viewer: Viewer
) -> tuple[PaperTable, tuple[str, ...]]:
    """The table, and which protected fields show plainly in it for at least one record."""
    register, definitions = wanted.register, queries.definitions_of(records)
    accesses, links = accesses_to(records, register, viewer, definitions), queries.list_links_of(records)
    states, opened = queries.states_of(register), set[str]()
    in_print = exported_fields(register, form)
    lines = []
    for each in records:
        access = accesses[each.id].revealed() if wanted.purpose else accesses[each.id].listed()
        opened |= {path for path in in_print if access.shows(path)}
        definition = definitions[each.form_version_id]
        answers = shown_answers(definition, answers_from_stored(definition, each.answers), access)
        responsible = "、".join(link.name for link in links.get(each.id, ()) if link.link.role == "responsible")
        days = (each.opened_on, each.due_on, each.closed_on)
        state = states.state(each.state).name
        lines.append(RecordLine(each.number, each.unit.name, state, *days, answers, each.title, responsible))
    table = paper_table(register.name, paper_layout(register), form, lines)
    return table, tuple(path for path in in_print if path in opened)


def _unit_name(wanted: Wanted, viewer: Viewer) -> str:
    """Whose register the file is: the unit that was asked for, else the reader's own."""
    if wanted.filter.unit_id is not None:
        return _name_of(wanted.filter.unit_id) or ""
    return viewer.main_post.unit_name if viewer.main_post else ""


def _name_of(unit_id: uuid.UUID) -> str | None:
    return db.session.scalars(select(OrgUnit.name).where(OrgUnit.id == unit_id)).one_or_none()


def _keep(export_id: uuid.UUID, wanted: Wanted, table: PaperTable, sheet: Sheet) -> None:
    if wanted.format is ExportFormat.PDF:
        media_type, content = FileType.PDF, register_pdf(table, sheet, fonts=deployment_fonts())
    else:
        above = (*sheet.above, sheet.mark) if sheet.mark else sheet.above
        media_type, content = FileType.XLSX, write_paper(table, above=above, below=sheet.below)
    report_progress(95)
    name = f"{sheet.unit}{wanted.register.name}{sheet.printed_on.isoformat()}.{wanted.format}"
    store_bytes(content, name=name, media_type=media_type, subject_type=SUBJECT, subject_id=export_id, actor=None)


def find_export(job: Job) -> StoredFile | None:
    """The file that a job has made, or None."""
    files = list_files(SUBJECT, [uuid.UUID(job.key)])
    return files[0] if files else None


def is_kept(job: Job) -> bool:
    """Whether the file of a job can still be had."""
    return job.created_at > utc_now() - KEPT


def _may_see_file(export_id: uuid.UUID, viewer: Viewer) -> bool:
    """Whoever asked for it, as long as it is kept."""
    job = db.session.scalars(select(Job).where(Job.kind == JOB, Job.key == str(export_id))).one_or_none()
    return job is not None and job.created_by_id == viewer.id and is_kept(job)


register_subject(SUBJECT, _may_see_file)
keep_only_for(SUBJECT, KEPT)
