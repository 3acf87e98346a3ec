"""Restoring one county from its file, into an empty or a full system: all of it or nothing.

The rows are written by the application's role inside the county's wall, table by table in the order of their keys;
ids are kept, so nothing is renumbered. The operator's role registers the county before and opens it afterwards.
"""

from __future__ import annotations

import logging
import uuid
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from saas.db import db
from saas.files.storage import file_store
from saas.operator.archive import (
    ArchiveError,
    Manifest,
    TableEntry,
    columns_of,
    digest_of_rows,
    exported_tables,
    file_digests,
    read_member_file,
    settle,
    table_pieces,
    verify_archive,
)
from saas.operator.db import operator_work
from saas.operator.health import schema_of
from saas.operator.queries import find_county_by_slug
from saas.operator.services import get_county, give_up_preparing, open_county, register_county, set_quota
from saas.operator.trail import OperatorAction
from saas.tenancy.models import Tenant
from saas.tenancy.scope import bind_transaction

logger = logging.getLogger(__name__)


def restore_county(path: Path, *, slug: str | None, actor: str) -> tuple[uuid.UUID, Manifest]:
    """Restore the county of a file, at its own address or at `slug`; return its id and what the file held.

    The whole file is checked before anything is written, and the written rows are read back and compared before they
    are committed. Raises ArchiveError if the file is damaged, comes from another schema, or names a county that is
    here already; DomainError if the address cannot be taken.
    """
    manifest = verify_archive(path)
    tenant_id = uuid.UUID(str(manifest.county["id"]))
    with operator_work() as session:
        refuse_other_schema(manifest, schema_of(session))
        _refuse_known(session, tenant_id)
        wanted = slug or str(manifest.county["slug"])
        register_county(session, wanted, str(manifest.county["name"]), actor=actor, tenant_id=tenant_id)
    try:
        with db.engine.begin() as connection, zipfile.ZipFile(path) as archive:
            _fill(connection, archive, manifest, tenant_id)
    except BaseException:
        file_store().remove_all(tenant_id)
        with operator_work() as session:
            give_up_preparing(session, get_county(session, tenant_id))
        raise
    _open(tenant_id, manifest, actor)
    return tenant_id, manifest


def refuse_other_schema(manifest: Manifest, present: str) -> None:
    """Raise ArchiveError unless the file was made with the tables as they are here."""
    if manifest.schema == present:
        return
    if manifest.schema > present:  # revisions begin with their number
        raise ArchiveError(
            "数据包来自较新的版本（{theirs}，本系统为{ours}）：请先把本系统升级到同一版本，再恢复",
            theirs=manifest.schema,
            ours=present,
        )
    raise ArchiveError(
        "数据包来自较旧的版本（{theirs}，本系统为{ours}）：请在旧版本的系统中恢复，升级后重新导出",
        theirs=manifest.schema,
        ours=present,
    )


def _refuse_known(session: Session, tenant_id: uuid.UUID) -> None:
    known = session.get(Tenant, tenant_id)
    if known is not None:
        raise ArchiveError(
            "这个县（区）已在本系统中（/{slug}，{name}），不能再恢复一次", slug=known.slug, name=known.name
        )


def _fill(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest, tenant_id: uuid.UUID) -> None:
    """Write every row and every file, then read the rows back and compare."""
    bind_transaction(connection, tenant_id)
    settle(connection)
    entries = {entry.name: entry for entry in manifest.tables}
    tables = {table.name: columns_of(table) for table in exported_tables()}
    if {name: entry.columns for name, entry in entries.items()} != tables:
        raise ArchiveError("数据包的表与本系统不同，不能恢复")
    for name in tables:
        _fill_table(connection, archive, entries[name], tenant_id)
    for digest in file_digests(archive):
        file_store().put(tenant_id, read_member_file(archive, digest))
    for name, columns in tables.items():
        if digest_of_rows(connection, name, columns) != entries[name].sha256:
            raise ArchiveError("恢复后表“{table}”的摘要与数据包不同，已全部撤销", table=name)


def _fill_table(connection: Connection, archive: zipfile.ZipFile, entry: TableEntry, tenant_id: uuid.UUID) -> None:
    """COPY under row security is refused by the database: the rows come in beside it and are then inserted."""
    names = ", ".join(f'"{column}"' for column in entry.columns)
    raw: Any = connection.connection.driver_connection
    # Names of our own tables and columns: they were compared with the models.
    connection.execute(text(f'CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT {names} FROM "{entry.name}" LIMIT 0'))  # noqa: S608
    with raw.cursor() as cursor, cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
        for piece in table_pieces(archive, entry):
            copy.write(piece)
    connection.execute(
        text(f'INSERT INTO "{entry.name}" (tenant_id, {names}) SELECT :tenant_id, {names} FROM arriving'),  # noqa: S608
        {"tenant_id": tenant_id},
    )
    connection.execute(text("DROP TABLE arriving"))


def _open(tenant_id: uuid.UUID, manifest: Manifest, actor: str) -> None:
    with operator_work() as session:
        county = get_county(session, tenant_id)
        county.created_at = datetime.fromisoformat(str(manifest.county["created_at"]))
        quota: Mapping[str, int | None] = manifest.county["quota"]
        if any(figure is not None for figure in quota.values()):
            set_quota(session, county, **quota, actor=actor)
        open_county(
            session,
            county,
            actor=actor,
            action=OperatorAction.COUNTY_RESTORED,
            from_slug=str(manifest.county["slug"]),
            rows=manifest.rows,
            files=manifest.files,
        )


def discard_unfinished(slug: str, *, actor: str) -> None:
    """Take back a registration that a killed founding or restoring has left. It has no rows; its files go too."""
    with operator_work() as session:
        county = find_county_by_slug(session, slug)
        if county is None:
            raise ArchiveError("没有地址为“{slug}”的县（区）", slug=slug)
        give_up_preparing(session, get_county(session, county.id))
    file_store().remove_all(county.id)
    logger.warning("%s: the unfinished county /%s was discarded", actor, slug)
