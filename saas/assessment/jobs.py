"""Background work of assessment."""

from __future__ import annotations

import uuid

from saas.assessment.services import computing
from saas.db import unit_of_work
from saas.jobs.registry import job


@job(kind=computing.COMPUTE, timeout=300)
def compute_round(round_id: uuid.UUID) -> None:
    with unit_of_work():
        computing.compute_round(round_id)
