"""The work that the chaos test asks for: it takes a while, and each effect can be counted."""

from __future__ import annotations

import os
import signal
import time
import uuid

from saas.db import db, unit_of_work
from saas.files.checks import FileType
from saas.files.services import store_bytes
from saas.jobs.registry import job
from saas.jobs.running import report_progress, stop_if_asked
from saas.notifications.models import Notification

EFFECT, RAISES, DIES, GROWS = "chaos.effect", "chaos.raises", "chaos.dies", "chaos.grows"
POISON = (RAISES, DIES, GROWS)
STEPS = 5


def register() -> None:
    """Register the kinds. In the workers, and in the test for as long as it runs."""

    @job(kind=EFFECT, timeout=20, max_attempts=50)
    def leave_effect(user_id: uuid.UUID, number: int) -> None:
        for step in range(STEPS):
            time.sleep(0.04 + (number % 7) * 0.02)
            report_progress(step * 100 // STEPS)
            stop_if_asked()
        title = f"effect {number}"
        with unit_of_work():
            store_bytes(
                f"%PDF-{title}".encode(),
                name=title,
                media_type=FileType.PDF,
                subject_type="chaos",
                subject_id=user_id,
                actor=None,
            )
            db.session.add(Notification(user_id=user_id, kind="reminder", title=title, path="/"))

    @job(kind=RAISES, timeout=20)
    def always_raise() -> None:
        raise ValueError("poison")

    @job(kind=DIES, timeout=20)
    def always_die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @job(kind=GROWS, timeout=20)
    def grow() -> None:
        kept = []
        while True:
            kept.append(bytearray(64 * 1024 * 1024))
