"""The settings, and what stops the start: nothing that protects data has a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg import conninfo

from saas.app import build_app
from saas.config import Config, ConfigError, load_config
from saas.db import db
from saas.security import refuse_powerful_role

GOOD = {
    "JICENG_ENV": "production",
    "DATABASE_URL": "postgresql://jiceng_app:secret@db.internal/jiceng",
    "REDIS_URL": "redis://queue.internal/0",
    "SECRET_KEY": "k3-9dFq!mZ7wLx2RtVb8sHn5PcJy0GaUe4",
    "STORAGE_DIR": "/srv/jiceng/files",
    "PUBLIC_URL": "https://jiceng.example",
    "TRUSTED_HOSTS": "jiceng.example, qinghe.example",
}


def test_good_settings_are_read() -> None:
    config = load_config(GOOD)

    assert config.is_production
    assert config.database_url == "postgresql+psycopg://jiceng_app:secret@db.internal/jiceng"
    assert config.storage_dir == Path("/srv/jiceng/files")
    assert config.trusted_hosts == ("jiceng.example", "qinghe.example")
    assert config.owner_url is None


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STORAGE_DIR", "PUBLIC_URL", "TRUSTED_HOSTS"]
)
@pytest.mark.parametrize("value", [None, ""])
def test_production_does_not_start_without(name: str, value: str | None) -> None:
    env = {key: text for key, text in GOOD.items() if key != name} | ({} if value is None else {name: value})

    with pytest.raises(ConfigError, match=name):
        load_config(env)


@pytest.mark.parametrize("secret", ["short", "a" * 64, "abcabcabc" * 8, "changeme" * 4, "x" * 31])
@pytest.mark.parametrize("environment", ["production", "development", "test"])
def test_a_weak_secret_stops_the_start_everywhere(secret: str, environment: str) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY is too weak"):
        load_config(GOOD | {"SECRET_KEY": secret, "JICENG_ENV": environment})


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://x", "jiceng", "file:///etc/passwd"])
def test_no_other_database_is_accepted(url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql"):
        load_config(GOOD | {"DATABASE_URL": url})


def test_prepared_statements_are_switched_off_by_one_word() -> None:
    assert load_config(GOOD).prepares_statements
    assert not load_config(GOOD | {"DATABASE_PREPARED_STATEMENTS": "off"}).prepares_statements
    with pytest.raises(ConfigError, match="DATABASE_PREPARED_STATEMENTS"):
        load_config(GOOD | {"DATABASE_PREPARED_STATEMENTS": "no"})


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="JICENG_ENV"):
        load_config(GOOD | {"JICENG_ENV": "prod"})


def test_the_message_does_not_repeat_a_secret() -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(GOOD | {"SECRET_KEY": "hunter2"})

    assert "hunter2" not in str(refused.value)


# --- e-mail ---------------------------------------------------------------------------------------------------------

MAIL = {"SMTP_HOST": "mail.internal", "SMTP_FROM": "notice@jiceng.example", "SMTP_PASSWORD": "mail-secret"}


def test_without_a_server_there_is_no_e_mail() -> None:
    assert load_config(GOOD).mail is None
    assert load_config(GOOD | {"SMTP_HOST": " "}).mail is None


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), (None, 587)])
def test_a_mail_server_is_read_with_the_usual_port(security: str | None, port: int) -> None:
    mail = load_config(GOOD | MAIL | ({"SMTP_SECURITY": security} if security else {})).mail

    assert mail is not None
    assert (mail.host, mail.port, mail.security) == ("mail.internal", port, security or "starttls")
    assert "mail-secret" not in repr(mail)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"SMTP_FROM": ""}, "SMTP_FROM"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        ({"SMTP_SECURITY": "none"}, "unencrypted"),
    ],
)
def test_a_mail_server_that_cannot_be_used_stops_the_start(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        load_config(GOOD | MAIL | changed)

    assert "mail-secret" not in str(refused.value)


# --- the role of the database ---------------------------------------------------------------------------------------


@pytest.fixture
def roles(postgres: str, database: str) -> Iterator[list[str]]:
    """Roles that are too powerful, each in one way; dropped at the end."""
    names = [f"too_super_{database}", f"too_bypassing_{database}", f"too_creating_{database}"]
    rights = ["SUPERUSER", "BYPASSRLS", "CREATEROLE"]
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name, right in zip(names, rights, strict=True):
            connection.execute(f"CREATE ROLE {name} LOGIN {right} PASSWORD 'only-for-tests'")
        yield names
        for name in names:
            connection.execute(f"DROP ROLE {name}")


def production(config: Config, role: str) -> Config:
    parts = conninfo.conninfo_to_dict(config.database_url.replace("+psycopg", ""))
    url = f"postgresql+psycopg://{role}:only-for-tests@{parts['host']}:{parts['port']}/{parts['dbname']}"
    return replace(config, environment="production", database_url=url, trusted_hosts=("localhost",))


def test_production_refuses_a_role_that_could_step_over_the_wall(app: Flask, config: Config, roles: list[str]) -> None:
    for role in [*roles, "jiceng_owner"]:
        with pytest.raises(RuntimeError, match="superuser, may bypass row security or owns tables"):
            build_app(production(config, role))


def test_production_starts_as_the_role_of_the_application(app: Flask, config: Config) -> None:
    built = build_app(production(config, "jiceng_app"))

    refuse_powerful_role(built)
    assert built.config["SESSION_COOKIE_SECURE"]
    assert built.config["TRUSTED_HOSTS"] == ["localhost"]
    answer = built.test_client().get("/healthz", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    with built.app_context():
        db.engine.dispose()


def test_cookies_of_production_are_bound_to_host_and_tls(app: Flask, config: Config) -> None:
    built = build_app(production(config, "jiceng_app"))

    answer = built.test_client().get("/qingshan/sign-in", base_url="https://localhost")

    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    with built.app_context():
        db.engine.dispose()
