"""Fixtures of the administrators' pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.imports.models import DataImport
from tests.administration.divisions_list import COUNTY, small_list
from tests.administration.divisions_steps import Setting
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user


@pytest.fixture
def invented_list(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with small_list(monkeypatch, tmp_path_factory.mktemp("list")):
        yield


@pytest.fixture
def setting(browser: Browser, invented_list: None) -> Setting:
    root = make_unit("清禾县", kind=make_unit_type("county", "县", 1))
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=root))
    browser.post("/divisions", {"county": COUNTY})
    return Setting(root, db.session.scalars(select(DataImport)).one())
