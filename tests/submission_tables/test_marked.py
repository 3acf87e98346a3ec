"""What a workbook hands in directly is marked like everything else; the page of the upload says so."""

from __future__ import annotations

from datetime import date

from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_submission
from tests.imports.steps import apply, latest
from tests.submission_tables.steps import checked, download, drafts, fill, row_of
from tests.submissions.conftest import Place

COMPLETE = {"户数（户）": 120, "重量（吨）": 3500, "发现": 4, "整改": 3, "等次": "好"}


def test_what_looks_odd_in_what_was_handed_in_is_said_and_can_be_explained(
    town: Browser, place: Place, collection: Collection
) -> None:
    for month in (1, 2):
        answers = {"homes_total": 120, "waste": {"weight": "3.5"}}
        make_submission(
            collection,
            place.village,
            period_start=date(2026, month, 1),
            status=SubmissionStatus.SIGNED_OFF,
            answers=answers,
        )
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), COMPLETE)
    apply(town, checked(town, collection, book, hand_in="yes"))

    page = town.get(f"/imports/runs/{latest().id}").text

    assert "填写完整的 1 个单位已直接报送。其中 1 个单位有疑点" in page
    assert f"/submissions?status=marked&amp;collection={collection.id}" in page
    assert "补充说明</summary>" in town.get(f"/submissions/{drafts()['柳塘村'].id}").text
