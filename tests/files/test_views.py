"""Downloading: whoever may see the subject may see its files, and a browser gets them without power."""

from __future__ import annotations

import io
import uuid

import pytest
from PIL import Image

from saas.access.permissions import Role
from saas.accounts.viewer import Viewer
from saas.files import queries
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import store_bytes
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_user
from tests.files.samples import PDF, docx, picture

OPEN_SUBJECT, CLOSED_SUBJECT = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture(autouse=True)
def rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def may_see(subject_id: uuid.UUID, viewer: Viewer) -> bool:
        return subject_id == OPEN_SUBJECT

    monkeypatch.setattr(queries, "_rules", {})
    queries.register_subject("test_subject", may_see)


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in(make_user(Role.VILLAGE_CLERK))
    return browser


def make_file(
    content: bytes = PDF,
    media_type: FileType = FileType.PDF,
    *,
    subject_type: str = "test_subject",
    subject_id: uuid.UUID = OPEN_SUBJECT,
    name: str = "关于环境卫生的通报",
) -> StoredFile:
    return store_bytes(
        content, name=name, media_type=media_type, subject_type=subject_type, subject_id=subject_id, actor=None
    )


def test_a_pdf_is_shown_with_its_chinese_name(tenant: Tenant, signed_in: Browser) -> None:
    response = signed_in.get(f"/files/{make_file().id}")

    assert response.status_code == 200
    assert response.data == PDF
    assert response.mimetype == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("inline; filename*=UTF-8''%E5%85%B3%E4%BA%8E")
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_picture_is_shown_in_a_sandbox(tenant: Tenant, signed_in: Browser) -> None:
    response = signed_in.get(f"/files/{make_file(picture(), FileType.JPEG).id}")

    assert response.headers["Content-Security-Policy"].endswith("sandbox")
    assert response.headers["Content-Disposition"].startswith("inline")


def test_an_office_document_is_saved_not_shown(tenant: Tenant, signed_in: Browser) -> None:
    response = signed_in.get(f"/files/{make_file(docx(), FileType.DOCX).id}")

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Content-Security-Policy"].endswith("sandbox")


def test_a_thumbnail_is_a_small_jpeg(tenant: Tenant, signed_in: Browser) -> None:
    stored = make_file(picture("PNG", size=(800, 600)), FileType.PNG)

    response = signed_in.get(f"/files/{stored.id}/thumbnail")

    assert response.mimetype == "image/jpeg"
    with Image.open(io.BytesIO(response.data)) as image:
        assert image.size == (192, 144)


def test_a_document_has_no_thumbnail(tenant: Tenant, signed_in: Browser) -> None:
    assert signed_in.get(f"/files/{make_file().id}/thumbnail").status_code == 404


def test_files_of_a_subject_one_may_not_see_do_not_exist(
    tenant: Tenant, other_tenant: Tenant, signed_in: Browser, unknown_id: uuid.UUID
) -> None:
    hidden = make_file(subject_id=CLOSED_SUBJECT)
    of_nobody = make_file(subject_type="unheard_of")
    with tenant_scope(other_tenant.id):
        theirs_id = make_file().id

    answers = {
        (response.status_code, response.data)
        for file_id in (hidden.id, of_nobody.id, theirs_id, unknown_id)
        for response in (signed_in.get(f"/files/{file_id}"),)
    }

    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


def test_a_guest_is_sent_to_sign_in(tenant: Tenant, browser: Browser) -> None:
    response = browser.get(f"/files/{make_file().id}")

    assert response.status_code == 303
    assert "sign-in" in response.headers["Location"]


def test_a_subject_has_one_rule() -> None:
    with pytest.raises(RuntimeError, match="two rules"):
        queries.register_subject("test_subject", lambda subject_id, viewer: True)
