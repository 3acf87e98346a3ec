"""Reminding: before and after the last day in time, once each, and the superior when nothing came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.notifications.models import Notification
from saas.submissions.calendars import keep_reminding
from saas.submissions.jobs import send_reminders
from tests.factories import appoint, make_post, make_unit, make_user
from tests.factories_forms import make_collection, make_submission
from tests.statements import count_statements
from tests.submissions.conftest import Place

DUE = date(2026, 3, 15)


def on(days: int) -> object:
    """Do the daily work so many days after the last day in time, at eight in the morning."""
    day = DUE + timedelta(days=days)
    with at_moment(datetime(day.year, day.month, day.day, tzinfo=UTC)):
        return send_reminders(day)


def told(user: User) -> list[str]:
    return list(
        db.session.scalars(
            select(Notification.title).where(Notification.user_id == user.id).order_by(Notification.created_at)
        ).all()
    )


def test_a_clerk_is_reminded_before_the_last_day_and_after_it(place: Place) -> None:
    for days in range(-5, 5):
        on(days)

    assert [title.split("：")[0] for title in told(place.clerk)] == [
        "还有3天截止",
        "还有2天截止",  # on Friday, because the last day in time is a Sunday
        "已逾期1天",
        "已逾期3天",
    ]
    assert "柳塘村尚未报送" in told(place.clerk)[0]


def test_doing_the_work_twice_tells_nobody_twice(place: Place) -> None:
    assert on(-3)
    assert on(-3) == 0
    assert len(told(place.clerk)) == 1


def test_weekends_are_left_in_peace_unless_the_county_wants_it_otherwise(place: Place) -> None:
    assert on(-1) == 0
    assert on(0) == 0

    keep_reminding([3, 1], [1], 3, reminds_on_rest_days=True, actor=place.office)

    assert on(-1)
    assert told(place.clerk)[0].startswith("还有1天截止")


def test_what_is_reported_every_day_is_reminded_of_at_weekends_too(place: Place) -> None:
    place.collection.is_active = False
    window = {"due": {"from": "end", "days": 0}, "due_inclusive": True, "grace_days": 1}
    make_collection(cadence="day", window=window, name="汛期每日报告", starts_on=DUE)

    on(0)

    assert told(place.clerk) == ["今天截止：2026年3月15日汛期每日报告，柳塘村尚未报送"]


def test_what_came_back_and_was_not_sent_again_is_reminded_of(place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.RETURNED)

    on(-3)
    on(3)

    assert told(place.clerk) == [
        "还有3天截止：2026年3月环境卫生自查，柳塘村被退回后尚未重报，请修改后重报",
        "已逾期3天：2026年3月环境卫生自查，柳塘村被退回后尚未重报，请修改后重报",
    ]
    assert not any("柳塘村" in title for title in told(place.officer))  # it came: it is not missing


def test_a_form_that_may_no_longer_be_filled_is_reminded_of_to_nobody(place: Place) -> None:
    place.collection.form.expires_on = DUE

    assert on(-3)
    assert on(1) == 0


def test_what_cannot_be_handed_in_any_more_is_said_once(place: Place) -> None:
    place.collection.window = {**place.collection.window, "grace_days": 0}

    on(1)
    on(3)

    assert told(place.clerk) == ["已逾期1天：2026年3月环境卫生自查，柳塘村尚未报送，已不能补报，请联系主管单位"]


def test_the_county_is_told_when_the_town_did_nothing_about_it(place: Place) -> None:
    on(3)
    assert [title for title in told(place.office) if "柳塘村" in title] == []

    on(9)  # Tuesday
    on(10)

    assert [title for title in told(place.office) if "柳塘村" in title] == [
        "2个单位逾期9天未报“2026年3月环境卫生自查”：柳塘村、石桥村"
    ]
    assert len(told(place.officer)) == 1


def test_a_day_on_which_nothing_ran_is_made_up_for(place: Place) -> None:
    on(-2)

    assert told(place.clerk)[0].startswith("还有2天截止")


def test_who_handed_in_is_not_reminded(place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED)

    on(-3)
    on(3)

    assert told(place.clerk) == []


def test_who_is_not_asked_is_not_reminded(place: Place) -> None:
    place.collection.cohort = {"units": [place.neighbour.code]}

    on(-3)

    assert told(place.clerk) == []


def test_a_stopped_collection_reminds_nobody(place: Place) -> None:
    place.collection.is_active = False

    assert on(-3) == 0


def test_the_town_is_told_what_its_villages_did_not_hand_in(place: Place) -> None:
    make_submission(
        place.collection,
        place.neighbour,
        status=SubmissionStatus.SUBMITTED,
        is_not_applicable=True,
        not_applicable_reason="整体搬迁",
    )

    on(2)
    assert told(place.officer) == []
    on(3)
    on(4)

    assert len(told(place.officer)) == 1
    assert "1个单位逾期3天未报" in told(place.officer)[0]
    assert "柳塘村" in told(place.officer)[0]
    assert "石桥村" not in told(place.officer)[0]
    path = db.session.scalars(select(Notification.path).where(Notification.user_id == place.officer.id)).one()
    assert path == f"/collections/{place.collection.id}?period=2026-03-01&mark=not_reported"


def test_a_town_without_an_officer_is_the_countys_concern(place: Place) -> None:
    on(3)

    assert any("白沙村" in title for title in told(place.office))
    assert not any("柳塘村" in title for title in told(place.office))


def test_a_county_chooses_its_days(place: Place) -> None:
    keep_reminding([5], [], 0, actor=place.office)

    for days in range(-6, 8):
        on(days)

    assert [title.split("：")[0] for title in told(place.clerk)] == ["还有5天截止"]
    assert told(place.officer) == []


def test_a_person_with_several_units_gets_one_message_that_names_them(place: Place) -> None:
    both = make_user(Role.VILLAGE_CLERK, unit=place.neighbour)
    appoint(both, make_post(place.village, Role.VILLAGE_CLERK))

    on(-2)

    assert len(told(both)) == 1
    assert "柳塘村" in told(both)[0]
    assert "石桥村" in told(both)[0]


def test_reading_takes_the_same_number_of_statements_however_many_units(place: Place) -> None:
    on(3)
    few = count_statements(lambda: on(3))
    for _ in range(5):
        make_unit(parent=place.far_village)

    assert count_statements(lambda: on(3)) == few
