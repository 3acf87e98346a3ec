"""A county with a town, its village and a group; a service that answers as it is told, and nobody else is called."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.config import MailServer
from saas.db import db, unit_of_work
from saas.notifications import channels, gateway
from saas.notifications.channels import ChannelSettings
from saas.notifications.gateway import Answer
from saas.notifications.kinds import NoticeKind
from saas.notifications.models import Channel, ChannelKind
from saas.org.models import OrgUnit
from saas.tenancy.models import Tenant, TenantSettings
from tests.factories import make_unit, make_user

TOKEN = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123abcd"


@dataclass
class Service:
    """What was sent to the three services, and what they answer."""

    answers: list[Answer] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any], Mapping[str, str] | None]] = field(default_factory=list)

    def say(self, body: object, status: int = 200) -> None:
        self.answers.append(Answer(status, json.dumps(body).encode()))

    def transport(
        self, address: str, body: bytes, headers: Mapping[str, str], params: Mapping[str, str] | None
    ) -> Answer:
        self.calls.append((address, json.loads(body), params))
        return self.answers.pop(0) if self.answers else Answer(200, b'{"errcode": 0, "code": 0}')

    @property
    def texts(self) -> list[str]:
        return [str(body.get("text") or body.get("content")) for _address, body, _params in self.calls]


@dataclass(frozen=True)
class County:
    """A county, a town with a village and another town."""

    admin: User
    root: OrgUnit
    town: OrgUnit
    village: OrgUnit
    other_town: OrgUnit
    clerk: User


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """Takes the place of the network; whoever goes round it fails."""
    made = Service()
    monkeypatch.setattr(gateway.door(), "transport", made.transport)

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("somebody was called past the door")

    monkeypatch.setattr(socket, "create_connection", refuse)
    return made


@pytest.fixture
def county(tenant: Tenant) -> County:
    """Messages go out at every hour, so that it does not matter when the tests run."""
    keep_hours(["00:00", "23:59:59.999999"])
    root = make_unit("青山县")
    town = make_unit("青石镇", parent=root)
    village = make_unit("柳塘村", parent=town)
    other_town = make_unit("白河镇", parent=root)
    return County(
        admin=make_user(Role.SYSTEM_ADMIN, unit=root, name="系统管理"),
        root=root,
        town=town,
        village=village,
        other_town=other_town,
        clerk=make_user(Role.VILLAGE_CLERK, unit=village, name="村填报"),
    )


def keep_hours(hours: list[str]) -> None:
    """Let messages go out from the first time of the day to the second."""
    settings = db.session.scalars(select(TenantSettings)).one()
    settings.details = {**settings.details, "sending_hours": hours}
    db.session.flush()


def make_channel(
    county: County, kind: ChannelKind = ChannelKind.DINGTALK, *, unit: OrgUnit | None = None, name: str = "工作群"
) -> Channel:
    """A channel of a town that is told of everything."""
    settings = ChannelSettings(
        name=name,
        kind=kind,
        unit_id=(unit or county.town).id,
        kinds=list(NoticeKind),
        address="tips@example.org" if kind is ChannelKind.EMAIL else TOKEN,
    )
    with unit_of_work():
        channel = channels.add_channel(settings, actor=county.admin)
    db.session.refresh(channel)
    return channel


@pytest.fixture
def mail_server(app: Flask) -> Iterator[MailServer]:
    """The setting of a server for e-mail. Nothing listens there."""
    before = app.config["JICENG"]
    server = MailServer("127.0.0.1", 9, "none", "", "", "notice@example.org")
    app.config["JICENG"] = replace(before, mail=server, public_url="https://gov.example.org")
    try:
        yield server
    finally:
        app.config["JICENG"] = before
