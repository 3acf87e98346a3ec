"""A visitor without a browser's memory: each request carries exactly the cookies that the test means."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from saas.access.permissions import Role
from saas.tenancy.scope import bind_transaction
from tests.isolation.county import FilledCounty, owned_tables

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PASSWORD = re.compile(r"Jc-[\w-]{12}7")  # made up for whoever forgot theirs
_TOKEN = re.compile(r'(name="(?:csrf_token|send_token)"[^>]*value=)"[^"]*"')


class Visitor:
    """Somebody at the address of a county: a person with one role, or a guest."""

    def __init__(self, app: Flask, county: FilledCounty, role: Role | None, *, of: FilledCounty | None = None) -> None:
        """`of` is the county whose session the visitor brings along, by default that of the address."""
        self._client = app.test_client(use_cookies=False)
        self._slug = county.slug
        self._cookie = f"{county.slug}-session={(of or county).people[role].token}" if role else ""

    def open(self, method: str, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        headers = {"Cookie": self._cookie} if self._cookie else {}
        if htmx:
            headers |= {"HX-Request": "true", "HX-Current-URL": f"http://localhost/{self._slug}/home"}
        path = path if path.startswith(f"/{self._slug}/") else f"/{self._slug}{path}"
        return self._client.open(path, method=method, headers=headers, **options)


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Whatever a request inside does to the database is undone at the end."""
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def comparable(response: TestResponse, ids: tuple[str, ...]) -> tuple[int, str, str, str]:
    """What a visitor learns from an answer: status, where it leads, what it asks htmx to do, and the text.

    The ids of the request itself and everything that is drawn anew for each page are taken out.
    """
    found = "\n".join(f"{name}: {value}" for name, value in response.headers if name.startswith("HX-"))
    parts = (response.headers.get("Location", ""), found, text_of(response))
    return (response.status_code, *(_plain(part, ids) for part in parts))  # type: ignore[return-value]


def text_of(response: TestResponse) -> str:
    """The body as text, whatever it is."""
    return response.get_data().decode(errors="replace")


def listed(wrong: Iterable[object]) -> str:
    """What went wrong, a line each."""
    return "\n".join(str(each) for each in wrong)


def _plain(part: str, ids: tuple[str, ...]) -> str:
    for value in ids:
        part = part.replace(value, "ID")
    return _PASSWORD.sub("PASSWORD", _TOKEN.sub(r'\1"TOKEN"', _UUID.sub("ID", part)))


# --- pages ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """A form on a page: where it is sent, and its fields as they stand."""

    action: str
    method: str
    fields: Mapping[str, str]


class _Page(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._select = ""
        self._is_inside = False  # a form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            method = given.get("method", "get").upper()
            self.forms.append((given.get("action") or given.get("hx-post") or self.address, method, {}))
            self._is_inside = True
        elif self._is_inside and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._select and self._is_inside:
            fields = self.forms[-1][2]
            if "selected" in given or not fields.get(self._select):
                fields[self._select] = given.get("value", "")

    def _field(self, tag: str, given: dict[str, str]) -> None:
        fields = self.forms[-1][2]
        if tag == "select":
            self._select = given["name"]
            fields.setdefault(given["name"], "")
        elif tag == "textarea":
            fields.setdefault(given["name"], "")
        elif tag in {"input", "button"} and given.get("type") != "file":
            fields.setdefault(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._is_inside = False


def read_page(address: str, response: TestResponse) -> tuple[list[str], list[Form]]:
    """The links and the forms of a page, as addresses inside the deployment."""
    page = _Page(address)
    page.feed(text_of(response))
    links = [urlsplit(link) for link in page.links]
    inside = [
        f"{link.path}?{link.query}" if link.query else link.path for link in links if not link.netloc and link.path
    ]
    return inside, [Form(urlsplit(action).path or address, method, fields) for action, method, fields in page.forms]


# --- what the database and the log say ------------------------------------------------------------------------------


def digests(connection: Connection, county: FilledCounty, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """A digest over all rows of a county, table by table."""
    bind_transaction(connection, county.tenant_id)
    return {
        table.name: connection.execute(
            text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), '')) FROM \"{table.name}\" t")
        ).scalar_one()
        for table in owned_tables()
        if table.name not in without
    }


@contextmanager
def listening() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, with its tracebacks."""
    heard: list[str] = []
    formatter = logging.Formatter()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(formatter.format(record))

    root, ear = logging.getLogger(), Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.INFO)
    try:
        yield heard
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
