"""Background work on documents."""

from __future__ import annotations

import uuid

from saas.db import unit_of_work
from saas.documents import services
from saas.jobs.registry import job


@job(kind="document.render", timeout=300)
def render_document(document_id: uuid.UUID) -> None:
    with unit_of_work():
        services.fill_document(document_id)
