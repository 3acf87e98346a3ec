"""Running the child process and understanding how it ended."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.limits import MEBI, SpreadsheetRefused

ROOT: Final = Path(__file__).resolve().parent.parent.parent
GRACE_SECONDS: Final = 20  # a machine under load gives the child less than one processor


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a child process may use: bytes of address space and seconds of processor time."""

    memory: int
    seconds: int


READING: Final = Allowance(memory=512 * MEBI, seconds=10)
MARKING: Final = Allowance(memory=1024 * MEBI, seconds=60)


def run_child(task: str, content: bytes, file_type: SpreadsheetType, name: str, allowance: Allowance) -> bytes:
    """Return what the child answers. Raises SpreadsheetRefused if it refuses, runs out of its allowance or dies."""
    command = [sys.executable, "-m", "saas.spreadsheets.child", task, file_type.value]
    try:
        ended = subprocess.run(  # noqa: S603  (our own program; the content goes to its standard input)
            [*command, str(allowance.memory), str(allowance.seconds)],
            input=content,
            capture_output=True,
            cwd=ROOT,
            env={"PYTHONUTF8": "1"},
            timeout=allowance.seconds + GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_costly(name) from error
    if ended.returncode != 0:
        raise _too_costly(name)
    if ended.stdout.startswith(b'{"refused"'):
        raise _refusal(json.loads(ended.stdout)["refused"], name)
    return ended.stdout


def _refusal(stored: dict[str, Any], name: str) -> SpreadsheetRefused:
    params = {key: value for key, value in stored["params"].items() if key != "name"}
    return SpreadsheetRefused(stored["text"], name=name, **params)


def _too_costly(name: str) -> SpreadsheetRefused:
    return SpreadsheetRefused(
        "“{name}”打不开：内部结构不正常或过于复杂。请把要导入的表格复制到新工作簿，另存为 .xlsx 后再上传", name=name
    )
