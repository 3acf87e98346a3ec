"""The address alone decides which county a request is about, and a session is good for one county only."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask, g
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from saas.access.permissions import Role
from saas.accounts.models import UserSession
from saas.accounts.services import token_digest
from saas.config import Config
from saas.db import db
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope
from tests.factories import make_unit, make_user

HOST = "qingshan.test"


@pytest.fixture
def owner_says(app: Flask, config: Config) -> Iterator[list[str]]:
    """Statements for the owner's hands, undone at the end by their opposites, which the test puts in the list."""
    undo: list[str] = []
    yield undo
    for statement in undo:
        as_owner(config, statement)
    app.extensions["counties"].forget()


def as_owner(config: Config, statement: str, **values: object) -> None:
    engine = create_engine(str(config.owner_url))
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


@pytest.fixture
def mapped(app: Flask, config: Config, owner_says: list[str], session: None) -> str:
    """A host name that shows the county without its slug."""
    as_owner(
        config,
        "INSERT INTO tenant_host (host, tenant_id) SELECT :host, id FROM tenant WHERE slug = 'qingshan'",
        host=HOST,
    )
    owner_says.append(f"DELETE FROM tenant_host WHERE host = '{HOST}'")
    app.extensions["counties"].forget()
    return HOST


def cookie_of_leader(county: Tenant) -> str:
    """The session cookie of a leader of the county."""
    with tenant_scope(county.id):
        user, token = make_user(Role.LEADER, unit=make_unit(f"{county.name}政府")), secrets.token_urlsafe(16)
        db.session.add(UserSession(user_id=user.id, token_digest=token_digest(token)))
        db.session.commit()
    return f"{county.slug}-session={token}"


def get(app: Flask, path: str, cookie: str = "", **headers: str) -> TestResponse:
    for name in ("_login_user", "csrf_token"):
        g.pop(name, None)  # the test's own context outlives the request
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client(use_cookies=False).get(path, headers=sent | ({"Cookie": cookie} if cookie else {}))


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}.", f"{HOST}:8443", f"{HOST.title()}:80"])
def test_a_mapped_host_shows_its_county_however_it_is_spelt(app: Flask, mapped: str, host: str) -> None:
    answer = get(app, "/sign-in", Host=host)

    assert answer.status_code == 200
    assert "青山县" in answer.text
    assert 'action="/sign-in"' in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-Tenant", "X-Slug"])
def test_no_header_chooses_a_county(app: Flask, mapped: str, header: str) -> None:
    value = f"host={HOST}" if header == "Forwarded" else HOST

    assert get(app, "/sign-in", **{header: value}).status_code == 404


def test_no_field_or_parameter_chooses_a_county(app: Flask, tenant: Tenant, other_tenant: Tenant) -> None:
    cookie = cookie_of_leader(tenant)
    for path in ("/qingshan/home?county=other", f"/qingshan/home?tenant_id={other_tenant.id}"):
        assert "外县" not in get(app, path, cookie).text


def test_an_unknown_host_and_a_plain_one_show_no_county(app: Flask, mapped: str) -> None:
    for host in ("localhost", "evil.example", f"{HOST}.evil.example", f"evil-{HOST}"):
        assert get(app, "/sign-in", Host=host).status_code == 404


def test_where_hosts_are_named_any_other_is_refused(app: Flask, mapped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", [HOST])

    assert get(app, "/sign-in", Host=HOST).status_code == 200
    for host in ("evil.example", f"{HOST}.evil.example", "localhost"):
        assert get(app, "/qingshan/sign-in", Host=host).status_code == 400


@pytest.mark.parametrize("slug", ["nowhere", "QINGSHAN", "qingshan.", "qing%00shan", "..", "青山"])
def test_an_unknown_county_does_not_exist(app: Flask, session: None, slug: str) -> None:
    assert get(app, f"/{slug}/home").status_code == 404


def test_a_suspended_county_does_not_exist(app: Flask, config: Config, owner_says: list[str], session: None) -> None:
    create_tenant(str(config.owner_url), "dormant", "休眠县")
    owner_says.append("UPDATE tenant SET status = 'active' WHERE slug = 'dormant'")
    app.extensions["counties"].forget()
    assert get(app, "/dormant/sign-in").status_code == 200

    as_owner(config, "UPDATE tenant SET status = 'suspended' WHERE slug = 'dormant'")
    app.extensions["counties"].forget()

    suspended, unknown = get(app, "/dormant/sign-in"), get(app, "/nowhere/sign-in")
    assert suspended.status_code == unknown.status_code == 404
    assert suspended.text.replace("dormant", "nowhere") == unknown.text


def test_a_session_of_one_county_is_nothing_in_another(app: Flask, tenant: Tenant, other_tenant: Tenant) -> None:
    cookie = cookie_of_leader(other_tenant)
    assert get(app, "/other/home", cookie).status_code == 200

    renamed = cookie.replace("other-session", "qingshan-session")
    for sent in (cookie, renamed, f"{cookie}; {renamed}"):
        answer = get(app, "/qingshan/home", sent)
        assert answer.status_code == 303
        assert answer.location.startswith("/qingshan/sign-in")


def test_at_a_countys_own_host_only_its_own_sessions_are_good(
    app: Flask, tenant: Tenant, other_tenant: Tenant, mapped: str
) -> None:
    own = cookie_of_leader(tenant).replace("qingshan-", "site-")
    foreign = cookie_of_leader(other_tenant).replace("other-", "site-")

    assert get(app, "/home", own, Host=mapped).status_code == 200
    assert get(app, "/home", foreign, Host=mapped).status_code == 303
    assert get(app, "/home", own, Host="evil.example").status_code == 404


def test_a_countys_own_host_shows_no_other_county(app: Flask, other_tenant: Tenant, mapped: str) -> None:
    cookie = cookie_of_leader(other_tenant)

    for path in ("/other/home", "/other/sign-in", "/qingshan/sign-in"):
        assert get(app, path, cookie, Host=mapped).status_code == 404


def test_a_disabled_person_is_out_at_the_next_request(app: Flask, tenant: Tenant) -> None:
    cookie = cookie_of_leader(tenant)
    assert get(app, "/qingshan/home", cookie).status_code == 200

    db.session.execute(text('UPDATE "user" SET is_active = false'))
    db.session.commit()

    assert get(app, "/qingshan/home", cookie).status_code == 303


def test_an_appointment_that_ended_takes_its_rights_along_at_once(app: Flask, tenant: Tenant) -> None:
    cookie = cookie_of_leader(tenant)
    assert get(app, "/qingshan/cases", cookie).status_code == 200

    db.session.execute(text("UPDATE appointment SET ends_on = current_date - 30"))
    db.session.commit()

    assert get(app, "/qingshan/cases", cookie).status_code == 403


def test_a_made_up_session_is_nobody(app: Flask, tenant: Tenant) -> None:
    for token in ("", "x", str(uuid.uuid4()), "a" * 8000, "%00", "'; DROP TABLE user_session; --"):
        assert get(app, "/qingshan/home", f"qingshan-session={token}").status_code == 303
