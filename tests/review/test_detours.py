"""Where the only people of a step made the thing themselves: the next step or the superior decides, never they."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.queries import list_held_posts
from saas.audit.models import AuditEvent
from saas.db import db, local_today, new_id
from saas.domain.progress import CaseStatus
from saas.notifications.models import Notification
from saas.org.models import Post
from saas.review.models import ReviewCase, ReviewDecision, ReviewTask, Route
from saas.review.services import approve, is_stuck_case, return_case, return_targets, start_case
from saas.review.unattended import look_after_unattended
from tests.browser import Browser
from tests.factories import make_user
from tests.review.test_views import County, content_template, county, send

__all__ = ["content_template", "county"]  # fixtures


def steps(*steps: tuple[str, str, str, str], **settings: Any) -> Route:
    """A route whose steps are written as (name, kind, role, place)."""
    listed = [
        {"code": f"step_{number}", "name": name, "kind": kind, "who": {"role": role, "at": at}}
        for number, (name, kind, role, at) in enumerate(steps)
    ]
    route = Route(code="own", name="流程", definition={"code": "own", "name": "流程", "steps": listed, **settings})
    db.session.add(route)
    db.session.flush()
    return route


def send_on(route: Route, county: County, *authors: User, case: ReviewCase | None = None) -> ReviewCase:
    """What people made of a village's thing, sent by the first of them."""
    return start_case(
        route,
        subject_type="thing",
        subject_id=case.subject_id if case else new_id(),
        unit=county.village,
        title="东村 5 月自评",
        path="/home",
        content={"text": "本月台账"},
        authors={author.id for author in authors},
        actor=authors[0],
    )


def asked(case: ReviewCase) -> set[str]:
    """The names of the people who are asked now."""
    return set(
        db.session.scalars(
            select(User.name)
            .join(Appointment, Appointment.user_id == User.id)
            .join(ReviewTask, ReviewTask.post_id == Appointment.post_id)
            .where(ReviewTask.case_id == case.id, ReviewTask.closed_at.is_(None), Appointment.ends_on.is_(None))
        )
    )


def told(case: ReviewCase) -> list[tuple[str, str, str]]:
    rows = db.session.scalars(
        select(ReviewDecision)
        .where(ReviewDecision.case_id == case.id)
        .order_by(ReviewDecision.decided_at, ReviewDecision.id)
    )
    return [(row.action, row.step_name, row.actor_name) for row in rows]


def test_what_the_only_officer_of_a_town_filled_goes_to_the_next_step(browser: Browser, county: County) -> None:
    county.leader.name, county.clerk.name = "周县长", "文书"

    case = send(county, authors=[county.officer])

    assert asked(case) == {"周县长"}
    assert told(case) == [("submit", "", "文书"), ("skip", "乡镇审核", "")]
    browser.sign_in(county.clerk)
    page = browser.get(f"/cases/{case.id}").text
    assert "回避，转下一环节" in page
    assert "本环节的任职人员就是填报（起草）人，按回避规定转下一环节办理" in page
    assert "当前环节暂时无人可以办理" not in page
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "case.rerouted")).one()
    assert (event.details["step"], event.details["way"]) == ("town", "skip")


def test_the_thing_then_goes_its_way_to_the_end(browser: Browser, county: County) -> None:
    case = send(county, authors=[county.officer])

    browser.sign_in(county.leader)
    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version, "comment": "好"}).status_code == 303

    assert case.status is CaseStatus.APPROVED
    assert county.heard.moves == ["approved sign", "finished"]


def test_the_author_may_withdraw_while_only_the_system_led_it_on(browser: Browser, county: County) -> None:
    case = send(county, authors=[county.officer])
    browser.sign_in(county.clerk)

    assert browser.post(f"/cases/{case.id}/withdraw").status_code == 303
    assert case.status is CaseStatus.WITHDRAWN


def test_nothing_is_sent_back_to_a_step_at_which_nobody_decided(browser: Browser, county: County) -> None:
    case = send(county, authors=[county.officer])

    assert return_targets(case) == [("author", "填报（起草）人")]


def test_the_last_step_is_taken_over_by_the_superior_in_the_same_role(county: County) -> None:
    town_leader = make_user(Role.LEADER, unit=county.town, name="镇长")
    county.leader.name = "周县长"
    route = steps(("镇长签批", "sign", "leader", "own_parent"))

    case = send_on(route, county, town_leader)

    assert asked(case) == {"周县长"}
    assert told(case) == [("submit", "", "镇长"), ("lift", "镇长签批", "")]
    approve(case, actor=county.leader)
    assert case.status is CaseStatus.APPROVED
    assert is_stuck_case(case) is False


def test_where_no_superior_has_the_role_its_office_takes_over(browser: Browser, county: County) -> None:
    make_user(Role.OFFICE, unit=county.root, name="整治办")

    case = send_on(steps(("乡镇审核", "review", "town_officer", "own_parent")), county, county.officer)

    assert asked(case) == {"整治办"}
    browser.sign_in(county.officer)
    assert "按回避规定报上一级（青山县）办理" in browser.get(f"/cases/{case.id}").text


