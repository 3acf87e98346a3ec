"""Who lacks the right for a view gets 403 before anything is read; who is a guest is asked to sign in."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Connection

from saas.access.permissions import GRANTS, Permission, Role
from tests.isolation.addresses import Address, own_addresses, rules
from tests.isolation.county import FilledCounty
from tests.isolation.visitor import Visitor, listed, undone

CONSOLE = {"operator", "operator_public"}  # outside every county: at a county's address there is none
DECLARED = {permission.value for permission in Permission} | {"public", "county_public"} | CONSOLE


def addresses(app: Flask, county: FilledCounty) -> list[Address]:
    with app.app_context():
        found = [address for rule in rules(app) for address in own_addresses(app, rule, county, limit=1)]
    return [address for address in found if address.access not in CONSOLE]


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    access = {rule.endpoint: vars(app.view_functions[rule.endpoint])["access"] for rule in app.url_map.iter_rules()}

    assert {name: given for name, given in access.items() if given not in DECLARED} == {}


def test_every_permission_opens_something_and_is_granted_to_somebody(app: Flask) -> None:
    used = {vars(view).get("access") for view in app.view_functions.values()}
    granted = set().union(*GRANTS.values())

    assert {permission for permission in Permission if permission not in granted} == set()
    assert {permission.value for permission in Permission} - used <= {Permission.SETTINGS_EDIT.value}


@pytest.mark.parametrize("role", list(Role))
def test_who_lacks_the_right_is_refused_and_who_has_it_is_not(
    app: Flask, connection: Connection, ours: FilledCounty, role: Role
) -> None:
    visitor = Visitor(app, ours, role)
    wrong: list[object] = []
    for address in addresses(app, ours):
        if address.access in {"public", "county_public"}:
            continue
        with undone(connection):
            status = visitor.open(address.method, address.path).status_code
        if (Permission(address.access) in GRANTS[role]) == (status == 403):
            wrong.append((address.method, address.path, address.access, status))

    assert not wrong, listed(wrong)


def test_a_guest_is_asked_to_sign_in(app: Flask, connection: Connection, ours: FilledCounty) -> None:
    guest = Visitor(app, ours, None)
    wrong: list[object] = []
    for address in addresses(app, ours):
        if address.access in {"public", "county_public"}:
            continue
        with undone(connection):
            page = guest.open(address.method, address.path)
            fragment = guest.open(address.method, address.path, htmx=True)
        leads_to = page.headers.get("Location", ""), fragment.headers.get("HX-Redirect", "")
        if page.status_code != 303 or not all(place.startswith(f"/{ours.slug}/sign-in") for place in leads_to):
            wrong.append((address.method, address.path, page.status_code, leads_to))

    assert not wrong, listed(wrong)


def test_the_three_administrators_share_no_right_but_their_own_account() -> None:
    """8.1.4.2 d: 三员分立."""
    shared = GRANTS[Role.SYSTEM_ADMIN] & GRANTS[Role.SECURITY_ADMIN] & GRANTS[Role.AUDITOR]

    assert shared == {Permission.HOME_VIEW}
    assert GRANTS[Role.SYSTEM_ADMIN] & GRANTS[Role.AUDITOR] == {Permission.HOME_VIEW}
    deciding = {Permission.CASE_DECIDE, Permission.DOCUMENT_ISSUE, Permission.SUBMISSION_EDIT, Permission.PLAN_EDIT}
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        assert not GRANTS[role] & deciding
