"""What the county knows already stands in the template, and comes back with where it came from."""

from __future__ import annotations

from datetime import date

import pytest

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.imports.steps import apply, counts
from tests.submission_tables.steps import checked, download, drafts, fill, hints, place_of, row_of
from tests.submissions.conftest import Place

FIELDS = (
    {"type": "text", "name": "called", "label": "村名", "prefill": "unit:name"},
    {"type": "integer", "name": "stock", "label": "上月结存", "prefill": "last:left", "read_only": True},
    {"type": "integer", "name": "left", "label": "本月结存", "required": True, "min": 0},
)


@pytest.fixture
def carried(place: Place) -> Collection:
    """A form that carries over what was left; one village reported last month."""
    found = make_collection(make_version(make_form(), *FIELDS), name="物资结存")
    found.filled_by = {"superior": "township"}
    answers = {"called": "柳塘村", "stock": 1, "left": 7}
    make_submission(
        found, place.village, period_start=date(2026, 2, 1), status=SubmissionStatus.SUBMITTED, answers=answers
    )
    db.session.flush()
    return found


def test_what_is_known_stands_in_the_template(town: Browser, place: Place, carried: Collection) -> None:
    sheet = download(town, carried)["填报表"]
    row, other = row_of(sheet, place.village), row_of(sheet, place.neighbour)

    assert sheet.cell(row, place_of(sheet, "村名")).value == "柳塘村"
    assert sheet.cell(row, place_of(sheet, "上月结存")).value == 7
    assert sheet.cell(other, place_of(sheet, "上月结存")).value is None


def test_what_was_pre_filled_keeps_its_source_and_what_follows_it_cannot_be_changed(
    town: Browser, place: Place, carried: Collection
) -> None:
    sheet = (book := download(town, carried))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"上月结存": 100, "本月结存": 3})
    found = checked(town, carried, book)

    assert "由系统带出（7）" in hints(found)[f"E{row}"]
    apply(town, found)
    draft = drafts()["柳塘村"]
    assert draft.answers == {"called": "柳塘村", "stock": 7, "left": 3}
    assert set(draft.origins) == {"called", "stock"}


def test_a_first_period_without_a_source_is_answered_by_hand(town: Browser, place: Place, carried: Collection) -> None:
    sheet = (book := download(town, carried))["填报表"]
    fill(sheet, row_of(sheet, place.neighbour), {"上月结存": 4, "本月结存": 2})
    found = checked(town, carried, book)
    apply(town, found)

    assert drafts()["石桥村"].answers["stock"] == 4


def test_a_row_with_nothing_but_what_was_pre_filled_is_no_report(
    town: Browser, place: Place, carried: Collection
) -> None:
    sheet = (book := download(town, carried))["填报表"]
    fill(sheet, row_of(sheet, place.neighbour), {"上月结存": 4, "本月结存": 2})
    found = checked(town, carried, book, hand_in="yes")
    apply(town, found)

    assert counts(found) == (1, 0, 0, 0)
    assert "柳塘村" not in {name for name, draft in drafts().items() if draft.period_start == date(2026, 3, 1)}
