"""Terms, vacancies, and what passes on when a post changes hands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, AppointmentKind, User
from saas.accounts.terms import list_ending_terms, list_vacant_posts
from saas.audit.models import AuditEvent
from saas.bodies.models import Body, BodyKind, BodySeat, SeatBy, SeatRole
from saas.bodies.services import BodyFields, SeatFields, add_seat, create_body
from saas.db import db, local_today
from saas.org.links import add_link
from saas.org.models import OrgUnit, Post, UnitLink
from tests.browser import Browser
from tests.factories import START, appoint, make_post, make_unit, make_user

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Town:
    """A town with a post, its holder with links and a seat, and whoever may follow."""

    root: OrgUnit
    village: OrgUnit
    post: Post
    held: Appointment
    holder: User
    successor: User
    admin: User
    body: Body


@pytest.fixture
def town(browser: Browser) -> Town:
    root = make_unit("青山县")
    village = make_unit("东村", parent=root)
    post, holder, successor = (
        make_post(root, Role.DEPARTMENT, name="专干"),
        make_user(name="王甲"),
        make_user(name="李乙"),
    )
    admin = make_user(Role.SYSTEM_ADMIN, unit=root)
    held = appoint(holder, post)
    add_link(village, kind="包片", user_id=holder.id, linked_unit=None, starts_on=START, actor=admin)
    body = create_body(root, BodyFields("防汛指挥部", BodyKind.LEADING_GROUP), START, actor=admin)
    seat = SeatFields(SeatRole.MEMBER, SeatBy.PERSON, user_id=holder.id, field_of_work="值守")
    add_seat(body, seat, START, actor=admin)
    browser.sign_in(admin)
    return Town(root, village, post, held, holder, successor, admin, body)


def form(town: Town, **changes: object) -> dict[str, object]:
    links = [str(link) for link in db.session.scalars(select(UnitLink.id))]
    seats = [str(seat) for seat in db.session.scalars(select(BodySeat.id))]
    return {
        "ends_on": "2026-06-01",
        "successor": str(town.successor.id),
        "kind": "elected",
        "term": "第五届",
        "passed_links": links,
        "passed_seats": seats,
        **changes,
    }


def test_what_is_open_is_shown_before_a_post_changes_hands(browser: Browser, town: Town) -> None:
    page = browser.get(f"/appointments/{town.held.id}/end").text

    assert "包片：东村" in page
    assert "防汛指挥部 成员" in page
    assert "手上未了的事" in page


def test_a_successor_takes_over_on_one_day_with_links_and_seats(browser: Browser, town: Town) -> None:
    assert browser.post(f"/appointments/{town.held.id}/end", form(town)).status_code == 303

    day = date(2026, 6, 1)
    following = db.session.scalars(select(Appointment).where(Appointment.user_id == town.successor.id)).one()
    assert (town.held.ends_on, following.starts_on) == (day, day)
    assert (following.kind, following.term) == (AppointmentKind.ELECTED, "第五届")
    links = db.session.execute(select(UnitLink.user_id, UnitLink.starts_on, UnitLink.ends_on)).all()
    assert {tuple(row) for row in links} == {(town.holder.id, START, day), (town.successor.id, day, None)}
    seats = db.session.execute(select(BodySeat.user_id, BodySeat.field_of_work, BodySeat.ends_on)).all()
    assert {tuple(row) for row in seats} == {(town.holder.id, "值守", day), (town.successor.id, "值守", None)}
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.details["change"].astext == "handed_over")).one()
    assert (event.details["links"], event.details["seats"]) == (1, 1)


def test_what_is_not_ticked_stays_with_the_former_holder(browser: Browser, town: Town) -> None:
    browser.post(f"/appointments/{town.held.id}/end", form(town, passed_links=[], passed_seats=[]))

    assert db.session.scalars(select(UnitLink.user_id).where(UnitLink.ends_on.is_(None))).all() == [town.holder.id]
    assert db.session.scalars(select(BodySeat.user_id).where(BodySeat.ends_on.is_(None))).all() == [town.holder.id]


def test_without_a_successor_the_post_is_vacant(browser: Browser, town: Town) -> None:
    assert browser.post(f"/appointments/{town.held.id}/end", form(town, successor="")).status_code == 303

    assert db.session.scalars(select(UnitLink.user_id).where(UnitLink.ends_on.is_(None))).all() == [town.holder.id]
    rows, count = list_vacant_posts(date(2026, 7, 1))
    assert (count, rows[0][0].id, rows[0][2]) == (1, town.post.id, "王甲")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_on": "2019-01-01"}, "免职日期应晚于任职日期"),
        ({"term_ends_on": "2026-05-01"}, "任期届满日期应晚于任职日期"),
        ({"passed_links": [str(uuid.uuid4())]}, "is not a valid choice"),
    ],
)
def test_a_wrong_hand_over_changes_nothing(
    browser: Browser, town: Town, changes: dict[str, object], words: str
) -> None:
    response = browser.post(f"/appointments/{town.held.id}/end", form(town, **changes))

    assert response.status_code == 422
    assert words in response.text or "valid choice" in words
    assert db.session.scalars(select(Appointment).where(Appointment.ends_on.is_not(None))).all() == []
    assert len(db.session.scalars(select(Appointment)).all()) == 2


def test_an_administrator_may_be_followed_in_one_step(browser: Browser, town: Town) -> None:
    auditor = make_user()
    held = appoint(auditor, make_post(town.root, Role.AUDITOR))

    alone = browser.post(f"/appointments/{held.id}/end", {"ends_on": "2026-06-01"})
    followed = browser.post(f"/appointments/{held.id}/end", form(town, passed_links=[], passed_seats=[]))

    assert (alone.status_code, followed.status_code) == (422, 303)
    assert "唯一的审计管理员" in alone.text


def test_a_term_that_ends_soon_is_listed_until_somebody_follows(browser: Browser, town: Town) -> None:
    today = local_today()
    terms = {"kind": "elected", "term": "第五届", "term_ends_on": (today + 30 * DAY).isoformat()}
    assert browser.post(f"/appointments/{town.held.id}/terms", terms).status_code == 303

    page = browser.get("/appointments/ending?within=90").text
    assert "第五届" in page
    assert "未定" in page
    assert [has for _, has in list_ending_terms(today, 90 * DAY)[0]] == [False]
    assert list_ending_terms(today, 20 * DAY)[1] == 0
    appoint(town.successor, town.post, starts_on=today + 30 * DAY)
    assert [has for _, has in list_ending_terms(today, 90 * DAY)[0]] == [True]


@pytest.mark.parametrize(("ends_in", "words"), [(0, "应在今天以后"), (-9999, "应晚于任职日期")])
def test_a_wrong_term_is_refused(browser: Browser, town: Town, ends_in: int, words: str) -> None:
    day = (local_today() + ends_in * DAY).isoformat()

    response = browser.post(f"/appointments/{town.held.id}/terms", {"kind": "elected", "term_ends_on": day})

    assert response.status_code == 422
    assert words in response.text
    assert town.held.ends_on is None


def test_appointing_keeps_the_term_and_its_basis(browser: Browser, town: Town) -> None:
    said = {
        "user": str(town.successor.id),
        "starts_on": "2026-01-01",
        "kind": "hired",
        "term": "2026 年度",
        "term_ends_on": "2027-01-01",
        "basis": "青人社〔2026〕1号",
    }
    assert browser.post(f"/posts/{town.post.id}/appoint", said).status_code == 303

    made = db.session.scalars(select(Appointment).where(Appointment.user_id == town.successor.id)).one()
    assert (made.kind, made.ends_on, made.basis) == (AppointmentKind.HIRED, date(2027, 1, 1), "青人社〔2026〕1号")
    page = browser.get(f"/accounts/{town.successor.id}").text
    assert "青人社〔2026〕1号" in page
    assert "聘任" in page


def test_a_persons_page_shows_posts_links_and_seats_past_and_present(browser: Browser, town: Town) -> None:
    browser.post(f"/appointments/{town.held.id}/end", form(town))

    page = browser.get(f"/accounts/{town.holder.id}").text

    for words in ("专干", "包片：", "东村", "防汛指挥部", "已结束", "已免"):
        assert words in page
