"""Background work on imports."""

from __future__ import annotations

import uuid

from saas.db import unit_of_work
from saas.imports import services
from saas.imports.queries import APPLY_JOB, CHECK_JOB
from saas.jobs.registry import job


@job(kind=CHECK_JOB, timeout=180)
def check_import(import_id: uuid.UUID) -> None:
    with unit_of_work():
        services.check_import(import_id)


@job(kind=APPLY_JOB, timeout=300)
def apply_import(import_id: uuid.UUID, actor_id: uuid.UUID, only_good: int) -> None:
    with unit_of_work():
        services.apply_import(import_id, actor_id, only_good=bool(only_good))
