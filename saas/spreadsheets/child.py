"""The process that opens files of strangers: small memory, little time, no files, nothing to steal.

`python -m saas.spreadsheets.child TASK TYPE MEMORY SECONDS`: content on standard input, one JSON object on standard
output. It imports neither the web nor the database, and it is started with an empty environment.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from typing import Any

from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.limits import MAX_UNPACKED, SpreadsheetRefused


def main(arguments: list[str]) -> int:
    gc.disable()  # it looks through all cells again and again while they grow, and the process ends with them
    task, file_type, memory, seconds = arguments
    _limit(int(memory), int(seconds), writes=task != "read")
    content = sys.stdin.buffer.read()
    try:
        answer = _carry_out(task, content, SpreadsheetType(file_type))
    except SpreadsheetRefused as refused:
        refusal = {"text": refused.message.text, "params": dict(refused.message.params)}
        answer = json.dumps({"refused": refusal}, ensure_ascii=False).encode()
    sys.stdout.buffer.write(answer)
    return 0


def _carry_out(task: str, content: bytes, file_type: SpreadsheetType) -> bytes:
    if task == "read":
        from saas.spreadsheets.parsing import parse

        return _as_json(parse(content, file_type))
    from saas.spreadsheets.marking import mark_workbook

    head, _, workbook = content.partition(b"\n")
    return mark_workbook(workbook, json.loads(head))


def _as_json(parsed: dict[str, Any]) -> bytes:
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode()


def _limit(memory: int, seconds: int, *, writes: bool) -> None:
    """Bytes of address space, seconds of processor time. Set here, not between fork and exec of a threaded process."""
    largest_file = 2 * MAX_UNPACKED if writes else 0  # a workbook is put together in temporary files
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
