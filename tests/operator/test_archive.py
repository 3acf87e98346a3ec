"""A county as a file: exported, restored, and gone when it leaves; every digest equal and nobody else touched."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from saas.config import Config
from saas.db import Base, db
from saas.domain.errors import DomainError
from saas.files.storage import file_store
from saas.operator.archive import NOT_EXPORTED, ArchiveError, Manifest, exported_tables, owned_tables, verify_archive
from saas.operator.db import operator_engine, operator_session
from saas.operator.exporting import export_county, live_digests
from saas.operator.models import OperatorEvent
from saas.operator.offboarding import offboard
from saas.operator.queries import find_county_by_slug
from saas.operator.restoring import restore_county
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope
from tests.isolation.county import FilledCounty, fill_county


@pytest.fixture(scope="module")
def filled(app: Flask, config: Config, superuser: str) -> Iterator[tuple[FilledCounty, FilledCounty]]:
    """Two counties with rows in every table, committed."""
    for slug, name in (("leaves", "甲县"), ("stays", "乙县")):
        create_tenant(str(config.owner_url), slug, name)
    with app.app_context():
        app.extensions["counties"].forget()
        ours = fill_county("leaves", "rural-county", "翠鸟甲")
        theirs = fill_county("stays", "city-district", "榆钱乙")
    yield ours, theirs
    with app.app_context():
        db.session.remove()
        operator_engine().dispose()
        db.engine.dispose()
        for county in (ours, theirs):
            file_store().remove_all(county.tenant_id)
    with psycopg.connect(superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in Base.metadata.tables.values():
            if "tenant_id" in table.c:
                for county in (ours, theirs):
                    connection.execute(f'DELETE FROM "{table.name}" WHERE tenant_id = %s', [county.tenant_id])
        for county in (ours, theirs):
            connection.execute("DELETE FROM tenant WHERE id = %s", [county.tenant_id])


@pytest.fixture
def ours(filled: tuple[FilledCounty, FilledCounty], operating: None) -> FilledCounty:
    return filled[0]


@pytest.fixture
def theirs(filled: tuple[FilledCounty, FilledCounty]) -> FilledCounty:
    return filled[1]


def export(county: FilledCounty, path: Path) -> Manifest:
    row = operator_session().get_one(Tenant, county.tenant_id)
    return export_county(operator_session(), row, path)


def rows_of(county: FilledCounty) -> int:
    with tenant_scope(county.tenant_id):
        return sum(db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in owned_tables())


def test_every_table_of_counties_is_exported_or_has_a_reason_not_to_be() -> None:
    names = {table.name for table in owned_tables()}

    assert set(NOT_EXPORTED) <= names
    assert {table.name for table in exported_tables()} == names - set(NOT_EXPORTED)


def test_tables_are_filled_after_those_they_refer_to() -> None:
    seen: set[str] = set()
    for table in exported_tables():
        referred = {key.referred_table.name for key in table.foreign_key_constraints} - {"tenant", table.name}
        assert referred <= seen, table.name
        seen.add(table.name)


def test_a_file_holds_the_county_and_no_word_of_another(
    ours: FilledCounty, theirs: FilledCounty, tmp_path: Path
) -> None:
    manifest = export(ours, tmp_path / "a.zip")

    assert verify_archive(tmp_path / "a.zip") == manifest
    assert manifest.rows > 200
    assert manifest.files > 0
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        texts = b"".join(archive.read(name) for name in archive.namelist() if not name.startswith("files/"))
    assert ours.word.encode() in texts
    assert theirs.word.encode() not in texts
    assert str(theirs.tenant_id).encode() not in texts


def test_two_exports_of_an_unchanged_county_have_equal_digests(ours: FilledCounty, tmp_path: Path) -> None:
    first, second = export(ours, tmp_path / "a.zip"), export(ours, tmp_path / "b.zip")

    assert first.digests() == second.digests() == live_digests(ours.tenant_id)


def test_a_county_that_is_here_is_not_restored_over(ours: FilledCounty, tmp_path: Path) -> None:
    export(ours, tmp_path / "a.zip")

    with pytest.raises(ArchiveError, match="已在本系统中"):
        restore_county(tmp_path / "a.zip", slug="elsewhere", actor="test")
    assert find_county_by_slug(operator_session(), "elsewhere") is None


def test_a_county_leaves_and_comes_back_with_every_digest_equal_and_the_other_untouched(
    app: Flask, ours: FilledCounty, theirs: FilledCounty, tmp_path: Path, superuser: str, config: Config
) -> None:
    before, others = live_digests(ours.tenant_id), live_digests(theirs.tenant_id)
    count = rows_of(ours)

    leaving = offboard(
        ours.tenant_id, archive=tmp_path / "a.zip", certificate=tmp_path / "certificate.pdf", actor="test"
    )

    with psycopg.connect(superuser) as connection:  # who sees everything sees nothing of the county any more
        for table in Base.metadata.tables.values():
            if "tenant_id" in table.c and table.name != "operator_event":
                statement = f'SELECT count(*) FROM "{table.name}" WHERE tenant_id = %s'
                assert connection.execute(statement, [ours.tenant_id]).fetchone() == (0,), table.name
        assert connection.execute("SELECT count(*) FROM tenant WHERE id = %s", [ours.tenant_id]).fetchone() == (0,)
    assert not [path for path in config.storage_dir.rglob("*") if str(ours.tenant_id) in str(path)]
    assert sum(leaving.deleted_rows.values()) == count
    assert live_digests(theirs.tenant_id) == others

    certified = json.loads((tmp_path / "certificate.json").read_text())
    assert certified["deleted_rows"] == dict(leaving.deleted_rows)
    assert certified["archive_sha256"] == leaving.archive_sha256
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    line = operator_session().get_one(OperatorEvent, leaving.event_number)
    assert (line.action, line.tenant_id) == ("county.left", ours.tenant_id)
    assert line.details["audit_head"] == dict(leaving.audit_head)
    assert line.details["audit_head"]["events"] > 0

    restored, manifest = restore_county(tmp_path / "a.zip", slug=None, actor="test")
    app.extensions["counties"].forget()

    assert restored == ours.tenant_id
    assert manifest.digests() == before == live_digests(ours.tenant_id)
    assert live_digests(theirs.tenant_id) == others
    assert app.test_client().get("/leaves/sign-in").status_code == 200
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        for name in archive.namelist():
            if name.startswith("files/"):
                assert file_store().has(ours.tenant_id, name.removeprefix("files/"))


def test_an_old_session_is_no_session_after_a_restore(app: Flask, ours: FilledCounty, tmp_path: Path) -> None:
    """Sessions are not exported: whoever was signed in signs in again."""
    manifest = export(ours, tmp_path / "a.zip")

    assert not set(NOT_EXPORTED) & set(manifest.digests())


@pytest.fixture
def gone(ours: FilledCounty, tmp_path: Path, app: Flask) -> Iterator[Path]:
    """The file of a county that is not here. It is put back at the end."""
    kept = tmp_path / "kept.zip"
    offboard(ours.tenant_id, archive=kept, certificate=tmp_path / "certificate.pdf", actor="test")
    spoilt = tmp_path / "spoilt.zip"
    shutil.copy(kept, spoilt)
    yield spoilt
    operator_session().rollback()
    if operator_session().get(Tenant, ours.tenant_id) is None:
        restore_county(kept, slug=None, actor="test")
    app.extensions["counties"].forget()


def rewrite(
    path: Path, *, change: dict[str, bytes] | None = None, without: str = "", manifest: dict[str, object] | None = None
) -> None:
    """The same archive with other members, whole as an archive."""
    source = path.with_suffix(".source")
    path.rename(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = (change or {}).get(name, old.read(name))
            if name == "manifest.json" and manifest:
                content = json.dumps({**json.loads(content), **manifest}).encode()
            if name != without:
                new.writestr(name, content)


def test_a_file_that_is_damaged_foreign_or_of_another_schema_is_refused_and_nothing_is_changed(
    gone: Path, ours: FilledCounty, theirs: FilledCounty, superuser: str
) -> None:
    others = live_digests(theirs.tenant_id)
    whole = gone.read_bytes()
    with zipfile.ZipFile(gone) as archive:
        units = archive.read("tables/org_unit.copy")
        picture = next(name for name in archive.namelist() if name.startswith("files/"))
    spoils: dict[str, Callable[[], object]] = {
        "与清单中的摘要不符": lambda: rewrite(gone, change={"tables/org_unit.copy": units.replace(b"\t", b" ", 1)}),
        "内容与摘要不符": lambda: rewrite(gone, change={picture: b"something else"}),
        "内容与清单不符": lambda: rewrite(gone, without="tables/audit_event.copy"),
        "文件与清单不符": lambda: rewrite(gone, without=picture),
        "清单缺失或损坏": lambda: rewrite(gone, without="manifest.json"),
        "不是县（区）数据包": lambda: rewrite(gone, manifest={"kind": "other"}),
        "格式版本": lambda: rewrite(gone, manifest={"format": 99}),
        "较新的版本": lambda: rewrite(gone, manifest={"schema": "9999_later"}),
        "较旧的版本": lambda: rewrite(gone, manifest={"schema": "0001_first"}),
        "不是完整的数据包": lambda: gone.write_bytes(whole[: len(whole) // 2]),
    }
    for said, spoil in spoils.items():
        spoil()
        with pytest.raises(ArchiveError, match=said):
            restore_county(gone, slug=None, actor="test")
        gone.write_bytes(whole)
        assert operator_session().get(Tenant, ours.tenant_id) is None, said
    assert live_digests(theirs.tenant_id) == others


def test_a_restore_that_breaks_off_leaves_nothing(
    gone: Path, ours: FilledCounty, config: Config, superuser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("saas.operator.restoring.digest_of_rows", fail)
    with pytest.raises(OSError, match="the disk is full"):
        restore_county(gone, slug=None, actor="test")

    with psycopg.connect(superuser) as connection:
        assert connection.execute(
            "SELECT count(*) FROM org_unit WHERE tenant_id = %s", [ours.tenant_id]
        ).fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM tenant WHERE id = %s", [ours.tenant_id]).fetchone() == (0,)
    assert not (config.storage_dir / str(ours.tenant_id)).exists()


def test_a_taken_address_is_refused_and_another_one_works(app: Flask, gone: Path, ours: FilledCounty) -> None:
    with pytest.raises(DomainError, match="已被使用"):
        restore_county(gone, slug="stays", actor="test")

    restore_county(gone, slug="returned", actor="test")
    app.extensions["counties"].forget()

    assert app.test_client().get("/returned/sign-in").status_code == 200
    offboard(ours.tenant_id, archive=gone.with_name("b.zip"), certificate=gone.with_name("c.pdf"), actor="test")


def test_nothing_is_deleted_if_the_county_changes_meanwhile(
    app: Flask, ours: FilledCounty, tmp_path: Path, superuser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = rows_of(ours)

    def change_after(*args: object, **options: object) -> Manifest:
        manifest = export_county(*args, **options)  # type: ignore[arg-type]
        with psycopg.connect(superuser) as connection:
            connection.execute("UPDATE org_unit SET name = name || '改' WHERE tenant_id = %s", [ours.tenant_id])
        return manifest

    monkeypatch.setattr("saas.operator.offboarding.export_county", change_after)
    with pytest.raises(ArchiveError, match="又有变动"):
        offboard(ours.tenant_id, archive=tmp_path / "a.zip", certificate=tmp_path / "c.pdf", actor="test")

    assert rows_of(ours) == count
    assert not (tmp_path / "c.pdf").exists()


def test_a_file_that_the_store_has_lost_stops_the_export(ours: FilledCounty, tmp_path: Path, config: Config) -> None:
    lost = next(path for path in (config.storage_dir / str(ours.tenant_id)).glob("*/*") if len(path.name) == 64)
    content = lost.read_bytes()
    lost.unlink()
    try:
        with pytest.raises(ArchiveError, match="缺少文件"):
            export(ours, tmp_path / "a.zip")
        assert list(tmp_path.iterdir()) == []
    finally:
        lost.write_bytes(content)
