"""Keeping files: by content, per county, whole or not at all."""

from __future__ import annotations

import io
import os
import time
import uuid
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage

from saas.files.checks import FileRefused, FileType
from saas.files.services import read_file, store_bytes, store_upload
from saas.files.storage import LocalStore, file_store
from saas.tenancy.models import Tenant
from saas.tenancy.scope import TenantError, tenant_scope
from tests.factories import make_user
from tests.files.samples import PDF, picture

A = uuid.UUID(int=1)
B = uuid.UUID(int=2)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def test_an_upload_is_kept_with_its_size_and_digest(tenant: Tenant) -> None:
    upload = FileStorage(io.BytesIO(PDF), filename="方案.pdf")
    actor = make_user()

    stored = store_upload(upload, subject_type="plan", subject_id=A, actor=actor)

    assert (stored.name, stored.media_type, stored.size) == ("方案.pdf", "application/pdf", len(PDF))
    assert stored.created_by_id == actor.id
    assert read_file(stored) == PDF


def test_a_refused_upload_leaves_nothing(tenant: Tenant) -> None:
    folder = file_store()._folder / str(tenant.id)
    before = set(folder.rglob("*"))

    with pytest.raises(FileRefused):
        store_upload(
            FileStorage(io.BytesIO(b"GIF89a"), filename="a.gif"), subject_type="plan", subject_id=A, actor=make_user()
        )

    assert set(folder.rglob("*")) == before


def test_an_upload_without_end_is_not_read_to_its_end(tenant: Tenant) -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert size > 0
            self.given += size
            return b"0" * size

    stream = Endless()
    upload = FileStorage(stream, filename="方案.pdf")
    with pytest.raises(FileRefused, match="超过 20 MB"):
        store_upload(upload, subject_type="plan", subject_id=A, actor=make_user())

    assert stream.given < 30 * 1024 * 1024


def test_what_the_application_makes_is_kept_as_it_is(tenant: Tenant) -> None:
    stored = store_bytes(PDF, name="通报", media_type=FileType.PDF, subject_type="document", subject_id=A, actor=None)

    assert stored.name == "通报.pdf"
    assert read_file(stored) == PDF


def test_without_a_county_nothing_can_be_kept(session: None) -> None:
    with pytest.raises(TenantError):
        store_bytes(PDF, name="a", media_type=FileType.PDF, subject_type="document", subject_id=A, actor=None)


def test_the_same_content_is_kept_once(store: LocalStore, tmp_path: Path) -> None:
    first = store.put(A, PDF)
    second = store.put(A, PDF)

    assert first == second
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_counties_do_not_share_content(store: LocalStore) -> None:
    digest = store.put(A, PDF)

    assert store.has(A, digest)
    assert not store.has(B, digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "/" + "a" * 63])
def test_only_a_digest_names_content(store: LocalStore, digest: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        store.open(A, digest)


def test_a_write_that_fails_leaves_nothing_behind(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)

    with pytest.raises(OSError, match="No space"):
        store.put(A, PDF)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_sweep_takes_only_what_a_dead_writer_left(store: LocalStore, tmp_path: Path) -> None:
    store.put(A, picture())
    folder = tmp_path / str(A) / "ab"
    folder.mkdir()
    old, new = folder / ".tmp.old", folder / ".tmp.new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))

    assert store.sweep() == 1

    assert not old.exists()
    assert new.exists()


def test_a_bound_county_decides_where_content_lies(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_scope(other_tenant.id):
        theirs = store_bytes(
            b"%PDF-theirs", name="a", media_type=FileType.PDF, subject_type="document", subject_id=A, actor=None
        )

    assert not file_store().has(tenant.id, theirs.digest)
    assert file_store().has(other_tenant.id, theirs.digest)


def test_what_is_made_of_content_is_made_once(store: LocalStore) -> None:
    digest = store.put(A, PDF)
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"small"

    assert [store.derived(A, digest, "thumbnail", make) for _ in range(2)] == [b"small", b"small"]
    assert made == [1]
