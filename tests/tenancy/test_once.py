"""A form that is sent twice is carried out once, even when both arrive at the same moment."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.db import db, new_id
from saas.tenancy.models import SentForm, Tenant
from saas.tenancy.once import (
    carried_out,
    find_earlier_answer,
    forget_carried_out,
    is_repeated_send,
    note_saved,
    remember_answer,
    saved_here,
)


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


def test_a_page_knows_what_it_saved_last(app: Flask, tenant: Tenant) -> None:
    with app.test_request_context(method="POST", data={"send_token": str(new_id())}):
        note_saved({"a": 1, "b": 1})
        note_saved({"a": 2})

        assert saved_here(["a", "b", "c"]) == {"a": 2, "b": 1}
        assert find_earlier_answer() is None
    with app.test_request_context(method="POST", data={"send_token": str(new_id())}):
        assert saved_here(["a"]) == {}


def test_a_page_without_a_token_saved_nothing(app: Flask, tenant: Tenant) -> None:
    with app.test_request_context(method="POST", data={"send_token": "nonsense"}):
        note_saved({"a": 1})

        assert saved_here(["a"]) == {}
    assert db.session.scalars(select(SentForm)).all() == []


def test_the_next_page_says_once_what_was_carried_out(app: Flask, tenant: Tenant) -> None:
    token = str(new_id())
    with app.test_request_context(method="POST", data={"send_token": token}):
        remember_answer("/qingshan/home")
        assert [carried_out(), carried_out()] == [token, ""]
    with app.test_request_context(method="POST", data={"send_token": str(new_id())}):
        remember_answer("/qingshan/home")
        forget_carried_out()
        assert carried_out() == ""
