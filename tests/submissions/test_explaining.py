"""Something can be said to a mark after the report was handed in, while somebody still looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Submission
from tests.browser import Browser
from tests.factories_forms import make_submission
from tests.submissions.conftest import Place

ODD: list[dict[str, Any]] = [
    {"path": "patrols", "kind": "history", "facts": {"low": "1", "high": "4", "count": "4"}, "explanation": ""},
    {"path": "", "kind": "same", "facts": {"count": "3"}, "explanation": "确实一样"},
]
HANDED_IN = SubmissionStatus.SUBMITTED


@pytest.fixture
def filed(place: Place) -> Submission:
    return make_submission(place.collection, place.village, status=HANDED_IN, marks=ODD, answers={"patrols": 12})


def said(submission: Submission) -> list[str]:
    db.session.refresh(submission)
    return [each["explanation"] for each in submission.marks]


def test_what_was_not_explained_can_be_explained_later(clerk: Browser, filed: Submission) -> None:
    page = clerk.get(f"/submissions/{filed.id}").text
    assert 'name="explain:history:patrols"' in page
    assert 'name="explain:same:"' not in page

    form = {"explain:history:patrols": " 新增一条路 ", "explain:same:": "改口", "explain:peers:patrols": "没有这一条"}
    response = clerk.post(f"/submissions/{filed.id}/explanations", form)

    assert said(filed) == ["新增一条路", "确实一样"]
    page = clerk.get(response.location).text
    assert "已补充说明，审核人会看到" in page
    assert "填报人说明：新增一条路" in page
    assert "补充说明</summary>" not in page
    event = db.session.query(AuditEvent).filter_by(action="submission.explained").one()
    assert event.details["paths"] == ["patrols"]


def test_many_marks_are_explained_at_once(clerk: Browser, place: Place) -> None:
    marks = [{**ODD[0], "path": path} for path in ("patrols", "rubbish", "homes")]
    filed = make_submission(place.collection, place.village, status=HANDED_IN, marks=marks, answers={"patrols": 12})
    assert 'name="explain:*"' in clerk.get(f"/submissions/{filed.id}").text

    clerk.post(f"/submissions/{filed.id}/explanations", {"explain:*": "集中整治", "explain:history:rubbish": "清了"})

    assert said(filed) == ["集中整治", "清了", "集中整治"]


def test_nothing_said_is_nothing_kept(clerk: Browser, filed: Submission) -> None:
    response = clerk.post(f"/submissions/{filed.id}/explanations", {"explain:history:patrols": "  "})

    assert "没有新的说明" in clerk.get(response.location).text
    assert db.session.query(AuditEvent).filter_by(action="submission.explained").count() == 0


def test_what_was_signed_is_not_explained_any_more(clerk: Browser, place: Place) -> None:
    signed = make_submission(place.collection, place.village, status=SubmissionStatus.SIGNED_OFF, marks=ODD)

    assert "补充说明</summary>" not in clerk.get(f"/submissions/{signed.id}").text
    assert clerk.post(f"/submissions/{signed.id}/explanations", {"explain:history:patrols": "晚了"}).status_code == 409


def test_only_those_who_fill_explain(browser: Browser, place: Place, filed: Submission) -> None:
    browser.sign_in(place.officer)

    assert "补充说明</summary>" not in browser.get(f"/submissions/{filed.id}").text
    answer = browser.post(f"/submissions/{filed.id}/explanations", {"explain:history:patrols": "别人说的"})
    assert answer.status_code == 404
