"""Filling a form, photos and windows, as a village clerk sees it."""

from __future__ import annotations

import io
import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.files.models import StoredFile
from tests.browser import Browser
from tests.factories_forms import make_submission
from tests.submissions.conftest import Place, token
from tests.submissions.steps import actions, hand_in, later, photo, submissions

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


def test_a_page_whose_answer_was_lost_goes_on_saving(clerk: Browser, place: Place) -> None:
    page, other = token(), token()
    headers = {"X-Autosave": "true"}
    clerk.post(place.fill_path(), {"patrols": "3", "version": "0", "send_token": page}, headers=headers)

    again = {"patrols": "4", "version": "0", "send_token": page}
    assert clerk.post(place.fill_path(), again, headers=headers).status_code == 204
    assert clerk.post(place.fill_path(), {**again, "patrols": "5"}).status_code == 303
    assert submissions()[0].answers["patrols"] == 5

    seen = {"version": str(submissions()[0].version), "send_token": other}
    clerk.post(place.fill_path(), {"patrols": "6", **seen}, headers=headers)
    assert clerk.post(place.fill_path(), again, headers=headers).status_code == 409
    assert submissions()[0].answers["patrols"] == 6


def test_a_page_with_errors_whose_answer_was_lost_can_be_sent_again(clerk: Browser, place: Place) -> None:
    form = {"patrols": "很多", "remark": "清了", "version": "0", "send_token": token()}
    assert clerk.post(place.fill_path(), form).status_code == 422

    assert clerk.post(place.fill_path(), {**form, "patrols": "3"}).status_code == 303


def test_what_was_typed_after_an_answer_was_lost_is_not_taken_for_the_same(clerk: Browser, place: Place) -> None:
    form = {"patrols": "3", "version": "0", "send_token": token()}
    clerk.post(place.fill_path(), form)

    more = clerk.post(place.fill_path(), {**form, "remark": "又写了一句"})

    assert more.status_code == 409
    assert "又写了一句" in more.text


def test_the_page_after_says_that_the_draft_was_kept(clerk: Browser, place: Place) -> None:
    form = {"patrols": "3", "version": "0", "send_token": token()}

    page = clerk.get(clerk.post(place.fill_path(), form).location).text

    assert f'name="carried-out" content="{form["send_token"]}"' in page
    assert "carried-out" not in clerk.get(place.fill_path()).text


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

    assert "上期（2026年2月）：9 次" in page
    assert 'value="9"' not in page


def test_last_periods_answers_are_those_that_were_signed(clerk: Browser, place: Place) -> None:
    for revision, status in enumerate((SubmissionStatus.SIGNED_OFF, SubmissionStatus.SUBMITTED), start=1):
        make_submission(
            place.collection,
            place.village,
            period_start=date(2026, 2, 1),
            status=status,
            revision=revision,
            answers={"patrols": 8 + revision},
        )

    assert "上期（2026年2月）：9 次" in clerk.get(place.fill_path()).text


def test_last_periods_answers_say_when_nobody_signed_them(clerk: Browser, place: Place) -> None:
    make_submission(
        place.collection,
        place.village,
        period_start=date(2026, 2, 1),
        status=SubmissionStatus.REVIEWED,
        answers={"patrols": 9},
    )

    assert "上期（2026年2月，尚未签批）：9 次" in clerk.get(place.fill_path()).text


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
    [
        (datetime(2026, 3, 21, 1, tzinfo=UTC), "已截止（2026年3月"),
        (datetime(2026, 2, 10, 1, tzinfo=UTC), "尚未开始，2026年3月1日起"),
    ],
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
