"""The groups, who runs a command, and how a refusal is said."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from saas.config import ConfigError
from saas.domain.errors import DomainError
from saas.operator import queries, services
from saas.operator.db import operator_session, operator_work
from saas.tenancy.models import Tenant

operators_group = AppGroup("operators", help="Who operates this deployment.")
tenants = AppGroup("tenants", help="Counties of this deployment.")
Command = TypeVar("Command", bound=Callable[..., Any])


def acting() -> str:
    """Who runs the command, for the trail."""
    return f"命令行 {getpass.getuser()}"


def plainly(command: Command) -> Command:
    """Say a refusal in one line instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ConfigError, DomainError) as error:
            raise click.ClickException(str(error)) from None

    return cast(Command, run)


def find_county(slug: str) -> Tenant:
    """The county at an address, or one clear line."""
    found = queries.find_county_by_slug(operator_session(), slug)
    if found is None:
        raise click.ClickException(f"no county has the address /{slug}")
    return found


@contextmanager
def changing(slug: str) -> Iterator[tuple[Session, Tenant]]:
    """One change of one county, committed at the end. Running web processes notice within seconds."""
    tenant_id = find_county(slug).id
    with operator_work() as session:
        yield session, services.get_county(session, tenant_id)
    current_app.extensions["counties"].forget()
