"""Exporting one county, read by the application's role inside its wall: the database lets no other row through."""

from __future__ import annotations

import hashlib
import os
import uuid
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from saas.db import db, utc_now
from saas.files.models import StoredFile
from saas.files.storage import file_store
from saas.operator.archive import (
    MANIFEST,
    ArchiveError,
    Manifest,
    TableEntry,
    columns_of,
    digest_of_lines,
    digest_of_rows,
    exported_tables,
    file_member,
    rows_as_text,
    settle,
    table_member,
)
from saas.operator.health import schema_of
from saas.operator.queries import list_former_slugs, list_hosts
from saas.tenancy.models import Tenant, TenantQuota
from saas.tenancy.scope import bind_transaction

_OWN_EYES_ONLY = 0o600
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def export_county(session: Session, county: Tenant, path: Path) -> Manifest:
    """Write everything of a county into a file that only the present user may read; return what it holds.

    One moment's state, however long it takes. A file that is there is replaced only when the new one is whole.
    `session` is the operator's; the county's rows are read with the application's role. Raises ArchiveError if the
    store has lost a file that a row names.
    """
    unfinished = path.with_name(f".{path.name}.part")
    about = _about(session, county)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWN_EYES_ONLY)
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            manifest = _write(archive, county.id, schema_of(session), about)
        unfinished.replace(path)
        return manifest
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


def _about(session: Session, county: Tenant) -> dict[str, Any]:
    quota = session.get(TenantQuota, county.id)
    return {
        "id": str(county.id),
        "slug": county.slug,
        "name": county.name,
        "created_at": county.created_at.isoformat(),
        "hosts": list(list_hosts(session, county.id)),
        "former_slugs": list(list_former_slugs(session, county.id)),
        "quota": {
            "max_users": quota.max_users if quota else None,
            "max_storage_bytes": quota.max_storage_bytes if quota else None,
            "max_jobs_in_flight": quota.max_jobs_in_flight if quota else None,
        },
    }


def _write(archive: zipfile.ZipFile, tenant_id: uuid.UUID, schema: str, about: Mapping[str, Any]) -> Manifest:
    with db.engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        bind_transaction(connection, tenant_id)
        settle(connection)
        tables = tuple(_write_table(archive, connection, table.name, columns_of(table)) for table in exported_tables())
        digests = sorted(connection.execute(select(StoredFile.digest).distinct()).scalars())
    sizes = [_write_file(archive, tenant_id, digest) for digest in digests]
    manifest = Manifest(
        schema=schema,
        made_at=utc_now().isoformat(),
        county=about,
        tables=tables,
        files=len(digests),
        file_bytes=sum(sizes),
        files_sha256=digest_of_lines(digests),
    )
    archive.writestr(_member(MANIFEST), manifest.as_json())
    return manifest


def _write_table(archive: zipfile.ZipFile, connection: Connection, name: str, columns: tuple[str, ...]) -> TableEntry:
    digest, rows, size = hashlib.sha256(), 0, 0
    with archive.open(_member(table_member(name)), "w", force_zip64=True) as member:
        for piece in rows_as_text(connection, name, columns):
            member.write(piece)
            digest.update(piece)
            rows, size = rows + piece.count(b"\n"), size + len(piece)
    return TableEntry(name, columns, rows, size, digest.hexdigest())


def _write_file(archive: zipfile.ZipFile, tenant_id: uuid.UUID, digest: str) -> int:
    try:
        with file_store().open(tenant_id, digest) as file:
            content = file.read()
    except FileNotFoundError:
        raise ArchiveError("存储中缺少文件“{digest}”，数据不完整，没有导出", digest=digest) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArchiveError("存储中的文件“{digest}”已损坏，没有导出", digest=digest)
    archive.writestr(_member(file_member(digest), zipfile.ZIP_STORED), content)
    return len(content)


def _member(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.compress_type = compression
    return info


def live_digests(tenant_id: uuid.UUID) -> dict[str, str]:
    """The digest of each exported table as it is now."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        bind_transaction(connection, tenant_id)
        settle(connection)
        return {table.name: digest_of_rows(connection, table.name, columns_of(table)) for table in exported_tables()}
