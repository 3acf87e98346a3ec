"""Messages on their way out: written once, sent once, tried again, given up, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from saas.config import MailServer
from saas.db import at_moment, db, local_today, unit_of_work, utc_now
from saas.jobs.models import Job
from saas.notifications import channels, delivering, outgoing
from saas.notifications.jobs import forget_old_messages
from saas.notifications.models import Channel, ChannelKind, Delivery, DeliveryStatus, Notification
from saas.notifications.outgoing import JOB, Message
from saas.notifications.sealing import SecretLost, seal, unseal
from saas.notifications.services import notify
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.notifications.conftest import TOKEN, County, Service, keep_hours, make_channel

MESSAGE = Message("填报提醒", "3个单位未报", "/collections/missing")


def tell(channel: Channel, key: str = "filing/2026-03-12") -> None:
    with unit_of_work():
        outgoing.tell_channel(channel, MESSAGE, key=key)


def waiting() -> list[Delivery]:
    return list(db.session.scalars(select(Delivery).order_by(Delivery.created_at, Delivery.id)).all())


def jobs() -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == JOB).order_by(Job.run_after)).all())


def run(delivery: Delivery) -> Delivery:
    """One run of the job."""
    with unit_of_work():
        delivering.deliver(delivery.id)
    db.session.refresh(delivery)
    return delivery


def test_a_message_is_sent_once_however_often_its_job_runs(county: County, service: Service) -> None:
    tell(make_channel(county))
    (delivery,) = waiting()

    run(delivery)
    run(delivery)

    assert delivery.status is DeliveryStatus.SENT
    assert len(service.calls) == 1


AT_NIGHT = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)  # half past eleven in the county


def test_what_is_said_at_night_goes_out_in_the_morning(county: County) -> None:
    channel = make_channel(county)
    keep_hours(["07:30", "22:00"])

    with at_moment(AT_NIGHT):
        tell(channel)

    (job,) = jobs()
    assert timedelta(hours=7, minutes=59) < job.run_after - utc_now() <= timedelta(hours=8)


def test_a_test_message_goes_out_at_once(county: County) -> None:
    channel = make_channel(county)
    keep_hours(["07:30", "22:00"])

    with at_moment(AT_NIGHT), unit_of_work():
        channels.try_channel(channel, actor=county.admin)

    (job,) = jobs()
    assert job.run_after <= utc_now()


def test_the_same_matter_is_written_once_for_each_channel(county: County) -> None:
    first, second = make_channel(county), make_channel(county, ChannelKind.FEISHU, name="飞书群")

    for _ in range(2):
        tell(first)
        tell(second)

    assert len(waiting()) == 2
    assert len(jobs()) == 2


def test_the_text_names_the_county_and_links_to_the_page(
    county: County, service: Service, mail_server: MailServer
) -> None:
    tell(make_channel(county))

    run(waiting()[0])

    assert "【青山县】填报提醒" in service.texts[0]
    assert "https://gov.example.org/qingshan/collections/missing" in service.texts[0]


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(county: County, service: Service) -> None:
    tell(make_channel(county))
    (delivery,) = waiting()
    for _ in range(delivering.MAX_ATTEMPTS):
        service.say({"errcode": -1, "errmsg": "system busy"})
        assert delivery.status is DeliveryStatus.WAITING
        run(delivery)

    assert delivery.status is DeliveryStatus.FAILED
    assert "system busy" in delivery.problem
    pauses = [job.run_after - jobs()[0].run_after for job in jobs()]
    assert [round(pause.total_seconds() / 30) for pause in pauses] == [0, 1, 4, 9, 16]


def test_a_robot_that_is_gone_is_not_asked_again(county: County, service: Service) -> None:
    service.say({"errcode": 300001, "errmsg": "token is not exist"})
    tell(make_channel(county))

    delivery = run(waiting()[0])

    assert delivery.status is DeliveryStatus.FAILED
    assert len(jobs()) == 1


def test_a_channel_that_keeps_failing_pauses_and_its_keeper_is_told(county: County, service: Service) -> None:
    channel = make_channel(county)
    for number in range(delivering.PAUSE_AFTER):
        service.say({"errcode": 300001, "errmsg": "token is not exist"})
        tell(channel, key=f"filing/{number}")
        run(waiting()[-1])

    db.session.refresh(channel)
    assert not channel.is_active
    assert "已被移除" in channel.problem
    (told,) = db.session.scalars(select(Notification)).all()
    assert told.user_id == county.admin.id
    assert told.path == f"/notifications/channels/{channel.id}"
    tell(channel, key="filing/later")
    assert run(waiting()[-1]).problem == "渠道已停用"
    assert len(service.calls) == delivering.PAUSE_AFTER


def test_success_forgets_earlier_failures(county: County, service: Service) -> None:
    channel = make_channel(county)
    service.say({"errcode": -1})
    tell(channel)
    (delivery,) = waiting()
    run(delivery)
    assert channel.failures == 1

    run(delivery)

    db.session.refresh(channel)
    assert channel.failures == 0


def test_failing_does_not_make_the_form_stale(county: County, service: Service) -> None:
    channel = make_channel(county)
    before = channel.version
    service.say({"errcode": -1})
    tell(channel)

    run(waiting()[0])

    db.session.refresh(channel)
    assert (channel.version, channel.failures) == (before, 1)


def test_a_robot_speaks_no_more_than_twenty_times_a_minute(county: County, service: Service) -> None:
    channel = make_channel(county)
    for number in range(delivering.PER_MINUTE + 1):
        tell(channel, key=f"filing/{number}")
    for delivery in waiting():
        run(delivery)

    assert len(service.calls) == delivering.PER_MINUTE
    (left,) = [each for each in waiting() if each.status is DeliveryStatus.WAITING]
    assert left.attempts == 0
    again = jobs()[-1]
    assert timedelta(seconds=50) < again.run_after - utc_now() < timedelta(seconds=62)
    with at_moment(utc_now() + timedelta(seconds=62)):
        assert run(left).status is DeliveryStatus.SENT


def test_a_message_of_yesterday_is_not_sent(county: County, service: Service) -> None:
    tell(make_channel(county))
    db.session.execute(update(Delivery).values(created_at=utc_now() - timedelta(hours=25)))

    assert "24 小时" in run(waiting()[0]).problem
    assert service.calls == []


def test_old_messages_leave_the_record(county: County) -> None:
    channel = make_channel(county)
    tell(channel, "filing/old")
    tell(channel, "filing/new")
    db.session.execute(
        update(Delivery)
        .where(Delivery.once_key.startswith("filing/old"))
        .values(created_at=utc_now() - timedelta(days=182))
    )

    assert forget_old_messages(local_today()) == 1

    assert [each.once_key for each in waiting()] == [f"filing/new/{channel.id}"]


def test_switching_a_channel_off_drops_what_waits(county: County, service: Service) -> None:
    channel = make_channel(county)
    tell(channel)
    with unit_of_work():
        channels.switch_channel(channel, False, actor=county.admin)

    run(waiting()[0])

    assert service.calls == []


def test_a_return_reaches_the_groups_above_without_its_reason(county: County, service: Service) -> None:
    make_channel(county)
    make_channel(county, unit=county.other_town, name="白河镇群")

    with unit_of_work():
        notify([county.clerk.id], "returned", "自评表被退回：张某的身份证号写错", "/submissions/1")

    (delivery,) = waiting()
    assert "张某" not in delivery.title + delivery.body
    assert "柳塘村" in delivery.body


def test_what_a_channel_is_not_told_of_is_not_written(county: County) -> None:
    channel = make_channel(county)
    channel.kinds = ["reminder"]
    db.session.flush()

    with unit_of_work():
        notify([county.clerk.id], "returned", "自评表被退回", "/submissions/1")
        notify([county.clerk.id], "signed", "方案已签发", "/plans/1")

    assert waiting() == []


@pytest.mark.parametrize(
    ("email", "wants", "count"), [("a@example.org", True, 1), ("a@example.org", False, 0), ("", True, 0)]
)
def test_people_get_e_mail_if_they_want_it(
    county: County, mail_server: MailServer, email: str, wants: bool, count: int
) -> None:
    county.clerk.email, county.clerk.has_email_reminders = email, wants
    db.session.flush()

    with unit_of_work():
        notify([county.clerk.id], "assigned", "实施方案已印发，请查看本单位任务", "/plans/1")

    assert len(waiting()) == count


def test_without_a_mail_server_no_e_mail_waits(county: County) -> None:
    county.clerk.email = "a@example.org"
    db.session.flush()

    with unit_of_work():
        notify([county.clerk.id], "assigned", "实施方案已印发", "/plans/1")

    assert waiting() == []


def test_the_secret_is_kept_encrypted_and_for_this_county_only(county: County, other_tenant: Tenant) -> None:
    channel = make_channel(county)

    assert TOKEN not in channel.secret
    assert unseal(channel.secret) == TOKEN
    with tenant_scope(other_tenant.id), pytest.raises(SecretLost):
        unseal(channel.secret)
    assert seal(TOKEN) != channel.secret


def test_the_secret_stands_in_no_job_and_no_message(county: County, service: Service) -> None:
    tell(make_channel(county))
    run(waiting()[0])

    texts = [str(job.args) + job.key for job in jobs()]
    texts += [each.body + each.title + each.problem + each.once_key for each in waiting()]
    assert all(TOKEN not in text for text in texts)


def test_a_secret_of_another_platform_key_says_what_to_do(county: County, service: Service) -> None:
    channel = make_channel(county)
    channel.secret = "gAAAAABnot-a-token"
    db.session.flush()
    tell(channel)

    delivery = run(waiting()[0])

    assert "重新填写" in delivery.problem
    assert service.calls == []


def test_another_countys_message_cannot_be_sent(county: County, other_tenant: Tenant, service: Service) -> None:
    tell(make_channel(county))
    (delivery,) = waiting()
    delivery_id = delivery.id
    db.session.expunge_all()

    with tenant_scope(other_tenant.id), pytest.raises(Exception, match="No row"):
        delivering.deliver(delivery_id)

    assert service.calls == []
