"""Files that were only to be fetched go after their days, and bytes go when no file has them any more."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.db import db, new_id, utc_now
from saas.files import sweeping
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import store_bytes
from saas.files.storage import LocalStore, file_store
from saas.files.sweeping import UNUSED_SECONDS, keep_only_for, throw_away
from saas.tenancy.scope import bound_tenant_id

EXPORT, PLAN = "swept_export", "plan"


@pytest.fixture(autouse=True)
def _a_week_in_an_empty_store(session: None, tenant: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_kept_for", {})
    keep_only_for(EXPORT, timedelta(days=7))
    file_store().remove_all(bound_tenant_id())


def _keep(content: bytes, subject_type: str = EXPORT, *, days: int = 0) -> StoredFile:
    stored = store_bytes(
        content, name="表.xlsx", media_type=FileType.XLSX, subject_type=subject_type, subject_id=new_id(), actor=None
    )
    stored.created_at = utc_now() - timedelta(days=days)
    db.session.flush()
    return stored


def _place(stored: StoredFile) -> Path:
    return file_store()._place(stored.tenant_id, stored.digest)


def _lies_since(stored: StoredFile, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(_place(stored), (moment, moment))


def _names() -> list[str]:
    return list(db.session.scalars(select(StoredFile.subject_type).order_by(StoredFile.id)))


def test_an_export_goes_after_its_days_and_nothing_else_does() -> None:
    _keep(b"old", days=8), _keep(b"new", days=6), _keep(b"plan", PLAN, days=400)
    assert throw_away() == (0, 1)
    assert _names() == [EXPORT, PLAN]


def test_the_bytes_go_a_day_after_the_last_file_that_had_them() -> None:
    _keep(b"another", PLAN)
    stored = _keep(b"old", days=8)
    _lies_since(stored, 8 * 24 * 3600)
    place = _place(stored)
    throw_away()
    assert place.exists()
    assert throw_away() == (1, 0)
    assert not place.exists()


def test_bytes_that_another_file_shares_stay() -> None:
    stored, _shared = _keep(b"same", days=8), _keep(b"same", PLAN)
    _lies_since(stored, 30 * 24 * 3600)
    throw_away()
    assert throw_away() == (0, 0)
    assert _place(_shared).exists()


def test_what_is_about_to_be_kept_again_is_not_taken_away() -> None:
    _keep(b"another", PLAN)
    stored = _keep(b"again")
    _lies_since(stored, 2 * UNUSED_SECONDS)
    place = _place(stored)
    db.session.delete(stored)
    db.session.flush()
    file_store().put(bound_tenant_id(), b"again")  # its row is not there yet
    assert throw_away() == (0, 0)
    assert place.exists()


def test_what_was_derived_goes_with_its_content_and_what_was_put_aside_comes_back(tmp_path: Path) -> None:
    store, county = LocalStore(tmp_path), new_id()
    unused, used = store.put(county, b"photo"), store.put(county, b"used")
    store.derived(county, unused, "small.jpg", lambda: b"small")
    folder = tmp_path / str(county)
    place = folder / used[:2] / used
    place.replace(place.with_name(f".aside.{used}"))
    assert store.remove_unused(county, {used}, older_than=-1) == 1
    assert sorted(path.name for path in folder.glob("??/*")) == [used]


def test_a_county_without_any_files_loses_nothing() -> None:
    digest = file_store().put(bound_tenant_id(), b"no row yet")
    os.utime(file_store()._place(bound_tenant_id(), digest), (0, 0))
    assert throw_away() == (0, 0)
    assert file_store().has(bound_tenant_id(), digest)
