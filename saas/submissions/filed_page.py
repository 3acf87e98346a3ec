"""What stands beside the lines of a filed report: where an answer came from, what looked odd, what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from saas.domain.fields import FormDefinition
from saas.forms.fill_form import field_id
from saas.local import local_time
from saas.review.models import ReviewDecision
from saas.submissions.asking import ShownQuery, list_queries, rows_to_ask
from saas.submissions.flags import HANDED_IN
from saas.submissions.marking import ShownMark, show_frozen
from saas.submissions.models import Submission
from saas.submissions.objecting import WHOLE
from saas.submissions.prefilling import origins_of

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """What stands beside one line."""

    origin: str = ""
    marks: Sequence[ShownMark] = ()
    queries: Sequence[ShownQuery] = ()


@dataclass(frozen=True, slots=True)
class Remarks:
    """What stands beside the lines of a report, by path, and what is said of the whole of it."""

    lines: Mapping[str, Line]
    marks: Sequence[ShownMark]
    queries: Sequence[ShownQuery]
    labels: Mapping[str, str]

    def anchor(self, path: str) -> str:
        """The HTML id of a line."""
        return f"line-{field_id(path)}"

    @property
    def whole(self) -> Sequence[ShownMark]:
        """What looked odd about the report as a whole."""
        return [mark for mark in self.marks if not mark.path]

    @property
    def open_count(self) -> int:
        """How many questions wait for an answer."""
        return sum(each.is_open for each in self.queries)


def remarks_on(submission: Submission, definition: FormDefinition) -> Remarks:
    """Everything beside a report. Marks are those of the last time it was handed in. One statement."""
    is_filed = submission.status in HANDED_IN and not submission.is_not_applicable
    marks = show_frozen(definition, submission.marks) if is_filed else []
    queries = list_queries(submission.id)
    origins = origins_of(submission.origins, submission.answers)
    paths = {*origins, *(mark.path for mark in marks), *(each.query.path for each in queries)}
    lines = {
        path: Line(
            origins[path].words if path in origins else "",
            [mark for mark in marks if mark.path == path],
            [each for each in queries if each.query.path == path],
        )
        for path in paths
    }
    labels = {row.path: row.label for row in rows_to_ask(definition, submission.answers)} | {WHOLE: gettext("异议")}
    return Remarks(lines, marks, queries, labels)


# --- the history ----------------------------------------------------------------------------------------------------


def talk(remarks: Remarks) -> list[tuple[datetime, Entry]]:
    """What was asked and answered, as lines of the history with their moments."""
    found = []
    for each in remarks.queries:
        label = remarks.labels.get(each.query.path, each.query.path)
        words = gettext("“%(label)s”：%(text)s", label=label, text=each.query.question)
        found.append((each.query.asked_at, _entry("asked", each.asked_by, each.query.asked_at, words)))
        if each.query.answered_at is not None:
            words = gettext("“%(label)s”：%(text)s", label=label, text=each.query.answer)
            found.append((each.query.answered_at, _entry("answered", each.answered_by, each.query.answered_at, words)))
    return found


def _entry(decision: str, who: str, at: datetime, comment: str) -> Entry:
    return {"step": "", "decision": decision, "who": who, "post": "", "at": local_time(at), "comment": comment}


def history(decisions: Sequence[ReviewDecision], remarks: Remarks) -> list[Entry]:
    """Decisions, questions and answers in the order in which they came."""
    decided = [
        (
            each.decided_at,
            {
                "step": each.step_name or gettext("填报单位"),
                "decision": each.action,
                "who": each.actor_name,
                "post": each.post_name,
                "acting_for": each.acting_for_name,
                "at": local_time(each.decided_at),
                "comment": each.comment,
            },
        )
        for each in decisions
    ]
    return [entry for _, entry in sorted([*decided, *talk(remarks)], key=lambda each: each[0])]


def open_questions(remarks: Remarks) -> str:
    """What still waits for an answer, as the reason for returning the report; "" for nothing."""
    waiting = [each.query for each in remarks.queries if each.is_open]
    return "\n".join(f"“{remarks.labels.get(each.path, each.path)}”：{each.question}" for each in waiting)
