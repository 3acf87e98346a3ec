"""Watching over the parts: one that ends is started again, with a line that says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from saas.launcher.stack import Part
from saas.launcher.terminal import RunError, progress

_LONGEST_DELAY = 30.0
_CALM_SECONDS = 60.0


def restart_delay(failures: int) -> float:
    """Seconds to wait before a part is started again: at once after the first failure, then ever longer."""
    return 0.0 if failures <= 1 else min(_LONGEST_DELAY, 0.5 * 2.0 ** (failures - 1))


@dataclass(slots=True)
class _Watch:
    part: Part
    failures: int = 0
    started_at: float = 0.0
    due_at: float | None = None  # when to start it again; None while it runs


class Supervisor:
    """Keeps parts running. `started` is told of each part that was started again."""

    def __init__(self, parts: Sequence[Part], started: Callable[[Part], None]) -> None:
        now = time.monotonic()
        self._watches = [_Watch(part, started_at=now) for part in parts]
        self._started = started

    def tick(self) -> None:
        """Look at every part once. Call it a few times a second."""
        for watch in self._watches:
            now = time.monotonic()
            if watch.part.is_alive():
                if now - watch.started_at > _CALM_SECONDS:
                    watch.failures = 0
            elif watch.due_at is None:
                watch.failures += 1
                watch.due_at = now + restart_delay(watch.failures)
                progress(f"{watch.part.name} {watch.part.ending()}; starting it again")
            elif now >= watch.due_at:
                self._start(watch)

    def _start(self, watch: _Watch) -> None:
        watch.due_at = None
        watch.started_at = time.monotonic()
        try:
            watch.part.start()
        except RunError as trouble:
            progress(f"{watch.part.name}: {trouble}")
        else:
            self._started(watch.part)
