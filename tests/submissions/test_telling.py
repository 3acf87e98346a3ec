"""What groups and e-mail are told of the day's reminders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from saas.config import ROOT, MailServer
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.notifications import channels
from saas.notifications.channels import ChannelSettings
from saas.notifications.kinds import NoticeKind
from saas.notifications.models import Channel, ChannelKind, Delivery
from saas.org.models import OrgUnit
from saas.submissions.jobs import send_reminders
from tests.factories_forms import make_collection, make_submission
from tests.submissions.conftest import Place

DUE = date(2026, 3, 15)
TOKEN = "0123456789abcdef" * 4


def on(days: int) -> None:
    """Do the daily work so many days after the last day in time, at eight in the morning."""
    day = DUE + timedelta(days=days)
    with at_moment(datetime(day.year, day.month, day.day, tzinfo=UTC)):
        send_reminders(day)


def a_group(place: Place, unit: OrgUnit, name: str = "工作群", *kinds: NoticeKind) -> Channel:
    settings = ChannelSettings(name, ChannelKind.DINGTALK, unit.id, kinds or list(NoticeKind), TOKEN)
    return channels.add_channel(settings, actor=place.office)


def told(channel: Channel) -> list[str]:
    return list(
        db.session.scalars(
            select(Delivery.body).where(Delivery.channel_id == channel.id).order_by(Delivery.once_key)
        ).all()
    )


@pytest.fixture
def mail(app: Flask) -> Iterator[None]:
    before = app.config["JICENG"]
    app.config["JICENG"] = replace(before, mail=MailServer("127.0.0.1", 9, "none", "", "", "notice@example.org"))
    try:
        yield
    finally:
        app.config["JICENG"] = before


def test_a_towns_group_is_told_of_its_own_villages_once_at_each_stage(place: Place) -> None:
    group = a_group(place, place.town)

    for days in range(-5, 5):
        on(days)

    assert [line.split("未报，")[1].split("：")[0] for line in told(group)] == [
        "还有3天截止",
        "还有2天截止",  # on Friday, because the last day in time is a Sunday
        "已逾期1天",
        "已逾期3天",
    ]
    assert told(group)[0].startswith("2个单位“")
    assert told(group)[0].endswith("：柳塘村、石桥村")


def test_doing_the_work_twice_writes_one_message(place: Place) -> None:
    group = a_group(place, place.county)

    on(-3)
    on(-3)

    assert len(told(group)) == 1


def test_a_day_on_which_nothing_ran_is_made_up_for(place: Place) -> None:
    group = a_group(place, place.town)

    on(-2)
    on(-2)

    assert ["还有2天截止" in line for line in told(group)] == [True]


def test_several_collections_are_one_message(place: Place) -> None:
    group = a_group(place, place.town)
    make_collection(name="露天焚烧零报告")

    on(-3)

    (body,) = told(group)
    assert [line[:2] for line in body.splitlines()] == ["1.", "2."]
    assert "露天焚烧零报告" in body


def test_who_handed_in_is_not_named(place: Place) -> None:
    group = a_group(place, place.town)
    make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED)

    on(-3)

    assert told(group)[0].startswith("1个单位")
    assert "柳塘村" not in told(group)[0]


def test_a_group_is_told_of_the_kinds_that_were_chosen(place: Place) -> None:
    late = a_group(place, place.town, "逾期群", NoticeKind.OVERDUE)
    published = a_group(place, place.town, "通报群", NoticeKind.PUBLISHED)

    for days in (-3, 1):
        on(days)

    assert ["已逾期1天" in line for line in told(late)] == [True]
    assert told(published) == []


def test_no_message_names_a_person(place: Place) -> None:
    group = a_group(place, place.county)

    for days in range(-3, 5):
        on(days)

    names = {place.clerk.name, place.officer.name, place.office.name, place.clerk.login_name}
    assert not any(str(name) in line for name in names for line in told(group))


def test_a_clerk_gets_one_e_mail_a_day(place: Place, mail: None) -> None:
    place.clerk.email = "clerk@example.org"
    make_collection(name="露天焚烧零报告")

    on(-3)
    on(-3)

    (letter,) = db.session.scalars(select(Delivery).where(Delivery.user_id == place.clerk.id)).all()
    assert len(letter.body.splitlines()) == 2


def test_who_switched_e_mail_off_gets_none(place: Place, mail: None) -> None:
    place.clerk.email, place.clerk.has_email_reminders = "clerk@example.org", False

    on(-3)

    assert db.session.scalars(select(Delivery)).all() == []


def test_the_demonstrations_bring_neither_robots_nor_addresses() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tenants").rglob("*"))
        if path.suffix in {".toml", ".csv"}
    ]

    assert texts
    assert not any(word in text for text in texts for word in ("webhook", "access_token", "@example.", "open-apis/bot"))
