"""Reading documents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.db import db
from saas.documents.models import Document
from saas.files.models import StoredFile
from saas.jobs.models import Job

PAGE = 50


def _visible_to(viewer: Viewer) -> Select[Document]:
    """Issued documents are for everybody in the county; drafts for who made them and for the office that issues."""
    statement = select(Document)
    if viewer.permits(Permission.DOCUMENT_ISSUE):
        return statement
    return statement.where(or_(Document.number.is_not(None), Document.created_by_id == viewer.id))


def list_documents(viewer: Viewer, *, kind: str = "", words: str = "", page: int = 1) -> Sequence[Document]:
    """The documents of the county, the newest first."""
    return db.session.scalars(
        _filtered(viewer, kind, words)
        .order_by(Document.created_at.desc(), Document.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()


def count_documents(viewer: Viewer, *, kind: str = "", words: str = "") -> int:
    found = _filtered(viewer, kind, words).with_only_columns(Document.id).subquery()
    return db.session.scalars(select(func.count()).select_from(found)).one()


def _filtered(viewer: Viewer, kind: str, words: str) -> Select[Document]:
    statement = _visible_to(viewer)
    if kind:
        statement = statement.where(Document.kind == kind)
    if words:
        statement = statement.where(
            or_(Document.title.contains(words, autoescape=True), Document.number.contains(words, autoescape=True))
        )
    return statement


def get_document(document_id: uuid.UUID, viewer: Viewer) -> Document:
    """Return a document, or raise NoResultFound (404) if the viewer may not know of it."""
    return db.session.scalars(_visible_to(viewer).where(Document.id == document_id)).one()


def find_document(document_id: uuid.UUID | None) -> Document | None:
    """A document by id, for a caller that has checked that its subject may be seen."""
    if document_id is None:
        return None
    return db.session.scalars(select(Document).where(Document.id == document_id)).one_or_none()


def list_documents_about(subject_id: uuid.UUID) -> Sequence[Document]:
    """The documents of one subject, the newest first; the caller has checked that the subject may be seen."""
    return db.session.scalars(
        select(Document)
        .where(Document.subject_id == subject_id)
        .order_by(Document.created_at.desc(), Document.id.desc())
    ).all()


def find_by_verify_code(code: str) -> Document | None:
    """The issued document that a printed code names, or None."""
    return db.session.scalars(
        select(Document).where(Document.verify_code == code, Document.number.is_not(None))
    ).one_or_none()


def find_file(document: Document) -> StoredFile | None:
    """The rendered file, or None while there is none."""
    return db.session.scalars(select(StoredFile).where(StoredFile.id == document.file_id)).one_or_none()


def find_job(document: Document) -> Job | None:
    """The work that renders the document."""
    return db.session.scalars(select(Job).where(Job.id == document.job_id)).one_or_none()


def is_visible(document: Document, viewer: Viewer) -> bool:
    """Whether the viewer may know of a document."""
    return db.session.scalars(_visible_to(viewer).where(Document.id == document.id)).one_or_none() is not None
