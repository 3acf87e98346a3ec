"""Speaking to the person at the terminal: progress, one clear line for each trouble, quiet subprocesses with a log."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TAIL_LINES = 12
EXIT_TROUBLE = 2
EXIT_INTERRUPTED = 130
_STARTED = "JICENG_RUN_STARTED"  # handed on to the second stage, so that both count from the same moment
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class RunError(Exception):
    """What keeps the command from going on, in one line that says what to do. Ends the program with exit code 2.

    `details` are lines of a log that show the cause.
    """

    exit_code = EXIT_TROUBLE

    def __init__(self, line: str, details: Sequence[str] = ()) -> None:
        super().__init__(line)
        self.details = tuple(details)


class Interrupted(BaseException):
    """Somebody asked this program to end (SIGTERM or SIGHUP)."""


def progress(text: str) -> None:
    """Print one step with the seconds since the command was typed."""
    print(f"[{max(0.0, time.time() - _started_at()):6.1f} s] {text}", flush=True)


def _started_at() -> float:
    return float(os.environ.setdefault(_STARTED, str(time.time())))


def explain(error: OSError) -> str | None:
    """One line for a full disk or a folder that cannot be written; None for any other error."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in _NO_SPACE:
        return f"No space is left on the disk{where}. Free some and start again."
    if error.errno in _READ_ONLY:
        return f"This folder or file cannot be written by this user{where}. Is it read-only?"
    return None


def guarded(main: Callable[[], int]) -> int:
    """Run `main` and turn what a person can do something about into a line and an exit code."""
    try:
        return main()
    except RunError as trouble:
        return _complain(str(trouble), trouble.details, trouble.exit_code)
    except OSError as error:
        line = explain(error)
        if line is None:
            raise
        return _complain(line)
    except (KeyboardInterrupt, Interrupted):
        print("run: interrupted", file=sys.stderr, flush=True)
        return EXIT_INTERRUPTED


def _complain(line: str, details: Sequence[str] = (), code: int = EXIT_TROUBLE) -> int:
    sys.stdout.flush()
    for detail in details:
        print(f"    | {detail}", file=sys.stderr)
    print(f"run: {line}", file=sys.stderr, flush=True)
    return code


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log, or nothing if there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def succeeds(
    command: Sequence[str | Path],
    log: Path,
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bool:
    """Run a command quietly, its output added to `log`; say whether it ended well within the time."""
    with log.open("ab") as output:
        output.write(f"$ {' '.join(str(word) for word in command)}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            output.write(f"gave up after {seconds:.0f} s\n".encode())
            return False
        except FileNotFoundError as error:
            output.write(f"{error}\n".encode())
            return False
    return done.returncode == 0


def run_quietly(
    command: Sequence[str | Path],
    log: Path,
    trouble: str,
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a command quietly, or raise RunError with the line `trouble` and the end of the log."""
    if not succeeds(command, log, seconds=seconds, env=env, cwd=cwd):
        details = tail(log)
        if any("No space left on device" in line for line in details):
            trouble = "No space is left on the disk. Free some and start again."
        raise RunError(trouble, [*details, f"(the whole log: {log})"])
