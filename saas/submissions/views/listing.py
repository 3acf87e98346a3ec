"""What my units must fill, what was handed in, and one submission as it was filed."""

from __future__ import annotations

import uuid
from datetime import date
from math import ceil
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today
from saas.domain.answers import answers_from_stored
from saas.domain.checklists import checklist_summary
from saas.domain.filed import answer_rows
from saas.domain.filing import form_totals
from saas.domain.progress import Move
from saas.domain.workflow import SUBMISSION_MOVES, SubmissionStatus, allowed_actions
from saas.htmx import render_page
from saas.review.queries import find_case_of, list_decisions_about
from saas.review.services import moves_for
from saas.submissions import queries, services
from saas.submissions.asking import may_ask
from saas.submissions.due import list_filing
from saas.submissions.explaining import may_explain
from saas.submissions.filed_page import history, remarks_on
from saas.submissions.fillers import may_fill_for
from saas.submissions.models import Submission
from saas.submissions.objecting import may_object
from saas.submissions.queries import PAGE, SubmissionFilter
from saas.submissions.revisions import asked_more
from saas.submissions.views.blueprint import bp

STATUSES = {*SubmissionStatus, "late", "not_applicable", "marked", "asked"}


@bp.get("/submissions")
@requires(Permission.SUBMISSION_VIEW)
def index() -> ResponseReturnValue:
    wanted, page = _wanted(), _page_number()
    rows, count = queries.list_submissions(current_user, wanted, page=page)
    items = list_filing(current_user, local_today())
    return render_page(
        "submissions/index.html",
        fragment="submission_list",
        to_do=[item for item in items if item.state.is_to_do],
        done=[item for item in items if item.state.is_handed_in],
        missed=[item for item in items if item.state == "missing"],
        today=local_today(),
        rows=rows,
        period_of=services.period_of_submission,
        count=count,
        page=page,
        page_count=max(1, ceil(count / PAGE)),
        wanted=wanted,
        towns=queries.list_towns(current_user),
        collections=queries.list_collections(current_user),
        list_url=_list_url(),
    )


@bp.get("/submissions/<uuid:submission_id>")
@requires(Permission.SUBMISSION_VIEW)
def show(submission_id: uuid.UUID) -> ResponseReturnValue:
    asked = request.args.get("ask", "")
    return show_submission(queries.get_submission(submission_id, current_user), path=asked)


def show_submission(
    submission: Submission, *, status: int = 200, path: str = "", text: str = "", error: str = ""
) -> ResponseReturnValue:
    """The page of a submission; at `path` one asks or answers, and `error` says what was wrong with `text`."""
    definition = services.definition_of(submission)
    answers = answers_from_stored(definition, submission.answers)
    remarks, decisions = remarks_on(submission, definition), list_decisions_about(submission.id)
    return render_page(
        "submissions/show.html",
        fragment="submission_panel",
        status=status,
        submission=submission,
        remarks=remarks,
        entries=history(decisions, remarks),
        talking={"path": path, "text": text, "error": error},
        period=services.period_of_submission(submission),
        rows=answer_rows(definition, answers),
        totals=form_totals(definition, answers),
        checklist=checklist_summary(definition, answers),
        files=services.photo_files(submission),
        decisions=decisions,
        revisions=queries.list_revisions(submission),
        **_possible(submission),
    )


def _possible(submission: Submission) -> dict[str, Any]:
    """Which buttons the page shows; each view asks again."""
    period = services.period_of_submission(submission)
    is_own = may_fill_for(submission.collection, submission.unit, current_user, period)
    case = find_case_of(submission.id) if submission.status in queries.HANDED_IN else None
    return {
        "case": case,
        "may_ask": may_ask(case, current_user.id),
        "may_answer": is_own,
        "may_explain": is_own and may_explain(submission),
        "may_object": may_object(submission, current_user),
        "may_edit": is_own and "edit" in allowed_actions(SUBMISSION_MOVES, submission.status),
        "may_withdraw": is_own
        and submission.status is SubmissionStatus.SUBMITTED
        and case is not None
        and Move.WITHDRAW in moves_for(case, current_user.id),
        "may_correct": is_own and submission.status is SubmissionStatus.SIGNED_OFF,
        "supplement": asked_more(submission) if is_own else None,
    }


def _wanted() -> SubmissionFilter:
    status = request.args.get("status", "")
    return SubmissionFilter(
        town_id=_id("town"),
        collection_id=_id("collection"),
        status=status if status in STATUSES else "",
        month=_month(request.args.get("month", "")),
    )


def _id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _page_number() -> int:
    page = request.args.get("page", 1, type=int)
    return min(max(page, 1), 100_000)


def _list_url() -> str:
    kept: dict[str, Any] = {
        name: value
        for name, value in request.args.items()
        if value and name in {"town", "collection", "status", "month"}
    }
    return url_for(".index", **kept)
