"""The things a person has to do, from all features, sorted into today, late, came back, and coming up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.assessment.queries.home import waiting_rechecks
from saas.domain.filing import FilingState
from saas.domain.progress import CaseStatus
from saas.local import local_day
from saas.org.models import OrgUnit
from saas.plans.tasks import list_my_parts
from saas.registers.queries import list_waiting_records
from saas.review.models import ReviewCase, ReviewTask
from saas.review.queries import list_open_tasks, list_started
from saas.submissions.asking import list_waiting
from saas.submissions.due import due_submissions
from saas.submissions.due_items import DueItem

SOON = timedelta(days=3)
REVIEWS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing to do, as the `todo` component shows it."""

    kind: str
    icon: str
    title: str
    who: str
    url: str
    due_on: date | None = None
    due: str = ""
    remaining: str = ""
    is_overdue: bool = False
    is_soon: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ToDos:
    """Everything to do. `today` has what is due today and what waits for a decision."""

    today: list[ToDo] = field(default_factory=list)
    late: list[ToDo] = field(default_factory=list)
    returned: list[ToDo] = field(default_factory=list)
    soon: list[ToDo] = field(default_factory=list)
    waiting_reviews: int = 0


def list_to_dos(viewer: Viewer, on: date) -> ToDos:
    """Return what the viewer has to do: nine statements, or seven more where they fill for others or compile."""
    found = ToDos()
    due = due_submissions(viewer, on)
    for item in due:
        _sort_in(found, _submission(item, on), on, is_returned=item.state is FilingState.RETURNED)
    for part in _parts(viewer, on):
        _sort_in(found, part, on)
    for waiting in _registers(viewer, on):
        _sort_in(found, waiting, on)
    reviews = list_open_tasks(viewer)
    found.today.extend(_reviews(reviews[:REVIEWS_SHOWN]))
    found.today.extend(_rechecks(viewer))
    found.today.extend(_questions(viewer))
    found.returned.extend(_returned(list_started(viewer)))
    return ToDos(found.today, found.late, found.returned, found.soon, len(reviews))


def _sort_in(found: ToDos, item: ToDo, on: date, *, is_returned: bool = False) -> None:
    if is_returned:
        found.returned.append(item)
    elif item.is_overdue:
        found.late.append(item)
    elif item.due_on == on:
        found.today.append(item)
    else:
        found.soon.append(item)


def _submission(item: DueItem, on: date) -> ToDo:
    note = {FilingState.DRAFT: gettext("有草稿"), FilingState.RETURNED: gettext("被退回，请修改后再报")}
    kinds = {"for_others": gettext("代填"), "compiling": gettext("汇总")}
    return ToDo(
        kind=kinds.get(item.kind, gettext("填报")),
        icon="table" if item.kind in kinds else "pencil",
        title=item.title,
        who=item.unit_name,
        url=url_for(item.endpoint, **item.arguments),
        note=note.get(item.state, ""),
        **_deadline(item.due_on, on, is_overdue=item.is_overdue) | {"due": item.dates.due_text},
    )


def _parts(viewer: Viewer, on: date) -> Iterator[ToDo]:
    for part in list_my_parts(viewer, on):
        yield ToDo(
            kind=gettext("任务"),
            icon="table",
            title=part.title,
            who=part.unit_name,
            url=url_for("plans.part", plan_id=part.plan_id, part_id=part.part_id),
            note=part.plan_title if part.due_on else gettext("%(plan)s，未定期限", plan=part.plan_title),
            **_deadline(part.due_on, on, is_overdue=part.is_overdue),
        )


def _registers(viewer: Viewer, on: date) -> Iterator[ToDo]:
    """Records of registers that fall due, and those that wait for a decision of somebody above."""
    waiting_records = list_waiting_records(viewer, on)
    for due in waiting_records.due:
        words = gettext("%(count)s 条超期", count=due.overdue) if due.overdue else ""
        soon = gettext("%(count)s 条临近到期", count=due.soon) if due.soon else ""
        yield ToDo(
            kind=gettext("台账"),
            icon="table",
            title=due.name,
            who="，".join(filter(None, (words, soon))),
            url=url_for("registers.register", register_id=due.register_id, due="overdue" if due.overdue else "soon"),
            **_deadline(due.first_due_on, on, is_overdue=bool(due.overdue)),
        )
    for waiting in waiting_records.to_decide:
        yield ToDo(
            kind=gettext("台账"),
            icon="check",
            title=waiting.name,
            who=gettext("%(count)s 条待核实", count=waiting.count),
            url=url_for("registers.register", register_id=waiting.register_id, state=list(waiting.states)),
            due_on=on,
        )


def _reviews(tasks: Iterable[tuple[ReviewTask, OrgUnit]]) -> Iterator[ToDo]:
    for task, unit in tasks:
        yield ToDo(
            kind=gettext("审签"),
            icon="check",
            title=task.case.title,
            who=unit.name,
            url=url_for("review.show", case_id=task.case_id),
        )


def _questions(viewer: Viewer) -> Iterator[ToDo]:
    """Questions about single answers: those to oneself, then those that one asked and that wait."""
    if not (viewer.permits(Permission.SUBMISSION_EDIT) or viewer.permits(Permission.CASE_DECIDE)):
        return
    for waiting in sorted(list_waiting(viewer), key=lambda each: not each.is_mine_to_answer):
        count, submission = waiting.count, waiting.submission
        yield ToDo(
            kind=gettext("询问"),
            icon="question",
            title=f"{waiting.period.label}{submission.collection.name}",
            who=submission.unit.name,
            url=url_for("submissions.show", submission_id=submission.id),
            note=gettext("有 %(count)s 条询问等您答复", count=count)
            if waiting.is_mine_to_answer
            else gettext("您的 %(count)s 条询问等待答复", count=count),
        )


def _rechecks(viewer: Viewer) -> Iterator[ToDo]:
    for waiting in waiting_rechecks(viewer):
        yield ToDo(
            kind=gettext("复查"),
            icon="check-double",
            title=waiting.assessed.scheme.name,
            who=gettext("还有 %(waiting)s 个单位未复查，共 %(total)s 个", waiting=waiting.waiting, total=waiting.total),
            url=url_for("assessment.recheck_progress", round_id=waiting.assessed.id),
        )


def _returned(cases: Iterable[ReviewCase]) -> Iterator[ToDo]:
    """What came back, other than submissions: those stand among the things to fill in."""
    for case in cases:
        if case.status is CaseStatus.RETURNED and case.subject_type != "submission":
            yield ToDo(
                kind=gettext("退回"),
                icon="return",
                title=case.title,
                who=gettext("被退回，请修改后再送审"),
                url=url_for("review.show", case_id=case.id),
            )


def _deadline(due_on: date | None, on: date, *, is_overdue: bool) -> dict[str, Any]:
    if due_on is None:
        return {}
    days = (due_on - on).days
    if is_overdue:
        remaining = ngettext("逾期 %(num)d 天", "逾期 %(num)d 天", -days) if days < 0 else gettext("今天已截止")
    else:
        remaining = gettext("今天截止") if days == 0 else ngettext("还剩 %(num)d 天", "还剩 %(num)d 天", days)
    return {
        "due_on": due_on,
        "due": local_day(due_on),
        "remaining": remaining,
        "is_overdue": is_overdue,
        "is_soon": not is_overdue and days <= SOON.days,
    }
