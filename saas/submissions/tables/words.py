"""Finding answers by their path, and what the states of units are called in tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from saas.domain.filing import FilingState

STATE_WORDS: Mapping[FilingState, str] = {
    FilingState.NOT_OPEN: "未开始",
    FilingState.OPEN: "未填报",
    FilingState.DRAFT: "草稿",
    FilingState.OVERDUE: "逾期未报",
    FilingState.MISSING: "未报",
    FilingState.RETURNED: "已退回",
    FilingState.SUBMITTED: "已报送",
    FilingState.REVIEWED: "已审核",
    FilingState.SIGNED_OFF: "已签批",
}


def answer_at(answers: Mapping[str, Any], path: str) -> Any:
    """The answer at a path through groups, e.g. `pool.emptied`; None if there is nothing."""
    found: Any = answers
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def answer_of(answers: Mapping[str, Any], path: str) -> Any:
    """The answer at a path that may go through rows of repeats, e.g. `homes[0].number`."""
    repeat, bracket, rest = path.partition("[")
    if not bracket:
        return answer_at(answers, path)
    number, _, name = rest.partition("].")
    rows = rows_at(answers, repeat)
    return answer_of(rows[int(number)], name) if int(number) < len(rows) else None


def rows_at(answers: Mapping[str, Any], path: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a repeat."""
    found = answer_at(answers, path)
    return found if isinstance(found, list) else ()


def inner_rows(answers: Mapping[str, Any], path: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The rows of a repeat that may stand inside others, each with the number of the row that it belongs to.

    Rows are numbered through the whole report, from 1; 0 for a repeat that stands in no other.
    """
    outer, _, name = path.rpartition("[].")
    if not outer:
        return [(0, row) for row in rows_at(answers, path)]
    above = enumerate(inner_rows(answers, outer), start=1)
    return [(number, row) for number, (_, each) in above for row in rows_at(each, name)]


def without(answers: Mapping[str, Any], paths: Collection[str], parent: str = "") -> dict[str, Any]:
    """The answers but for those at these paths; inside a repeat they are written `homes[].name`."""
    left: dict[str, Any] = {}
    for name, answer in answers.items():
        path = f"{parent}{name}"
        if isinstance(answer, list):
            left[name] = [without(row, paths, f"{path}[].") for row in answer]
        elif isinstance(answer, Mapping):
            left[name] = without(answer, paths, f"{path}.")
        elif path not in paths:
            left[name] = answer
    return left
