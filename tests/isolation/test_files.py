"""What leaves the database carries its county: files, PDFs, jobs, cached addresses."""

from __future__ import annotations

import io
import uuid
from pathlib import Path

import pdfplumber
import pytest
from flask import Flask
from sqlalchemy import select

from saas.access.permissions import Role
from saas.config import Config
from saas.db import db
from saas.documents.models import Document
from saas.files.models import StoredFile
from saas.files.services import read_file
from saas.jobs.models import Job
from saas.jobs.registry import list_kinds
from saas.tenancy.scope import TenantError, tenant_scope
from tests.isolation.county import FilledCounty
from tests.isolation.visitor import Visitor


def text_of_pdf(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        return "".join(page.extract_text() for page in pdf.pages).replace("\n", "").replace(" ", "")


def file_of_document(county: FilledCounty) -> StoredFile:
    with tenant_scope(county.tenant_id):
        statement = select(StoredFile).join(Document, Document.file_id == StoredFile.id)
        return db.session.scalars(statement).one()


def test_the_document_of_each_county_holds_its_own_words_only(
    app: Flask, ours: FilledCounty, theirs: FilledCounty
) -> None:
    with app.app_context():
        for county, other in ((ours, theirs), (theirs, ours)):
            stored = file_of_document(county)
            text = text_of_pdf(Visitor(app, county, Role.OFFICE).open("GET", f"/files/{stored.id}").get_data())
            assert county.word in text
            assert other.word not in text


def test_the_verify_page_knows_the_codes_of_its_own_county_only(
    app: Flask, ours: FilledCounty, theirs: FilledCounty
) -> None:
    guest = Visitor(app, ours, None)

    own, foreign, made_up = (
        guest.open("GET", f"/verify/{code}") for code in (ours.verify_code, theirs.verify_code, "x")
    )

    assert own.status_code == 200
    assert ours.word in own.text
    assert foreign.status_code == made_up.status_code == 404
    assert foreign.text == made_up.text


def test_the_bytes_of_each_county_lie_in_a_folder_of_its_own(
    app: Flask, config: Config, ours: FilledCounty, theirs: FilledCounty
) -> None:
    with app.app_context():
        for county, other in ((ours, theirs), (theirs, ours)):
            stored = file_of_document(county)
            paths = [path for path in Path(config.storage_dir).rglob(f"*{stored.digest}*") if path.is_file()]
            assert paths
            assert all(str(county.tenant_id) in str(path) for path in paths)
            assert not any(str(other.tenant_id) in str(path) for path in paths)


def test_a_row_of_another_county_does_not_open_its_bytes(app: Flask, ours: FilledCounty, theirs: FilledCounty) -> None:
    """The same digest under our county leads nowhere: the store does not share content between counties."""
    with app.app_context():
        foreign = file_of_document(theirs)
        with tenant_scope(ours.tenant_id):
            ours_now = StoredFile(
                tenant_id=ours.tenant_id,
                id=uuid.uuid4(),
                digest=foreign.digest,
                name="x.pdf",
                media_type=foreign.media_type,
                size=foreign.size,
                subject_type="document",
                subject_id=uuid.uuid4(),
            )
            with pytest.raises(FileNotFoundError):
                read_file(ours_now)


def test_jobs_are_seen_by_their_own_county_only(app: Flask, ours: FilledCounty, theirs: FilledCounty) -> None:
    with app.app_context():
        with tenant_scope(theirs.tenant_id):
            foreign = db.session.scalars(select(Job.id)).all()
        with tenant_scope(ours.tenant_id):
            assert foreign
            assert db.session.scalars(select(Job.id).where(Job.id.in_(foreign))).all() == []


def test_no_kind_of_job_runs_without_a_county(app: Flask) -> None:
    assert list_kinds()
    with app.app_context():
        for kind in list_kinds():
            with pytest.raises(TenantError):
                kind.function(uuid.uuid4())
