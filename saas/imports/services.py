"""Taking a file in, checking it, applying it, putting it aside. Never commits.

A check changes nothing but the import's own row. What is applied is checked again at that moment, unless it is known
that nothing has changed which the check had looked at. If it would do something else than what was shown, nothing
happens and the new differences are shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.errors import DomainError, InvalidTransition
from saas.files.checks import FileType, shown_name
from saas.files.services import read_file, store_bytes
from saas.imports import queries
from saas.imports.details import check_details, mistakes_of, packed, stored_message, unpacked
from saas.imports.handlers import (
    Asking,
    Check,
    ImportHandler,
    KeepsWork,
    OwnWorkbook,
    RowState,
    find_subject,
    get_handler,
)
from saas.imports.models import DataImport, ImportStatus
from saas.imports.queries import APPLY_JOB, CHECK_JOB, job_key
from saas.jobs.running import report_progress
from saas.jobs.services import request_job
from saas.spreadsheets.annotating import annotate
from saas.spreadsheets.checking import check_spreadsheet
from saas.spreadsheets.limits import SpreadsheetRefused
from saas.spreadsheets.reading import opening, read_spreadsheet
from saas.spreadsheets.tables import Table, read_table
from saas.tenancy.models import TenantSettings

CarryOut = Callable[[], Mapping[str, Any]]


class ImportRunning(InvalidTransition):
    """Another import of the kind and subject is under way."""

    code = "import_running"


def start_import(
    handler: ImportHandler,
    content: bytes,
    name: str,
    *,
    actor: Viewer,
    subject: str = "",
    options: Mapping[str, Any] | None = None,
) -> DataImport:
    """Take in a file and ask for its check. The caller has asked whether the actor may touch the subject.

    Raises SpreadsheetRefused for a file that is no table (before anything is unpacked), ImportRunning while another
    import of the kind and subject is under way.
    """
    name = shown_name(name)
    file_type = check_spreadsheet(content, name)
    _refuse_second(handler.kind, subject, actor)
    data_import = DataImport(
        id=new_id(),
        kind=handler.kind,
        subject=subject,
        options=dict(options or {}),
        status=ImportStatus.CHECKING,
        file_name=name,
        created_by_id=actor.id,
    )
    db.session.add(data_import)
    stored = store_bytes(
        content,
        name=name,
        media_type=FileType(file_type.value),
        subject_type=queries.SUBJECT,
        subject_id=data_import.id,
        actor=actor,
    )
    data_import.source_file_id = stored.id
    db.session.flush()
    request_job(CHECK_JOB, job_key(data_import), {"import_id": data_import.id}, actor=actor, priority=1)
    return data_import


def _refuse_second(kind: str, subject: str, actor: Viewer) -> None:
    """One import of a table at a time: two that do not know of each other would overwrite each other."""
    db.session.scalars(select(TenantSettings.id).with_for_update()).all()  # of two who send at once, one waits here
    running = queries.find_running(kind, subject)
    if running is None:
        return
    if subject and running.created_by_id != actor.id:  # whose file it is, is known to its sender only
        raise ImportRunning("另一份文件正在处理，请过一会儿再上传")
    raise ImportRunning("另一份文件“{name}”正在处理，请等它完成后再上传", name=running.file_name)


def check_import(import_id: uuid.UUID) -> None:
    """Read the file and say what it would change. Run twice it says the same."""
    data_import = _locked(import_id)
    if data_import.status is not ImportStatus.CHECKING:
        return
    handler, asking = _handler_and_asking(data_import, data_import.created_by_id)
    try:
        table = _read(data_import, handler, asking)
    except SpreadsheetRefused as refused:
        data_import.status = ImportStatus.REFUSED
        data_import.details = {"refusal": stored_message(refused.message)}
        return
    report_progress(40)
    check = handler.check(table, asking)
    report_progress(70)
    _keep_check(data_import, check, table, **_keep_work(handler, check, table, asking))


def _locked(import_id: uuid.UUID) -> DataImport:
    return db.session.scalars(select(DataImport).where(DataImport.id == import_id).with_for_update()).one()


def _handler_and_asking(data_import: DataImport, person_id: uuid.UUID) -> tuple[ImportHandler, Asking]:
    """The rights are those of now: who has lost them meanwhile imports nothing."""
    viewer = make_viewer(db.session.scalars(select(User).where(User.id == person_id)).one())
    asking = Asking(viewer, local_today(), data_import.subject, data_import.options)
    handler = get_handler(data_import.kind, viewer)
    find_subject(handler, asking)
    return handler, asking


def _read(data_import: DataImport, handler: ImportHandler, asking: Asking) -> Table:
    """The table of the file. Its cells are not kept: of a large file they take more than all the rest."""
    name = data_import.file_name
    with opening(_content(data_import), name) as opened:
        if isinstance(handler, OwnWorkbook):
            return handler.read_workbook(opened, asking, name)
        columns = handler.columns(asking, offers=False)
        return read_table(opened(), columns, name)


def _content(data_import: DataImport) -> bytes:
    return read_file(queries.get_file(data_import.source_file_id))


def _keep_check(data_import: DataImport, check: Check, table: Table, **more: Any) -> None:
    data_import.status = ImportStatus.CHECKED
    data_import.details = {**check_details(check, table), **more}
    mistakes = mistakes_of(check.rows)
    if not mistakes:
        data_import.marked_file_id = None
        return
    content, name = _content(data_import), data_import.file_name
    marked = store_bytes(
        annotate(content, read_spreadsheet(content, name), table, mistakes, name),
        name=_marked_name(name),
        media_type=FileType.XLSX,
        subject_type=queries.SUBJECT,
        subject_id=data_import.id,
        actor=None,
    )
    data_import.marked_file_id = marked.id


def _keep_work(handler: ImportHandler, check: Check, table: Table, asking: Asking) -> dict[str, str]:
    kept = handler.keep(check, table, asking) if isinstance(handler, KeepsWork) else None
    return {"kept": packed(kept)} if kept is not None else {}


def _marked_name(name: str) -> str:
    return f"{name.rpartition('.')[0] or name}（核对结果）.xlsx"


def refuse_stale(data_import: DataImport, version: str) -> None:
    """Raise InvalidTransition if the page that was answered shows an earlier state of the import."""
    if version != str(data_import.version):
        raise InvalidTransition("核对结果已经更新，请刷新页面后再确认")


def request_apply(data_import: DataImport, *, only_good: bool, actor: Viewer) -> None:
    """Ask for a checked import to be applied: all of it, or only the rows without mistakes."""
    if data_import.status is not ImportStatus.CHECKED:
        raise InvalidTransition("这份文件不在待确认状态，请刷新页面")
    summary = queries.get_summary(data_import.id)
    counts = summary["counts"]
    if counts[RowState.BAD] and not only_good:
        raise InvalidTransition("文件里还有错误，请改正后重新上传，或只应用正确的行")
    if not counts[RowState.NEW] + counts[RowState.CHANGED]:
        raise InvalidTransition("文件里没有需要写入的内容")
    _refuse_second(data_import.kind, data_import.subject, actor)
    data_import.status = ImportStatus.APPLYING
    flag_modified(data_import, "kind")  # counts the version up, which the job's key carries
    db.session.flush()
    args = {"import_id": data_import.id, "actor_id": actor.id, "only_good": int(only_good)}
    request_job(APPLY_JOB, job_key(data_import), args, actor=actor, priority=1)


def apply_import(import_id: uuid.UUID, actor_id: uuid.UUID, *, only_good: bool) -> None:
    """Check again and change what the file says, all of it or nothing. Run twice it happens once."""
    data_import = _locked(import_id)
    if data_import.status is not ImportStatus.APPLYING:
        return
    handler, asking = _handler_and_asking(data_import, actor_id)
    carry_out = _recalled(data_import, handler, asking) or _checked_again(data_import, handler, asking)
    if carry_out is None:
        return
    report_progress(50)
    outcome = _carry_out(carry_out)
    if isinstance(outcome, DomainError):
        data_import.status = ImportStatus.CHECKED
        data_import.details = {**data_import.details, "problem": stored_message(outcome.message)}
        return
    report_progress(95)
    data_import.status = ImportStatus.APPLIED
    data_import.applied_at, data_import.applied_by_id = utc_now(), actor_id
    more = {"only_good": only_good, "outcome": dict(outcome), "problem": None, "has_moved": False}
    data_import.details = {key: each for key, each in data_import.details.items() if key != "kept"} | more
    counts = data_import.details["counts"]
    record(
        AuditAction.DATA_IMPORTED,
        data_import,
        actor=asking.viewer,
        kind=data_import.kind,
        file=data_import.file_name,
        created=counts[RowState.NEW],
        changed=counts[RowState.CHANGED],
        left_out=counts[RowState.BAD],
    )


def _recalled(data_import: DataImport, handler: ImportHandler, asking: Asking) -> CarryOut | None:
    """What was kept from the check that was shown, if that check would say the same now."""
    kept = data_import.details.get("kept")
    if not kept or not isinstance(handler, KeepsWork):
        return None
    return handler.recall(unpacked(kept), asking)


def _checked_again(data_import: DataImport, handler: ImportHandler, asking: Asking) -> CarryOut | None:
    """What the file says now, or None if that is not what was shown: then it is shown anew."""
    table = _read(data_import, handler, asking)
    report_progress(30)
    check = handler.check(table, asking, is_final=True)
    if check_details(check, table)["digest"] != data_import.details["digest"]:
        _keep_check(data_import, check, table, has_moved=True, **_keep_work(handler, check, table, asking))
        return None
    wanted = [each for each in check.rows if each.state in (RowState.NEW, RowState.CHANGED)]
    return lambda: handler.apply(wanted, asking)


def _carry_out(carry_out: CarryOut) -> Mapping[str, Any] | DomainError:
    """Apply the rows in a savepoint; return what stands against it, after everything was taken back."""
    try:
        with db.session.begin_nested():
            outcome = carry_out()
            db.session.flush()
            return outcome
    except DomainError as error:
        return error
    except IntegrityError:
        return DomainError("写入时发现数据刚被他人改动，没有写入任何内容。请重新核对", code="stale_import")


def discard(data_import: DataImport) -> None:
    """Put an import aside that was not applied. Nothing in the county changes."""
    is_open = data_import.status in (ImportStatus.CHECKED, ImportStatus.REFUSED)
    if not is_open and not queries.is_given_up(data_import):
        raise InvalidTransition("这份文件正在处理或已经处理完毕")
    data_import.status = ImportStatus.DISCARDED
    data_import.details = {key: each for key, each in data_import.details.items() if key != "kept"}
    db.session.flush()


def check_again(data_import: DataImport, *, actor: Viewer) -> None:
    """Ask for a file to be checked once more, against the data of now."""
    if data_import.status is not ImportStatus.CHECKED and not queries.is_given_up(data_import):
        raise InvalidTransition("这份文件正在处理或已经处理完毕")
    data_import.status = ImportStatus.CHECKING
    flag_modified(data_import, "kind")
    db.session.flush()
    request_job(CHECK_JOB, job_key(data_import), {"import_id": data_import.id}, actor=actor, priority=1)
