"""Working days, holidays of a year, terms and reminders, as the office keeps them on the county's page."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.sending_hours import SendingHours
from saas.submissions.calendars import county_days, get_settings
from saas.submissions.schedule import dates_of, period_at
from tests.browser import Browser
from tests.submissions.conftest import Place
from tests.submissions.test_collections import newest, settings

HOURS = {"sending_from": "08:00", "sending_to": "21:00"}


def version() -> str:
    return str(get_settings().version)


# --- working days ---------------------------------------------------------------------------------------------------


def test_a_due_day_moves_over_a_holiday(office: Browser, place: Place) -> None:
    changed = settings(due_kind="month1", due_number="5", if_not_working="next", form=str(place.collection.form_id))
    office.post("/collections", changed)

    made = newest()
    assert made.window["if_not_working"] == "next"
    assert dates_of(made, period_at(made, date(2026, 9, 1))).due_on == date(2026, 10, 8)
    assert dates_of(made, period_at(made, date(2026, 3, 1))).due_on == date(2026, 4, 7)


def test_so_many_working_days_after_the_period(office: Browser, place: Place) -> None:
    office.post("/collections", settings(due_kind="working-end", due_number="3", grace="none"))

    made = newest()
    assert made.window["due"] == {"from": "end", "working_days": 3}
    assert dates_of(made, period_at(made, date(2026, 9, 1))).due_on == date(2026, 10, 10)
    form = office.get(f"/collections/{made.id}/edit").text
    assert '<option selected value="working-end">' in form


def test_a_year_without_holidays_is_guessed_and_says_so_until_they_are_entered(office: Browser, place: Place) -> None:
    office.post("/collections", settings(due_kind="month0", due_number="8", if_not_working="next"))
    made = newest()
    path = f"/collections/{made.id}?period=2027-02-01"
    assert "截止日期为暂定" in office.get(path).text
    assert "截止日期为暂定" not in office.get(f"/collections/{made.id}?period=2026-02-01").text

    response = office.post(
        "/collections/days/years/2027",
        {
            "source": "某年安排（试录）",
            "holidays": "2027-02-06 至 2027-02-12",
            "working_days": "2027-02-14",
            "version": version(),
        },
    )

    assert response.status_code == 303
    assert "截止日期为暂定" not in office.get(path).text
    assert dates_of(made, period_at(made, date(2027, 2, 1))).due_on == date(2027, 2, 14)
    page = office.get("/collections/days").text
    assert "本县录入" in page
    assert "国务院办公厅关于2026年部分节假日安排的通知" in page
    assert "2027-02-06 至 2027-02-12" in office.get("/collections/days/years/2027").text
    actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-1] == "settings.changed"


def test_a_year_goes_back_to_what_comes_with_the_product(office: Browser, place: Place) -> None:
    sent = {"source": "试录", "holidays": "2026-10-01", "working_days": "", "version": version()}
    office.post("/collections/days/years/2026", sent)
    assert county_days().calendar.is_working_day(date(2026, 10, 2))

    office.post("/collections/days/years/2026/reset")

    assert not county_days().calendar.is_working_day(date(2026, 10, 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": ""}, "请填写依据"),
        ({"holidays": "国庆节"}, "不是日期或一段日期"),
        ({"holidays": "2026-10-01"}, "不在2027年"),
        ({"holidays": "2027-01-01 至 2027-12-31"}, "不是日期或一段日期"),
        ({"working_days": "2027-02-15"}, "不必列为调休上班日"),
    ],
)
def test_a_wrong_year_is_told_beside_the_field(
    office: Browser, place: Place, changes: dict[str, str], message: str
) -> None:
    sent = {"source": "试录", "holidays": "2027-02-06", "working_days": "", "version": version(), **changes}

    response = office.post("/collections/days/years/2027", sent)

    assert response.status_code == 422
    assert message in response.text
    assert 2027 not in county_days().calendar.years


def test_a_year_far_away_is_not_found(office: Browser) -> None:
    assert office.get("/collections/days/years/1066").status_code == 404


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("terms", {"terms": "2026-09-01 至 2027-01-20"}),
        ("reminding", {"reminder_days": "5", "overdue_days": "", "escalation_days": "2", **HOURS}),
        ("years/2027", {"source": "试录", "holidays": "2027-02-06", "working_days": ""}),
    ],
)
def test_days_that_somebody_else_changed_are_not_overwritten(
    office: Browser, place: Place, path: str, sent: dict[str, Any]
) -> None:
    response = office.post(f"/collections/days/{path}", {**sent, "version": "0"})

    assert response.status_code == 409
    assert "设置刚被他人更新" in response.text


def test_terms_and_reminders_are_kept(office: Browser, place: Place) -> None:
    office.post(
        "/collections/days/terms", {"terms": "2026-09-01 至 2027-01-20\n2026-03-02至2026-07-03", "version": version()}
    )
    reminding = {"reminder_days": "5、2", "overdue_days": "2", "escalation_days": "4", "reminds_on_rest_days": "y"}
    reminding |= {"sending_from": "07:30", "sending_to": "20:00", "version": version()}
    office.post("/collections/days/reminding", reminding)

    found = county_days()
    assert found.terms.terms == ((date(2026, 3, 2), date(2026, 7, 3)), (date(2026, 9, 1), date(2027, 1, 20)))
    assert (found.reminder_days, found.overdue_days, found.escalation_days) == ((5, 2), (2,), 4)
    assert (found.hours, found.reminds_on_rest_days) == (SendingHours(time(7, 30), time(20)), True)
    assert "2026-03-02 至 2026-07-03" in office.get("/collections/days").text


@pytest.mark.parametrize(
    ("path", "sent", "message"),
    [
        ("terms", {"terms": "九月到一月"}, "不是学期的起止"),
        ("terms", {"terms": "2026-09-01 至 2027-01-20\n2027-01-10 至 2027-06-30"}, "与上一学期重叠"),
        ("reminding", {"reminder_days": "早一点", "overdue_days": "", "escalation_days": "3"}, "请填写最多五个天数"),
        ("reminding", {"reminder_days": "3", "overdue_days": "0", "escalation_days": "3"}, "请填写最多五个天数"),
        ("reminding", {"reminder_days": "3", "overdue_days": "1", "escalation_days": "99"}, "0 到 60 天"),
        ("reminding", {"reminder_days": "3", "overdue_days": "1", "escalation_days": "3"}, "请填写时刻"),
        (
            "reminding",
            {"reminder_days": "3", "escalation_days": "3", "sending_from": "21:00", "sending_to": "08:00"},
            "发送时段的结束至少比开始晚一小时",
        ),
    ],
)
def test_wrong_days_are_told_beside_the_field(
    office: Browser, place: Place, path: str, sent: dict[str, str], message: str
) -> None:
    before = county_days()

    response = office.post(f"/collections/days/{path}", {**sent, "version": version()})

    assert response.status_code == 422
    assert message in response.text
    assert county_days() == before


def test_the_county_days_are_read_once_in_a_transaction(place: Place) -> None:
    first = county_days()

    assert county_days() is first
