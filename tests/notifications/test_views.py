"""The pages of channels, and one's own e-mail."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, unit_of_work, utc_now
from saas.notifications.models import Channel, ChannelKind, Delivery
from saas.notifications.outgoing import Message, tell_channel
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_user
from tests.notifications.conftest import TOKEN, County, Service, keep_hours, make_channel

ADDRESS = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"


def sent(county: County, **changed: object) -> dict[str, object]:
    form = {
        "name": "青石镇工作群",
        "kind": "dingtalk",
        "unit": str(county.town.id),
        "kinds": ["reminder", "overdue"],
        "address": ADDRESS,
        "signing_key": "",
        "send_token": str(uuid.uuid4()),
    }
    return {**form, **changed}


@pytest.fixture
def admin(browser: Browser, county: County) -> Browser:
    browser.sign_in(county.admin)
    return browser


def test_a_channel_is_added_and_its_address_is_never_shown_again(admin: Browser, county: County) -> None:
    response = admin.post("/notifications/channels", sent(county))

    channel = db.session.scalars(select(Channel)).one()
    assert response.location == f"/qingshan/notifications/channels/{channel.id}"
    for path in ("", f"/{channel.id}", f"/{channel.id}/edit"):
        page = admin.get(f"/notifications/channels{path}").text
        assert TOKEN not in page
        assert channel.secret not in page
    assert TOKEN[-4:] in admin.get("/notifications/channels").text


def test_the_trail_says_who_changed_a_channel_without_its_address(admin: Browser, county: County) -> None:
    admin.post("/notifications/channels", sent(county))

    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "channel.changed")).all()
    assert event.actor_id == county.admin.id
    assert TOKEN not in str(event.details)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"address": "https://evil.example/robot/send?access_token=" + TOKEN}, "oapi.dingtalk.com"),
        ({"address": ADDRESS.replace("https", "http")}, "oapi.dingtalk.com"),
        ({"address": ""}, "请填写地址"),
        ({"kind": "feishu"}, "这是钉钉机器人的地址"),
        ({"kind": "email", "address": "no address"}, "邮箱"),
        ({"kind": "telegram"}, "发到哪里"),
        ({"signing_key": "abc"}, "SEC"),
        ({"unit": str(uuid.uuid4())}, "关心哪个单位"),
        ({"kinds": []}, "至少选一种"),
        ({"name": ""}, "请填写名称"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(
    admin: Browser, county: County, changed: dict[str, object], word: str
) -> None:
    response = admin.post("/notifications/channels", sent(county, **changed))

    assert response.status_code == 422
    assert word in response.text
    assert TOKEN not in response.text
    assert db.session.scalars(select(Channel)).all() == []


def test_sending_the_form_twice_makes_one_channel(admin: Browser, county: County) -> None:
    form = sent(county)

    for _ in range(2):
        assert admin.post("/notifications/channels", form).status_code == 303

    assert len(db.session.scalars(select(Channel)).all()) == 1


def test_two_channels_of_one_name_are_refused(admin: Browser, county: County) -> None:
    admin.post("/notifications/channels", sent(county))

    assert "已有名为" in admin.post("/notifications/channels", sent(county)).text


def test_editing_without_an_address_keeps_it(admin: Browser, county: County) -> None:
    channel = make_channel(county)
    before = channel.secret

    form = sent(county, address="", version=str(channel.version), name="改名的群")
    response = admin.post(f"/notifications/channels/{channel.id}/edit", form)

    assert response.status_code == 303
    assert (channel.name, channel.secret) == ("改名的群", before)


def test_editing_what_somebody_else_changed_says_so(admin: Browser, county: County) -> None:
    channel = make_channel(county)

    form = sent(county, address="", version="0")

    assert admin.post(f"/notifications/channels/{channel.id}/edit", form).status_code == 409


def test_a_channel_is_switched_off_and_on(admin: Browser, county: County) -> None:
    channel = make_channel(county)

    admin.post(f"/notifications/channels/{channel.id}/active", {"active": "no"})
    assert not channel.is_active
    assert "停用" in admin.get(f"/notifications/channels/{channel.id}").text
    admin.post(f"/notifications/channels/{channel.id}/test", {})
    assert db.session.scalars(select(Delivery)).all() == []
    admin.post(f"/notifications/channels/{channel.id}/active", {"active": "yes"})
    assert channel.is_active


def test_a_test_message_waits_to_be_sent(admin: Browser, county: County, service: Service) -> None:
    channel = make_channel(county)

    admin.post(f"/notifications/channels/{channel.id}/test", {})

    page = admin.get(f"/notifications/channels/{channel.id}").text
    assert "测试提醒" in page
    assert "待发送" in page
    assert service.calls == []  # only the job calls


def test_the_page_looks_again_while_a_test_message_is_on_its_way(admin: Browser, county: County) -> None:
    channel = make_channel(county)
    path = f"/notifications/channels/{channel.id}"
    assert "load delay:2s" not in admin.get(path).text

    keep_hours(["08:00", "09:00"])
    with at_moment(utc_now().replace(hour=15)):  # at night in the county
        admin.sign_in(county.admin)
        admin.post(f"{path}/test")
        page = admin.get(path).text

    assert "load delay:2s" in page
    assert "早上发出" not in page  # a test does not wait for the morning


def test_a_reminder_that_waits_for_the_morning_says_so(admin: Browser, county: County) -> None:
    channel = make_channel(county)
    keep_hours(["08:00", "09:00"])

    with at_moment(utc_now().replace(hour=15)):
        with unit_of_work():
            tell_channel(channel, Message("填报提醒", "3个单位未报", ""), key="filing/2026-03-12")
        admin.sign_in(county.admin)
        page = admin.get(f"/notifications/channels/{channel.id}").text

    assert "早上发出" in page
    assert "load delay:2s" not in page


def test_without_a_mail_server_the_pages_say_so(admin: Browser, county: County) -> None:
    channel = make_channel(county, ChannelKind.EMAIL)

    assert "未配置" in admin.get("/notifications/channels").text
    assert "发不出去" in admin.get(f"/notifications/channels/{channel.id}").text
    assert "未配置" in admin.get("/account/email").text


@pytest.mark.parametrize("role", [Role.OFFICE, Role.VILLAGE_CLERK, Role.SECURITY_ADMIN, Role.AUDITOR])
def test_only_those_who_keep_the_settings_see_channels(browser: Browser, county: County, role: Role) -> None:
    channel = make_channel(county)
    browser.sign_in(make_user(role, unit=county.root))

    assert browser.get("/notifications/channels").status_code == 403
    assert browser.post(f"/notifications/channels/{channel.id}/test", {}).status_code == 403


def test_another_countys_channel_is_not_there(admin: Browser, county: County, other_tenant: Tenant) -> None:
    channel_id = make_channel(county).id
    with tenant_scope(other_tenant.id):
        assert db.session.scalars(select(Channel)).all() == []

    assert admin.get(f"/notifications/channels/{uuid.uuid4()}").status_code == 404
    assert admin.get(f"/notifications/channels/{channel_id}").status_code == 200


def test_people_keep_their_own_e_mail(browser: Browser, county: County) -> None:
    browser.sign_in(county.clerk)

    assert browser.post("/account/email", {"email": "clerk@example.org"}).status_code == 303

    assert (county.clerk.email, county.clerk.has_email_reminders) == ("clerk@example.org", False)
    assert 'value="clerk@example.org"' in browser.get("/account/email").text


@pytest.mark.parametrize("email", ["no address", "a@b@c.org", "a@example.org, b@example.org"])
def test_what_is_no_address_is_refused(browser: Browser, county: County, email: str) -> None:
    browser.sign_in(county.clerk)

    response = browser.post("/account/email", {"email": email})

    assert response.status_code == 422
    assert re.search("电子邮箱地址", response.text)
    assert county.clerk.email == ""
