"""Only what changed is asked: what is known stands behind one line, and last period is taken over with one press."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from saas.accounts.services import make_viewer
from saas.domain.errors import DomainError
from saas.domain.workflow import SubmissionStatus
from saas.submissions.filling import Place as FillPlace
from saas.submissions.filling import get_place
from saas.submissions.models import Collection
from saas.submissions.repeating import repeat_last
from tests.browser import Browser
from tests.factories_forms import make_collection, make_submission, make_version
from tests.submissions.conftest import Place
from tests.submissions.steps import later, submissions

SIGNED = SubmissionStatus.SIGNED_OFF
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)


def question(prefill: str, **keys: Any) -> dict[str, Any]:
    return {"type": "integer", "name": "n", "label": "数", "measure": "人", "prefill": prefill, **keys}


def collect(*fields: Mapping[str, Any]) -> Collection:
    return make_collection(make_version(None, *fields))


def filling(place: Place, collection: Collection, start: date = MARCH) -> FillPlace:
    return get_place(collection.id, place.village.id, start.isoformat(), make_viewer(place.clerk))


def path_of(place: Place, collection: Collection, period: str = "2026-03-01") -> str:
    return f"/submissions/fill/{collection.id}/{place.village.id}/{period}"


def test_what_is_filled_in_already_stands_behind_one_line(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"residents": 1250}
    group = {"type": "begin_group", "name": "g", "label": "人口", "fields": [question("attribute:residents")]}
    collection = collect(
        {"type": "text", "name": "t", "label": "情况"}, group, question("unit:code", type="text", name="c")
    )

    whole = clerk.get(path_of(place, collection)).text
    changed = clerk.get(f"{path_of(place, collection)}?view=changes").text

    assert "<details" not in whole.partition('id="questions"')[2].partition("form-fill__actions")[0]
    assert "只看需要填写的" in whole
    assert "已预填 2 项，展开核对" in changed
    assert 'name="g.n" value="1250"' in changed


def test_a_question_that_was_changed_comes_out_of_the_fold(clerk: Browser, place: Place) -> None:
    collection = collect(question("unit:code", type="text"), question("unit:name", type="text", name="m"))
    form = {"n": "改过", "m": "柳塘村", ":view": "changes", "version": "0"}

    looked = clerk.post(path_of(place, collection), form, htmx=True).text
    saved = clerk.post(path_of(place, collection), form)

    assert "已预填 1 项，展开核对" in looked
    assert "已修改（原 " in looked
    assert saved.location.endswith("?view=changes")


def test_last_period_is_taken_over_with_one_press(clerk: Browser, place: Place) -> None:
    make_submission(
        place.collection,
        place.village,
        period_start=FEBRUARY,
        status=SIGNED,
        answers={
            "patrols": 9,
            "rubbish": {"not_applicable": True},
            "photo": ["x"],
            "homes": [{"number": "12号", "people": 3}],
        },
    )
    assert "与上期相同，全部沿用" in clerk.get(place.fill_path()).text

    response = clerk.post(f"{place.fill_path()}/repeat-last")

    submission = submissions()[-1]
    assert response.status_code == 303
    assert submission.status is SubmissionStatus.DRAFT
    assert submission.answers["patrols"] == 9
    assert submission.answers["rubbish"] == {"not_applicable": True}
    assert submission.answers["photo"] is None
    assert submission.answers["homes"] == [{"number": "12号", "people": 3}]
    assert set(submission.origins) == {"patrols", "homes"}
    page = clerk.get(response.location).text
    assert "已预填 1 项，展开核对" in page
    assert "来自：2026年2月填报" in page


def test_taking_over_leaves_what_was_answered_already(clerk: Browser, place: Place) -> None:
    make_submission(
        place.collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"patrols": 9, "remark": "照旧"}
    )
    clerk.post(place.fill_path(), {"patrols": "4", "version": "0"})

    clerk.post(f"{place.fill_path()}/repeat-last")

    submission = submissions()[-1]
    assert (submission.answers["patrols"], submission.answers["remark"]) == (4, "照旧")
    assert list(submission.origins) == ["remark"]


def test_rows_that_were_taken_over_and_changed_say_so(clerk: Browser, place: Place) -> None:
    make_submission(
        place.collection,
        place.village,
        period_start=FEBRUARY,
        status=SIGNED,
        answers={"patrols": 9, "homes": [{"number": "12号", "people": 3}]},
    )
    clerk.post(f"{place.fill_path()}/repeat-last")
    version = str(submissions()[-1].version)

    form = {"patrols": "9", "homes[0].number": "12号", "homes[0].people": "4", "version": version, ":view": "changes"}
    clerk.post(place.fill_path(), form)

    page = clerk.get(f"{place.fill_path()}?view=changes").text
    assert 'name="homes[0].people" value="4"' in page.partition("</details>")[2]


def test_without_a_last_report_nothing_can_be_taken_over(clerk: Browser, place: Place) -> None:
    assert "全部沿用" not in clerk.get(place.fill_path()).text
    assert clerk.post(f"{place.fill_path()}/repeat-last").status_code == 409
    with pytest.raises(DomainError):
        repeat_last(filling(place, place.collection), actor=place.clerk)


def test_only_a_filler_takes_over_and_only_in_time(clerk: Browser, browser: Browser, place: Place) -> None:
    make_submission(place.collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"patrols": 9})
    with later(browser, place, datetime(2026, 5, 1, 1, 0, tzinfo=UTC)):
        assert clerk.post(f"{place.fill_path()}/repeat-last").status_code == 409
    assert clerk.post(f"{place.fill_path(place.neighbour)}/repeat-last").status_code == 404
    browser.sign_in(place.office)
    assert browser.post(f"{place.fill_path()}/repeat-last").status_code == 403
