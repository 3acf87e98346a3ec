"""Where one unit stands with one period's form (填报状态), zero reports, and the totals shown before handing in.

Zero report (零报告) ≠ missing (未报) ≠ not applicable (不适用) ≠ late (迟报): four different things, never merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.answers import Answers
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition
from saas.domain.form_totals import row_sums
from saas.domain.windows import WindowStatus
from saas.domain.workflow import SubmissionStatus

ZERO_REPORT = "zero_report"  # appearance of the figures that decide whether a report is a zero report


class FilingState(StrEnum):
    """Where a unit stands with a period. What was handed in has the status of its submission."""

    NOT_OPEN = "not_due"  # 未开始
    OPEN = "open"  # 待填报
    DRAFT = "draft"  # 草稿
    OVERDUE = "overdue"  # 逾期未报，仍可补报
    MISSING = "missing"  # 未报，已截止
    RETURNED = "returned"  # 已退回
    SUBMITTED = "submitted"  # 已报送
    REVIEWED = "reviewed"  # 已审核
    SIGNED_OFF = "signed_off"  # 已签批

    @property
    def is_handed_in(self) -> bool:
        """Whether the report came and was not sent back."""
        return self in {FilingState.SUBMITTED, FilingState.REVIEWED, FilingState.SIGNED_OFF}

    @property
    def is_to_do(self) -> bool:
        """Whether the unit has something to fill in now."""
        return self in {FilingState.OPEN, FilingState.DRAFT, FilingState.OVERDUE, FilingState.RETURNED}


_HANDED_IN = {
    SubmissionStatus.SUBMITTED: FilingState.SUBMITTED,
    SubmissionStatus.REVIEWED: FilingState.REVIEWED,
    SubmissionStatus.SIGNED_OFF: FilingState.SIGNED_OFF,
    SubmissionStatus.RETURNED: FilingState.RETURNED,
}


def filing_state(status: SubmissionStatus | None, window: WindowStatus, *, is_correction: bool = False) -> FilingState:
    """Return where a unit stands: from its submission, if there is one, and from what the moment means.

    A returned one and a correction (更正) may be filled at any time. Any other draft that was not handed in when the
    window closed is missing.
    """
    if status is not None and status is not SubmissionStatus.DRAFT:
        return _HANDED_IN[status]
    if is_correction:
        return FilingState.DRAFT
    if window is WindowStatus.CLOSED:
        return FilingState.MISSING
    if window is WindowStatus.LATE:
        return FilingState.OVERDUE
    if window is WindowStatus.NOT_OPEN:
        return FilingState.NOT_OPEN
    return FilingState.DRAFT if status is SubmissionStatus.DRAFT else FilingState.OPEN


def may_fill(status: SubmissionStatus | None, window: WindowStatus, *, is_correction: bool = False) -> bool:
    """Whether answers may be entered now: within the window, or at any time after a return and for a correction."""
    if status is SubmissionStatus.RETURNED:
        return True
    if status not in {None, SubmissionStatus.DRAFT}:
        return False
    return is_correction or window in {WindowStatus.OPEN, WindowStatus.LATE}


def is_zero_report(form: FormDefinition, answers: Answers) -> bool:
    """Whether every figure that counts is reported, and is 0.

    The figures with `appearance = "zero_report"` count; if the form marks none, all its figures do. A figure that is
    missing or not applicable is not 0; a form without figures has no zero report.
    """
    figures = list(_figures(form.fields, answers))
    marked = [value for item, value in figures if item.appearance == ZERO_REPORT]
    counted = marked or [value for _, value in figures]
    return bool(counted) and all(
        isinstance(value, int | Decimal) and not isinstance(value, bool) and value == 0 for value in counted
    )


def _figures(fields: Sequence[Field], answers: Mapping[str, Any]) -> Iterator[tuple[Field, Any]]:
    for item in fields:
        answer = answers.get(item.name)
        if item.type is FieldType.GROUP:
            yield from _figures(item.fields, answer or {})
        elif item.type is FieldType.REPEAT:
            for row in answer or []:
                yield from _figures(item.fields, row)
        elif item.type in NUMBERS:
            yield item, answer


@dataclass(frozen=True, slots=True)
class FormTotal:
    """A sum shown before handing in: of what (a group, or "" for the whole form), how much, in which measure."""

    label: str
    amount: Decimal
    measure: str
    count: int  # how many figures were added, or for a repeat how many rows there are


def form_totals(form: FormDefinition, answers: Answers) -> tuple[FormTotal, ...]:
    """Return sums of figures in the same measure: for each group, then for the whole form; and the rows of repeats.

    A repeat also has the sums of its columns that ask for one (`total`).
    Figures in different measures are never added, and a single figure needs no sum. Missing ones are left out.
    """
    totals: list[FormTotal] = []
    for item in form.fields:
        answer = answers.get(item.name)
        if item.type is FieldType.GROUP:
            totals.extend(_sums(item.label, _figures(item.fields, answer or {})))
        elif item.type is FieldType.REPEAT:
            totals.append(FormTotal(item.label, Decimal(len(answer or [])), "条", len(answer or [])))
            totals.extend(
                FormTotal(f"{item.label}：{column.label}", amount, column.measure, len(answer or []))
                for _, column, amount in row_sums(item, answer or [])
                if amount is not None
            )
    outside_repeats = [item for item in form.fields if item.type is not FieldType.REPEAT]
    whole = _sums("", _figures(outside_repeats, answers))
    inner = {(total.measure, total.amount, total.count) for total in totals}
    return (*totals, *(total for total in whole if (total.measure, total.amount, total.count) not in inner))


def _sums(label: str, figures: Iterator[tuple[Field, Any]]) -> list[FormTotal]:
    by_measure: dict[str, list[Decimal]] = {}
    for item, value in figures:
        if item.measure and isinstance(value, int | Decimal):
            by_measure.setdefault(item.measure, []).append(Decimal(value))
    return [
        FormTotal(label, sum(values, Decimal(0)), measure, len(values))
        for measure, values in by_measure.items()
        if len(values) > 1
    ]
