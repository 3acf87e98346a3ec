"""Photos in protected questions: masked on the page, and closed at their own addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from saas.accounts.models import User
from saas.db import at_moment, unit_of_work
from saas.domain.answers import answers_from_stored
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import store_bytes
from saas.registers.models import RegisterRecord
from saas.registers.queries import SUBJECT
from saas.registers.services import change_record, definition_of
from tests.browser import Browser
from tests.files.samples import picture
from tests.registers.conftest import NOW, Place, make_register
from tests.registers.steps import make_record
from tests.statements import list_statements

PURPOSE = {"purpose": "入户走访"}


@pytest.fixture
def place(place: Place) -> Place:
    """The same with a register that also takes a photo of a certificate."""
    certificate = {"type": "image", "name": "certificate", "label": "证件照片", "sensitivity": "sensitive"}
    return replace(place, register=make_register("帮扶台账", certificate))


@pytest.fixture
def record(place: Place) -> RegisterRecord:
    """A record with one photo in an open question and one in a sensitive one."""
    made = make_record(place)
    answers = answers_from_stored(definition_of(made), made.answers)
    named = {name: (str(_photo(made, place.clerk).id),) for name in ("photos", "certificate")}
    change_record(made, answers | named, actor=place.clerk)
    return made


def _photo(record: RegisterRecord, sender: User) -> StoredFile:
    return store_bytes(
        picture(), name="a.jpg", media_type=FileType.JPEG, subject_type=SUBJECT, subject_id=record.id, actor=sender
    )


def _status(browser: Browser, record: RegisterRecord, field: str) -> set[int]:
    """What the photo and its small picture answer."""
    (file_id,) = record.answers[field]
    return {browser.get(f"/files/{file_id}{more}").status_code for more in ("", "/thumbnail")}


def test_a_photo_that_is_not_protected_opens(clerk: Browser, record: RegisterRecord) -> None:
    assert _status(clerk, record, "photos") == {200}


def test_a_masked_photo_opens_only_after_a_purpose_and_for_a_while(
    clerk: Browser, place: Place, record: RegisterRecord
) -> None:
    assert _status(clerk, record, "certificate") == {404}

    assert clerk.post(f"/registers/records/{record.id}/protected", PURPOSE).status_code == 200
    assert _status(clerk, record, "certificate") == {200}

    with at_moment(NOW + timedelta(minutes=31)):
        clerk.sign_in(place.clerk)
        assert _status(clerk, record, "certificate") == {404}


def test_the_reading_of_one_person_opens_nothing_to_another(
    clerk: Browser, place: Place, record: RegisterRecord
) -> None:
    assert clerk.post(f"/registers/records/{record.id}/protected", PURPOSE).status_code == 200

    clerk.sign_in(place.officer)

    assert _status(clerk, record, "certificate") == {404}


def test_a_sealed_photo_opens_to_nobody_whatever_the_purpose(
    clerk: Browser, place: Place, record: RegisterRecord
) -> None:
    with unit_of_work():
        place.register.access = {"fields": {"certificate": {"superior": "sealed"}}}
    clerk.sign_in(place.officer)
    clerk.post(f"/registers/records/{record.id}/protected", PURPOSE)

    assert _status(clerk, record, "certificate") == {404}


def test_a_photo_that_no_answer_names_is_its_senders(clerk: Browser, place: Place, record: RegisterRecord) -> None:
    stored = _photo(record, place.clerk)

    assert clerk.get(f"/files/{stored.id}").status_code == 200
    clerk.sign_in(place.officer)
    assert clerk.get(f"/files/{stored.id}").status_code == 404


def test_a_protected_photo_reads_its_record_once(clerk: Browser, record: RegisterRecord) -> None:
    clerk.post(f"/registers/records/{record.id}/protected", PURPOSE)
    (file_id,) = record.answers["certificate"]

    statements = list_statements(lambda: clerk.get(f"/files/{file_id}"))

    assert len([each for each in statements if "FROM register_record " in each]) == 1
