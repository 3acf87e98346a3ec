"""Asking back about one answer, and answering without handing in again."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.workflow import SubmissionStatus
from saas.notifications.models import Notification
from saas.review.models import ReviewCase
from saas.review.services import approve
from saas.submissions import asking
from saas.submissions.models import FieldQuery, Submission
from saas.submissions.services import save_answers, submit
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_collection, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place, token
from tests.submissions.steps import actions, hand_in, review


@pytest.fixture
def filed(clerk: Browser, place: Place) -> Submission:
    """A report that waits for the town."""
    return hand_in(clerk, place, remark="正常")


@pytest.fixture
def officer(browser: Browser, filed: Submission, place: Place) -> Browser:
    browser.sign_in(place.officer)
    return browser


def ask(browser: Browser, submission: Submission, path: str = "patrols", question: str = "为什么比上月多？") -> int:
    return browser.post(f"/submissions/{submission.id}/questions", {"path": path, "question": question}).status_code


def queries() -> list[FieldQuery]:
    return list(db.session.scalars(select(FieldQuery).order_by(FieldQuery.asked_at, FieldQuery.id)).all())


def told(place: Place) -> list[str]:
    rows = db.session.scalars(
        select(Notification.title).where(Notification.user_id == place.clerk.id).order_by(Notification.created_at)
    )
    return list(rows.all())


def case_of(submission: Submission) -> ReviewCase:
    return db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == submission.id)).one()


def answer(browser: Browser, submission: Submission, text: str = "新增了两条路线") -> int:
    path = f"/submissions/{submission.id}/questions/{queries()[-1].id}/answer"
    return browser.post(path, {"answer": text}).status_code


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_reviewer_asks_beside_the_answer_and_the_clerk_is_told(
    officer: Browser, filed: Submission, place: Place
) -> None:
    assert f"/submissions/{filed.id}?ask=patrols" in officer.get(f"/submissions/{filed.id}").text
    form = officer.get(f"/submissions/{filed.id}?ask=patrols").text
    assert "询问“保洁次数”" in form

    assert ask(officer, filed) == 303

    (query,) = queries()
    assert (query.path, query.question, query.shown_answer) == ("patrols", "为什么比上月多？", "12 次")
    assert any("“保洁次数”有询问：为什么比上月多？" in title for title in told(place))
    assert actions()[-1] == "submission.asked"
    assert filed.status is SubmissionStatus.SUBMITTED


def test_a_reviewer_asks_from_the_page_of_the_case(officer: Browser, filed: Submission) -> None:
    case = case_of(filed)
    page = officer.get(f"/cases/{case.id}?ask=remark").text
    assert 'name="back" value="case"' in page

    form = {"path": "remark", "question": "具体指什么？", "back": "case"}
    response = officer.post(f"/submissions/{filed.id}/questions", form)

    assert f"/cases/{case.id}#" in response.location
    assert "具体指什么？" in officer.get(f"/cases/{case.id}").text


def test_an_empty_question_is_refused_beside_its_field(officer: Browser, filed: Submission) -> None:
    response = officer.post(f"/submissions/{filed.id}/questions", {"path": "patrols", "question": "字" * 201})

    assert response.status_code == 422
    assert "请写出要问什么，最多 200 字" in response.text
    assert "字" * 201 in response.text
    assert ask(officer, filed, question=" ") == 422
    assert queries() == []


def test_a_question_sent_twice_is_asked_once(officer: Browser, filed: Submission) -> None:
    form = {"path": "patrols", "question": "为什么？", "send_token": token()}
    path = f"/submissions/{filed.id}/questions"

    assert [officer.post(path, form).status_code for _ in range(2)] == [303, 303]
    assert len(queries()) == 1


def test_only_whoever_may_decide_now_may_ask(browser: Browser, filed: Submission, place: Place) -> None:
    browser.sign_in(place.office)  # the step after the town's
    assert ask(browser, filed) == 409
    assert "?ask=" not in browser.get(f"/submissions/{filed.id}").text
    browser.sign_in(place.clerk)
    assert ask(browser, filed) == 403
    browser.sign_in(make_user(Role.TOWN_OFFICER, unit=place.other_town))
    assert ask(browser, filed) == 404
    assert queries() == []

    approve(case_of(filed), actor=place.officer)
    browser.sign_in(place.office)
    assert ask(browser, filed) == 303


def test_a_draft_and_an_unknown_submission_cannot_be_asked_about(
    officer: Browser, clerk: Browser, place: Place, filed: Submission
) -> None:
    assert ask(officer, filed, path="nothing") == 409
    assert ask(officer, filed, path="homes") == 303  # it was left empty, which may be asked about
    review(place, filed, "请核对")
    assert ask(officer, filed) == 409
    response = officer.post(f"/submissions/{uuid.uuid4()}/questions", {"path": "patrols", "question": "为何？"})
    assert response.status_code == 404


def test_the_rules_hold_without_a_page(filed: Submission, place: Place) -> None:
    with pytest.raises(NotAllowed):
        asking.ask(filed, case_of(filed), path="patrols", question="为何？", actor=place.office)
    with pytest.raises(DomainError):
        asking.ask(filed, case_of(filed), path="nothing", question="为何？", actor=place.officer)
    query = asking.ask(filed, case_of(filed), path="patrols", question="为何？", actor=place.officer)
    asking.answer(filed, query, text="已核", actor=place.clerk)
    with pytest.raises(InvalidTransition):
        asking.answer(filed, query, text="再答", actor=place.clerk)


# --- answering ------------------------------------------------------------------------------------------------------


def test_the_clerk_answers_without_handing_in_again(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    ask(officer, filed)
    clerk.sign_in(place.clerk)
    page = clerk.get(f"/submissions/{filed.id}").text
    assert "为什么比上月多？" in page
    assert "有 1 条询问等待答复，在对应的项目下面填写，不用重新报送。" in page
    version = filed.version

    assert answer(clerk, filed) == 303

    assert filed.status is SubmissionStatus.SUBMITTED
    assert filed.version == version
    officer.sign_in(place.officer)
    page = officer.get(f"/submissions/{filed.id}").text
    assert "答：新增了两条路线" in page
    titles = db.session.scalars(select(Notification.title).where(Notification.user_id == place.officer.id)).all()
    assert any("询问已答复：新增了两条路线" in title for title in titles)


def test_an_empty_answer_is_refused_and_one_answer_is_enough(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    ask(officer, filed)
    clerk.sign_in(place.clerk)

    assert answer(clerk, filed, "  ") == 422
    assert answer(clerk, filed, "第一次") == 303
    assert answer(clerk, filed, "第二次") == 409
    assert queries()[0].answer == "第一次"


def test_only_a_filler_of_the_unit_answers(officer: Browser, browser: Browser, filed: Submission, place: Place) -> None:
    ask(officer, filed)
    assert answer(officer, filed) == 404  # the town fills its own forms, not the village's
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.neighbour))
    assert answer(browser, filed) == 404
    browser.sign_in(place.office)
    assert answer(browser, filed) == 403
    browser.sign_in(place.clerk)
    unknown = f"/submissions/{filed.id}/questions/{uuid.uuid4()}/answer"
    assert browser.post(unknown, {"answer": "答"}).status_code == 404


# --- returning ------------------------------------------------------------------------------------------------------


def test_the_open_questions_are_offered_as_the_reason_for_returning(officer: Browser, filed: Submission) -> None:
    ask(officer, filed)

    page = officer.get(f"/cases/{case_of(filed).id}").text

    assert "“保洁次数”：为什么比上月多？</textarea>" in page


def test_a_returned_report_shows_the_questions_where_it_is_filled(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    ask(officer, filed)
    review(place, filed, "请核对")
    clerk.sign_in(place.clerk)

    page = clerk.get(place.fill_path()).text

    assert "审核人的询问（1）" in page
    before_the_field = page.partition('name="patrols"')[0]
    assert before_the_field.count("为什么比上月多？") == 2


def test_a_correction_answers_by_itself(officer: Browser, clerk: Browser, filed: Submission, place: Place) -> None:
    ask(officer, filed)
    ask(officer, filed, path="remark", question="具体指什么？")
    review(place, filed, "请核对")
    clerk.sign_in(place.clerk)

    hand_in(clerk, place, patrols="10", remark="正常", version=str(filed.version))

    corrected, waiting = queries()
    assert corrected.answer == "已更正：12 次 → 10 次"
    assert waiting.answered_at is None


def test_protected_answers_are_not_copied_into_questions(officer: Browser, place: Place) -> None:
    name = {"type": "text", "name": "name", "label": "姓名", "sensitivity": "personal"}
    collection = make_collection(make_version(None, name))
    filed = make_submission(collection, place.village, answers={"name": "柳小禾"}, contributors=[str(place.clerk.id)])
    submit(filed, actor=place.clerk)
    query = asking.ask(filed, case_of(filed), path="name", question="请核对", actor=place.officer)
    assert "柳小禾" not in query.shown_answer

    review(place, filed, "请核对")
    save_answers(filed, {"name": "柳大禾"}, actor=place.clerk)
    submit(filed, actor=place.clerk)

    assert query.answer == "已更正"


def test_questions_and_answers_stand_in_the_history(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    ask(officer, filed)
    clerk.sign_in(place.clerk)
    answer(clerk, filed)
    officer.sign_in(place.officer)

    for path in (f"/submissions/{filed.id}", f"/cases/{case_of(filed).id}"):
        history = officer.get(path).text.partition("办理过程")[2]
        asked, answered = "“保洁次数”：为什么比上月多？", "“保洁次数”：新增了两条路线"
        assert 0 < history.index("报送") < history.index(asked) < history.index(answered)


# --- the first page and the lists -----------------------------------------------------------------------------------


def test_open_questions_are_counted_on_the_first_page_of_both(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    ask(officer, filed)
    ask(officer, filed, path="remark", question="具体指什么？")
    assert "您的 2 条询问等待答复" in officer.get("/home").text

    clerk.sign_in(place.clerk)
    assert "有 2 条询问等您答复" in clerk.get("/home").text

    answer(clerk, filed)
    assert "有 1 条询问等您答复" in clerk.get("/home").text
    clerk.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.neighbour))
    assert "条询问等您答复" not in clerk.get("/home").text


def test_reports_with_open_questions_are_found(
    officer: Browser, clerk: Browser, filed: Submission, place: Place
) -> None:
    assert str(filed.id) not in officer.get("/submissions?status=asked").text

    ask(officer, filed)

    assert str(filed.id) in officer.get("/submissions?status=asked").text
    assert "询问待答 1" in officer.get("/cases").text


def test_a_page_costs_the_same_however_many_questions_there_are(officer: Browser, filed: Submission) -> None:
    ask(officer, filed)
    officer.get(f"/submissions/{filed.id}")
    few = count_statements(lambda: officer.get(f"/submissions/{filed.id}"))
    for number in range(5):
        ask(officer, filed, question=f"第{number}问")

    assert count_statements(lambda: officer.get(f"/submissions/{filed.id}")) == few
