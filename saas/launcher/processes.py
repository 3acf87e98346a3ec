"""Processes and ports: who is who after a crash, stopping in good order, finding a free port."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)  # below the range from which Linux takes ports for outgoing connections
_TRIES = 200
_PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: int  # clock ticks after the machine started
    boot: str  # which start of the machine

    def is_running(self) -> bool:
        return identify(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if this very process is still there."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def identify(pid: int) -> Identity | None:
    """Who has this number now; None for nobody, and for a process that has ended and was not waited for."""
    status = _status(pid)
    if status is None or status[0] in "ZX":
        return None
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return Identity(pid=pid, started=int(status[19]), boot=boot)


def myself() -> Identity:
    """The identity of this process."""
    found = identify(os.getpid())
    if found is None:
        raise RuntimeError("/proc does not show this process")
    return found


def _status(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name, which may itself hold spaces and brackets."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def command_line(pid: int) -> list[str]:
    """The words that started a process; empty if it is gone."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Whether the condition came true within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def stop_identity(
    identity: Identity, *, first: signal.Signals, seconds: float, last: signal.Signals = signal.SIGKILL
) -> bool:
    """Stop a process that may not be our child: ask with `first`, after `seconds` insist with `last`.

    Returns whether it is gone.
    """
    identity.send(first)
    if wait_until(lambda: not identity.is_running(), seconds):
        return True
    identity.send(last)
    return wait_until(lambda: not identity.is_running(), 10)


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(preferred: int | None = None, *, avoid: frozenset[int] = frozenset()) -> int:
    """The preferred port if it is free, otherwise any free one on the loopback address."""
    if preferred is not None and preferred not in avoid and port_is_free(preferred):
        return preferred
    for _ in range(_TRIES):
        port = secrets.choice(_PORTS)
        if port not in avoid and port_is_free(port):
            return port
    raise RuntimeError("no free port was found on the loopback address")


def adopt_orphans() -> None:
    """From now on, what our descendants leave behind becomes our child, so that it can be found and ended."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """All processes below this one, children before grandchildren."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (status := _status(int(entry.name))) is not None:
            parents.setdefault(int(status[1]), []).append(int(entry.name))
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for parent in level for child in parents.get(parent, [])]
        found.extend(level)
    return found


def end_descendants(keep: frozenset[int] = frozenset(), seconds: float = 5) -> int:
    """End every process below this one except those in `keep` and what is below them; return how many there were."""
    spared = set(keep).union(*(descendants(pid) for pid in keep))
    leftovers = [found for pid in descendants(os.getpid()) if pid not in spared and (found := identify(pid))]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for identity in leftovers:
            identity.send(number)
        if wait_until(lambda: not _reap_and_list(leftovers), seconds):
            break
    return len(leftovers)


def _reap_and_list(identities: list[Identity]) -> list[Identity]:
    for identity in identities:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(identity.pid, os.WNOHANG)
    return [identity for identity in identities if identity.is_running()]
