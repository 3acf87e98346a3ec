"""`flask operators …`: who operates the deployment."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from saas.local import local_time
from saas.operator import operators, queries
from saas.operator.commands.base import acting, operators_group, plainly
from saas.operator.db import operator_session, operator_work
from saas.operator.models import Operator
from saas.operator.trail import find_break, find_head


@operators_group.command("add")
@click.argument("name")
@plainly
def add_operator(name: str) -> None:
    """Add the operator NAME; prints the first password, once."""
    with operator_work() as session:
        password = operators.add_operator(session, name, actor=acting())
    click.echo(f"{name} {password}")


@operators_group.command("list")
@plainly
def list_operators() -> None:
    """List the operators."""
    for each in queries.list_operators(operator_session()):
        state = "active" if each.is_active else "disabled"
        click.echo(f"{each.login_name:<20} {state:<10} {local_time(each.last_signed_in_at) or 'never signed in'}")


@operators_group.command("disable")
@click.argument("name")
@plainly
def disable_operator(name: str) -> None:
    """Let NAME not sign in any more; open sessions end at once."""
    with operator_work() as session:
        operators.set_active(session, _operator(session, name), False, actor=acting())


@operators_group.command("enable")
@click.argument("name")
@plainly
def enable_operator(name: str) -> None:
    """Let NAME sign in again."""
    with operator_work() as session:
        operators.set_active(session, _operator(session, name), True, actor=acting())


@operators_group.command("reset")
@click.argument("name")
@plainly
def reset_operator(name: str) -> None:
    """Give NAME a new first password, printed once, and lift a lock."""
    with operator_work() as session:
        password = operators.reset_password(session, _operator(session, name), actor=acting())
    click.echo(f"{name} {password}")


@operators_group.command("verify")
@plainly
def verify_trail() -> None:
    """Check that no line of the operators' trail was changed or removed; print its head, to be kept elsewhere."""
    broken = find_break(operator_session())
    if broken is not None:
        raise click.ClickException(f"the trail is broken at line {broken}")
    head = find_head(operator_session())
    click.echo(f"{head.number} lines, head {head.digest}")


def _operator(session: Session, name: str) -> Operator:
    found = operators.find_operator(session, name)
    if found is None:
        raise click.ClickException(f"there is no operator {name!r}")
    return found
