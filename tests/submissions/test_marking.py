"""What looks odd is marked when a report is handed in: shown, explained, listed, and never in the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import VersionStatus
from saas.submissions.earlier import reports_beside
from saas.submissions.marking import find_marks, mark_words
from saas.submissions.models import Collection, Submission
from saas.submissions.services import declare_not_applicable, submit
from tests.browser import Browser
from tests.factories import make_unit
from tests.factories_forms import make_collection, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import review

SIGNED, REVIEWED = SubmissionStatus.SIGNED_OFF, SubmissionStatus.REVIEWED
N: Mapping[str, Any] = {"type": "integer", "name": "n", "label": "受益人口", "measure": "人"}


def collect(*fields: Mapping[str, Any]) -> Collection:
    return make_collection(make_version(None, *(fields or (N,))))


def past(collection: Collection, place: Place, *values: Any) -> None:
    """Reports of the months before March, the last value being that of February."""
    for back, value in enumerate(reversed(values), start=1):
        year, month = divmod(2026 * 12 + 2 - back, 12)
        make_submission(
            collection, place.village, period_start=date(year, month + 1, 1), status=SIGNED, answers={"n": value}
        )


def peers(collection: Collection, place: Place, *values: Any, month: int = 3) -> None:
    for value in values:
        make_submission(
            collection,
            make_unit(parent=place.town),
            period_start=date(2026, month, 1),
            status=SubmissionStatus.SUBMITTED,
            answers={"n": value},
        )


def draft(collection: Collection, place: Place, **answers: Any) -> Submission:
    return make_submission(collection, place.village, answers=answers)


def kinds(submission: Submission) -> list[str]:
    return [mark.kind.value for mark in find_marks(submission)]


def hand_in(browser: Browser, submission: Submission, **form: str) -> int:
    form = {"version": str(submission.version), **form}
    return browser.post(f"/submissions/{submission.id}/submit", form).status_code


# --- what is compared with what -------------------------------------------------------------------------------------


def test_a_figure_is_held_against_the_units_own_past(place: Place) -> None:
    collection = collect()
    past(collection, place, 20, 22, 25, 28)

    assert kinds(draft(collection, place, n=30)) == ["history"]


def test_not_applicable_missing_and_returned_reports_are_no_past(place: Place) -> None:
    collection = collect()
    past(collection, place, 20, {"not_applicable": True}, None, 28)
    make_submission(
        collection, place.village, period_start=date(2025, 1, 1), status=SubmissionStatus.RETURNED, answers={"n": 21}
    )
    make_submission(
        collection,
        place.village,
        period_start=date(2025, 2, 1),
        status=SIGNED,
        answers={"n": 22},
        is_not_applicable=True,
        not_applicable_reason="未开展",
    )

    assert kinds(draft(collection, place, n=40)) == []


def test_of_a_corrected_report_only_the_newest_revision_counts(place: Place) -> None:
    collection = collect()
    past(collection, place, 20, 22, 25, 28)
    make_submission(
        collection, place.village, period_start=date(2026, 2, 1), status=SIGNED, answers={"n": 31}, revision=2
    )

    own, _ = reports_beside(draft(collection, place, n=30))

    assert [each.answers["n"] for each in own] == [31, 25, 22, 20]


def test_of_a_report_that_is_being_corrected_what_was_signed_counts(place: Place) -> None:
    collection = collect()
    past(collection, place, 20, 22, 25, 28)
    make_submission(
        collection,
        place.village,
        period_start=date(2026, 2, 1),
        status=SubmissionStatus.SUBMITTED,
        answers={"n": 310},
        revision=2,
    )

    own, _ = reports_beside(draft(collection, place, n=30))

    assert [each.answers["n"] for each in own] == [28, 25, 22, 20]


def test_another_version_counts_only_where_the_question_is_the_same(place: Place) -> None:
    collection = collect(N, {**N, "name": "m", "measure": "万人"})
    earlier = make_version(collection.form, N, {**N, "name": "m"}, number=2, status=VersionStatus.RETIRED)
    for month in range(8, 12):
        make_submission(
            collection, place.village, period_start=date(2025, month, 1), status=REVIEWED, answers={"n": 20, "m": 20}
        ).form_version_id = earlier.id
    db.session.flush()

    marks = find_marks(draft(collection, place, n=90, m=90))

    assert [(mark.path, mark.kind.value) for mark in marks] == [("n", "history")]


def test_peers_are_those_of_the_period_and_before_they_have_come_those_of_the_last(place: Place) -> None:
    collection = collect()
    peers(collection, place, *range(20, 28), month=2)
    submission = draft(collection, place, n=90)
    assert kinds(submission) == ["peers"]

    peers(collection, place, *range(86, 94))

    assert kinds(submission) == []


def test_ten_thousands_for_ones_are_seen(place: Place) -> None:
    collection = collect()
    past(collection, place, 6, 7)

    (mark,) = find_marks(draft(collection, place, n=67670))

    words = mark_words(mark.kind, mark.facts, "人")
    assert words == "约为往期（6.5 上下）的 10000 倍，请核对计量单位：人"


def test_a_form_without_figures_asks_nothing(place: Place) -> None:
    collection = collect({"type": "text", "name": "t", "label": "情况"})
    submission = draft(collection, place, t="平稳")

    assert count_statements(lambda: find_marks(submission)) == 0


def test_comparing_takes_one_statement_however_many_reports_there_are(place: Place) -> None:
    collection = collect()
    past(collection, place, 20, 21)
    submission = draft(collection, place, n=30)
    few = count_statements(lambda: find_marks(submission))

    past_more = make_submission(
        collection, place.village, period_start=date(2025, 5, 1), status=SIGNED, answers={"n": 3}
    )
    peers(collection, place, *range(50))

    assert few == 1
    assert count_statements(lambda: find_marks(submission)) == 1
    _, beside = reports_beside(submission)
    assert len(beside) == 40
    assert past_more.id


# --- explaining and handing in --------------------------------------------------------------------------------------


def test_the_filler_sees_the_marks_and_hands_in_all_the_same(clerk: Browser, place: Place) -> None:
    collection = collect({**N, "expected_max": 100})
    submission = draft(collection, place, n=140)

    page = clerk.get(f"/submissions/{submission.id}/confirm").text

    assert "高于常见的上限 100" in page
    assert 'name="explain:expected:n"' in page
    assert hand_in(clerk, submission) == 303
    assert submission.marks == [
        {"path": "n", "kind": "expected", "facts": {"value": "140", "high": "100"}, "explanation": ""}
    ]


def test_what_the_filler_says_stands_with_the_mark(clerk: Browser, place: Place) -> None:
    submission = draft(collect({**N, "expected_max": 100}), place, n=140)

    hand_in(clerk, submission, **{"explain:expected:n": "  新并入两个组 ", "explain:history:n": "没有这条"})

    assert [mark["explanation"] for mark in submission.marks] == ["新并入两个组"]
    page = clerk.get(f"/submissions/{submission.id}").text
    assert "疑点 1 处" in page
    assert "填报人说明：新并入两个组" in page


def test_many_marks_are_explained_with_one_sentence(clerk: Browser, place: Place) -> None:
    fields = [{**N, "name": name, "label": name, "expected_max": 100} for name in "abc"]
    submission = draft(collect(*fields), place, a=140, b=150, c=160)
    assert 'name="explain:*"' in clerk.get(f"/submissions/{submission.id}/confirm").text

    hand_in(clerk, submission, **{"explain:*": "三个组并入", "explain:expected:b": "另有一户迁入"})

    assert [mark["explanation"] for mark in submission.marks] == ["三个组并入", "另有一户迁入", "三个组并入"]


def test_what_was_explained_need_not_be_explained_again(clerk: Browser, place: Place) -> None:
    submission = draft(collect({**N, "expected_max": 100}), place, n=140)
    hand_in(clerk, submission, **{"explain:expected:n": "新并入两个组"})
    review(place, submission, "请核对")

    assert "新并入两个组" in clerk.get(f"/submissions/{submission.id}/confirm").text
    submit(submission, actor=place.clerk)

    assert submission.marks[0]["explanation"] == "新并入两个组"


def test_marks_are_those_of_the_moment_at_which_it_was_handed_in(clerk: Browser, place: Place) -> None:
    collection = collect()
    submission = draft(collection, place, n=30)
    hand_in(clerk, submission)

    past(collection, place, 20, 22, 25, 28)

    assert submission.marks == []
    assert "疑点" not in clerk.get(f"/submissions/{submission.id}").text.partition("填报内容")[2]


def test_what_does_not_apply_has_no_marks(place: Place) -> None:
    submission = draft(collect({**N, "expected_max": 100}), place, n=140)
    submission.marks = [{"path": "n", "kind": "expected", "facts": {}, "explanation": ""}]

    declare_not_applicable(submission, reason="没有这项工作", actor=place.clerk)

    assert submission.marks == []


def test_a_report_that_is_the_same_as_last_time_says_so(clerk: Browser, place: Place) -> None:
    fields = [{**N, "name": name, "label": name} for name in "abc"]
    collection = collect(*fields)
    answers = {"a": 1, "b": 2, "c": 3}
    make_submission(collection, place.village, period_start=date(2026, 2, 1), status=SIGNED, answers=answers)
    submission = draft(collection, place, **answers)

    hand_in(clerk, submission)

    assert "所填的 3 个数与上期完全相同" in clerk.get(f"/submissions/{submission.id}").text


# --- the reviewer ---------------------------------------------------------------------------------------------------


def test_the_reviewer_sees_marks_in_the_lists_and_finds_only_those(
    browser: Browser, clerk: Browser, place: Place
) -> None:
    odd = draft(collect({**N, "expected_max": 100}), place, n=140)
    plain = draft(collect({**N, "expected_max": 100}), place, n=40)
    for submission in (odd, plain):
        hand_in(clerk, submission)
    browser.sign_in(place.officer)

    cases = browser.get("/cases").text
    flagged = browser.get("/cases?flagged=1").text
    listed = browser.get("/submissions?status=marked").text

    assert cases.count("送达") == 2
    assert cases.count("疑点 1") == 1
    assert flagged.count("送达") == 1
    assert "疑点 1" in flagged
    assert str(odd.id) in listed
    assert str(plain.id) not in listed


def test_the_reviewer_sees_marks_beside_the_answers(browser: Browser, clerk: Browser, place: Place) -> None:
    submission = draft(collect({**N, "expected_max": 100}), place, n=140)
    hand_in(clerk, submission, **{"explain:expected:n": "新并入两个组"})
    case = review(place, submission)
    browser.sign_in(place.officer)

    page = browser.get(f"/cases/{case.id}").text

    assert "高于常见的上限 100" in page
    assert "填报人说明：新并入两个组" in page


def test_lists_cost_the_same_however_many_marks_there_are(browser: Browser, clerk: Browser, place: Place) -> None:
    collections = [collect({**N, "expected_max": 100}) for _ in range(5)]

    def cost(path: str) -> int:
        browser.get(path)
        return count_statements(lambda: browser.get(path))

    hand_in(clerk, draft(collections[0], place, n=140))
    browser.sign_in(place.officer)
    few = [cost("/cases"), cost("/submissions?status=marked")]
    browser.sign_in(place.clerk)
    for collection in collections[1:]:
        hand_in(clerk, draft(collection, place, n=140))
    browser.sign_in(place.officer)

    assert [cost("/cases"), cost("/submissions?status=marked")] == few


def test_handing_in_asks_once_for_what_stands_beside(clerk: Browser, place: Place) -> None:
    with_text = draft(collect({"type": "text", "name": "t", "label": "情况"}), place, t="平稳")
    with_figure = draft(collect(), place, n=5)
    hand_in(clerk, draft(collect(), place, n=1))

    few = count_statements(lambda: hand_in(clerk, with_text))
    more = count_statements(lambda: hand_in(clerk, with_figure))

    assert more - few == 1


# --- checks of the form itself --------------------------------------------------------------------------------------

CHECKED: tuple[Mapping[str, Any], ...] = (
    {"type": "integer", "name": "a", "label": "甲类", "measure": "件"},
    {"type": "integer", "name": "total", "label": "总数", "measure": "件"},
    {"type": "note", "name": "adds", "label": "甲类 ${a} 多于总数", "mark": True, "relevant": "${a} > ${total}"},
)


def test_a_check_of_the_form_is_explained_and_shown_to_the_reviewer(
    browser: Browser, clerk: Browser, place: Place
) -> None:
    submission = draft(collect(*CHECKED), place, a="9", total="6")
    confirm = clerk.get(f"/submissions/{submission.id}/confirm").text
    assert "甲类 9 多于总数" in confirm
    assert "explain:check:adds" in confirm

    assert hand_in(clerk, submission, **{"explain:check:adds": "含上月结转"}) == 303

    assert [(each["kind"], each["explanation"]) for each in submission.marks] == [("check", "含上月结转")]
    page = clerk.get(f"/submissions/{submission.id}").text
    assert page.count("甲类 9 多于总数") >= 2, "in the summary and beside the total"
    assert "含上月结转" in page


def test_a_form_whose_checks_hold_has_no_marks(clerk: Browser, place: Place) -> None:
    submission = draft(collect(*CHECKED), place, a="6", total="6")

    assert hand_in(clerk, submission) == 303
    assert submission.marks == []
