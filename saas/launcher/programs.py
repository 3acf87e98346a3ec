"""A part of the stack as a process: in a session of its own, its output in a log, stopped in its own way."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from saas.launcher.processes import Identity, descendants, identify, wait_until

_LOG_LIMIT = 20 * 1024 * 1024


class Program:
    """One process that can be started again.

    `account` is the user and group number to run as (only root can ask for it). `stop_signals` are tried in turn,
    each for `grace` seconds.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str],
        cwd: Path = Path("/"),
        account: tuple[int, int] | None = None,
        stop_signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGKILL),
        grace: float = 10,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self._env = env
        self._cwd = cwd
        self._account = account
        self._stop_signals = stop_signals
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None
        self.identity: Identity | None = None

    def start(self) -> None:
        """Start the process. Being started is not being ready: callers ask for that in the part's own way."""
        _rotate(self.log)
        user, group = self._account or (None, None)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,  # Ctrl-C at the terminal is for us: we stop the parts in their order
                user=user,
                group=group,
                extra_groups=None if self._account is None else [],
            )
        self.identity = identify(self._process.pid)

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str:
        """How the process ended, for the log line about it."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return "has not ended"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self.is_alive():
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill this process alone, as a fault would; what it started goes its own way."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=10)

    def stop(self) -> None:
        """Stop the process; if it has to be killed, whatever it started goes with it."""
        process = self._process
        if process is None:
            return
        for number in self._stop_signals:
            children = [found for pid in descendants(process.pid) if (found := identify(pid))]
            self.send(number)
            if number is signal.SIGKILL:
                for child in children:
                    child.send(signal.SIGKILL)
            if wait_until(lambda: process.poll() is not None, self._grace):
                break
        self.identity = None


def _rotate(log: Path) -> None:
    """Keep one older log and stop the present one from growing for ever."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))


def clean_environment() -> dict[str, str]:
    """The environment of an engine: nothing of ours leaks into a server."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
