"""Counting the SQL statements of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from saas.db import db


def count_statements(action: Callable[[], Any], engine: Engine | None = None) -> int:
    """Return how many SELECT, INSERT, UPDATE and DELETE statements an action took in the test, or on an engine."""
    return len(list_statements(action, engine))


def list_statements(action: Callable[[], Any], engine: Engine | None = None) -> list[str]:
    """Return these statements."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")):
            statements.append(statement)

    connection = engine or db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        action()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return statements
