"""A form is collected only while it is approved: by another person than who published it, for so many answers."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.db import at_moment, db, local_today
from saas.domain.errors import DomainError
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import approve, collecting_problem
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.services import edit_registration, publish
from saas.packs.services import apply_pack
from saas.submissions.arranging import CollectionSettings, create_collection
from saas.submissions.due import due_submissions
from saas.submissions.models import Collection
from saas.submissions.standing import list_asked, list_standings
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import (
    MONTHLY,
    QUESTIONS,
    make_collection,
    make_form,
    make_route,
    make_submission,
    make_version,
)
from tests.forms.steps import actions
from tests.packs.counties import PASSWORD, found_county, read
from tests.packs.starters import TENANTS
from tests.statements import count_statements
from tests.submissions.conftest import Place, now, place

__all__ = ["now", "place"]

ASKED = 6  # by the questions of the factories: four, and two for each row
MORE = {"type": "text", "name": "more", "label": "补充情况"}


@pytest.fixture
def office(browser: Browser) -> Browser:
    browser.sign_in(make_user(Role.OFFICE))
    return browser


def unapproved() -> FormVersion:
    return make_version(make_form(is_approved=False))


def approval_of(version: FormVersion) -> str:
    return f"/forms/{version.form_id}/approval"


def approved_for(count: int) -> FormDefinition:
    form = make_form()
    form.approved_fields = count
    return form


# --- approving ---------------------------------------------------------------------------------------------------


def test_the_office_approves_a_form_with_its_number(office: Browser) -> None:
    version = unapproved()
    assert "尚未批准收集" in office.get(f"/forms/{version.form_id}").text

    response = office.post(approval_of(version), {"number": "青统备〔2026〕8号", "expires_on": "2027-12-31"})

    assert response.status_code == 303
    form = version.form
    assert (form.approval_number, form.approved_fields, form.expires_on) == (
        "青统备〔2026〕8号",
        ASKED,
        date(2027, 12, 31),
    )
    assert form.approved_at is not None
    assert actions()[-1] == "form.approved"
    assert "尚未批准收集" not in office.get(f"/forms/{version.form_id}").text


@pytest.mark.parametrize(
    ("sent", "words"), [({"number": ""}, "请填写批准（备案）文号"), ({"number": "字" * 101}, "文号最多 100 字")]
)
def test_an_approval_needs_a_number(office: Browser, sent: dict[str, str], words: str) -> None:
    version = unapproved()

    response = office.post(approval_of(version), sent)

    assert response.status_code == 422
    assert words in response.text
    assert version.form.approved_at is None


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.LEADER, Role.VILLAGE_CLERK, Role.DEPARTMENT])
def test_others_than_the_office_do_not_approve(browser: Browser, role: Role) -> None:
    version = unapproved()
    browser.sign_in(make_user(role))

    assert browser.get(approval_of(version)).status_code == 403
    assert browser.post(approval_of(version), {"number": "1"}).status_code == 403


def test_who_published_a_version_does_not_approve_it(office: Browser) -> None:
    version = unapproved()
    version.published_by_id = db.session.scalars(select(User.id).order_by(User.id.desc()).limit(1)).one()
    publisher = db.session.get_one(User, (version.tenant_id, version.published_by_id))

    with pytest.raises(DomainError) as refused:
        approve(version.form, number="1", expires_on=None, actor=publisher)

    assert refused.value.code == "four_eyes"
    assert version.form.approved_at is None


def test_who_applied_a_pack_may_approve_what_it_brought(browser: Browser) -> None:
    office = found_county()
    apply_pack(read(TENANTS / "grid-management"), first_password=PASSWORD, actor=office)
    version = db.session.scalars(select(FormVersion).where(FormVersion.published_by_id == office.id).limit(1)).one()

    approve(version.form, number="青统备〔2026〕9号", expires_on=None, actor=office)

    assert version.form.approval_number == "青统备〔2026〕9号"


def test_a_form_that_was_never_published_is_not_approved(office: Browser) -> None:
    version = make_version(make_form(is_approved=False), status=VersionStatus.DRAFT)

    assert "还没有发布" in office.get(approval_of(version)).text
    assert office.post(approval_of(version), {"number": "1"}).status_code == 409


def test_a_day_that_is_over_is_no_term_of_validity(office: Browser) -> None:
    version = unapproved()

    response = office.post(approval_of(version), {"number": "1", "expires_on": "2020-01-01"})

    assert response.status_code == 409
    assert "请填写今后的日期" in response.text


# --- losing it ---------------------------------------------------------------------------------------------------


def test_a_version_that_asks_more_than_was_approved_takes_the_approval_away(designer: Browser) -> None:
    form = approved_for(ASKED)
    make_version(form)
    more = make_version(form, *QUESTIONS, MORE, status=VersionStatus.DRAFT, number=2)

    page = designer.get(f"/forms/{form.id}/versions/2/publish").text
    assert "超过批准的 6 项" in page
    publish(more, actor=make_user(Role.SYSTEM_ADMIN))

    assert form.approved_at is None
    assert form.approved_by_id is None


def test_a_version_that_asks_no_more_keeps_the_approval(designer: Browser) -> None:
    form = approved_for(ASKED)
    make_version(form)
    same = make_version(form, *QUESTIONS[:4], MORE, status=VersionStatus.DRAFT, number=2)

    assert "须重新批准" not in designer.get(f"/forms/{form.id}/versions/2/publish").text
    publish(same, actor=make_user(Role.SYSTEM_ADMIN), is_acknowledged=True)

    assert form.approved_at is not None


@pytest.mark.parametrize(
    ("first", "then", "keeps"),
    [
        (date(2026, 12, 31), date(2027, 12, 31), False),
        (date(2026, 12, 31), None, False),
        (date(2026, 12, 31), date(2026, 6, 30), True),
        (None, date(2026, 6, 30), True),
        (None, None, True),
    ],
)
def test_prolonging_by_the_designer_takes_the_approval_away(
    designer: Browser, first: date | None, then: date | None, *, keeps: bool
) -> None:
    form = make_version(make_form(expires_on=first)).form

    edit_registration(
        form,
        actor=make_user(),
        name=form.name,
        owner_unit_id=form.owner_unit_id,
        legal_basis=form.legal_basis,
        expires_on=then,
    )

    assert (form.approved_at is not None) is keeps


# --- not collected ------------------------------------------------------------------------------------------------


def take_approval_from(collection: Collection) -> None:
    collection.form.approved_at, collection.form.approved_by_id = None, None
    db.session.flush()


def test_an_unapproved_form_is_not_filled_and_says_why(browser: Browser, place: Place) -> None:
    take_approval_from(place.collection)
    browser.sign_in(place.clerk)

    assert "尚未批准收集" in browser.get(place.fill_path()).text
    response = browser.post(place.fill_path(), {"patrols": "3", "version": "0"})

    assert response.status_code == 409
    assert "尚未批准收集" in response.text


def test_an_unapproved_form_is_nobodys_duty_and_nobody_is_missing(place: Place) -> None:
    viewer = make_viewer(place.clerk)
    days = (date(2026, 1, 1), local_today())
    assert due_submissions(viewer)
    assert list(list_standings(list_asked(*days), local_today()))

    take_approval_from(place.collection)

    assert due_submissions(viewer) == []
    assert list(list_standings(list_asked(*days), local_today())) == []


@pytest.mark.parametrize("reason", ["unapproved", "expired"])
def test_no_collection_is_arranged_for_a_form_that_may_not_be_collected(place: Place, reason: str) -> None:
    version = unapproved() if reason == "unapproved" else make_version(make_form(expires_on=date(2026, 1, 1)))
    settings = CollectionSettings(
        name="新任务",
        form_id=version.form_id,
        route_id=make_route().id,
        cadence="month",
        cohort={"unit_types": ["village"]},
        window=MONTHLY,
        starts_on=date(2026, 1, 1),
    )

    with pytest.raises(DomainError) as refused:
        create_collection(settings, actor=place.office)

    assert refused.value.code == ("form_not_approved" if reason == "unapproved" else "form_expired")


def test_what_was_returned_is_finished_although_the_approval_is_gone(browser: Browser, place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.RETURNED)
    take_approval_from(place.collection)
    browser.sign_in(place.clerk)

    assert "尚未批准收集" not in browser.get(place.fill_path()).text


# --- what the office sees -----------------------------------------------------------------------------------------


def test_the_first_page_of_the_office_lists_what_waits_and_what_ends_soon(browser: Browser) -> None:
    with at_moment(datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))):
        make_version(make_form(name="待批的表", is_approved=False))
        make_version(make_form(name="快到期的表", expires_on=date(2026, 5, 9)))
        make_version(make_form(name="还早的表", expires_on=date(2026, 5, 10)))
        make_version(make_form(name="刚过期的表", expires_on=date(2026, 3, 9)))
        make_version(make_form(name="没发布的表", is_approved=False), status=VersionStatus.DRAFT)
        browser.sign_in(make_user(Role.OFFICE))

        page = browser.get("/home").text

    assert [name in page for name in ("待批的表", "快到期的表", "刚过期的表")] == [True, True, True]
    assert "还早的表" not in page
    assert "没发布的表" not in page


def test_the_list_of_what_waits_takes_one_statement(browser: Browser) -> None:
    browser.sign_in(make_user(Role.OFFICE))
    make_version(make_form(is_approved=False))
    browser.get("/home")
    few = count_statements(lambda: browser.get("/home"))
    for _ in range(5):
        make_version(make_form(is_approved=False))

    assert count_statements(lambda: browser.get("/home")) == few


def test_renewing_sets_a_later_day(office: Browser) -> None:
    version = make_version(make_form(expires_on=local_today()))

    office.post(approval_of(version), {"number": "青统备〔2027〕1号", "expires_on": "2030-12-31"})

    assert version.form.expires_on == date(2030, 12, 31)
    assert collecting_problem(version.form) is None
    assert make_collection(version).form.approval_number == "青统备〔2027〕1号"
