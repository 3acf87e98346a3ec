"""Background work on imports."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from saas.db import unit_of_work
from saas.imports import services
from saas.imports.queries import APPLY_JOB, CHECK_JOB
from saas.jobs.registry import job


@contextmanager
def _growing() -> Iterator[None]:
    """Without the collector of cycles: while ten thousand rows grow it looks through all of them again and again, which
    costs as much as the rows, and finds nothing. The process of a job ends with the job.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@job(kind=CHECK_JOB, timeout=180)
def check_import(import_id: uuid.UUID) -> None:
    with _growing(), unit_of_work():
        services.check_import(import_id)


@job(kind=APPLY_JOB, timeout=300)
def apply_import(import_id: uuid.UUID, actor_id: uuid.UUID, only_good: int) -> None:
    with _growing(), unit_of_work():
        services.apply_import(import_id, actor_id, only_good=bool(only_good))
