"""The matrix of responsibility (责任矩阵): tasks down, units across, a mark for who leads and who answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from saas.domain.tasks import UnitRole
from saas.plans.content import PartContent, TaskContent

_WEIGHT = {UnitRole.LEAD.value: 0, UnitRole.RESPONSIBLE.value: 1, UnitRole.SUPPORTING.value: 2}


def responsibility_matrix(tasks: Sequence[TaskContent]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the columns, units with most duties first, and a row of marks for each dated part.

    Units that the plan names by one phrase (各乡镇) share a column. A unit with two roles shows the weightier one.
    """
    counts: dict[str, int] = {}
    rows: list[tuple[str, dict[str, str]]] = []
    for number, task in enumerate(tasks, start=1):
        for part in task["parts"]:
            marks = _marks(part)
            rows.append((f"{number}. {task['title']}" + (f"（{part['title']}）" if part["title"] else ""), marks))
            for column in marks:
                counts[column] = counts.get(column, 0) + 1
    columns = sorted(counts, key=lambda column: -counts[column])
    return columns, [(head, [marks.get(column, "") for column in columns]) for head, marks in rows]


def _marks(part: PartContent) -> dict[str, str]:
    marks: dict[str, str] = {}
    for unit in sorted(part["units"], key=lambda unit: _WEIGHT.get(unit["role"], 3)):
        column = unit["label"] or unit["unit"]
        role = unit["role"] if unit["role"] in _WEIGHT else UnitRole.SUPPORTING.value
        marks.setdefault(column, role)
    return marks
