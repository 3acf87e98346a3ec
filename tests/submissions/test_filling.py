"""Filling, checking, handing in, and what comes back, as a village clerk sees it."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.files.models import StoredFile
from saas.forms.models import VersionStatus
from saas.review.models import ReviewCase
from saas.review.services import approve, return_case
from saas.submissions import services
from saas.submissions.models import Submission
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_collection, make_submission, make_version
from tests.submissions.conftest import Place, token


@pytest.fixture
def clerk(browser: Browser, place: Place) -> Browser:
    browser.sign_in(place.clerk)
    return browser


def submissions() -> list[Submission]:
    return list(db.session.scalars(select(Submission).order_by(Submission.created_at, Submission.revision)).all())


def actions() -> list[str]:
    events = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    return [action for action in events if action.startswith("submission.")]


def hand_in(browser: Browser, place: Place, **answers: str) -> Submission:
    browser.post(place.fill_path(), {"patrols": "12", "version": "0", "action": "check", **answers})
    submission = submissions()[-1]
    browser.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})
    return submission


def review(place: Place, submission: Submission, *decisions: str) -> ReviewCase:
    case = db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == submission.id)).all()[-1]
    for who, decision in zip((place.officer, place.office), decisions, strict=False):
        if decision == "approve":
            approve(case, actor=who)
        else:
            return_case(case, actor=who, reason=decision)
    db.session.commit()
    return case


@contextmanager
def later(browser: Browser, place: Place, moment: datetime) -> Iterator[None]:
    """The clock at another moment, at which the clerk signs in again."""
    with at_moment(moment):
        browser.sign_in(place.clerk)
        yield


def status_of(submission: Submission) -> SubmissionStatus:
    return submission.status


def photo() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "white").save(file, "JPEG")
    file.seek(0)
    return file


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_with_its_trace(clerk: Browser, place: Place) -> None:
    page = clerk.get(place.fill_path())
    assert "保洁次数" in page.text
    assert "2026年3月15日" in page.text

    response = clerk.post(place.fill_path(), {"patrols": "１２", "rubbish:na": "1", "version": "0"})

    assert response.status_code == 303
    submission = submissions()[0]
    assert submission.status is SubmissionStatus.DRAFT
    assert submission.answers["patrols"] == 12
    assert submission.answers["rubbish"] == {"not_applicable": True}
    assert submission.answers["remark"] is None
    assert submission.contributors == [str(place.clerk.id)]
    assert actions() == ["submission.saved"]
    assert "草稿已保存" in clerk.get(place.fill_path()).text


def test_a_draft_need_not_be_complete(clerk: Browser, place: Place) -> None:
    assert clerk.post(place.fill_path(), {"remark": "先存一下", "version": "0"}).status_code == 303


def test_wrong_values_are_said_beside_the_field_and_the_rest_is_kept(clerk: Browser, place: Place) -> None:
    form = {"patrols": "很多", "remark": "字" * 60, "rubbish": "3.5", "version": "0"}

    response = clerk.post(place.fill_path(), form)

    assert response.status_code == 422
    assert "应填整数" in response.text
    assert "最多 50 字，现有 60 字" in response.text
    assert 'value="很多"' in response.text
    assert submissions()[0].answers["rubbish"] == "3.5"


def test_what_is_missing_is_said_when_it_is_to_be_handed_in(clerk: Browser, place: Place) -> None:
    response = clerk.post(place.fill_path(), {"homes[0].people": "3", "version": "0", "action": "check"})

    assert response.status_code == 422
    assert "请填写“保洁次数”" in response.text
    assert "请填写“门牌号”" in response.text
    assert 'href="#q-patrols"' in response.text


def test_the_autosave_answers_with_the_new_version(clerk: Browser, place: Place) -> None:
    first = clerk.post(place.fill_path(), {"patrols": "3", "version": "0"}, headers={"X-Autosave": "true"})
    second = clerk.post(
        place.fill_path(), {"patrols": "x", "version": first.headers["X-Version"]}, headers={"X-Autosave": "true"}
    )
    stale = clerk.post(place.fill_path(), {"patrols": "4", "version": "0"}, headers={"X-Autosave": "true"})

    assert (first.status_code, second.status_code, stale.status_code) == (204, 204, 409)
    assert len(submissions()) == 1


def test_a_draft_sent_twice_is_kept_once(clerk: Browser, place: Place) -> None:
    form = {"patrols": "3", "version": "0", "send_token": token()}

    first, second = clerk.post(place.fill_path(), form), clerk.post(place.fill_path(), form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert actions() == ["submission.saved"]


def test_a_stale_page_shows_what_changed_and_keeps_what_was_typed(clerk: Browser, place: Place) -> None:
    clerk.post(place.fill_path(), {"patrols": "3", "version": "0"})

    response = clerk.post(place.fill_path(), {"patrols": "7", "remark": "我的说明", "version": "0"})

    assert response.status_code == 409
    assert "已在别处更新" in response.text
    assert "3 次" in response.text
    assert 'value="7"' in response.text
    assert "我的说明" in response.text
    assert submissions()[0].answers["patrols"] == 3
    again = re.search(r'name="version" value="(\d+)"', response.text)
    assert again is not None
    assert clerk.post(place.fill_path(), {"patrols": "7", "version": again[1]}).status_code == 303


def test_rows_are_added_and_taken_out_without_scripts(clerk: Browser, place: Place) -> None:
    added = clerk.post(place.fill_path(), {"patrols": "1", "homes[0].number": "12号", "version": "0", "add": "homes"})
    page = clerk.get(added.location.partition("#")[0])
    assert 'name="homes[1].number"' in page.text

    version = str(submissions()[0].version)
    form = {"patrols": "1", "homes[0].number": "12号", "homes[1].number": "15号", "version": version}
    clerk.post(place.fill_path(), {**form, "remove": "homes[0]"})

    assert [row["number"] for row in submissions()[0].answers["homes"]] == ["15号"]


def test_last_periods_answers_stand_beside_the_fields(clerk: Browser, place: Place) -> None:
    make_submission(
        place.collection,
        place.village,
        period_start=date(2026, 2, 1),
        status=SubmissionStatus.SIGNED_OFF,
        answers={"patrols": 9},
    )

    page = clerk.get(place.fill_path()).text

    assert "上期填报：9 次" in page
    assert 'value="9"' not in page


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE submission; --"])
def test_scripts_and_formulas_are_only_text(clerk: Browser, place: Place, text: str) -> None:
    clerk.post(place.fill_path(), {"patrols": "1", "remark": text, "version": "0"})

    submission = submissions()[0]
    assert submission.answers["remark"] == text
    assert "<script>alert" not in clerk.get(f"/submissions/{submission.id}").text
    assert "<script>alert" not in clerk.get(place.fill_path()).text


# --- photos ---------------------------------------------------------------------------------------------------------


def test_photos_are_kept_shown_and_taken_out(clerk: Browser, place: Place) -> None:
    form = {"patrols": "1", "version": "0", "photo": (photo(), "a.jpg")}

    assert clerk.post(place.fill_path(), form, content_type="multipart/form-data").status_code == 303

    stored = db.session.scalars(select(StoredFile)).one()
    submission = submissions()[0]
    assert submission.answers["photo"] == [str(stored.id)]
    assert f"/files/{stored.id}" in clerk.get(place.fill_path()).text
    assert clerk.get(f"/files/{stored.id}").status_code == 200
    kept = {"patrols": "1", "photo:kept": str(stored.id), "version": str(submission.version)}
    clerk.post(place.fill_path(), kept)
    assert submission.answers["photo"] == [str(stored.id)]
    clerk.post(place.fill_path(), {**kept, "photo-remove": str(stored.id), "version": str(submission.version)})
    assert submission.answers["photo"] is None


def test_a_photo_that_is_none_and_a_photo_of_somebody_else_are_refused(clerk: Browser, place: Place) -> None:
    no_photo = {"patrols": "1", "version": "0", "photo": (io.BytesIO(b"MZ\x90"), "a.jpg")}
    refused = clerk.post(place.fill_path(), no_photo, content_type="multipart/form-data")
    foreign = clerk.post(
        place.fill_path(), {"patrols": "1", "photo:kept": str(uuid.uuid4()), "version": str(submissions()[0].version)}
    )

    assert (refused.status_code, foreign.status_code) == (422, 422)
    assert "照片无效" in foreign.text
    assert db.session.scalars(select(StoredFile)).all() == []


def test_too_many_photos_are_not_kept_in_part(clerk: Browser, place: Place) -> None:
    form: dict[str, Any] = {"patrols": "1", "version": "0", "photo": [(photo(), f"{name}.jpg") for name in "abc"]}

    response = clerk.post(place.fill_path(), form, content_type="multipart/form-data")

    assert response.status_code == 422
    assert "最多 2 张照片" in response.text
    assert db.session.scalars(select(StoredFile)).all() == []


# --- windows --------------------------------------------------------------------------------------------------------


def test_15_march_2350_is_in_time(clerk: Browser, place: Place) -> None:
    with later(clerk, place, datetime(2026, 3, 15, 15, 50, tzinfo=UTC)):
        submission = hand_in(clerk, place)

    assert submission.status is SubmissionStatus.SUBMITTED
    assert submission.is_late is False


def test_within_the_days_of_grace_it_is_marked_late(clerk: Browser, place: Place) -> None:
    with later(clerk, place, datetime(2026, 3, 16, 1, 0, tzinfo=UTC)):
        assert "注明“迟报”" in clerk.get(place.fill_path()).text

        submission = hand_in(clerk, place)

    assert submission.status is SubmissionStatus.SUBMITTED
    assert submission.is_late


@pytest.mark.parametrize(
    ("day", "message"),
    [(datetime(2026, 3, 21, 1, tzinfo=UTC), "已截止"), (datetime(2026, 2, 10, 1, tzinfo=UTC), "尚未开始")],
)
def test_outside_the_window_nothing_is_taken_and_what_was_typed_is_kept(
    clerk: Browser, place: Place, day: datetime, message: str
) -> None:
    with later(clerk, place, day):
        assert message in clerk.get(place.fill_path()).text
        response = clerk.post(place.fill_path(), {"patrols": "12", "remark": "打好的字", "version": "0"})

    assert response.status_code == 409
    assert message in response.text
    assert "打好的字" in response.text
    assert submissions() == []


def test_an_expired_form_cannot_be_filled(clerk: Browser, place: Place) -> None:
    place.collection.form.expires_on = date(2026, 3, 9)

    assert "已停用或已过有效期" in clerk.get(place.fill_path()).text
    assert clerk.post(place.fill_path(), {"patrols": "1", "version": "0"}).status_code == 409
    assert submissions() == []


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


# --- who may --------------------------------------------------------------------------------------------------------


def test_others_may_not_fill(browser: Browser, place: Place) -> None:
    submission = make_submission(place.collection, place.village)
    browser.sign_in(place.office)

    for path in (place.fill_path(), f"{place.fill_path()}/not-applicable", f"/submissions/{submission.id}/submit"):
        assert browser.post(path, {"version": "0"}).status_code == 403, path
    assert browser.get(f"/submissions/{submission.id}").status_code == 200


def test_a_clerk_sees_only_the_own_village(clerk: Browser, place: Place, unknown_id: uuid.UUID) -> None:
    theirs = make_submission(place.collection, place.neighbour)

    for submission_id in (theirs.id, unknown_id):
        assert clerk.get(f"/submissions/{submission_id}").status_code == 404
        for action in ("submit", "withdraw", "correct"):
            assert clerk.post(f"/submissions/{submission_id}/{action}", {}).status_code == 404, action
    assert clerk.get(place.fill_path(place.neighbour)).status_code == 404


def test_an_officer_sees_the_own_town_but_does_not_fill_for_a_village(browser: Browser, place: Place) -> None:
    near, far = make_submission(place.collection, place.village), make_submission(place.collection, place.far_village)
    browser.sign_in(place.officer)

    assert browser.get(f"/submissions/{near.id}").status_code == 200
    assert browser.get(f"/submissions/{far.id}").status_code == 404
    assert browser.get(place.fill_path()).status_code == 404
    assert browser.post(f"/submissions/{near.id}/submit", {"version": "1"}).status_code == 404


def test_another_countys_place_and_an_unknown_one_are_the_same(
    clerk: Browser, place: Place, other_tenant: Tenant, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(other_tenant.id):
        unit = make_unit("外村")
        collection = make_collection()
        theirs = make_submission(collection, unit)

    for submission_id, collection_id, unit_id in (
        (theirs.id, collection.id, unit.id),
        (unknown_id, unknown_id, unknown_id),
    ):
        assert clerk.get(f"/submissions/{submission_id}").status_code == 404
        assert clerk.get(f"/submissions/fill/{collection_id}/{unit_id}/2026-03-01").status_code == 404
        assert clerk.post(f"/submissions/fill/{collection_id}/{place.village.id}/2026-03-01", {}).status_code == 404
        assert clerk.post(f"/submissions/{submission_id}/submit", {}).status_code == 404


@pytest.mark.parametrize("period", ["2026-03-02", "yesterday", "2024-01-01"])
def test_a_day_that_begins_no_period_is_not_found(clerk: Browser, place: Place, period: str) -> None:
    assert clerk.get(place.fill_path(period=period)).status_code == 404


def test_a_unit_outside_the_cohort_is_not_asked(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get(place.fill_path(place.town)).status_code == 404


def test_whoever_filled_does_not_review(clerk: Browser, place: Place) -> None:
    both = make_user(Role.VILLAGE_CLERK, unit=place.village)
    submission = hand_in(clerk, place)
    services.withdraw(submission, actor=place.clerk)
    clerk.sign_in(both)
    clerk.post(place.fill_path(), {"patrols": "9", "version": str(submission.version)}, headers={"X-Autosave": "true"})

    assert submission.contributors == [str(place.clerk.id), str(both.id)]
