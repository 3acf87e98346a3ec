"""A form goes out as a workbook and comes back: what is filled in becomes drafts, and nothing else changes."""

from __future__ import annotations

from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.imports.steps import apply, counts, differences, errors
from tests.submission_tables.steps import checked, download, drafts, file_name, fill, hints, row_of, subject
from tests.submissions.conftest import Place


def test_a_town_fills_its_villages_in_one_workbook(town: Browser, place: Place, collection: Collection) -> None:
    book = download(town, collection)
    sheet = book["填报表"]
    fill(
        sheet,
        row_of(sheet, place.village),
        {
            "户数（户）": "１２０",
            "重量（吨）": "1,234.50",
            "最近一次": "2026.3.5",
            "发现": 4,
            "整改": 3,
            "等次": "好",
            "联系人身份证": "370101197001011234",
        },
    )
    found = checked(town, collection, book)
    assert counts(found) == (1, 0, 0, 0)
    apply(town, found)

    draft = drafts()["柳塘村"]
    assert draft.status is SubmissionStatus.DRAFT
    assert draft.answers["homes_total"] == "120" or draft.answers["homes_total"] == 120
    assert draft.answers["waste"] == {"weight": "1234.5", "last_on": "2026-03-05"}
    assert draft.answers["latrines"] == {"found": 4, "closed": 3}
    assert draft.answers["grade"] == "good"
    assert draft.answers["identity"] == "370101197001011234"
    assert draft.contributors == [str(place.officer.id)]
    assert set(drafts()) == {"柳塘村"}
