"""Applying a pack of 600 villages, 20 forms and 60 targets to an empty county, beside the bare rows."""

from __future__ import annotations

import enum
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.measuring import Measurement, Timing
from bench.place import Place
from saas.db import db, local_today, unit_of_work
from saas.packs.ledger import ORDER, Change
from saas.packs.services import apply_pack, propose
from saas.tenancy.packs import read_pack
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope

TOWNS, VILLAGES, FORMS, TARGETS, RUNS = 20, 600, 20, 60, 3
PASSWORD = "Measured-once-1"


def measure(place: Place) -> list[Measurement]:
    """Each run reads the folder and applies it to another empty county; the floor writes the same rows alone."""
    ours, floors = [], []
    with place.app.app_context(), tempfile.TemporaryDirectory() as folder:
        write_pack(Path(folder))
        for run in range(RUNS + 1):
            county = create_tenant(place.environ["DATABASE_OWNER_URL"], f"packs-{run}", "测量县")
            with tenant_scope(county):
                changes = _changes(Path(folder))
                floor = _bare_rows(place, county, changes)
                took = _apply(Path(folder))
            if run:  # the first one warms up
                ours.append(took)
                floors.append(floor)
    what = f"apply a pack of {VILLAGES} villages, {FORMS} forms, {TARGETS} targets"
    note = "reading, comparing and writing; floor: the same rows through psycopg"
    return [Measurement("packs_apply", what, Timing(tuple(ours)), Timing(tuple(floors)), note)]


def _apply(folder: Path) -> float:
    begun = time.perf_counter()
    with unit_of_work():
        apply_pack(read_pack(folder, year=local_today().year), first_password=PASSWORD)
    return time.perf_counter() - begun


def _changes(folder: Path) -> Sequence[Change]:
    found = propose(read_pack(folder, year=local_today().year), first_password=PASSWORD).ledger.changes
    db.session.rollback()
    return found


def _bare_rows(place: Place, county: uuid.UUID, changes: Sequence[Change]) -> float:
    """Seconds of one INSERT for each row, taken back afterwards."""
    with psycopg.connect(place.app_dsn) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(county)])
        begun = time.perf_counter()
        for model in ORDER:
            rows = [_row(change, county) for change in changes if change.model is model]
            for columns in {tuple(sorted(row)) for row in rows}:
                statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(model.__tablename__),
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.SQL(", ").join(sql.Placeholder() * len(columns)),
                )
                values = [[row[name] for name in columns] for row in rows if tuple(sorted(row)) == columns]
                with connection.cursor() as cursor:
                    cursor.executemany(statement, values)
        took = time.perf_counter() - begun
        connection.rollback()
    return took


def _row(change: Change, county: uuid.UUID) -> dict[str, Any]:
    columns = change.model.__table__.c
    defaults = {
        column.name: column.default.arg if column.default is not None and column.default.is_scalar else None
        for column in columns
        if not column.nullable and column.name not in {"tenant_id", "id"}
    }
    given = {**defaults, "version": 1, **(change.after or {}), "id": change.id, "tenant_id": county}
    return {name: _adapted(value, columns[name]) for name, value in given.items() if name in columns}


def _adapted(value: Any, column: Any) -> Any:
    if value is None and not column.nullable:
        return _EMPTY.get(column.type.__class__.__name__, "")
    if isinstance(value, enum.Enum):
        return value.value
    return Jsonb(value) if isinstance(value, dict | list) else value


_EMPTY: dict[str, Any] = {"JSONB": Jsonb([]), "DateTime": "2026-01-01T00:00:00Z", "Boolean": False, "Integer": 0}


# --- the pack ----------------------------------------------------------------------------------------------------


def write_pack(folder: Path) -> None:
    """Write a county of the measured size as the files of a pack."""
    for name in ("org", "forms", "plans"):
        (folder / name).mkdir()
    towns = [f"T{number:02d}" for number in range(TOWNS)]
    villages = [(f"V{number:03d}", towns[number % TOWNS]) for number in range(VILLAGES)]
    units = ["C,测量县,,county,,\n", *(f"{code},第{code}镇,,township,C,\n" for code in towns)]
    units += [f"{code},第{code}村,,village,{town},120\n" for code, town in villages]
    codes = ["C", *towns, *(code for code, _ in villages)]
    posts = [f"{code},经办人,{_role(code)},1\n" for code in codes]
    people = [f"第{code}人,u{code.lower()},{code}/经办人,2026-01-01,\n" for code in codes]
    files = {
        "pack.toml": _HEAD,
        "org/unit_types.csv": "code,name,level,is_territorial,parents\ncounty,县,1,是,\ntownship,乡镇,2,是,county\n"
        "village,村,3,是,township\n",
        "org/attributes.csv": "unit_type,name,label,type,measure,choices\nvillage,households,户数,integer,户,\n",
        "org/units.csv": "code,name,short_name,type,parent,households\n" + "".join(units),
        "org/posts.csv": "unit,name,roles,sort_order\n" + "".join(posts),
        "org/people.csv": "name,login_name,posts,starts_on,phone\n" + "".join(people),
        "routes.toml": _ROUTE,
        "collections.toml": "".join(_COLLECTION.replace("NUMBER", str(number)) for number in range(FORMS)),
        "targets.toml": 'plan = "plan"\n' + "".join(_TARGET.replace("NUMBER", str(n)) for n in range(TARGETS)),
        "plans/plan.toml": _PLAN,
    }
    for number in range(FORMS):
        fields = "".join(_FIELD.replace("NUMBER", str(each)) for each in range(10))
        files[f"forms/form_{number}.toml"] = _FORM.replace("NUMBER", str(number)) + fields
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _role(code: str) -> str:
    return {"C": "office", "T": "town_officer"}.get(code[0], "village_clerk")


_HEAD = """schema = 2
version = "1.0"
kind = "county"
name = "measured"
title = "测量"
description = "测量用。"
topic = "测量"

[calendar]
units_valid_from = 2026-01-01
"""
_ROUTE = """[[routes]]
code = "route"
name = "审核"

  [[routes.steps]]
  code = "office"
  name = "验收"
  kind = "accept"
  who = { role = "office", at = "unit:C" }
"""
_COLLECTION = """
[[collections]]
code = "collection_NUMBER"
name = "第NUMBER项填报"
form = "form_NUMBER"
route = "route"
cadence = "month"
starts_on = "{year}-01-01"
cohort = { unit_types = ["village"] }
window = { opens = { from = "start", days = 0 }, due = { from = "end", days = 5 }, due_inclusive = true }
"""
_TARGET = """
[[targets]]
code = "TNUMBER"
name = "第NUMBER项目标"
comparator = "at_least"
kind = "percent"
figure = 95
measure = "件"
numerator = "办结"
denominator = "受理"
deadline = "{year}-12-31"
"""
_PLAN = """code = "plan"
title = "{year}年实施方案"
topic = "测量"
unit = "C"
route = "route"
starts_on = "{year}-01-01"
ends_on = "{year}-12-31"
basis = "依据。"
goals = "目标。"

[[sections]]
heading = "总体要求"

[[tasks]]
code = "1"
title = "各村落实"
mode = "separate"

  [[tasks.parts]]
  code = "a"
  units = [{ unit_type = "village", label = "各村" }]
"""
_FORM = """code = "form_NUMBER"
name = "第NUMBER张表"

[registration]
owner_unit = "C"
legal_basis = "实施方案"
"""
_FIELD = """
[[fields]]
type = "integer"
name = "fNUMBER"
label = "第NUMBER项"
min = 0
"""
