"""Background work on packs."""

from __future__ import annotations

import uuid

from saas.db import unit_of_work
from saas.jobs.registry import job
from saas.packs.asking import APPLY_JOB, apply_as_shown
from saas.packs.sources import Source


@job(kind=APPLY_JOB, timeout=300)
def apply(name: str, file_id: str, year: int, shown: str, actor_id: uuid.UUID) -> None:
    source = Source(file_id=uuid.UUID(file_id)) if file_id else Source(name)
    with unit_of_work():
        apply_as_shown(source, year, shown, actor_id)
