"""Packs to break: edit a copy of a demonstration pack and read it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from saas.tenancy.packs import PackError, PackProblem, read_pack

TENANTS = Path(__file__).parent.parent.parent / "tenants"
YEAR = 2026


def problems_of(folder: Path) -> tuple[PackProblem, ...]:
    with pytest.raises(PackError) as caught:
        read_pack(folder, year=YEAR)
    return caught.value.problems


def only_problem(folder: Path) -> PackProblem:
    problems = problems_of(folder)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def replace(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first occurrence of `old` and return its line."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer contains {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def append(folder: Path, file: str, line: str) -> int:
    """Add a line at the end of a file and return its number."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text + line + "\n", encoding="utf-8")
    return text.count("\n") + 1
