"""Numbers, frozen content and files of documents."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import db, new_id
from saas.documents.jobs import render_document
from saas.documents.models import Document, DocumentStatus
from saas.documents.services import request_document, take_number
from saas.jobs.models import Job
from saas.org.models import OrgUnit
from tests.browser import Browser
from tests.documents.samples import bulletin
from tests.factories import make_unit, make_unit_type, make_user


@pytest.fixture
def root(browser: Browser) -> OrgUnit:
    return make_unit("青山县", kind=make_unit_type("county", "县", 1))


@pytest.fixture
def office(root: OrgUnit) -> User:
    return make_user(Role.OFFICE, unit=root)


def ask(root: OrgUnit, office: User, *, issue: bool) -> Document:
    content = replace(bulletin(), number=None, verification=None)
    return request_document(
        content,
        kind="bulletin",
        subject_type="assessment_round",
        subject_id=SUBJECT,
        unit_id=root.id,
        actor=office,
        issue=issue,
        agency_code="青政办通",
    )


SUBJECT = new_id()


def test_numbers_have_no_gap_even_when_somebody_gives_up(browser: Browser) -> None:
    assert take_number("青政发", 2026).text == "青政发〔2026〕1号"
    savepoint = db.session.begin_nested()
    take_number("青政发", 2026)
    savepoint.rollback()

    assert take_number("青政发", 2026).text == "青政发〔2026〕2号"
    assert take_number("青政发", 2027).text == "青政发〔2027〕1号"


def test_an_issued_document_is_numbered_dated_and_queued(root: OrgUnit, office: User) -> None:
    document = ask(root, office, issue=True)

    assert document.number is not None
    assert document.number.startswith("青政办通〔")
    assert document.content["signature"]["issued_on"] == str(document.issued_on)
    assert db.session.scalars(select(Job.kind)).all() == ["document.render"]


def test_the_same_draft_asked_for_twice_is_one(root: OrgUnit, office: User) -> None:
    assert ask(root, office, issue=False) is ask(root, office, issue=False)


def test_the_job_renders_once_and_the_page_shows_it(browser: Browser, root: OrgUnit, office: User) -> None:
    document = ask(root, office, issue=True)
    browser.sign_in(office)
    assert "正在生成 PDF" in browser.get(f"/documents/{document.id}").text

    render_document(document.id)
    rendered_at = document.rendered_at
    render_document(document.id)

    assert document.status is DocumentStatus.RENDERED
    assert document.rendered_at == rendered_at
    assert document.is_formal is not None
    assert str(document.number) in browser.get(f"/documents/{document.id}").text
    assert browser.get(f"/documents/{document.id}/pages/1").mimetype == "image/webp"
    assert browser.get(f"/documents/{document.id}/pages/99").status_code == 404
    response = browser.get(f"/documents/{document.id}/download")
    assert browser.get(response.location).data.startswith(b"%PDF")


def test_the_printed_code_leads_anyone_to_what_stands_on_the_paper(
    browser: Browser, root: OrgUnit, office: User
) -> None:
    document = ask(root, office, issue=True)

    found = browser.get(f"/verify/{document.verify_code}")
    unknown = browser.get("/verify/nothing-of-the-kind")

    assert found.status_code == 200
    assert document.digest in found.text
    assert unknown.status_code == 404
    assert "没有查到这份公文" in unknown.text


def test_a_draft_is_not_for_everybody(browser: Browser, root: OrgUnit, office: User) -> None:
    draft = ask(root, office, issue=False)
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=make_unit(parent=root)))

    assert browser.get(f"/documents/{draft.id}").status_code == 404
    assert browser.get(f"/verify/{draft.verify_code}").status_code == 404
    assert "还没有公文" in browser.get("/documents").text


def test_an_issued_document_cannot_be_changed_in_the_database(root: OrgUnit, office: User) -> None:
    document = ask(root, office, issue=True)
    document.title = "改过的标题"

    with pytest.raises(IntegrityError):
        db.session.flush()
