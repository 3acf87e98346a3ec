"""Reading imports. Whoever may import a kind sees the imports of that kind, of everybody.

Of a kind that serves many tables one sees what one has sent oneself: who may import into one of them need not know
the others.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import defer

from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.db import db
from saas.files.models import StoredFile
from saas.files.queries import register_subject
from saas.imports.handlers import RowState, list_handlers
from saas.imports.models import DataImport, ImportStatus
from saas.jobs.models import Job, JobState
from saas.jobs.queries import find_job

PAGE = 50
SUBJECT = DataImport.__tablename__
CHECK_JOB, APPLY_JOB = "import.check", "import.apply"
RUNNING = (ImportStatus.CHECKING, ImportStatus.APPLYING)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import in a list, with who sent it and what it holds."""

    data_import: DataImport
    person: str
    counts: Mapping[str, int]


def _visible_to(viewer: Viewer) -> Select[DataImport]:
    """Imports of the kinds that the viewer may import. Their details can be megabytes: only asked for in parts."""
    kinds = [handler.kind for handler in list_handlers(viewer)]
    is_own = or_(DataImport.subject == "", DataImport.created_by_id == viewer.id)
    return select(DataImport).where(DataImport.kind.in_(kinds), is_own).options(defer(DataImport.details))


def get_import(import_id: uuid.UUID, viewer: Viewer) -> DataImport:
    """Return an import without its details, or raise NoResultFound (404) if the viewer may not know of it."""
    return db.session.scalars(_visible_to(viewer).where(DataImport.id == import_id)).one()


def get_summary(import_id: uuid.UUID) -> dict[str, Any]:
    """The details of an import but for its rows and for what its handler keeps."""
    found = db.session.execute(
        select(DataImport.details.op("-")(literal("rows")).op("-")(literal("kept"))).where(DataImport.id == import_id)
    ).scalar_one()
    return dict(found)


def list_rows(import_id: uuid.UUID, state: RowState, page: int) -> Sequence[Mapping[str, Any]]:
    """One page of the rows of a state, cut out in the database."""
    first = (page - 1) * PAGE
    path = f"$.rows.{state.value}[{first} to {first + PAGE - 1}]"
    found = db.session.execute(
        select(func.jsonb_path_query_array(DataImport.details, cast(path, JSONPATH))).where(DataImport.id == import_id)
    ).scalar_one()
    return list(found)


def list_imports(
    viewer: Viewer, *, kind: str = "", subject: str = "", page: int = 1
) -> tuple[Sequence[ImportLine], int]:
    """One page of the imports, the newest first, and how many there are."""
    statement = (
        _visible_to(viewer)
        .join(User, User.id == DataImport.created_by_id)
        .add_columns(User.name, DataImport.details["counts"], func.count().over())
    )
    if kind:
        statement = statement.where(DataImport.kind == kind, DataImport.subject == subject)
    rows = db.session.execute(
        statement.order_by(DataImport.created_at.desc(), DataImport.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    return [ImportLine(row[0], row[1], row[2] or {}) for row in rows], rows[0][3] if rows else 0


def find_running(kind: str, subject: str = "") -> DataImport | None:
    """The import of a kind and subject that is being checked or applied, unless its job was given up."""
    waiting = db.session.scalars(
        select(DataImport)
        .where(DataImport.kind == kind, DataImport.subject == subject, DataImport.status.in_(RUNNING))
        .options(defer(DataImport.details))
        .order_by(DataImport.created_at, DataImport.id)
    ).all()
    return next((each for each in waiting if not is_given_up(each)), None)


def find_job_of(data_import: DataImport) -> Job | None:
    """The job that an import waits for."""
    kind = APPLY_JOB if data_import.status is ImportStatus.APPLYING else CHECK_JOB
    return find_job(kind, job_key(data_import))


def job_key(data_import: DataImport) -> str:
    """The key of the job that is to be asked for: asked for again after a change, it is another one."""
    return f"{data_import.id}:{data_import.version}"


def is_given_up(data_import: DataImport) -> bool:
    """Whether the job that an import waits for has failed for good, or is not there."""
    if data_import.status not in RUNNING:
        return False
    job = find_job_of(data_import)
    return job is None or job.state is JobState.DEAD


def get_file(file_id: uuid.UUID | None) -> StoredFile:
    return db.session.scalars(select(StoredFile).where(StoredFile.id == file_id)).one()


def _may_see_files(import_id: uuid.UUID, viewer: Viewer) -> bool:
    return db.session.scalars(_visible_to(viewer).where(DataImport.id == import_id)).one_or_none() is not None


register_subject(SUBJECT, _may_see_files)
