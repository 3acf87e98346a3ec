"""Photos of a record that travel in pieces before the form does."""

from __future__ import annotations

import re
import uuid

from tests.browser import Browser
from tests.registers.conftest import Place
from tests.registers.steps import form_of, make_record, records
from tests.submissions.steps import photo


def _address(page: str) -> str:
    found = re.search(r'data-uploads-url="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def _send(browser: Browser, address: str, field: str = "photos") -> str:
    content = photo().getvalue()
    details = {"token": f"f-{uuid.uuid4()}", "name": "现场.jpg", "size": str(len(content)), "field": field}
    begun = browser.post(address, details)
    assert begun.status_code == 200, begun.text
    answer = begun.get_json()
    browser.client.post(f"{answer['pieces']}?offset=0", data=content, content_type="application/octet-stream")
    kept = browser.post(answer["finish"], {"field": field})
    assert kept.status_code == 200, kept.text
    file_id: str = kept.get_json()["file"]
    return file_id


def test_a_photo_arrives_before_its_record(clerk: Browser, place: Place) -> None:
    path = f"/registers/{place.register.id}/records/new"
    page = clerk.get(path).text
    token = re.search(r'name="send_token" value="([^"]+)"', page)
    assert token is not None

    file_id = _send(clerk, _address(page))
    clerk.post(path, {"matter": "争水渠", "send_token": token[1], "photos:kept": file_id})

    assert records()[0].answers["photos"] == [file_id]


def test_a_photo_is_added_to_a_record(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    edit = f"/registers/records/{record.id}/edit"

    file_id = _send(clerk, _address(clerk.get(edit).text))
    clerk.post(edit, form_of(record, matter="争水渠", **{"photos:kept": file_id}))

    assert record.answers["photos"] == [file_id]


def test_a_field_that_takes_no_photo_takes_none(clerk: Browser, place: Place) -> None:
    address = _address(clerk.get(f"/registers/{place.register.id}/records/new").text)

    refused = clerk.post(address, {"token": "f-12345678", "name": "a.jpg", "size": "10", "field": "matter"})

    assert refused.status_code == 422


def test_nobody_sends_photos_to_a_neighbours_record(clerk: Browser, place: Place) -> None:
    theirs = make_record(place, unit=place.neighbour)
    details = {"token": "f-12345678", "name": "a.jpg", "size": "10", "field": "photos"}

    assert clerk.post(f"/registers/records/{theirs.id}/edit/uploads", details).status_code == 404
