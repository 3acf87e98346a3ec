"""Reading jobs: where one stands, in words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.db import db
from saas.jobs.models import Job, JobState

STATE_LABELS = {
    JobState.QUEUED: _l("排队等待"),
    JobState.RUNNING: _l("正在处理"),
    JobState.DONE: _l("已完成"),
    JobState.DEAD: _l("未能完成"),
}
OPEN_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})


class Asker(Protocol):
    """Who is looking."""

    @property
    def id(self) -> uuid.UUID: ...


@dataclass(frozen=True, slots=True)
class JobStanding:
    """A job for a page: `state` for the component, `label` and `detail` for the reader."""

    state: str
    label: str
    detail: str
    is_open: bool


def get_job(job_id: uuid.UUID, viewer: Asker) -> Job:
    """Return a job that the viewer asked for, or raise NoResultFound (404).

    A page about a subject (a document, an import) shows the job of that subject with `find_job` instead.
    """
    return db.session.scalars(select(Job).where(Job.id == job_id, Job.created_by_id == viewer.id)).one()


def find_job(kind: str, key: str) -> Job | None:
    """The job for a subject that the caller may see already, or None."""
    return db.session.scalars(select(Job).where(Job.kind == kind, Job.key == key)).one_or_none()


def describe(job: Job) -> JobStanding:
    """Where a job stands, for the component `job_progress`."""
    return JobStanding(
        state=job.state.value,
        label=str(STATE_LABELS[job.state]),
        detail=_detail(job),
        is_open=job.state in OPEN_STATES,
    )


def _detail(job: Job) -> str:
    if job.state is JobState.DEAD:
        return job.reason or ""
    if job.state is JobState.RUNNING and job.progress:
        return str(gettext("已完成 %(progress)s%%", progress=job.progress))
    if job.state is JobState.QUEUED and job.attempt:
        return str(gettext("上次处理中断，正在等待第 %(attempt)s 次处理", attempt=job.attempt + 1))
    return ""
