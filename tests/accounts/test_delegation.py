"""Handing a post's work to somebody else for some days. What a delegate decides stands in tests/review."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Permission, Role
from saas.accounts.delegation import delegate, list_delegations_in_force, revoke
from saas.accounts.models import Appointment, Delegation, User
from saas.accounts.queries import list_appointments_of
from saas.accounts.services import make_viewer
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.org.models import OrgUnit, Post
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import START, appoint, make_post, make_tenant, make_unit, make_user

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Office:
    """A post with its holder, and a colleague who may act for him."""

    unit: OrgUnit
    post: Post
    holder: User
    colleague: User


@pytest.fixture
def office(browser: Browser) -> Office:
    unit = make_unit("青山县")
    post, holder = make_post(unit, Role.LEADER, name="副县长"), make_user(name="王甲")
    appoint(holder, post)
    return Office(unit, post, holder, make_user(Role.DEPARTMENT, unit=unit, name="李乙"))


def held(user: User) -> Appointment:
    return list_appointments_of(user.id)[0]


def hand(office: Office, starts_in: int = 0, days: int = 3, *, to: User | None = None) -> Delegation:
    today = local_today()
    return delegate(
        office.post,
        office.holder,
        to or office.colleague,
        today + starts_in * DAY,
        today + (starts_in + days) * DAY,
        reason="出差",
        today=today,
        actor=office.holder,
    )


def test_a_delegate_has_the_post_only_in_those_days(office: Office) -> None:
    hand(office, starts_in=1)
    assert [post.name for post in make_viewer(office.colleague).posts if post.delegated_by] == []

    hand_now = hand(office, starts_in=4, days=1)
    hand_now.starts_on = local_today()
    db.session.flush()

    viewer = make_viewer(office.colleague)
    assert [(post.name, post.delegated_by) for post in viewer.posts if post.delegated_by] == [("副县长", "王甲")]
    assert viewer.main_post is not None
    assert viewer.main_post.delegated_by == ""
    assert office.unit.id in viewer.unit_ids(Permission.CASE_DECIDE)


def test_a_delegation_is_over_on_its_last_day_and_when_it_is_revoked(office: Office) -> None:
    made = hand(office, days=1)
    today = local_today()
    assert list_delegations_in_force(today) == [made]
    assert list_delegations_in_force(today + DAY) == []

    revoke(made, today, actor=office.holder)

    assert list_delegations_in_force(today) == []
    assert not any(post.delegated_by for post in make_viewer(office.colleague).posts)
    with pytest.raises(InvalidTransition):
        revoke(made, today, actor=office.holder)


def test_a_delegation_ends_with_the_holder(office: Office) -> None:
    hand(office)
    held(office.holder).ends_on = local_today()
    db.session.flush()

    assert list_delegations_in_force(local_today()) == []
    assert not any(post.delegated_by for post in make_viewer(office.colleague).posts)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
def test_an_administrators_post_is_not_handed_over_and_no_administrator_takes_one(office: Office, role: Role) -> None:
    admin = make_user(role, unit=office.unit)
    with pytest.raises(NotAllowed, match="管理员"):
        hand(office, to=admin)

    post = make_post(office.unit, role)
    appoint(office.holder, post)
    with pytest.raises(NotAllowed, match="不能委托"):
        hand(Office(office.unit, post, office.holder, office.colleague))


def test_whoever_becomes_an_administrator_loses_what_was_handed_over(office: Office) -> None:
    hand(office, to=(other := make_user()))
    appoint(other, make_post(office.unit, Role.AUDITOR))

    assert [post.roles for post in make_viewer(other).posts] == [frozenset({Role.AUDITOR})]


def test_what_was_handed_over_is_not_handed_on(office: Office) -> None:
    hand(office)
    chain = Office(office.unit, office.post, office.colleague, make_user())

    with pytest.raises(NotAllowed, match="不能再转委托"):
        hand(chain)


def test_nobody_delegates_to_himself_or_to_somebody_without_an_account(office: Office) -> None:
    nobody = make_user(name="无账号")
    nobody.login_name = None
    with pytest.raises(NotAllowed, match="本人"):
        hand(office, to=office.holder)
    with pytest.raises(NotAllowed, match="没有可用的账号"):
        hand(office, to=nobody)
    appoint(other := make_user(), office.post)
    with pytest.raises(NotAllowed, match="本来就担任"):
        hand(office, to=other)


@pytest.mark.parametrize(("starts_in", "days"), [(-1, 3), (0, 0), (0, -1), (0, 400)])
def test_impossible_days_are_refused(office: Office, starts_in: int, days: int) -> None:
    with pytest.raises(DomainError) as caught:
        hand(office, starts_in, days)
    assert caught.value.code == "bad_dates"


@pytest.mark.parametrize(("starts_in", "is_free"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_post_is_handed_over_once_at_a_time(office: Office, starts_in: int, is_free: bool) -> None:
    hand(office, days=3)
    if is_free:
        hand(office, starts_in, to=make_user())
        return
    with pytest.raises(DomainError, match="已经委托给他人"):
        hand(office, starts_in, to=make_user())


def test_a_delegation_does_not_outlast_the_holders_term(office: Office) -> None:
    held(office.holder).ends_on = local_today() + 2 * DAY
    with pytest.raises(NotAllowed, match="不担任这个岗位"):
        hand(office, days=3)


def form(office: Office, **changes: str) -> dict[str, str]:
    today = local_today()
    return {
        "post": str(office.post.id),
        "to": str(office.colleague.id),
        "starts_on": today.isoformat(),
        "last_on": (today + DAY).isoformat(),
        "reason": "学习",
        "send_token": str(uuid.uuid4()),
        **changes,
    }


def test_a_holder_hands_over_and_takes_back_on_the_own_page(browser: Browser, office: Office) -> None:
    browser.sign_in(office.holder)
    said = form(office)

    assert browser.post("/account/delegations", said).status_code == 303
    assert browser.post("/account/delegations", said).status_code == 303  # sent twice, done once

    made = db.session.scalars(select(Delegation)).one()
    assert made.ends_on == local_today() + 2 * DAY
    assert "您已委托 李乙 代办" in browser.get("/home").text
    browser.sign_in(office.colleague)
    assert "您受 王甲 委托" in browser.get("/home").text
    browser.sign_in(office.holder)
    assert browser.post(f"/account/delegations/{made.id}/revoke").status_code == 303
    assert made.revoked_by_id == office.holder.id
    actions = db.session.scalars(select(AuditEvent.action)).all()
    assert actions == ["delegation.changed", "delegation.changed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "请写明原因"),
        ({"last_on": "2001-01-01"}, "结束日期应晚于开始日期"),
        ({"starts_on": "2001-01-01"}, "不能从过去的日期开始"),
        ({"post": str(uuid.uuid4())}, "Not a valid choice"),
        ({"to": ""}, "请选择受委托人"),
    ],
)
def test_a_wrong_delegation_is_refused(browser: Browser, office: Office, changes: dict[str, str], words: str) -> None:
    browser.sign_in(office.holder)

    response = browser.post("/account/delegations", form(office, **changes))

    assert response.status_code == 422
    assert words in response.text or words.startswith("Not a valid")
    assert db.session.scalars(select(Delegation)).all() == []


def test_the_security_administrator_hands_over_for_somebody(browser: Browser, office: Office) -> None:
    browser.sign_in(make_user(Role.SECURITY_ADMIN, unit=office.unit))

    assert browser.post(f"/accounts/{office.holder.id}/delegations", form(office)).status_code == 303

    made = db.session.scalars(select(Delegation)).one()
    assert "李乙" in browser.get("/delegations").text
    assert browser.post(f"/delegations/{made.id}/revoke").status_code == 303
    assert "李乙" not in browser.get("/delegations").text


def test_others_neither_hand_over_nor_revoke(browser: Browser, office: Office) -> None:
    made = hand(office)
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=office.unit))

    assert browser.post(f"/accounts/{office.holder.id}/delegations", form(office)).status_code == 403
    assert browser.post(f"/delegations/{made.id}/revoke").status_code == 403
    assert browser.post(f"/account/delegations/{made.id}/revoke").status_code == 404
    assert made.revoked_at is None


def test_a_delegation_of_another_county_does_not_exist(browser: Browser, office: Office) -> None:
    with tenant_scope(make_tenant("other").id):
        unit = make_unit()
        holder = make_user(Role.LEADER, unit=unit)
        post = db.session.scalars(select(Post).where(Post.unit_id == unit.id)).one()
        to = make_user()
        theirs = Delegation(
            post_id=post.id, from_user_id=holder.id, to_user_id=to.id, starts_on=START, ends_on=date(2199, 1, 1)
        )
        db.session.add(theirs)
        db.session.flush()
        their_id = theirs.id
    db.session.expunge_all()
    browser.sign_in(make_user(Role.SECURITY_ADMIN, unit=office.unit))

    for delegation_id in (their_id, uuid.uuid4()):
        assert browser.post(f"/delegations/{delegation_id}/revoke").status_code == 404
