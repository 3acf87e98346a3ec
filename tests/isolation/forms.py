"""The forms that a visitor is shown, and what can be sent through them that belongs to somebody else."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from saas.db import db
from saas.org.models import OrgUnit
from saas.tenancy.scope import tenant_scope
from tests.isolation.addresses import own_addresses, rules
from tests.isolation.county import FilledCounty, owned_tables
from tests.isolation.visitor import Form, Visitor, read_page

PAGES_PER_ENDPOINT = 3
_KEPT = frozenset({"csrf_token", "send_token", "version", "action"})  # what makes a form be taken seriously


def collect_forms(app: Flask, visitor: Visitor, county: FilledCounty, *, shown_only: bool = False) -> list[Form]:
    """The forms on every page that the visitor can reach, one of each kind, and every other address that takes one."""
    found: dict[tuple[str, frozenset[str]], Form] = {}
    for path in walk(app, visitor, county):
        for form in read_page(f"/{county.slug}{path}", visitor.open("GET", path))[1]:
            endpoint = endpoint_of(app, county, form.action, "POST")
            if form.method == "POST" and endpoint is not None:
                found.setdefault((endpoint, frozenset(form.fields)), form)
    if shown_only:
        return list(found.values())
    with app.app_context():
        known = {endpoint for endpoint, _ in found}
        others = [
            Form(address.path, "POST", dict.fromkeys(references(), ""))
            for rule in rules(app)
            if rule.endpoint not in known
            for address in own_addresses(app, rule, county, limit=1)
            if address.method == "POST"
        ]
    return [*found.values(), *others]


def walk(app: Flask, visitor: Visitor, county: FilledCounty) -> Iterator[str]:
    """The pages that the visitor can reach: from the first page by links, and every address with own ids."""
    with app.app_context():
        own = [
            each.path
            for rule in rules(app)
            for each in own_addresses(app, rule, county, limit=2)
            if each.method == "GET"
        ]
    waiting, seen = deque(["/home", *own]), set()
    seen_of: dict[str, int] = {}
    while waiting:
        path = waiting.popleft().removeprefix(f"/{county.slug}")
        endpoint = endpoint_of(app, county, path, "GET")
        if path in seen or endpoint is None or seen_of.get(endpoint, 0) >= 2 * PAGES_PER_ENDPOINT:
            continue
        seen.add(path)
        answer = visitor.open("GET", path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        seen_of[endpoint] = seen_of.get(endpoint, 0) + 1
        yield path
        for link in read_page(path, answer)[0]:
            if seen_of.get(endpoint_of(app, county, link, "GET") or "", 0) < PAGES_PER_ENDPOINT:
                waiting.append(link)


def endpoint_of(app: Flask, county: FilledCounty, path: str, method: str) -> str | None:
    """The endpoint behind a path of the county, or None for addresses of nobody and for static files."""
    inside = path.removeprefix(f"/{county.slug}").partition("?")[0].partition("#")[0]
    try:
        endpoint, _ = app.url_map.bind("localhost").match(inside or "/", method=method)
    except (HTTPException, RequestRedirect):
        return None
    return None if endpoint == "static" else str(endpoint)


def references() -> list[str]:
    """The name of every column that points at a row."""
    return sorted({column.name for table in owned_tables() for column in table.c if column.name.endswith("_id")})


class Exchange:
    """Replaces what belongs to one county by what belongs to another, or to nobody."""

    def __init__(self, ours: FilledCounty, theirs: FilledCounty) -> None:
        self._tables: dict[str, str] = {}
        self._foreign: dict[str, str] = {}
        for table in owned_tables():
            for row in ours.ids(table):
                self._tables[str(row)] = table.name
            self._foreign[table.name] = str(theirs.ids(table)[0])
        self._codes, foreign_code = _unit_codes(ours), min(_unit_codes(theirs) - _unit_codes(ours))
        self.codes = (foreign_code, "NOBODY9")  # to be taken out of answers before comparing

    def foreign(self, fields: Mapping[str, str], *, everywhere: bool = False) -> dict[str, str]:
        """Every id becomes the other county's id of the same table; with `everywhere`, every other field as well."""
        anybody = self._foreign["org_unit"]
        return self._replaced(fields, lambda table: self._foreign[table], self.codes[0], anybody, everywhere)

    def nobodys(self, fields: Mapping[str, str], *, everywhere: bool = False) -> dict[str, str]:
        """The same with ids and codes that nobody has."""
        return self._replaced(fields, lambda _: str(uuid.uuid4()), self.codes[1], str(uuid.uuid4()), everywhere)

    def _replaced(
        self,
        fields: Mapping[str, str],
        id_of: Callable[[str], str],
        code: str,
        anybody: str,
        everywhere: bool,
    ) -> dict[str, str]:
        found = {}
        for name, value in fields.items():
            if value in self._tables and name not in _KEPT:
                found[name] = id_of(self._tables[value])
            elif value in self._codes:
                found[name] = code
            elif (everywhere and name not in _KEPT) or name in references():
                found[name] = anybody
            else:
                found[name] = value
        return found


def _unit_codes(county: FilledCounty) -> set[str]:
    with tenant_scope(county.tenant_id):
        return set(db.session.scalars(select(OrgUnit.code)))
