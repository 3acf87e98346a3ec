"""Handing in, and what comes back: withdrawn, returned, signed off, corrected."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import VersionStatus
from saas.review.models import ReviewCase
from tests.browser import Browser
from tests.factories_forms import make_version
from tests.submissions.conftest import Place, token
from tests.submissions.steps import actions, hand_in, later, review, status_of, submissions

# --- handing in -----------------------------------------------------------------------------------------------------


def test_totals_are_shown_before_handing_in(clerk: Browser, place: Place) -> None:
    form = {"patrols": "0", "homes[0].number": "1号", "homes[0].people": "3", "homes[1].number": "2号", "version": "0"}

    response = clerk.post(place.fill_path(), {**form, "action": "check"})
    page = clerk.get(response.location)

    assert response.location.endswith("/confirm")
    assert "示范户" in page.text
    assert "2</span> 条" in page.text
    assert submissions()[0].status is SubmissionStatus.DRAFT


def test_handing_in_freezes_the_content_and_starts_a_case(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)

    assert submission.status is SubmissionStatus.SUBMITTED
    assert len(submission.digest) == 64
    case = db.session.scalars(select(ReviewCase)).one()
    assert case.digest == submission.digest
    assert case.authors == [str(place.clerk.id)]
    assert case.content["answers"]["patrols"] == 12
    assert case.content["period"]["key"] == "2026-03"
    assert actions() == ["submission.saved", "submission.submitted"]


def test_handing_in_twice_is_carried_out_once(clerk: Browser, place: Place) -> None:
    clerk.post(place.fill_path(), {"patrols": "12", "version": "0", "action": "check"})
    submission = submissions()[0]
    form = {"version": str(submission.version), "send_token": token()}

    answers = [clerk.post(f"/submissions/{submission.id}/submit", form).status_code for _ in range(2)]
    without = clerk.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})

    assert answers == [303, 303]
    assert without.status_code == 409
    assert len(db.session.scalars(select(ReviewCase)).all()) == 1


def test_an_incomplete_or_changed_draft_is_not_handed_in(clerk: Browser, place: Place) -> None:
    clerk.post(place.fill_path(), {"remark": "没填次数", "version": "0"})
    submission = submissions()[0]

    incomplete = clerk.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})
    stale = clerk.post(f"/submissions/{submission.id}/submit", {"version": "0"})

    assert (incomplete.status_code, stale.status_code) == (422, 409)
    assert "请填写“保洁次数”" in incomplete.text
    assert submission.status is SubmissionStatus.DRAFT


def test_what_was_handed_in_cannot_be_filled_again(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)

    assert clerk.get(place.fill_path()).location.endswith(f"/submissions/{submission.id}")
    assert clerk.post(place.fill_path(), {"patrols": "1", "version": str(submission.version)}).status_code == 409
    assert submission.answers["patrols"] == 12


def test_a_whole_period_can_be_declared_not_applicable_with_a_reason(clerk: Browser, place: Place) -> None:
    path = f"{place.fill_path()}/not-applicable"

    without = clerk.post(path, {"reason": "  ", "version": "0"})
    assert without.status_code == 422
    assert "请填写不适用的原因" in without.text
    response = clerk.post(path, {"reason": "本村整体搬迁", "version": "0"})

    assert response.status_code == 303
    submission = submissions()[0]
    assert (submission.status, submission.is_not_applicable) == (SubmissionStatus.SUBMITTED, True)
    case = db.session.scalars(select(ReviewCase)).one()
    assert case.content["answers"] == {}
    assert "本村整体搬迁" in clerk.get(f"/submissions/{submission.id}").text


# --- coming back ----------------------------------------------------------------------------------------------------


def test_it_can_be_withdrawn_before_anybody_reviewed_it(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)
    assert "撤回" in clerk.get(f"/submissions/{submission.id}").text

    assert clerk.post(f"/submissions/{submission.id}/withdraw").status_code == 303

    assert (submission.status, submission.digest, submission.submitted_at) == (SubmissionStatus.DRAFT, "", None)
    assert actions()[-1] == "submission.withdrawn"
    assert hand_in(clerk, place, version=str(submission.version)).status is SubmissionStatus.SUBMITTED


def test_after_a_review_it_cannot_be_withdrawn(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)
    review(place, submission, "approve")

    assert clerk.post(f"/submissions/{submission.id}/withdraw").status_code == 409
    assert submission.status is SubmissionStatus.REVIEWED


def test_a_returned_one_shows_the_reason_and_is_mended_after_the_window_closed(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)
    review(place, submission, "垃圾清运量没有填")

    with later(clerk, place, datetime(2026, 4, 20, 1, 0, tzinfo=UTC)):
        assert status_of(submission) is SubmissionStatus.RETURNED
        assert "垃圾清运量没有填" in clerk.get(place.fill_path()).text
        hand_in(clerk, place, rubbish="3", version=str(submission.version))

    assert status_of(submission) is SubmissionStatus.SUBMITTED
    assert submission.is_late is False
    assert "submission.returned" in actions()


def test_what_is_signed_off_is_final_and_corrected_by_a_new_revision(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)
    review(place, submission, "approve", "approve")
    assert submission.status is SubmissionStatus.SIGNED_OFF
    assert submission.signed_off_at is not None

    with later(clerk, place, datetime(2026, 5, 1, 1, 0, tzinfo=UTC)):
        assert clerk.post(f"/submissions/{submission.id}/correct").status_code == 303
        correction = submissions()[-1]
        hand_in(clerk, place, patrols="14", version=str(correction.version))

    assert (correction.revision, correction.supersedes_id) == (2, submission.id)
    assert correction.status is SubmissionStatus.SUBMITTED
    assert (submission.status, submission.answers["patrols"]) == (SubmissionStatus.SIGNED_OFF, 12)
    assert "第 1 次更正" in clerk.get(f"/submissions/{submission.id}").text


def test_only_what_is_signed_off_is_corrected(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place)

    assert clerk.post(f"/submissions/{submission.id}/correct").status_code == 409


def test_it_is_shown_in_the_version_in_which_it_was_filed(clerk: Browser, place: Place) -> None:
    submission = hand_in(clerk, place, remark="旧版说明")
    submission.form_version.status = VersionStatus.RETIRED
    make_version(place.collection.form, {"type": "text", "name": "other", "label": "新版问题"}, number=2)

    page = clerk.get(f"/submissions/{submission.id}").text

    assert "旧版说明" in page
    assert "新版问题" not in page
    assert submission.digest[:16] in page
