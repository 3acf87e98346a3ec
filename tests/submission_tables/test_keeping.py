"""What was checked is written without being read again, unless anything that the check looked at has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from saas.db import at_moment, db
from saas.imports.models import DataImport, ImportStatus
from saas.spreadsheets import reading
from saas.spreadsheets.reading import read_spreadsheet
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.imports.steps import apply, latest
from tests.submission_tables.steps import checked, download, drafts, fill, row_of
from tests.submissions.conftest import IN_TIME, Place

Readings = list[str]


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    """The names of the files that were opened, in their order."""
    found: Readings = []

    def noted(content: bytes, name: str) -> Any:
        found.append(name)
        return read_spreadsheet(content, name)

    monkeypatch.setattr(reading, "read_spreadsheet", noted)
    return found


def _sent(town: Browser, place: Place, collection: Collection) -> DataImport:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), {"户数（户）": 120, "重量（吨）": "3.50"})
    return checked(town, collection, book)


def test_what_was_checked_is_written_without_opening_the_file_again(
    town: Browser, place: Place, collection: Collection, readings: Readings
) -> None:
    found = _sent(town, place, collection)
    assert "kept" in found.details
    apply(town, found)
    assert len(readings) == 1
    draft = drafts()["柳塘村"]
    assert (draft.answers["homes_total"], draft.answers["waste"]["weight"]) == (120, "3.5")
    assert draft.answers["photo"] is None  # every question of the form stands in the draft
    done = latest()
    assert done.status is ImportStatus.APPLIED
    assert "kept" not in done.details


def test_a_draft_that_was_begun_is_changed_by_what_was_kept(
    town: Browser, place: Place, collection: Collection, readings: Readings
) -> None:
    make_submission(collection, place.village, answers={"homes_total": 7})
    db.session.flush()
    apply(town, _sent(town, place, collection))
    assert len(readings) == 1
    assert drafts()["柳塘村"].answers["homes_total"] == 120


def _rename(place: Place) -> None:
    place.village.short_name = "柳塘"


def _know(place: Place) -> None:
    place.village.attributes = {**place.village.attributes, "people": 7}


@pytest.mark.parametrize("change", [_rename, _know])
def test_the_file_is_read_again_when_a_unit_has_changed(
    town: Browser, place: Place, collection: Collection, readings: Readings, change: Callable[[Place], None]
) -> None:
    found = _sent(town, place, collection)
    change(place)
    db.session.flush()
    apply(town, found)
    assert len(readings) == 2
    assert latest().status is ImportStatus.APPLIED


def test_the_file_is_read_again_on_another_day(
    town: Browser, place: Place, collection: Collection, readings: Readings
) -> None:
    found = _sent(town, place, collection)
    with at_moment(IN_TIME + timedelta(days=1)):
        town.sign_in(place.officer)
        apply(town, found)
    assert len(readings) == 2
    assert drafts()["柳塘村"].answers["homes_total"] == 120


def test_after_the_window_has_closed_meanwhile_nothing_is_written(
    town: Browser, place: Place, collection: Collection, readings: Readings
) -> None:
    found = _sent(town, place, collection)
    with at_moment(IN_TIME + timedelta(days=20)):
        town.sign_in(place.officer)
        done = apply(town, found)
    assert done.status is ImportStatus.CHECKED
    assert done.details["has_moved"]
    assert drafts() == {}


@pytest.mark.parametrize(
    "key",
    [{"constraint": ". > today()"}, {"relevant": "now() > '2020-01-01'"}, {"prefill": "unit:name"}],
    ids=["day", "hour", "prefilled"],
)
def test_answers_that_hang_on_more_than_the_form_are_judged_again(
    town: Browser, place: Place, readings: Readings, key: dict[str, str]
) -> None:
    fields = (
        {"type": "integer", "name": "homes_total", "label": "户数", "measure": "户"},
        {"type": "decimal", "name": "weight", "label": "重量", "measure": "吨"},
        {"type": "date" if "constraint" in key else "text", "name": "extra", "label": "其他", **key},
    )
    collection = make_collection(make_version(make_form(name="随时间的表"), *fields), name="随时间")
    collection.filled_by = {"superior": "township"}
    db.session.flush()
    found = _sent(town, place, collection)
    assert "kept" not in found.details
    apply(town, found)
    assert len(readings) == 2
    assert drafts()["柳塘村"].answers["homes_total"] == 120


def test_what_is_put_aside_keeps_no_answers(
    town: Browser, place: Place, collection: Collection, readings: Readings
) -> None:
    found = _sent(town, place, collection)

    town.post(f"/imports/runs/{found.id}/discard", {"version": str(found.version)})

    done = latest()
    assert (done.status, "kept" in done.details) == (ImportStatus.DISCARDED, False)
