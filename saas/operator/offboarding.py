"""Letting a county leave the system (退出平台): its file, its certificate, and nothing of it left.

First everything is exported and the file read back. Then, in one transaction of the owning role, the rows are compared
with the file once more and deleted: the database lets that role reach the rows of the one county it was told, and of no
other. What stays is the operators' trail with the head of the county's own audit trail.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from saas.config import ConfigError
from saas.db import utc_now
from saas.documents.services import deployment_fonts
from saas.files.storage import file_store
from saas.operator.archive import (
    ArchiveError,
    Manifest,
    columns_of,
    digest_of_file,
    digest_of_rows,
    exported_tables,
    owned_tables,
    settle,
    verify_archive,
)
from saas.operator.certificate import Leaving, write_certificate
from saas.operator.db import operator_work
from saas.operator.exporting import export_county
from saas.operator.services import get_county, suspend
from saas.operator.trail import OperatorAction, record_event
from saas.tenancy.models import Tenant, TenantStatus

_BESIDE = ("tenant_host", "tenant_former_slug", "tenant_quota", "tenant_usage")


def offboard(tenant_id: uuid.UUID, *, archive: Path, certificate: Path, actor: str) -> Leaving:
    """Export, verify, delete and certify a county. Nothing is deleted unless the file is whole and equal to the rows.

    Raises ConfigError without the owner's address, FontsMissingError before anything is done, ArchiveError if the
    county changes meanwhile.
    """
    owner_url = current_app.config["JICENG"].owner_url
    if owner_url is None:
        raise ConfigError("DATABASE_OWNER_URL is not set: only the owning role deletes counties")
    fonts = deployment_fonts()
    county, manifest = _export(tenant_id, archive, actor)
    deleted, head = _delete(owner_url, tenant_id, manifest)
    leaving = Leaving(
        tenant_id=tenant_id,
        slug=county.slug,
        name=county.name,
        operator=actor,
        left_at=utc_now(),
        manifest=manifest,
        archive_sha256=digest_of_file(archive),
        deleted_rows=deleted,
        deleted_files=_delete_files(tenant_id),
        audit_head=head,
    )
    noted = _note(county, leaving)
    write_certificate(noted, certificate, fonts)
    return noted


def _export(tenant_id: uuid.UUID, path: Path, actor: str) -> tuple[Tenant, Manifest]:
    """Close the county's address, write its file, and read that back."""
    with operator_work() as session:
        county = get_county(session, tenant_id)
        if county.status is TenantStatus.PREPARING:
            raise ArchiveError("“{name}”还在准备中，没有可以导出的数据", name=county.name)
        if county.status is TenantStatus.ACTIVE:
            suspend(session, county, reason="退出平台", actor=actor)
    with operator_work() as session:
        manifest = export_county(session, county, path)
        record_event(
            session,
            OperatorAction.COUNTY_EXPORTED,
            actor=actor,
            county=county,
            sha256=digest_of_file(path),
            leaving=True,
        )
    if verify_archive(path) != manifest:
        raise ArchiveError("导出的文件读回后与写入时不同，没有删除任何数据")
    return county, manifest


def _delete(owner_url: str, tenant_id: uuid.UUID, manifest: Manifest) -> tuple[dict[str, int], dict[str, Any]]:
    """Delete every row of the county in one transaction; return how many of each table, and the audit trail's head."""
    engine = create_engine(owner_url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        # No row can be added behind our back: each new one would need a share of this one.
        connection.execute(text("SELECT id FROM tenant WHERE id = :id FOR UPDATE"), {"id": tenant_id}).one()
        connection.execute(text("SELECT set_config('app.leaving_tenant_id', :id, true)"), {"id": str(tenant_id)})
        settle(connection)
        _refuse_changed(connection, manifest)
        head = _audit_head(connection)
        deleted = {table.name: _delete_from(connection, table.name, tenant_id) for table in reversed(owned_tables())}
        for table in _BESIDE:
            _delete_from(connection, table, tenant_id)
        connection.execute(text("DELETE FROM tenant WHERE id = :id"), {"id": tenant_id})
    return {table.name: deleted[table.name] for table in owned_tables()}, head


def _refuse_changed(connection: Connection, manifest: Manifest) -> None:
    expected = manifest.digests()
    for table in exported_tables():
        if digest_of_rows(connection, table.name, columns_of(table)) != expected[table.name]:
            raise ArchiveError(
                "导出以后表“{table}”又有变动（可能有后台任务还在运行），没有删除任何数据，请稍后重来", table=table.name
            )


def _audit_head(connection: Connection) -> dict[str, Any]:
    """The last line of the county's audit trail: when and what, without its content."""
    row = connection.execute(
        text("SELECT id, at, action, count(*) OVER () AS events FROM audit_event ORDER BY at DESC, id DESC LIMIT 1")
    ).one_or_none()
    if row is None:
        return {"events": 0}
    return {"events": row.events, "id": str(row.id), "at": row.at.isoformat(), "action": row.action}


def _delete_from(connection: Connection, table: str, tenant_id: uuid.UUID) -> int:
    statement = text(f'DELETE FROM "{table}" WHERE tenant_id = :id')  # noqa: S608  (names of our own tables)
    return connection.execute(statement, {"id": tenant_id}).rowcount


def _delete_files(tenant_id: uuid.UUID) -> int:
    return file_store().remove_all(tenant_id)


def _note(county: Tenant, leaving: Leaving) -> Leaving:
    """Keep in the operators' trail what a later reader needs to compare a file or a certificate with."""
    with operator_work() as session:
        event = record_event(
            session,
            OperatorAction.COUNTY_LEFT,
            actor=leaving.operator,
            county=county,
            name=leaving.name,
            rows=leaving.manifest.rows,
            files=leaving.deleted_files,
            archive_sha256=leaving.archive_sha256,
            audit_head=dict(leaving.audit_head),
        )
        number, digest = event.number, event.digest
    return replace(leaving, event_number=number, event_digest=digest)
