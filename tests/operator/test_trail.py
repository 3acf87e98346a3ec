"""The operators' trail: any changed, removed or exchanged line is found, with its place."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask

from saas.operator.db import operator_session, operator_work
from saas.operator.trail import OperatorAction, find_break, find_head, record_event


@pytest.fixture
def five_lines(app: Flask) -> None:
    with app.app_context():
        for number in range(5):
            with operator_work() as session:
                record_event(session, OperatorAction.OPERATOR_ADDED, actor="test", operator=f"ops{number}")


def test_a_whole_trail_has_no_break(app: Flask, five_lines: None) -> None:
    with app.app_context():
        assert find_break(operator_session()) is None
        assert find_head(operator_session()).number == 5


@pytest.mark.parametrize(
    "change",
    [
        "action = 'county.left'",
        "actor = 'another'",
        "at = at + interval '1 second'",
        'details = \'{"operator": "x"}\'',
        "address = '10.0.0.1'",
        "slug = 'xinyi'",
        "tenant_id = gen_random_uuid()",
        "previous_digest = repeat('1', 64)",
        "digest = repeat('1', 64)",
    ],
)
def test_a_changed_line_is_found(app: Flask, five_lines: None, superuser: str, change: str) -> None:
    with psycopg.connect(superuser) as connection:
        connection.execute(f"UPDATE operator_event SET {change} WHERE number = 3")

    with app.app_context():
        assert find_break(operator_session()) == 3


def test_a_removed_line_is_found(app: Flask, five_lines: None, superuser: str) -> None:
    with psycopg.connect(superuser) as connection:
        connection.execute("DELETE FROM operator_event WHERE number = 2")

    with app.app_context():
        assert find_break(operator_session()) == 2
