"""What the forms are not made for: they refuse it cleanly, keep nothing of it, and never fall over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from saas.access.permissions import Role
from saas.tenancy.scope import bind_transaction
from tests.isolation.addresses import own_addresses, rules
from tests.isolation.county import FilledCounty, owned_tables
from tests.isolation.forms import collect_forms, endpoint_of
from tests.isolation.visitor import Form, Visitor, listed, text_of, undone

WRITERS = (Role.OFFICE, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.VILLAGE_CLERK, Role.TOWN_OFFICER, Role.LEADER)
FIELDS_TRIED = 12  # of one form: a long one repeats its kinds of fields
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PAYLOADS: Mapping[str, str] = {
    "script": SCRIPT,
    "formula": '=HYPERLINK("http://evil.example")',
    "very long": "长" * 60_000,
    "a NUL": "甲\x00乙",
    "a huge number": "9" * 400,
    "a number below zero": "-1",
    "no day": "2026-02-30",
    "a far day": "99999-01-01",
    "brackets": "[[[{{{'\"",
    "a template": "{{ 7 * 7 }}{% raw %}",
    "odd marks": "\u202e\ufffe\u2028",
    "spaces": " \t\r\n ",
}


@pytest.fixture(scope="module")
def forms(app: Flask, ours: FilledCounty) -> list[tuple[Visitor, Form]]:
    """Every form of the application once, with somebody to whom it is shown."""
    found: dict[tuple[str | None, frozenset[str]], tuple[Visitor, Form]] = {}
    for role in WRITERS:
        visitor = Visitor(app, ours, role)
        for form in collect_forms(app, visitor, ours, shown_only=True):
            found.setdefault((endpoint_of(app, ours, form.action, "POST"), frozenset(form.fields)), (visitor, form))
    assert len(found) > 20
    return list(found.values())


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_form_full_of_it_is_refused_or_kept_as_text(
    connection: Connection, forms: list[tuple[Visitor, Form]], kind: str
) -> None:
    wrong = []
    for visitor, form in forms:
        fields = {name: value if name in _KEPT else PAYLOADS[kind] for name, value in form.fields.items()}
        with undone(connection):
            answer = visitor.open("POST", form.action, data=fields)
            shown = text_of(answer)
            if answer.status_code == 303:
                shown += text_of(visitor.open("GET", answer.location))
        if answer.status_code >= 500 or SCRIPT in shown or "alert(1)</script>" in shown:
            wrong.append((form.action, answer.status_code))

    assert not wrong, listed(wrong)


_KEPT = frozenset({"csrf_token", "send_token", "version", "action"})


@pytest.mark.parametrize("kind", ["a NUL", "brackets"])
def test_one_such_field_among_good_ones_is_refused_or_kept_as_text(
    connection: Connection, forms: list[tuple[Visitor, Form]], kind: str
) -> None:
    wrong = []
    for visitor, form in forms:
        for name in [name for name in form.fields if name not in _KEPT][:FIELDS_TRIED]:
            with undone(connection):
                answer = visitor.open("POST", form.action, data={**form.fields, name: PAYLOADS[kind]})
            if answer.status_code >= 500:
                wrong.append((form.action, name, answer.status_code))

    assert not wrong, listed(wrong)


@pytest.mark.parametrize("value", ["-1", "9" * 30, "\x00", SCRIPT, "2026-02-30", "长" * 5000])
def test_a_page_asked_for_with_nonsense_opens_or_says_no(
    app: Flask, connection: Connection, ours: FilledCounty, value: str
) -> None:
    names = ("page", "words", "kind", "tab", "period", "status", "mark", "town", "unit", "year", "add", "next", "sort")
    wrong = []
    for role in (Role.OFFICE, Role.SYSTEM_ADMIN):
        visitor = Visitor(app, ours, role)
        with app.app_context():
            asked = [each for rule in rules(app) for each in own_addresses(app, rule, ours, limit=1)]
        for address in asked:
            if address.method == "GET":
                answer = visitor.open("GET", address.path, query_string=dict.fromkeys(names, value))
                if answer.status_code >= 500 or SCRIPT in text_of(answer):
                    wrong.append((role, address.path, answer.status_code))

    assert not wrong, listed(wrong)


def long_ones(forms: list[tuple[Visitor, Form]]) -> list[tuple[Visitor, Form]]:
    """Three forms of many fields. Whatever a form asks for, its token is read first, and so is its size."""
    return sorted(forms, key=lambda each: -len(each[1].fields))[:3]


def test_ten_megabytes_of_text_are_refused_before_they_are_read(
    connection: Connection, forms: list[tuple[Visitor, Form]]
) -> None:
    big = "x" * (3 * 1024 * 1024)
    for visitor, form in long_ones(forms):
        with undone(connection):
            assert visitor.open("POST", form.action, data=dict.fromkeys(form.fields, big)).status_code == 413


def test_an_upload_above_the_limit_is_refused(connection: Connection, forms: list[tuple[Visitor, Form]]) -> None:
    visitor, form = long_ones(forms)[0]
    body, kind = b"x" * (33 * 1024 * 1024), "multipart/form-data; boundary=x"
    with undone(connection):
        assert visitor.open("POST", form.action, data=body, content_type=kind).status_code == 413


def test_a_form_of_too_many_fields_is_refused(connection: Connection, forms: list[tuple[Visitor, Form]]) -> None:
    visitor, form = long_ones(forms)[0]
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="field{each}"\r\n\r\n\r\n' for each in range(5000))
    with undone(connection):
        answer = visitor.open("POST", form.action, data=f"{parts}--x--", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data"])
def test_a_body_that_is_no_form_is_an_empty_form(
    connection: Connection, forms: list[tuple[Visitor, Form]], media_type: str
) -> None:
    for body in (b"\xff\xfe\xfd", b"a=%ff%fe", b"{}", b"%", b"&&&=&=&", b"--x\r\n\r\n"):
        for visitor, form in forms[:10]:
            with undone(connection):
                assert visitor.open("POST", form.action, data=body, content_type=media_type).status_code < 500


# --- fields that a form does not have (ASVS 8.2.3) -------------------------------------------------------------------


def test_columns_that_a_form_does_not_show_cannot_be_set_through_it(
    connection: Connection, ours: FilledCounty, theirs: FilledCounty, forms: list[tuple[Visitor, Form]]
) -> None:
    """Each form is sent as it stands, then with every column of every table besides: the rows come out the same."""
    hostile = {column: HOSTILE.get(column, "1") for column in _columns()}
    hostile |= {"tenant_id": str(theirs.tenant_id)}
    wrong, changing = [], 0
    with undone(connection):
        bind_transaction(connection, ours.tenant_id)
        before = set(_rows(connection))
    for visitor, form in forms:
        plain = _rows_after(connection, ours, visitor, form, dict(form.fields))
        more = _rows_after(connection, ours, visitor, form, {**hostile, **form.fields})
        changing += plain != before
        if plain != more:
            wrong.append((form.action, sorted(plain ^ more)[:4]))

    assert not wrong, listed(wrong)
    assert changing > 10  # the forms were taken: what they were asked for happened


HOSTILE = {
    "status": "signed_off",
    "roles": '["system_admin"]',
    "is_active": "",
    "is_late": "",
    "signed_off_at": "2026-01-01",
    "points": "100",
    "rank": "1",
}
_VOLATILE = frozenset(
    {"id", "digest", "verify_code", "token", "location", "key", "path", "password_hash", "at", "run_after", "args"}
)


def _columns() -> set[str]:
    return {column.name for table in owned_tables() for column in table.c}


def _rows_after(
    connection: Connection, county: FilledCounty, visitor: Visitor, form: Form, fields: dict[str, str]
) -> set[tuple[str, str]]:
    """What the county's rows say after a form was sent, without what is drawn anew each time."""
    with undone(connection):
        visitor.open("POST", form.action, data=fields)
        bind_transaction(connection, county.tenant_id)
        return set(_rows(connection))


def _rows(connection: Connection) -> Iterator[tuple[str, str]]:
    for table in owned_tables():
        drawn = [
            column.name
            for column in table.c
            if column.name in _VOLATILE
            or column.name.endswith(("_at", "_id"))
            or column.name in {"at", "run_after", "args"}
            or (table.name, column.name) == ("delivery", "once_key")  # a test message has a key of its own
        ]
        statement = text(f'SELECT (to_jsonb(t) - CAST(:drawn AS text[]))::text FROM "{table.name}" t')
        for row in connection.execute(statement, {"drawn": drawn}).scalars():
            yield table.name, row
