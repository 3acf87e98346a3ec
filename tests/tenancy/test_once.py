"""A form that is sent twice is carried out once, even when both arrive at the same moment."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.db import db, new_id
from saas.tenancy.models import SentForm, Tenant
from saas.tenancy.once import find_earlier_answer, is_repeated_send, remember_answer


def test_the_second_send_finds_where_the_first_one_led(app: Flask, tenant: Tenant) -> None:
    with app.test_request_context(method="POST", data={"send_token": str(new_id())}):
        assert find_earlier_answer() is None
        remember_answer("/qingshan/home")

        assert find_earlier_answer() == "/qingshan/home"


def test_a_send_at_the_same_moment_is_told_from_other_refusals(app: Flask, tenant: Tenant) -> None:
    token = str(new_id())
    with app.test_request_context(method="POST", data={"send_token": token}):
        remember_answer("/qingshan/home")
        db.session.expunge_all()
        with pytest.raises(IntegrityError) as refused, db.session.begin_nested():
            remember_answer("/qingshan/elsewhere")

        assert is_repeated_send(refused.value)
        assert db.session.scalars(select(SentForm.location)).all() == ["/qingshan/home"]


def test_a_form_without_a_token_is_carried_out_each_time(app: Flask, tenant: Tenant) -> None:
    with app.test_request_context(method="POST", data={"send_token": "nonsense"}):
        remember_answer("/qingshan/home")

        assert find_earlier_answer() is None
