"""What 10,000 units handed in, written in the official layout, beside the same cells written and nothing else."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

import xlsxwriter

from bench.forms import FIELDS, RUNS, UNITS, bare_rows, codes, officer, prepare, row, take_back
from bench.measuring import Measurement, Timing
from bench.place import Place
from saas.accounts.viewer import Viewer
from saas.db import db, unit_of_work
from saas.submissions.tables.exporting import export_period
from saas.submissions.tables.scope import TableAddress, load_scope
from saas.tenancy.scope import tenant_scope


def measure(place: Place) -> list[Measurement]:
    """Each run reads everything anew and writes the workbook."""
    took, floors = [], []
    with place.app.app_context(), tenant_scope(place.tenant_id):
        address = prepare()
        bare_rows(place, address, keep=True)
        known, viewer = codes(), officer()
        for run in range(RUNS + 1):
            seconds, floor = _export(address, viewer), _bare_workbook(known)
            if run:  # the first one warms up
                took.append(seconds)
                floors.append(floor)
        take_back(address)
    note = f"{UNITS} × {len(FIELDS)} in the official layout; floor: the same cells"
    return [Measurement("export_forms", "export a form", Timing(tuple(took)), Timing(tuple(floors)), note)]


def _export(address: TableAddress, viewer: Viewer) -> float:
    db.session.remove()
    began = time.perf_counter()
    with unit_of_work():
        content = export_period(load_scope(address, viewer, is_filed=True), actor=viewer)
    took = time.perf_counter() - began
    assert content.startswith(b"PK")
    return took


def _bare_workbook(codes: Sequence[str]) -> float:
    began = time.perf_counter()
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("表")
        for number, code in enumerate(codes):
            sheet.write_row(number, 0, (number, code, *row(number), "已报送"))
    assert buffer.getvalue().startswith(b"PK")
    return time.perf_counter() - began
