"""Confirming and undoing: what rows say before, after and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment
from saas.accounts.queries import list_held_posts
from saas.administration.reorganisation import services
from saas.administration.reorganisation.impact import Impact
from saas.administration.reorganisation.queries import steps_of
from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.domain.reorganisation_steps import ChangeType, Create, Dissolve, Merge, Move, Rename, Split, Step, new_units
from saas.org import versions
from saas.org.models import OrgUnit, Post, ReorganisationStatus, UnitLink, UnitSuccession
from saas.org.queries import find_unit_by_code, list_ancestors, parents_on
from saas.org.reorganising import load_organisation
from tests.domain.organisations import assert_sound
from tests.factories import appoint, make_post, make_user
from tests.reorganisation.conftest import LATER, TODAY, County
from tests.reorganisation.steps import carry_out, draft, new, snapshot

EVE = LATER - timedelta(days=1)
LONG_AGO = date(2025, 1, 1)


def every_kind(county: County) -> dict[str, list[Step]]:
    return {
        "create": [Create(new("新村", "N1", parent=county.west.id))],
        "rename": [Rename(county.willow.id, "柳岸村", "柳岸")],
        "move": [Move((county.willow.id, county.bridge.id), county.west.id)],
        "merge": [Merge((county.willow.id, county.bridge.id), county.bridge.id)],
        "merge_new": [Merge((county.willow.id, county.bridge.id), new("柳桥村", "N2"), {county.clerk_post.id: None})],
        "split": [
            Split(
                county.willow.id,
                (new("柳东村", "N3"), new("柳西村", "N4")),
                {},
                {county.secretary.id: None, county.clerk_post.id: None},
            )
        ],
        "retype": [ChangeType(county.willow.id, "community", "柳塘社区")],
        "convert": [ChangeType(county.willow.id, "community", new=new("柳塘社区", "N5", "community"))],
        "dissolve": [Dissolve(county.willow.id, county.bridge.id)],
        "towns": [Merge((county.east.id, county.west.id), new("合镇", "N6", "town"))],
        "several": [
            Create(new("新街道", "N7", "street", parent=county.root.id)),
            ChangeType(county.bridge.id, "community", "石桥社区"),
            Dissolve(county.west.id, county.east.id),
        ],
    }


KINDS = ["create", "rename", "move", "merge", "merge_new", "split", "retype", "convert", "dissolve", "towns", "several"]


def prepared(county: County, kind: str) -> list[Step]:
    """The steps of a kind; in a split everything goes to the first of the new units."""
    steps = every_kind(county)[kind]
    step = steps[0]
    if not isinstance(step, Split):
        return steps
    heir = new_units(step)[0].unit
    return [replace(step, children={county.cell.id: heir}, posts={**step.posts, county.clerk_post.id: heir})]


@pytest.mark.parametrize("day", [LONG_AGO, TODAY, LATER])
@pytest.mark.parametrize("kind", KINDS)
def test_undoing_restores_exactly_what_was(county: County, kind: str, day: date) -> None:
    before = snapshot()

    done = carry_out(county, *prepared(county, kind), on=day)
    assert snapshot() != before
    assert_sound(load_organisation(), last=LATER + timedelta(days=2))
    services.undo(done, actor=county.admin)

    assert snapshot() == before
    assert done.status is ReorganisationStatus.WITHDRAWN


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_has_no_effect_at_all(county: County, kind: str) -> None:
    before = snapshot()

    draft(county, *prepared(county, kind), on=TODAY)

    assert snapshot() == before


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_days_before_changes(county: County, kind: str) -> None:
    tree, facts = parents_on(EVE), versions.facts_on(EVE)

    carry_out(county, *prepared(county, kind))

    assert parents_on(EVE) == tree
    assert versions.facts_on(EVE) == facts


def test_people_keep_their_rights_until_the_day_and_have_them_at_the_successor_from_then(county: County) -> None:
    carry_out(county, Merge((county.willow.id, county.bridge.id), new("柳桥村", "N2")))
    merged = find_unit_by_code("N2")
    assert merged is not None

    assert [post.unit_id for post in list_held_posts(county.clerk.id, EVE)] == [county.willow.id]
    assert [post.unit_id for post in list_held_posts(county.clerk.id, LATER)] == [merged.id]


def test_posts_of_one_name_are_told_apart_by_where_they_come_from(county: County) -> None:
    carry_out(county, Merge((county.willow.id,), county.bridge.id))

    names = db.session.scalars(select(Post.name).where(Post.unit_id == county.bridge.id).order_by(Post.name)).all()
    assert names == ["书记", "书记（原柳塘村）", "文书"]


def test_a_post_that_ends_gives_nothing_from_the_day_on(county: County) -> None:
    carry_out(county, Merge((county.willow.id,), county.bridge.id, {county.clerk_post.id: None}))

    appointments = db.session.scalars(select(Appointment).where(Appointment.user_id == county.clerk.id)).all()
    assert [row.ends_on for row in appointments] == [LATER]


def test_the_only_administrators_post_does_not_end(county: County) -> None:
    keeper = make_user(name="安全")
    appoint(keeper, make_post(county.willow, Role.SECURITY_ADMIN, name="安全员"))

    with pytest.raises(Exception, match="唯一的安全管理员"):
        carry_out(county, Dissolve(county.willow.id, county.bridge.id))


def test_links_go_on_at_the_successor_and_end_with_a_dissolved_unit(county: County) -> None:
    for unit in (county.willow, county.sand):
        db.session.add(UnitLink(kind="包片", unit_id=unit.id, user_id=county.chief.id, starts_on=LONG_AGO))
    carry_out(county, Merge((county.willow.id,), county.bridge.id), Dissolve(county.sand.id))

    links = db.session.scalars(select(UnitLink).order_by(UnitLink.starts_on, UnitLink.id)).all()
    assert {(link.unit_id, link.starts_on, link.ends_on) for link in links} == {
        (county.willow.id, LONG_AGO, LATER),
        (county.sand.id, LONG_AGO, LATER),
        (county.bridge.id, LATER, None),
    }


def test_successions_name_both_units_and_the_kind(county: County) -> None:
    carry_out(county, Merge((county.willow.id, county.bridge.id), new("柳桥村", "N2")))

    rows = db.session.scalars(select(UnitSuccession)).all()
    assert {row.predecessor_id for row in rows} == {county.willow.id, county.bridge.id}
    assert {(row.kind.value, row.effective_on) for row in rows} == {("merged", LATER)}


def test_a_change_of_today_shows_at_once_and_one_to_come_on_its_day(county: County) -> None:
    versions.bring_up_to_date(TODAY)
    carry_out(county, Rename(county.willow.id, "柳岸村"), on=TODAY)
    carry_out(county, Rename(county.bridge.id, "新桥村"))

    assert county.willow.name == "柳岸村"
    assert county.bridge.name == "石桥村"
    assert versions.bring_up_to_date(LATER) == 1
    assert county.bridge.name == "新桥村"


def test_a_new_unit_stands_in_the_order_where_its_predecessor_stood(county: County) -> None:
    carry_out(county, ChangeType(county.willow.id, "community", new=new("柳塘社区", "N5", "community")))

    found = find_unit_by_code("N5")
    assert found is not None
    assert found.sort_order == county.willow.sort_order


def test_confirming_again_is_refused(county: County) -> None:
    done = carry_out(county, Rename(county.willow.id, "柳岸村"))

    with pytest.raises(InvalidTransition):
        services.confirm(done, Impact([]), actor=county.admin)


def test_undoing_is_refused_while_something_builds_on_it(county: County) -> None:
    done = carry_out(county, Merge((county.willow.id, county.bridge.id), new("柳桥村", "N2")), on=TODAY)
    merged = find_unit_by_code("N2")
    assert merged is not None
    make_post(merged, Role.VILLAGE_CLERK, name="网格长")
    before = snapshot()

    with pytest.raises(services.StandsInTheWay, match="岗位 1 条"):
        services.undo(done, actor=county.admin)
    assert snapshot() == before


def test_undoing_is_refused_after_a_later_change_of_the_same_unit(county: County) -> None:
    done = carry_out(county, Move((county.willow.id,), county.west.id), on=TODAY)
    later = carry_out(county, Move((county.willow.id,), county.east.id))

    with pytest.raises(services.StandsInTheWay, match="隶属关系后来又有变更：柳塘村"):
        services.undo(done, actor=county.admin)
    services.undo(later, actor=county.admin)
    services.undo(done, actor=county.admin)
    assert parents_on(LATER)[county.willow.id] == county.east.id


def test_undoing_is_refused_where_what_was_is_no_longer_possible(county: County) -> None:
    moved = carry_out(county, Move((county.sand.id,), county.east.id), on=TODAY)
    carry_out(county, Dissolve(county.west.id))
    before = snapshot()

    with pytest.raises(HierarchyError), db.session.begin_nested():
        services.undo(moved, actor=county.admin)
    assert snapshot() == before


def test_a_step_that_is_not_possible_is_not_added(county: County) -> None:
    found = draft(county)

    with pytest.raises(HierarchyError):
        services.add_step(found, Move((county.east.id,), county.willow.id), actor=county.admin)
    assert found.operations == []


def test_steps_are_taken_out_and_reordered(county: County) -> None:
    found = draft(county, Rename(county.willow.id, "甲"), Rename(county.bridge.id, "乙"), Rename(county.sand.id, "丙"))

    services.move_step_up(found, 3, actor=county.admin)
    services.remove_step(found, 1, actor=county.admin)

    assert [step.name for step in steps_of(found) if isinstance(step, Rename)] == ["丙", "乙"]


def test_every_move_leaves_its_trace(county: County) -> None:
    done = carry_out(county, Rename(county.willow.id, "柳岸村"))
    services.undo(done, actor=county.admin)
    services.withdraw(draft(county), actor=county.admin)

    events = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at, AuditEvent.id)).all()
    assert [action for action in events if action.startswith("reorganisation.")] == [
        "reorganisation.changed",
        "reorganisation.changed",
        "reorganisation.confirmed",
        "reorganisation.undone",
        "reorganisation.changed",
        "reorganisation.withdrawn",
    ]


def test_a_closed_unit_no_longer_stands_anywhere(county: County) -> None:
    carry_out(county, Merge((county.willow.id,), county.bridge.id), on=TODAY)

    assert county.willow.valid_to == TODAY
    assert list_ancestors(county.cell.id, TODAY)[0].id == county.bridge.id
    assert county.willow.id not in load_organisation().tree_on(TODAY, "grid").parents
    assert db.session.scalars(select(OrgUnit.name).where(OrgUnit.id == county.willow.id)).one() == "柳塘村"
