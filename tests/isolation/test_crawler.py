"""No address of one county shows, changes or betrays anything of another: every rule, method, role and kind of id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection

from saas.access.permissions import Role
from tests.isolation.addresses import Address, own_addresses, pairs, rules, undeclared
from tests.isolation.county import FilledCounty, owned_tables
from tests.isolation.forms import Exchange, collect_forms
from tests.isolation.visitor import Visitor, comparable, digests, listed, listening, text_of, undone

VISITORS = (*Role, None)
each_visitor = pytest.mark.parametrize("role", VISITORS, ids=lambda role: role.value if role else "guest")
WRITTEN_BY_LOOKING = ("user_session", "notification", "audit_event")  # last seen, read, downloaded


@pytest.fixture(scope="module", autouse=True)
def theirs_stays(connection: Connection, ours: FilledCounty, theirs: FilledCounty) -> Iterator[None]:
    """Whatever this module does at our address, not one row of the other county changes, and no log names it."""
    before = digests(connection, theirs)
    with listening() as heard:
        yield
    assert digests(connection, theirs) == before
    assert [line for line in heard if theirs.word in line] == []


def test_every_address_is_declared(app: Flask) -> None:
    assert undeclared(app) == []


def test_every_table_has_rows_in_both_counties(app: Flask, ours: FilledCounty, theirs: FilledCounty) -> None:
    with app.app_context():
        for county in (ours, theirs):
            assert [table.name for table in owned_tables() if not county.ids(table)] == []


@each_visitor
def test_a_foreign_id_is_like_an_id_of_nobody(
    app: Flask, connection: Connection, ours: FilledCounty, theirs: FilledCounty, role: Role | None
) -> None:
    visitor = Visitor(app, ours, role)
    wrong: list[object] = []
    with app.app_context():
        asked = [pair for rule in rules(app) for pair in pairs(app, rule, ours, theirs)]
    for foreign, nobodys in asked:
        for htmx in (False, True):
            with undone(connection):
                learnt = comparable(visitor.open(foreign.method, foreign.path, htmx=htmx), foreign.ids)
            if not _is_refusal(learnt[0], foreign, role) or theirs.word in learnt[3]:
                wrong.append((foreign.method, foreign.path, htmx, learnt[:2]))
            if learnt[0] == 403:
                break  # refused for the lack of a right, before any id is read
            with undone(connection):
                expected = comparable(visitor.open(nobodys.method, nobodys.path, htmx=htmx), nobodys.ids)
            if learnt != expected:
                wrong.append((foreign.method, foreign.path, htmx, learnt[:2], expected[:2]))

    assert len(asked) > 30
    assert not wrong, listed(wrong)


def _is_refusal(status: int, address: Address, role: Role | None) -> bool:
    if role is None and address.access != "county_public":
        return status in {303, 204}  # to the sign-in page
    return status in {403, 404}


@each_visitor
def test_own_pages_open_and_looking_changes_nothing(
    app: Flask, connection: Connection, ours: FilledCounty, theirs: FilledCounty, role: Role | None
) -> None:
    visitor = Visitor(app, ours, role)
    wrong: list[object] = []
    before = digests(connection, ours, without=WRITTEN_BY_LOOKING)
    with app.app_context():
        asked = [
            address for rule in rules(app) for address in own_addresses(app, rule, ours) if address.method == "GET"
        ]
    for address in asked:
        for htmx in (False, True):
            answer = visitor.open("GET", address.path, htmx=htmx)
            if answer.status_code >= 500 or theirs.word in text_of(answer):
                wrong.append((address.path, htmx, answer.status_code))

    assert not wrong, listed(wrong)
    assert digests(connection, ours, without=WRITTEN_BY_LOOKING) == before


@each_visitor
def test_what_is_sent_to_own_addresses_reaches_nobody_else(
    app: Flask, connection: Connection, ours: FilledCounty, theirs: FilledCounty, role: Role | None
) -> None:
    """Every form that a page shows, and every address that takes one: empty, as it stands, and with foreign ids."""
    visitor = Visitor(app, ours, role)
    wrong: list[object] = []
    with app.app_context():
        exchange = Exchange(ours, theirs)
    for form in collect_forms(app, visitor, ours):
        with undone(connection):
            if visitor.open("POST", form.action).status_code == 403:
                continue  # the permission matrix has its own test
        for everywhere in (False, True):
            learnt = []
            for fields in (
                exchange.foreign(form.fields, everywhere=everywhere),
                exchange.nobodys(form.fields, everywhere=everywhere),
            ):
                with undone(connection):
                    answer = visitor.open("POST", form.action, data=fields, htmx=everywhere)
                learnt.append(comparable(answer, exchange.codes))
            if learnt[0] != learnt[1] or learnt[0][0] >= 500 or theirs.word in learnt[0][3]:
                wrong.append((form.action, fields, learnt[0][:2], learnt[1][:2]))
        with undone(connection):
            answer = visitor.open("POST", form.action, data=dict(form.fields))
        if answer.status_code >= 500 or theirs.word in text_of(answer):
            wrong.append((form.action, form.fields, answer.status_code))

    assert not wrong, listed(wrong)