def test_where_nobody_above_may_decide_it_stays_and_says_so(browser: Browser, county: County) -> None:
    case = send_on(steps(("签批", "sign", "leader", "ancestor:county")), county, county.leader)

    assert is_stuck_case(case)
    assert told(case) == [("submit", "", county.leader.name)]
    browser.sign_in(county.leader)
    assert "当前环节暂时无人可以办理" in browser.get(f"/cases/{case.id}").text


def test_a_vacant_post_is_waited_for(county: County) -> None:
    ended = db.session.scalars(select(Appointment).where(Appointment.user_id == county.officer.id)).one()
    ended.starts_on, ended.ends_on = local_today() - timedelta(days=9), local_today() - timedelta(days=1)
    db.session.flush()

    case = send(county)

    assert (case.current_step, is_stuck_case(case)) == (0, True)
    assert [action for action, _, _ in told(case)] == ["submit"]


def test_who_decided_the_step_before_does_not_hold_it_up(county: County) -> None:
    """One person in two posts is asked once; the leader still sees it."""
    post = Post(unit_id=county.town.id, name="站长", roles=[Role.DEPARTMENT.value])
    db.session.add(post)
    db.session.flush()
    db.session.add(Appointment(post_id=post.id, user_id=county.officer.id, starts_on=local_today()))
    county.leader.name = "周县长"
    route = steps(
        ("乡镇审核", "review", "town_officer", "own_parent"),
        ("站里审核", "review", "department", "own_parent"),
        ("县里签批", "sign", "leader", "ancestor:county"),
    )
    case = send_on(route, county, county.clerk)

    approve(case, actor=county.officer)

    assert asked(case) == {"周县长"}
    assert [action for action, _, _ in told(case)] == ["submit", "approve", "skip"]
    approve(case, actor=county.leader)
    assert case.status is CaseStatus.APPROVED


def test_what_was_decided_stays_when_somebody_who_decided_fills_it_later(county: County) -> None:
    """The town's officer reviewed it, then corrected it after the county sent it back: the town is not asked again."""
    county.leader.name = "周县长"
    route = steps(
        ("乡镇审核", "review", "town_officer", "own_parent"),
        ("县里签批", "sign", "leader", "ancestor:county"),
        after_return="same_step",
    )
    case = send_on(route, county, county.clerk)
    approve(case, actor=county.officer)
    return_case(case, actor=county.leader, reason="数据不符")

    again = send_on(route, county, county.officer, county.clerk, case=case)

    assert again.id == case.id
    assert asked(again) == {"周县长"}
    approve(again, actor=county.leader)
    assert again.status is CaseStatus.APPROVED


def test_a_post_that_was_given_up_does_not_undo_what_its_holder_decided(county: County) -> None:
    case = send_on(
        steps(
            ("乡镇审核", "review", "town_officer", "own_parent"),
            ("县里签批", "sign", "leader", "ancestor:county"),
            after_return="same_step",
        ),
        county,
        county.clerk,
    )
    approve(case, actor=county.officer)
    return_case(case, actor=county.leader, reason="数据不符")
    list_held_posts(county.officer.id, local_today())[0].is_active = False
    db.session.flush()

    again = send_on(db.session.get_one(Route, (case.tenant_id, case.route_id)), county, county.clerk, case=case)

    assert (again.status, again.current_step) == (CaseStatus.OPEN, 1)


def left(user: User) -> None:
    """Somebody gave up his post yesterday."""
    held = db.session.scalars(select(Appointment).where(Appointment.user_id == user.id)).one()
    held.starts_on, held.ends_on = local_today() - timedelta(days=9), local_today() - timedelta(days=1)
    db.session.flush()


def heard(user: User) -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Notification).where(Notification.user_id == user.id))
    return [(row.title, row.path) for row in rows]


def test_a_case_goes_on_when_the_last_who_might_decide_has_left(county: County) -> None:
    other = make_user(Role.TOWN_OFFICER, unit=county.town, name="另一位")
    county.leader.name = "周县长"
    case = send(county, authors=[county.officer])
    assert look_after_unattended(local_today()) == 0
    assert case.current_step == 0

    left(other)

    assert look_after_unattended(local_today()) == 0
    assert asked(case) == {"周县长"}
    assert [action for action, _, _ in told(case)] == ["submit", "skip"]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "case.rerouted")).one()
    assert event.actor_id is None  # the daily work did it


def test_of_a_vacant_post_the_sender_and_whoever_appoints_people_hear_once(county: County) -> None:
    admin = make_user(Role.SYSTEM_ADMIN, unit=county.root)
    case = send(county)
    left(county.officer)

    assert look_after_unattended(local_today()) == 1
    assert look_after_unattended(local_today()) == 1

    ((title, path),) = heard(county.clerk)
    assert title.startswith("无人办理：东村 5 月自评停在“乡镇审核”（柳河镇")
    assert path == f"/cases/{case.id}"
    assert heard(admin) == [(title, f"/units/{county.town.id}")]
    assert heard(county.leader) == []


def test_a_step_without_any_post_says_so(county: County) -> None:
    case = send_on(steps(("纪检审核", "review", "auditor", "own_parent")), county, county.clerk)

    assert look_after_unattended(local_today()) == 1

    ((title, _path),) = heard(county.clerk)
    assert "没有这样的岗位" in title
    assert case.status is CaseStatus.OPEN
