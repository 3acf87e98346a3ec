"""The operator's own way to the database: an engine under a role of its own, apart from that of the counties.

What is read here is never a county's content: the role has no right to it and no policy lets it through.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import cast

from flask import Flask, current_app, g
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from saas.config import ConfigError

_making = Lock()


def register_operator_database(app: Flask) -> None:
    """Close the operator's session with each request or command."""

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        session = g.pop("operator_session", None)
        if session is not None:
            session.close()


def is_operable() -> bool:
    """Whether this process may operate at all: without DATABASE_OPERATOR_URL there is no console."""
    return current_app.config["JICENG"].operator_url is not None


def operator_engine() -> Engine:
    """The engine under the operator's role. Made when first needed, so that no connection is shared by a fork.

    Raises ConfigError without DATABASE_OPERATOR_URL.
    """
    url = current_app.config["JICENG"].operator_url
    if url is None:
        raise ConfigError("DATABASE_OPERATOR_URL is not set: this is done under the operator's role")
    with _making:
        if "operator_engine" not in current_app.extensions:
            options = current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]
            current_app.extensions["operator_engine"] = create_engine(url, **{**options, "pool_size": 2})
    return cast(Engine, current_app.extensions["operator_engine"])


def operator_session() -> Session:
    """The session of this request or command under the operator's role."""
    if "operator_session" not in g:
        g.operator_session = Session(operator_engine(), expire_on_commit=False)
    return cast(Session, g.operator_session)


@contextmanager
def operator_work() -> Iterator[Session]:
    """The unit of work of an operator: it alone commits. On an error nothing is changed."""
    session = operator_session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
