"""Making official documents: freezing the content, giving the number, rendering the file. Never commits."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import replace
from datetime import date

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.documents import queries
from saas.documents.conformance import check
from saas.documents.fonts import FontSet, find_fonts
from saas.documents.models import Document, DocumentNumber, DocumentStatus
from saas.documents.pdf import preload, render_pdf
from saas.domain.canonical_json import plain
from saas.domain.numbering import DocumentNumber as Number
from saas.domain.official_document import (
    OfficialDocument,
    Verification,
    content_digest,
    from_json,
    to_json,
)
from saas.files.checks import FileType
from saas.files.queries import register_subject
from saas.files.services import store_bytes
from saas.jobs.services import request_job
from saas.tenancy.models import Tenant, TenantSettings
from saas.tenancy.scope import bound_tenant_id

VERIFY_PATH = "verify"


def county_settings() -> TenantSettings:
    """How the bound county presents itself on its documents."""
    return db.session.scalars(select(TenantSettings)).one()


def request_document(
    content: OfficialDocument,
    *,
    kind: str,
    subject_type: str,
    subject_id: uuid.UUID,
    unit_id: uuid.UUID,
    actor: HasId,
    issue: bool,
    agency_code: str | None = None,
) -> Document:
    """Freeze the content of a document and ask for its file.

    With `issue` it takes the next number of its agency code (发文字号, without gaps) and today's date; without, it is
    a draft that says so on every page. The same draft asked for twice is one row.
    """
    if issue:
        content = _issued(content, agency_code or content.agency_code, local_today())
    digest = content_digest(content)
    earlier = db.session.scalars(
        select(Document).where(Document.subject_id == subject_id, Document.kind == kind, Document.digest == digest)
    ).one_or_none()
    if earlier is not None:
        return earlier
    code = secrets.token_urlsafe(12)
    document = Document(
        id=new_id(),
        kind=kind,
        title=content.title,
        subject_type=subject_type,
        subject_id=subject_id,
        unit_id=unit_id,
        number=content.number,
        issued_on=local_today() if issue else None,
        content=json.loads(to_json(_verifiable(content, code, digest))),
        digest=digest,
        verify_code=code,
        created_by_id=actor.id,
        created_at=utc_now(),
    )
    db.session.add(document)
    db.session.flush()
    job = request_job("document.render", str(document.id), {"document_id": document.id}, actor=actor)
    document.job_id = job.id
    record(AuditAction.DOCUMENT_REQUESTED, document, actor=actor, number=content.number, digest=digest)
    return document


def request_again(document: Document, *, actor: HasId) -> None:
    """Ask again for a file whose work had failed for good."""
    document.status = DocumentStatus.QUEUED
    job = request_job("document.render", str(document.id), {"document_id": document.id}, actor=actor)
    document.job_id = job.id
    record(AuditAction.DOCUMENT_REQUESTED, document, actor=actor, again=True)


def take_number(agency_code: str, year: int) -> Number:
    """Give the next number of an agency code in a year.

    The row is locked until the caller's transaction ends: who rolls back gives the number back, so there is no gap.
    """
    db.session.execute(
        insert(DocumentNumber)
        .values(tenant_id=bound_tenant_id(), id=new_id(), agency_code=agency_code, year=year, last_number=0)
        .on_conflict_do_nothing(index_elements=["tenant_id", "agency_code", "year"])
    )
    row = db.session.scalars(
        select(DocumentNumber)
        .where(DocumentNumber.agency_code == agency_code, DocumentNumber.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    row.last_number += 1
    db.session.flush()
    return Number(agency_code, year, row.last_number)


def fill_document(document_id: uuid.UUID) -> None:
    """Render the file. Safe to run twice: a rendered document is left as it is."""
    document = db.session.scalars(select(Document).where(Document.id == document_id).with_for_update()).one()
    if document.status is DocumentStatus.RENDERED:
        return
    content = from_json(json.dumps(document.content))
    rendered = render_pdf(content, fonts=deployment_fonts())
    stored = store_bytes(
        rendered.pdf,
        name=f"{document.title}.pdf",
        media_type=FileType.PDF,
        subject_type="document",
        subject_id=document.id,
        actor=None,
    )
    document.file_id = stored.id
    document.page_count = rendered.page_count
    document.fonts = plain(rendered.fonts)
    document.findings = plain(check(rendered.pdf, content))
    document.is_formal = rendered.is_formal
    document.rendered_at = utc_now()
    document.status = DocumentStatus.RENDERED


def deployment_fonts() -> FontSet:
    """The fonts of this deployment, by role."""
    return find_fonts(current_app.config["JICENG"].font_dir)


def preload_fonts() -> None:
    """Load what every document needs, before a worker forks."""
    preload(deployment_fonts())


def _issued(content: OfficialDocument, agency_code: str, on: date) -> OfficialDocument:
    number = take_number(agency_code, on.year)
    imprint = replace(content.imprint, printed_on=on) if content.imprint else None
    return replace(
        content,
        agency_code=agency_code,
        number=number.text,
        signature=replace(content.signature, issued_on=on),
        imprint=imprint,
    )


def _verifiable(content: OfficialDocument, code: str, digest: str) -> OfficialDocument:
    """An issued document carries the address where it can be checked; the address comes from the settings only."""
    public_url = current_app.config["JICENG"].public_url
    if public_url is None or content.number is None:
        return content
    slug = db.session.scalars(select(Tenant.slug).where(Tenant.id == bound_tenant_id())).one()
    url = f"{public_url.rstrip('/')}/{slug}/{VERIFY_PATH}/{code}"
    return replace(content, verification=Verification(url, digest))


def _may_see_files(document_id: uuid.UUID, viewer: Viewer) -> bool:
    found = queries.find_document(document_id)
    return found is not None and queries.is_visible(found, viewer)


register_subject("document", _may_see_files)
