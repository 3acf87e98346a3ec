"""Files in pieces: begun, sent on where they stopped, finished once, and forgotten when nobody goes on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import at_moment, db
from saas.files import uploads
from saas.files.checks import ATTACHMENTS, IMAGES, MAX_SIZE, FileRefused
from saas.files.models import FileUpload, StoredFile
from saas.files.storage import file_store
from saas.jobs.daily import do_daily_work
from saas.jobs.registry import load_kinds
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import make_user
from tests.files.samples import picture
from tests.submissions.conftest import Place, clerk, now, place

__all__ = ["clerk", "now", "place"]  # the fixtures of filling

PHOTO = picture(size=(320, 240))
SUBJECT = uuid.UUID(int=7)


@pytest.fixture
def person(tenant: Tenant) -> User:
    return make_user(Role.VILLAGE_CLERK)


def begun(person: User, token: str = "f-token-1", size: int = len(PHOTO)) -> FileUpload:
    return uploads.start_upload(
        token=token, name="现场.jpg", size=size, subject_type="submission", subject_id=SUBJECT, actor=person
    )


def sent(upload: FileUpload, content: bytes = PHOTO, piece: int = 700) -> FileUpload:
    for offset in range(0, len(content), piece):
        uploads.take_piece(upload, offset, content[offset : offset + piece])
    return upload


def test_a_photo_in_pieces_is_checked_and_kept_like_any_other(person: User) -> None:
    stored = uploads.finish_upload(sent(begun(person)), actor=person, allowed=IMAGES)

    assert (stored.media_type, stored.subject_id, stored.name) == ("image/jpeg", SUBJECT, "现场.jpg")
    assert file_store().has(stored.tenant_id, stored.digest)


def test_it_goes_on_where_it_stopped(person: User) -> None:
    uploads.take_piece(begun(person), 0, PHOTO[:700])

    again = begun(person)

    assert again.received == 700
    uploads.take_piece(again, 700, PHOTO[700:])
    assert uploads.finish_upload(again, actor=person, allowed=IMAGES).media_type == "image/jpeg"


def test_a_piece_that_came_twice_changes_nothing(person: User) -> None:
    upload = begun(person)
    uploads.take_piece(upload, 0, PHOTO[:700])

    assert uploads.take_piece(upload, 0, b"x" * 700) == 700
    assert file_store().read_waiting(upload.tenant_id, upload.id) == PHOTO[:700]


@pytest.mark.parametrize(("offset", "piece"), [(900, b"x"), (-1, b"x"), (700, b""), (700, b"x" * len(PHOTO))])
def test_a_piece_that_does_not_follow_is_refused_with_where_to_go_on(person: User, offset: int, piece: bytes) -> None:
    upload = begun(person)
    uploads.take_piece(upload, 0, PHOTO[:700])

    with pytest.raises(uploads.WrongOffset) as wrong:
        uploads.take_piece(upload, offset, piece)

    assert wrong.value.received == 700


def test_bytes_that_the_store_has_lost_are_asked_for_again(person: User) -> None:
    upload = begun(person)
    uploads.take_piece(upload, 0, PHOTO[:700])
    uploads.drop_waiting(upload)

    with pytest.raises(uploads.WrongOffset) as wrong:
        uploads.take_piece(upload, 700, PHOTO[700:1400])

    assert wrong.value.received == 0
    assert uploads.finish_upload(sent(upload), actor=person, allowed=IMAGES).size > 0


def test_an_incomplete_file_is_not_finished(person: User) -> None:
    upload = begun(person)
    uploads.take_piece(upload, 0, PHOTO[:700])

    with pytest.raises(uploads.WrongOffset):
        uploads.finish_upload(upload, actor=person, allowed=IMAGES)


def test_finishing_twice_keeps_one_file(person: User) -> None:
    upload = sent(begun(person))

    first = uploads.finish_upload(upload, actor=person, allowed=IMAGES)
    second = uploads.finish_upload(upload, actor=person, allowed=IMAGES)

    assert first.id == second.id
    assert len(db.session.scalars(select(StoredFile)).all()) == 1


@pytest.mark.parametrize("content", [b"MZ" + b"x" * 2000, b"<html><script>" + b"x" * 2000, PHOTO[:200]])
def test_what_may_not_be_kept_is_refused_at_the_end(person: User, content: bytes) -> None:
    upload = sent(begun(person, size=len(content)), content)

    with pytest.raises(FileRefused):
        uploads.finish_upload(upload, actor=person, allowed=IMAGES)


@pytest.mark.parametrize("size", [0, -5, max(MAX_SIZE[each] for each in ATTACHMENTS) + 1])
def test_a_size_that_is_too_small_or_too_large_is_refused_at_once(person: User, size: int) -> None:
    with pytest.raises(FileRefused):
        begun(person, size=size)


@pytest.mark.parametrize("token", ["", "short", "../../etc/passwd", "x" * 101])
def test_a_token_that_is_none_is_refused(person: User, token: str) -> None:
    with pytest.raises(FileRefused):
        begun(person, token=token)


def test_the_same_token_for_another_file_is_refused(person: User) -> None:
    begun(person)

    with pytest.raises(FileRefused, match="不是同一个"):
        begun(person, size=5)


def test_one_person_sends_only_so_many_at_a_time(person: User) -> None:
    for number in range(uploads.MAX_OPEN):
        begun(person, token=f"f-token-{number}")

    with pytest.raises(FileRefused, match="还没有传完"):
        begun(person, token="f-token-more")
    assert begun(make_user(Role.VILLAGE_CLERK), token="f-token-more").received == 0


def test_nobody_else_finds_the_upload(person: User) -> None:
    upload = begun(person)

    with pytest.raises(NoResultFound):
        uploads.get_own_upload(upload.id, make_user(Role.OFFICE))


def test_what_nobody_goes_on_with_is_forgotten_by_the_work_of_the_day(person: User) -> None:
    upload = begun(person)
    uploads.take_piece(upload, 0, PHOTO[:700])
    day = datetime.now(UTC)

    load_kinds()  # what speaks to people is asked for as a job of its own at night
    do_daily_work(day.date())
    assert len(db.session.scalars(select(FileUpload)).all()) == 1
    with at_moment(day + uploads.KEPT_FOR + timedelta(hours=1)):
        uploads.drop_stale_uploads()

    assert db.session.scalars(select(FileUpload)).all() == []
    assert file_store().waiting_size(upload.tenant_id, upload.id) == 0


# --- through the pages ----------------------------------------------------------------------------------------------


def start(browser: Browser, place: Place, **changed: object) -> dict[str, Any]:
    details = {"token": "f-page-token", "name": "现场.jpg", "size": len(PHOTO), "field": "photo", **changed}
    response = browser.post(place.fill_path() + "/uploads", details)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def test_a_photo_is_begun_sent_finished_and_kept_with_the_draft(clerk: Browser, place: Place) -> None:
    begun = start(clerk, place)
    half = len(PHOTO) // 2
    clerk.client.post(f"{begun['pieces']}?offset=0", data=PHOTO[:half])
    assert clerk.get(begun["pieces"]).get_json() == {"received": half, "size": len(PHOTO), "file": ""}
    clerk.client.post(f"{begun['pieces']}?offset={half}", data=PHOTO[half:])

    kept = clerk.post(begun["finish"], {"field": "photo"}).get_json()
    saved = clerk.post(
        place.fill_path(), {"patrols": "1", "photo:kept": kept["file"], "version": begun["version"], "action": "save"}
    )

    assert saved.status_code == 303
    page = clerk.get(place.fill_path())
    assert kept["thumbnail"] in page.text
    assert clerk.get(kept["url"]).status_code == 200


def test_a_gap_is_answered_with_what_has_arrived(clerk: Browser, place: Place) -> None:
    begun = start(clerk, place)

    response = clerk.client.post(f"{begun['pieces']}?offset=50", data=PHOTO[50:])

    assert response.status_code == 409
    assert response.get_json() == {"received": 0}


def test_a_field_that_takes_no_files_is_refused(clerk: Browser, place: Place) -> None:
    details = {"token": "f-page-token", "name": "a.jpg", "size": "10", "field": "patrols"}

    assert clerk.post(place.fill_path() + "/uploads", details).status_code == 422


def test_a_refused_file_says_why_and_may_be_sent_again(clerk: Browser, place: Place) -> None:
    begun = start(clerk, place, size=4)
    clerk.client.post(f"{begun['pieces']}?offset=0", data=b"MZxx")

    response = clerk.post(begun["finish"], {"field": "photo"})

    assert response.status_code == 422
    assert "现场.jpg" in response.get_json()["message"]
    assert start(clerk, place)["received"] == 0


def test_somebody_else_neither_sees_nor_sends_nor_finishes_it(clerk: Browser, place: Place) -> None:
    begun = start(clerk, place)
    clerk.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.neighbour))

    assert clerk.get(begun["pieces"]).status_code == 404
    assert clerk.post(begun["pieces"] + "?offset=0").status_code == 404
    assert clerk.post(begun["finish"], {"field": "photo"}).status_code == 404


def test_what_was_typed_before_the_photo_began_the_draft_is_kept(clerk: Browser, place: Place) -> None:
    start(clerk, place)

    saved = clerk.post(place.fill_path(), {"patrols": "3", "version": "0"}, headers={"X-Autosave": "true"})

    assert saved.status_code == 204
    assert clerk.post(place.fill_path(), {"patrols": "4", "version": "0"}).status_code == 409


def test_a_draft_that_somebody_else_began_with_a_photo_is_not_written_over(clerk: Browser, place: Place) -> None:
    start(clerk, place)
    clerk.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.village))

    assert clerk.post(place.fill_path(), {"patrols": "3", "version": "0"}).status_code == 409
