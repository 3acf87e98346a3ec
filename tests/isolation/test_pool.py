"""A pooled connection never carries a county over to the next who uses it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from saas.app import PREPARED_AFTER
from saas.config import Config
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import bind_transaction

ROUNDS = 5_000  # for each of two counties


@pytest.fixture
def one_connection(app: Flask, config: Config) -> Iterator[Engine]:
    engine = create_engine(
        config.database_url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
        connect_args=app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"],
    )
    yield engine
    engine.dispose()


@pytest.fixture
def counties(app: Flask, config: Config) -> tuple[uuid.UUID, uuid.UUID]:
    first = create_tenant(str(config.owner_url), "pool-one", "甲县")
    second = create_tenant(str(config.owner_url), "pool-two", "乙县")
    return first, second


def test_ten_thousand_turns_on_one_connection_see_their_own_county_only(
    one_connection: Engine, counties: tuple[uuid.UUID, uuid.UUID]
) -> None:
    wrong: list[str] = []

    def take_turns(tenant_id: uuid.UUID) -> None:
        for turn in range(ROUNDS):
            try:
                with one_connection.begin() as connection:
                    before = connection.execute(text("SELECT current_setting('app.tenant_id', true)")).scalar_one()
                    if before:
                        wrong.append(before)
                    bind_transaction(connection, tenant_id)
                    seen = connection.execute(text("SELECT current_setting('app.tenant_id', true)")).scalar_one()
                    if seen != str(tenant_id):
                        wrong.append(seen)
                    if turn % 500 == 0:
                        connection.execute(text("SELECT 1 / 0"))
            except DBAPIError:
                continue

    threads = [threading.Thread(target=take_turns, args=(tenant_id,)) for tenant_id in counties]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_prepared_statement_answers_each_county_with_its_own_rows(
    one_connection: Engine, counties: tuple[uuid.UUID, uuid.UUID]
) -> None:
    asked = "SELECT location FROM sent_form"
    for county in counties:
        with one_connection.begin() as connection:
            bind_transaction(connection, county)
            row = {"tenant": county, "id": uuid.uuid4(), "location": str(county)}
            connection.execute(
                text(
                    "INSERT INTO sent_form (tenant_id, id, location, sent_at) VALUES (:tenant, :id, :location, now())"
                ),
                row,
            )
    for turn in range(4 * PREPARED_AFTER):
        with one_connection.begin() as connection:
            county = counties[turn % 2]
            bind_transaction(connection, county)
            assert connection.execute(text(asked)).scalars().all() == [str(county)]

    with one_connection.begin() as connection:
        kept = connection.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
        assert asked in kept


def test_a_cancelled_statement_leaves_nothing_bound(
    one_connection: Engine, counties: tuple[uuid.UUID, uuid.UUID]
) -> None:
    with one_connection.connect() as connection:
        connection.begin()
        bind_transaction(connection, counties[0])
        connection.execute(text("SET LOCAL statement_timeout = 50"))
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT pg_sleep(2)"))

    with one_connection.begin() as connection:
        assert not connection.execute(text("SELECT current_setting('app.tenant_id', true)")).scalar_one()
