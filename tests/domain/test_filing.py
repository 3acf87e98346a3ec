"""Where a unit stands with a period, zero reports and totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.filing import FilingState, filing_state, form_totals, is_zero_report, may_fill
from saas.domain.windows import WindowStatus
from saas.domain.workflow import SubmissionStatus

D, S, R = SubmissionStatus.DRAFT, SubmissionStatus.SUBMITTED, SubmissionStatus.RETURNED
NOT_OPEN, OPEN, LATE, CLOSED = WindowStatus


@pytest.mark.parametrize(
    ("status", "window", "state"),
    [
        (None, NOT_OPEN, FilingState.NOT_OPEN),
        (None, OPEN, FilingState.OPEN),
        (None, LATE, FilingState.OVERDUE),
        (None, CLOSED, FilingState.MISSING),
        (D, OPEN, FilingState.DRAFT),
        (D, LATE, FilingState.OVERDUE),
        (D, CLOSED, FilingState.MISSING),  # a draft that was never handed in is no report
        (S, CLOSED, FilingState.SUBMITTED),
        (R, CLOSED, FilingState.RETURNED),  # sent back is not missing
        (SubmissionStatus.SIGNED_OFF, CLOSED, FilingState.SIGNED_OFF),
    ],
)
def test_where_a_unit_stands(status: SubmissionStatus | None, window: WindowStatus, state: FilingState) -> None:
    assert filing_state(status, window) is state


@pytest.mark.parametrize(
    ("status", "window", "is_correction", "may"),
    [
        (None, OPEN, False, True),
        (None, LATE, False, True),
        (None, NOT_OPEN, False, False),
        (D, CLOSED, False, False),
        (D, CLOSED, True, True),  # a correction has no window
        (R, CLOSED, False, True),  # neither has what was sent back
        (S, OPEN, False, False),
        (SubmissionStatus.SIGNED_OFF, OPEN, True, False),
    ],
)
def test_when_answers_may_be_entered(
    status: SubmissionStatus | None, window: WindowStatus, is_correction: bool, may: bool
) -> None:
    assert may_fill(status, window, is_correction=is_correction) is may


def form(*fields: dict[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "f", "fields": list(fields)})


FIRES = {"type": "integer", "name": "fires", "label": "焚烧", "measure": "起"}
PATROLS = {"type": "integer", "name": "patrols", "label": "巡查", "measure": "次"}


@pytest.mark.parametrize(
    ("answers", "is_zero"),
    [
        ({"fires": 0, "patrols": 0}, True),
        ({"fires": 0, "patrols": 3}, False),
        ({"fires": 0, "patrols": None}, False),  # missing is not 0
        ({"fires": 0, "patrols": NOT_APPLICABLE}, False),  # neither is not applicable
    ],
)
def test_a_zero_report_reports_nothing_but_zeros(answers: dict[str, Any], is_zero: bool) -> None:
    assert is_zero_report(form(FIRES, PATROLS), answers) is is_zero


def test_the_form_may_say_which_figures_decide() -> None:
    marked = form({**FIRES, "appearance": "zero_report"}, PATROLS)

    assert is_zero_report(marked, {"fires": 0, "patrols": 12})
    assert not is_zero_report(marked, {"fires": 1, "patrols": 0})


def test_a_form_without_figures_has_no_zero_report() -> None:
    assert not is_zero_report(form({"type": "text", "name": "t", "label": "t"}), {"t": "0"})


def test_sums_are_exact_by_group_and_measure_and_leave_out_what_is_missing() -> None:
    points = [{"type": "decimal", "name": name, "label": name, "measure": "分"} for name in "ab"]
    definition = form(
        {"type": "begin_group", "name": "one", "label": "一", "fields": points},
        {"type": "begin_group", "name": "two", "label": "二", "fields": [*points, PATROLS]},
        {"type": "begin_repeat", "name": "homes", "label": "农户", "fields": [FIRES]},
    )
    answers = {
        "one": {"a": Decimal("0.1"), "b": Decimal("0.2")},
        "two": {"a": Decimal(3), "b": None, "patrols": 9},
        "homes": [{"fires": 1}, {"fires": 2}],
    }

    totals = {(total.label, total.measure): total.amount for total in form_totals(definition, answers)}

    assert totals == {("一", "分"): Decimal("0.3"), ("农户", "条"): Decimal(2), ("", "分"): Decimal("3.3")}
