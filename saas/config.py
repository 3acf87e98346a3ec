"""Configuration: the only module that reads the environment.

One frozen object with a type for every setting. In production nothing that protects data has a default: a missing
or weak value stops the start with one line that says which.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32
DISTINCT_SECRET_CHARACTERS = 10
MAIL_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class ConfigError(RuntimeError):
    """A setting is missing or cannot be used. The text is one line for the person who starts the program."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in (SMTP). `security`: tls from the first byte, starttls, or none in one's own network."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str  # the address that messages come from


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the application takes from its surroundings."""

    environment: str  # development | test | production
    database_url: str  # as the application role: owns nothing, cannot bypass row security
    owner_url: str | None  # only where migrations run
    reconciler_url: str | None  # only where the reconciler runs
    operator_url: str | None  # only where the operator's console or commands run
    redis_url: str
    secret_key: str
    storage_dir: Path
    font_dir: Path
    public_url: str | None  # for links in documents and messages; never taken from the Host header
    trusted_hosts: tuple[str, ...]
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    session_idle: timedelta = timedelta(minutes=30)
    session_limit: timedelta = timedelta(hours=12)
    pool_size: int = 5
    prepares_statements: bool = True  # the database server keeps the plans of what is asked again and again
    # A worker that dies is noticed when its lease runs out; a living one renews it four times as often.
    job_lease: timedelta = timedelta(seconds=20)
    job_retry: timedelta = timedelta(seconds=10)
    jobs_per_tenant: int = 4  # at most so many of one county wait or run at a time: the others take turns
    job_memory: int = 2 * 1024**3  # address space of one job, in bytes
    mail: MailServer | None = None  # without it no e-mail is sent
    outgoing_proxy: str | None = None  # for messages to group robots; never taken from HTTPS_PROXY by itself

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings, or raise ConfigError."""
    env = os.environ if environ is None else environ
    environment = env.get("JICENG_ENV", "development")
    if environment not in {"development", "test", "production"}:
        raise ConfigError(f"JICENG_ENV is {environment!r}; it must be development, test or production")
    config = Config(
        environment=environment,
        database_url=_database_url(_required(env, "DATABASE_URL")),
        owner_url=_optional_database_url(env, "DATABASE_OWNER_URL"),
        reconciler_url=_optional_database_url(env, "DATABASE_RECONCILER_URL"),
        operator_url=_optional_database_url(env, "DATABASE_OPERATOR_URL"),
        redis_url=_required(env, "REDIS_URL"),
        secret_key=_secret(_required(env, "SECRET_KEY")),
        storage_dir=Path(_required(env, "STORAGE_DIR")),
        font_dir=Path(env.get("FONT_DIR") or ROOT / "var" / "fonts"),
        public_url=env.get("PUBLIC_URL") or None,
        trusted_hosts=tuple(host.strip() for host in env.get("TRUSTED_HOSTS", "").split(",") if host.strip()),
        pool_size=int(env.get("DATABASE_POOL_SIZE", "5")),
        prepares_statements=_switch(env, "DATABASE_PREPARED_STATEMENTS"),
        job_lease=timedelta(seconds=float(env.get("JOB_LEASE_SECONDS", "20"))),
        job_retry=timedelta(seconds=float(env.get("JOB_RETRY_SECONDS", "10"))),
        jobs_per_tenant=int(env.get("JOBS_PER_TENANT", "4")),
        job_memory=int(env.get("JOB_MEMORY_MIB", "2048")) * 1024**2,
        mail=_mail_server(env),
        outgoing_proxy=env.get("OUTGOING_PROXY") or None,
    )
    if config.is_production and (config.public_url is None or not config.trusted_hosts):
        raise ConfigError("production needs PUBLIC_URL and TRUSTED_HOSTS (a comma-separated list of host names)")
    return config


def _mail_server(env: Mapping[str, str]) -> MailServer | None:
    host = env.get("SMTP_HOST", "").strip()
    if not host:
        return None
    security = env.get("SMTP_SECURITY", "starttls")
    if security not in MAIL_PORTS:
        raise ConfigError(f"SMTP_SECURITY is {security!r}; it must be tls, starttls or none")
    server = MailServer(
        host=host,
        port=int(env.get("SMTP_PORT") or MAIL_PORTS[security]),
        security=security,
        user=env.get("SMTP_USER", ""),
        password=env.get("SMTP_PASSWORD", ""),
        sender=_required(env, "SMTP_FROM"),
    )
    if security == "none" and server.password:
        raise ConfigError("SMTP_PASSWORD would be sent unencrypted: set SMTP_SECURITY to tls or starttls")
    return server


def _switch(env: Mapping[str, str], name: str) -> bool:
    """A setting that is on unless it is `off`."""
    value = env.get(name) or "on"
    if value not in {"on", "off"}:
        raise ConfigError(f"{name} is {value!r}; it must be on or off")
    return value == "on"


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set")
    return value


def _secret(value: str) -> str:
    """A short or repetitive key can be guessed, and with it every signature: refused everywhere."""
    if len(value) < MIN_SECRET_LENGTH or len(set(value)) < DISTINCT_SECRET_CHARACTERS:
        raise ConfigError(f"SECRET_KEY is too weak: use at least {MIN_SECRET_LENGTH} random characters")
    return value


def _database_url(url: str) -> str:
    """Accept the usual spellings and name the driver."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise ConfigError("DATABASE_URL must start with postgresql://")


def _optional_database_url(env: Mapping[str, str], name: str) -> str | None:
    value = env.get(name)
    return _database_url(value) if value else None
