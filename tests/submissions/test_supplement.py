"""A newer version of a form: drafts move to it or stay, and what was signed is supplemented by what it asks besides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.errors import DomainError, InvalidTransition
from saas.domain.fields import form_from_mapping
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.services import publish
from saas.submissions import revisions
from saas.submissions.models import RevisionKind, Submission
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import QUESTIONS, make_collection, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import review, submissions

PATROLS, RUBBISH, REMARK, PHOTO, HOMES = QUESTIONS
BINS: Mapping[str, Any] = {"type": "integer", "name": "bins", "label": "垃圾桶数", "required": True, "measure": "个"}
KILOS = {**RUBBISH, "measure": "公斤"}
FILED: Mapping[str, Any] = {
    "patrols": 12,
    "rubbish": "3.5",
    "remark": "正常",
    "homes": [{"number": "一号", "people": 3}],
}


def publish_next(place: Place, *fields: Mapping[str, Any]) -> FormVersion:
    """A further version of the form, asking these questions."""
    number = 1 + len(
        db.session.scalars(select(FormVersion).where(FormVersion.form_id == place.collection.form_id)).all()
    )
    version = make_version(place.collection.form, *fields, status=VersionStatus.DRAFT, number=number)
    publish(version, actor=make_user(Role.SYSTEM_ADMIN), is_acknowledged=True)
    db.session.commit()
    return version


def draft(place: Place) -> Submission:
    return make_submission(place.collection, place.village, answers=FILED)


def signed(place: Place, **columns: Any) -> Submission:
    return make_submission(
        place.collection, place.village, status=SubmissionStatus.SIGNED_OFF, answers=FILED, **columns
    )


def version_of(submission: Submission) -> int:
    return db.session.get_one(FormVersion, (submission.tenant_id, submission.form_version_id)).number


def last_saved() -> Mapping[str, Any]:
    event = select(AuditEvent).where(AuditEvent.action == "submission.saved").order_by(AuditEvent.id.desc()).limit(1)
    return db.session.scalars(event).one().details


def move(browser: Browser, submission: Submission) -> int:
    version = {"version": str(submission.version)}
    return browser.post(f"/submissions/{submission.id}/newer-version", version).status_code


# --- drafts ------------------------------------------------------------------------------------------------------


def test_a_draft_stays_on_its_version_until_the_clerk_moves_it(clerk: Browser, place: Place) -> None:
    submission = draft(place)
    publish_next(place, PATROLS, KILOS, REMARK, PHOTO, HOMES, BINS)

    page = clerk.get(place.fill_path()).text

    assert "这张表已有第 2 版" in page
    assert "新版另外要填：清运垃圾、垃圾桶数" in page
    assert "清运垃圾：3.5 吨" in page  # what would not be taken over
    assert 'name="bins"' not in page
    response = clerk.post(place.fill_path(), {"patrols": "13", "version": str(submission.version), "action": "check"})
    assert response.status_code == 303
    assert version_of(submission) == 1


def test_one_click_moves_a_draft_with_what_the_new_version_takes(clerk: Browser, place: Place) -> None:
    submission = draft(place)
    newest = publish_next(place, PATROLS, KILOS, REMARK, PHOTO, HOMES, BINS)

    assert move(clerk, submission) == 303

    assert submission.form_version_id == newest.id
    answers = {"patrols": 12, "rubbish": None, "remark": "正常", "photo": None, "bins": None}
    assert submission.answers == {**answers, "homes": [{"number": "一号", "people": 3}]}
    assert last_saved()["lost"] == ["清运垃圾"]
    page = clerk.get(place.fill_path()).text
    assert "没有带入：清运垃圾（原填 3.5 吨）" in page
    assert "这张表已有" not in page
    assert 'name="bins"' in page


def test_a_draft_of_the_present_version_is_offered_nothing(clerk: Browser, place: Place) -> None:
    submission = draft(place)

    assert "改用新版" not in clerk.get(place.fill_path()).text
    with pytest.raises(DomainError) as refused:
        revisions.use_newer_version(submission, actor=place.clerk)
    assert refused.value.code == "no_newer_version"


@pytest.mark.parametrize("status", [SubmissionStatus.SUBMITTED, SubmissionStatus.RETURNED, SubmissionStatus.SIGNED_OFF])
def test_only_a_draft_moves(clerk: Browser, place: Place, status: SubmissionStatus) -> None:
    submission = make_submission(place.collection, place.village, status=status)
    publish_next(place, *QUESTIONS, BINS)

    assert move(clerk, submission) == 409
    assert version_of(submission) == 1


def test_a_draft_that_was_changed_elsewhere_does_not_move(clerk: Browser, place: Place) -> None:
    submission = draft(place)
    publish_next(place, *QUESTIONS, BINS)

    assert clerk.post(f"/submissions/{submission.id}/newer-version", {"version": "9"}).status_code == 409
    assert version_of(submission) == 1


def test_somebody_elses_draft_does_not_exist(browser: Browser, place: Place) -> None:
    submission = draft(place)
    publish_next(place, *QUESTIONS, BINS)
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=make_unit("别村", parent=place.town)))

    for action in ("newer-version", "supplement", "correct"):
        assert browser.post(f"/submissions/{submission.id}/{action}", {}).status_code == 404


def test_a_new_question_is_filled_from_its_source_when_a_draft_moves(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"bins": 14}
    submission = draft(place)
    publish_next(place, PATROLS, {**BINS, "prefill": "attribute:bins"})

    assert move(clerk, submission) == 303

    assert submission.answers == {"patrols": 12, "bins": 14}
    assert submission.origins["bins"]["source"] == "attribute:bins"


# --- supplements -------------------------------------------------------------------------------------------------


def begin(browser: Browser, submission: Submission) -> Submission:
    assert browser.post(f"/submissions/{submission.id}/supplement", {}).status_code == 303
    return submissions()[-1]


def test_a_supplement_is_offered_only_where_a_newer_version_asks_more(clerk: Browser, place: Place) -> None:
    submission = signed(place)
    path = f"/submissions/{submission.id}"
    assert "补报" not in clerk.get(path).text

    publish_next(place, *QUESTIONS[:4])
    assert "补报" not in clerk.get(path).text
    publish_next(place, *QUESTIONS[:4], BINS)

    assert "第 3 版表单另外要填：垃圾桶数" in clerk.get(path).text


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        (SubmissionStatus.DRAFT, {}),
        (SubmissionStatus.SUBMITTED, {}),
        (SubmissionStatus.SIGNED_OFF, {"is_not_applicable": True, "not_applicable_reason": "没有村道"}),
    ],
)
def test_only_what_was_signed_with_answers_is_supplemented(
    clerk: Browser, place: Place, status: SubmissionStatus, columns: dict[str, Any]
) -> None:
    submission = make_submission(place.collection, place.village, status=status, **columns)
    publish_next(place, *QUESTIONS, BINS)

    assert clerk.post(f"/submissions/{submission.id}/supplement", {}).status_code == 409
    assert submissions() == [submission]


def test_a_supplement_brings_what_was_filed_and_asks_the_rest(clerk: Browser, place: Place) -> None:
    original = signed(place)
    newest = publish_next(place, *QUESTIONS, BINS)

    added = begin(clerk, original)

    assert (added.kind, added.revision, added.supersedes_id) == (RevisionKind.SUPPLEMENT, 2, original.id)
    assert added.form_version_id == newest.id
    assert added.answers == {**FILED, "photo": None, "bins": None}
    page = clerk.get(place.fill_path()).text
    assert "只要填写新增的 1 项" in page
    assert '<a href="#q-bins">垃圾桶数</a>' in page
    assert page.count("补报：新版表单新增的问题") == 1
    changes = clerk.get(f"{place.fill_path()}?view=changes").text
    assert "展开核对" in changes
    assert "迟报" not in page


def test_the_original_stays_as_filed_until_and_after_the_supplement_is_signed(clerk: Browser, place: Place) -> None:
    original = signed(place)
    publish_next(place, *QUESTIONS, BINS)
    added = begin(clerk, original)
    answers = {"patrols": "12", "rubbish": "3.5", "bins": "20", "homes[0].number": "一号", "homes[0].people": "3"}
    clerk.post(place.fill_path(), {**answers, "version": str(added.version), "action": "check"})
    assert clerk.post(f"/submissions/{added.id}/submit", {"version": str(added.version)}).status_code == 303
    assert (original.status, original.answers) == (SubmissionStatus.SIGNED_OFF, FILED)

    case = review(place, added, "approve", "approve")

    assert added.status is SubmissionStatus.SIGNED_OFF
    assert case.content["kind"] == "supplement"
    assert (original.status, original.answers, original.form_version.number) == (SubmissionStatus.SIGNED_OFF, FILED, 1)
    page = clerk.get(f"/submissions/{added.id}").text
    assert "第 1 次补报" in page
    assert "20 个" in page
    assert "垃圾桶数" not in clerk.get(f"/submissions/{original.id}").text.replace("另外要填：垃圾桶数", "")


def test_a_supplement_under_way_is_gone_on_with(clerk: Browser, place: Place) -> None:
    original = signed(place)
    publish_next(place, *QUESTIONS, BINS)
    first = begin(clerk, original)

    assert begin(clerk, original) is first
    assert len(submissions()) == 2


def test_a_correction_and_a_supplement_do_not_run_beside_each_other(clerk: Browser, place: Place) -> None:
    original = signed(place)
    publish_next(place, *QUESTIONS, BINS)
    begin(clerk, original)

    with pytest.raises(InvalidTransition, match="另有更正或补报"):
        revisions.correct(original, actor=place.clerk)


def test_a_correction_stays_on_the_version_of_what_it_corrects(clerk: Browser, place: Place) -> None:
    original = signed(place)
    publish_next(place, *QUESTIONS, BINS)

    added = revisions.correct(original, actor=place.clerk)

    assert (added.kind, added.form_version_id) == (RevisionKind.CORRECTION, original.form_version_id)
    assert added.answers == FILED
    assert "改用新版" not in clerk.get(place.fill_path()).text


def test_no_supplement_is_asked_while_the_form_is_not_approved(clerk: Browser, place: Place) -> None:
    original = signed(place)
    place.collection.form.approved_fields = 6
    publish_next(place, *QUESTIONS, BINS)

    with pytest.raises(DomainError) as refused:
        revisions.supplement(original, actor=place.clerk)

    assert refused.value.code == "form_not_approved"


def test_a_question_in_rows_is_pointed_out_in_each_row(clerk: Browser, place: Place) -> None:
    original = signed(place)
    rows = {**HOMES, "fields": [*HOMES["fields"], {"type": "text", "name": "phone", "label": "联系电话"}]}
    newest = publish_next(place, PATROLS, RUBBISH, REMARK, PHOTO, rows)

    added = begin(clerk, original)

    asked = revisions.asked_in_supplement(added, form_from_mapping(newest.definition))
    assert asked == {"homes[0].phone": "联系电话"}


def test_a_present_version_costs_no_statement_more(clerk: Browser, place: Place) -> None:
    submission = signed(place)
    other = make_submission(make_collection(), place.village, status=SubmissionStatus.SIGNED_OFF)
    clerk.get(f"/submissions/{submission.id}")
    few = count_statements(lambda: clerk.get(f"/submissions/{other.id}"))

    assert count_statements(lambda: clerk.get(f"/submissions/{submission.id}")) == few
