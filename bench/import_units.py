"""Bringing 10,000 units in from a workbook: the check and the writing as a worker does them, beside the bare rows."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Sequence

import psycopg
import xlsxwriter
from psycopg.types.json import Jsonb
from sqlalchemy import delete, select

from bench.measuring import Measurement, Timing
from bench.place import Place
from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.services import make_viewer
from saas.db import db, new_id, unit_of_work
from saas.imports.handlers import get_handler
from saas.imports.models import DataImport, ImportStatus
from saas.imports.services import request_apply, start_import
from saas.jobs.models import Job, JobState
from saas.jobs.running import Outcome, run_job
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitType, UnitVersion
from saas.org.queries import ADMINISTRATIVE
from saas.tenancy.scope import tenant_scope

UNITS, RUNS = 10_000, 3
HEADS = ("单位代码", "单位名称", "简称", "单位类型", "上级单位", "设立日期")


def measure(place: Place) -> list[Measurement]:
    """Each run takes in another workbook of new villages; the floor writes the same rows and nothing else."""
    ours, floors = [], []
    with place.app.app_context(), tenant_scope(place.tenant_id):
        towns = _towns()
        for run in range(RUNS + 1):
            took = _import(place, _workbook(run, towns))
            floor = _bare_rows(place, run, towns)
            _take_back()
            if run:  # the first one warms up
                ours.append(took)
                floors.append(floor)
    note = "check and writing; floor: the rows of units, versions and places through psycopg"
    return [Measurement("import_units", f"import {UNITS} units", Timing(tuple(ours)), Timing(tuple(floors)), note)]


def _towns() -> Sequence[str]:
    rows = db.session.scalars(
        select(OrgUnit.code).join(UnitType, UnitType.id == OrgUnit.unit_type_id).where(UnitType.code == "township")
    ).all()
    return sorted(rows)


def _workbook(run: int, towns: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("单位")
        sheet.write_row(0, 0, HEADS)
        for number in range(UNITS):
            name = f"第{number}村"
            row = (f"R{run}V{number}", name, name[1:-1], "行政村", towns[number % len(towns)], "2026-01-01")
            sheet.write_row(number + 1, 0, row)
    return buffer.getvalue()


def _import(place: Place, content: bytes) -> float:
    """Seconds of the two jobs. The pages between them are a person's time."""
    administrator = db.session.scalars(
        select(User)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Post, Post.id == Appointment.post_id)
        .where(Post.roles.contains([Role.SYSTEM_ADMIN.value]))
        .limit(1)
    ).one()
    viewer = make_viewer(administrator)
    with unit_of_work():
        import_id = start_import(get_handler("units", viewer), content, "单位.xlsx", actor=viewer).id
    took = _work(place)
    with unit_of_work():
        request_apply(_get(import_id, ImportStatus.CHECKED), only_good=False, actor=viewer)
    took += _work(place)
    _get(import_id, ImportStatus.APPLIED)
    return took


def _work(place: Place) -> float:
    (job_id,) = db.session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)).all()
    db.session.remove()
    began = time.perf_counter()
    outcome = run_job(place.tenant_id, job_id)
    took = time.perf_counter() - began
    assert outcome is Outcome.DONE
    return took


def _get(import_id: uuid.UUID, status: ImportStatus) -> DataImport:
    db.session.expire_all()
    data_import = db.session.scalars(select(DataImport).where(DataImport.id == import_id)).one()
    wrong = data_import.details["rows"]["bad"][:2]
    assert not wrong, json.dumps(wrong, ensure_ascii=False)
    assert data_import.status is status
    return data_import


def _bare_rows(place: Place, run: int, towns: Sequence[str]) -> float:
    """The same rows, ready in memory, written with one statement a table behind the wall."""
    type_id = db.session.scalars(select(UnitType.id).where(UnitType.code == "village")).one()
    hierarchy_id = db.session.scalars(select(Hierarchy.id).where(Hierarchy.code == ADMINISTRATIVE)).one()
    parents = [str(each) for each in db.session.scalars(select(OrgUnit.id).where(OrgUnit.code.in_(towns)))]
    db.session.remove()
    ids = [str(new_id()) for _ in range(UNITS)]
    units = [
        {"id": ids[n], "code": f"F{run}V{n}", "name": f"第{n}村", "sort_order": n, "search_key": f"d{n}c di{n}cun"}
        for n in range(UNITS)
    ]
    versions = [{"id": str(new_id()), "unit_id": ids[n], "name": f"第{n}村"} for n in range(UNITS)]
    places = [{"id": str(new_id()), "unit_id": ids[n], "parent_id": parents[n % len(towns)]} for n in range(UNITS)]
    began = time.perf_counter()
    with psycopg.connect(place.app_dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(place.tenant_id)])
        cursor.execute(
            "INSERT INTO org_unit (tenant_id, unit_type_id, id, code, name, short_name, attributes, sort_order,"
            " search_key, valid_from, version)"
            " SELECT %s, %s, id, code, name, '', '{}', sort_order, search_key, '2026-01-01', 1 FROM"
            " jsonb_to_recordset(%s) AS x(id uuid, code text, name text, sort_order int, search_key text)",
            [place.tenant_id, type_id, Jsonb(units)],
        )
        cursor.execute(
            "INSERT INTO unit_version (tenant_id, unit_type_id, id, unit_id, name, short_name, attributes, starts_on)"
            " SELECT %s, %s, id, unit_id, name, '', '{}', '2026-01-01'"
            " FROM jsonb_to_recordset(%s) AS x(id uuid, unit_id uuid, name text)",
            [place.tenant_id, type_id, Jsonb(versions)],
        )
        cursor.execute(
            "INSERT INTO placement (tenant_id, id, hierarchy_id, unit_id, parent_id, starts_on)"
            " SELECT %s, id, %s, unit_id, parent_id, '2026-01-01'"
            " FROM jsonb_to_recordset(%s) AS x(id uuid, unit_id uuid, parent_id uuid)",
            [place.tenant_id, hierarchy_id, Jsonb(places)],
        )
        took = time.perf_counter() - began
        connection.rollback()
    return took


def _take_back() -> None:
    """Delete the units of a run, so that every run finds the county as the first one did."""
    new = select(OrgUnit.id).where(OrgUnit.code.like("R%V%"))
    with unit_of_work():
        for model in (Placement, UnitVersion, Post):
            db.session.execute(delete(model).where(model.unit_id.in_(new)))
        db.session.execute(delete(OrgUnit).where(OrgUnit.code.like("R%V%")))
