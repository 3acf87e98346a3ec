"""A workbook of a form for 10,000 units, checked and written by workers of their own, beside the bare rows."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence

import xlsxwriter
from sqlalchemy import select

from bench.forms import FIELDS, RUNS, UNITS, bare_rows, codes, forget, officer, prepare, row, take_back
from bench.measuring import Measurement, Timing
from bench.place import Place
from saas.accounts.viewer import Viewer
from saas.config import ROOT
from saas.db import db, unit_of_work
from saas.imports.handlers import get_handler
from saas.imports.models import DataImport, ImportStatus
from saas.imports.services import request_apply, start_import
from saas.jobs.models import Job, JobState
from saas.submissions.tables.scope import TableAddress
from saas.tenancy.scope import tenant_scope

KIBI = 1024
Cost = dict[str, float]  # seconds, processor, peak: what `bench.forms_worker` says
PEAK = 150  # MiB that a job may take beyond what its worker has loaded


def measure(place: Place) -> list[Measurement]:
    """Each run takes in new drafts of all units in fresh processes; the floor writes the same rows and nothing else."""
    took, floors, peaks, busy = [], [], [], []
    with place.app.app_context(), tenant_scope(place.tenant_id):
        address = prepare()
        content, viewer = _workbook(codes()), officer()
        for _ in range(RUNS):
            first, second = _import(place, address, content, viewer)
            took.append(first["seconds"] + second["seconds"])
            busy.append(first["processor"] + second["processor"])
            peaks.append(max(first["peak"], second["peak"]) / KIBI)
            forget(address)
            floors.append(bare_rows(place, address))
        take_back(address)
    size = max(peaks)
    assert size <= PEAK, f"a job took {size:.0f} MiB, more than {PEAK}"
    memory = f"{min(busy):.1f} s of processor time, at most {size:.0f} MiB more than the idle worker"
    note = f"{UNITS} × {len(FIELDS)}, check and writing, {memory}; floor: the rows through psycopg"
    return [Measurement("import_forms", "import a form", Timing(tuple(took)), Timing(tuple(floors)), note)]


def _workbook(codes: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("填报表")
        sheet.write_row(0, 0, ("单位代码", "单位名称", *(field["label"] for field in FIELDS)))
        for number, code in enumerate(codes, start=1):
            sheet.write_row(number, 0, (code, f"第{number - 1}村", *row(number)))
    return buffer.getvalue()


def _import(place: Place, address: TableAddress, content: bytes, viewer: Viewer) -> tuple[Cost, Cost]:
    """What the two jobs cost. The pages between them are a person's time."""
    with unit_of_work():
        handler = get_handler("forms", viewer)
        import_id = start_import(handler, content, "填报.xlsx", actor=viewer, subject=str(address)).id
    checked = _work(place)
    with unit_of_work():
        request_apply(_get(import_id, ImportStatus.CHECKED), only_good=False, actor=viewer)
    written = _work(place)
    _get(import_id, ImportStatus.APPLIED)
    return checked, written


def _get(import_id: uuid.UUID, status: ImportStatus) -> DataImport:
    db.session.expire_all()
    data_import = db.session.scalars(select(DataImport).where(DataImport.id == import_id)).one()
    assert data_import.status is status, json.dumps(data_import.details, ensure_ascii=False)[:500]
    return data_import


def _work(place: Place) -> Cost:
    """Do the one job that waits in a process of its own, as a worker does."""
    (job_id,) = db.session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)).all()
    db.session.remove()
    command = [sys.executable, "-m", "bench.forms_worker", str(place.tenant_id), str(job_id)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **place.environ}, capture_output=True, check=True)
    found: Cost = json.loads(done.stdout)
    return found
