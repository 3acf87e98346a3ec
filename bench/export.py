"""One county of 100,000 rows into a file and back, beside the same rows through COPY alone."""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from bench.measuring import Measurement, Timing
from bench.place import Place
from saas.db import db
from saas.operator.archive import (
    Manifest,
    columns_of,
    exported_tables,
    owned_tables,
    read_manifest,
    rows_as_text,
    table_member,
)
from saas.operator.db import operator_engine, operator_session
from saas.operator.exporting import export_county, live_digests
from saas.operator.restoring import restore_county
from saas.tenancy.models import Tenant

ROWS, RUNS = 100_000, 3


def measure(place: Place) -> list[Measurement]:
    """Each run exports, deletes and restores the whole county; the digests must be those of before."""
    _fill(place)
    with tempfile.TemporaryDirectory() as folder, place.app.app_context():
        path = Path(folder) / "county.zip"
        exports, copies, restores, raw = [], [], [], []
        for _ in range(RUNS):
            before = live_digests(place.tenant_id)
            exports.append(_timed(lambda: _export(place, path)))
            copies.append(_timed(lambda: _copy_out(place)))
            _delete(place)
            raw.append(_timed(lambda: _copy_in(place, path)))
            restores.append(_timed(lambda: restore_county(path, slug=None, actor="bench")))
            assert live_digests(place.tenant_id) == before
        manifest = _manifest(path)
        assert manifest.rows >= ROWS, manifest.rows
        size = path.stat().st_size / 1024**2
        operator_engine().dispose()
    note = f"{manifest.rows} rows, {len(manifest.tables)} tables, {size:.0f} MiB; floor: COPY alone"
    return [
        Measurement("export", "export a county", Timing(tuple(exports)), Timing(tuple(copies)), note),
        Measurement("restore", "restore a county", Timing(tuple(restores)), Timing(tuple(raw)), note),
    ]


def _timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _export(place: Place, path: Path) -> None:
    session = operator_session()
    export_county(session, session.get_one(Tenant, place.tenant_id), path)
    session.rollback()


def _superuser(place: Place) -> psycopg.Connection:
    return psycopg.connect(
        os.environ["JICENG_TEST_POSTGRES"], dbname=str(conninfo.conninfo_to_dict(place.app_dsn)["dbname"])
    )


_MULTIPLIED = """
    INSERT INTO submission SELECT (jsonb_populate_record(NULL::submission, to_jsonb(r) || jsonb_build_object(
      'id', gen_random_uuid(), 'period_start', r.period_start - number, 'period_end', r.period_start - number))).*
    FROM (SELECT DISTINCT ON (unit_id) * FROM submission WHERE tenant_id = %s ORDER BY unit_id LIMIT 100) r,
      generate_series(1000, 1000 + %s) AS number
"""


def _fill(place: Place) -> None:
    """Reports of past days and lines of the audit trail, until the county has its rows."""
    with _superuser(place) as connection:
        connection.execute(_MULTIPLIED, [place.tenant_id, 600])
        connection.execute(
            "INSERT INTO audit_event (tenant_id, id, action, subject_type, at, address, details)"
            " SELECT %s, gen_random_uuid(), 'submission.saved', 'submission', now() - number * interval '1 minute',"
            ' \'10.0.0.1\', \'{"fields": ["patrols", "rubbish"]}\' FROM generate_series(1, 42000) AS number',
            [place.tenant_id],
        )


def _copy_out(place: Place) -> None:
    """The same rows read as text, and nothing else."""
    with place.app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT set_config('app.tenant_id', %s, true)", (str(place.tenant_id),))
        for table in exported_tables():
            for _ in rows_as_text(connection, table.name, columns_of(table)):
                pass


def _copy_in(place: Place, path: Path) -> None:
    """The same rows written by a role that no wall holds back, keys and triggers included; then undone."""
    with _superuser(place) as connection, zipfile.ZipFile(path) as archive:
        about = read_manifest(archive)
        connection.execute(
            "INSERT INTO tenant (id, cell_id, slug, name, status, created_at)"
            " SELECT %s, id, 'raw', '县', 'preparing', now() FROM cell LIMIT 1",
            [place.tenant_id],
        )
        for entry in about.tables:
            names = sql.SQL(", ").join(map(sql.Identifier, ("tenant_id", *entry.columns)))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(entry.name), names)
            prefix = f"{place.tenant_id}\t".encode()
            with archive.open(table_member(entry.name)) as member, connection.cursor().copy(statement) as copy:
                for line in member:
                    copy.write(prefix + line)
        connection.rollback()


def _delete(place: Place) -> None:
    with _superuser(place) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in owned_tables():
            statement = sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table.name))
            connection.execute(statement, [place.tenant_id])
        connection.execute("DELETE FROM tenant WHERE id = %s", [place.tenant_id])


def _manifest(path: Path) -> Manifest:
    with zipfile.ZipFile(path) as archive:
        return read_manifest(archive)
