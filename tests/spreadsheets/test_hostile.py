"""No file of a stranger costs more than two seconds and a hundred mebibytes, and each is told what to do."""

from __future__ import annotations

import resource
import time

import pytest

from saas.spreadsheets.limits import MEBI, SpreadsheetRefused
from saas.spreadsheets.reading import read_spreadsheet
from saas.spreadsheets.running import Allowance
from tests.spreadsheets.hostile import HOSTILE

# The process that opens the file gets no more address space than this, and what it takes up is less still.
TIGHT = Allowance(memory=100 * MEBI, seconds=2)
SECONDS = 2.0


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_says_what_to_do(case: str) -> None:
    name, build, word = HOSTILE[case]
    content = build()

    began = _spent()
    with pytest.raises(SpreadsheetRefused) as refused:
        read_spreadsheet(content, name, allowance=TIGHT)
    took = _spent() - began

    assert word in str(refused.value)
    assert "请" in str(refused.value)
    assert "{" not in str(refused.value)
    assert took < SECONDS


def _spent() -> float:
    """Seconds of processor time of this process and the ones it has waited for: others on the machine do not count."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def test_there_are_more_than_thirty_hostile_files() -> None:
    assert len(HOSTILE) > 30


def test_a_process_that_runs_out_of_memory_is_a_refusal() -> None:
    content = HOSTILE["too many cells"][1]()

    with pytest.raises(SpreadsheetRefused, match="打不开"):
        read_spreadsheet(content, "a.xlsx", allowance=Allowance(memory=20 * MEBI, seconds=2))
