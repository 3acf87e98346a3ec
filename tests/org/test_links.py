"""Ties across the tree: kinds and their rules, whom they leave out, many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.org.links import coverage_of
from saas.org.models import LinkKind, UnitLink
from saas.org.services import close_unit
from tests.browser import Browser
from tests.factories import START, make_user
from tests.org.conftest import Shape, changes
from tests.statements import count_statements


@pytest.fixture
def kind(shape: Shape) -> LinkKind:
    """Every village has somebody in charge, and every department has a village."""
    found = LinkKind(
        name="结对",
        from_types=["department"],
        to_types=["village"],
        covers_targets=True,
        covers_sources=True,
    )
    db.session.add(found)
    db.session.flush()
    return found


def kind_form(**more: Any) -> dict[str, Any]:
    return {"name": "包片", "from_people": "y", "from_units": "y", "to_types": ["village"], **more}


def assign(browser: Browser, kind: LinkKind, targets: list[Any], **more: Any) -> Any:
    form = {"target": [str(unit.id) for unit in targets], "starts_on": "2026-03-01", "user": "", "linked_unit": ""}
    return browser.post(f"/links/kinds/{kind.id}/assign", {**form, **more})


def test_a_kind_says_who_may_be_in_charge_of_what(browser: Browser, shape: Shape) -> None:
    created = browser.post("/links/kinds", kind_form(layers="一级、二级", covers_targets="y"))
    kind = db.session.scalars(select(LinkKind)).one()

    assert created.location.endswith(str(kind.id))
    assert (kind.layers, kind.to_types, kind.covers_targets) == (["一级", "二级"], ["village"], True)
    assert "包片" in browser.get("/links").text
    assert "6 处无人联系" in browser.get("/links").text  # three villages in two layers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "请填写联系方式"),
        ({"name": "=1"}, "公式符号"),
        ({"from_people": "", "from_units": ""}, "至少是人员或单位之一"),
        ({"to_types": [], "covers_targets": "y"}, "请选择被联系的单位类型"),
        ({"covers_sources": "y"}, "请选择承担联系的单位类型"),
        ({"name": "结对"}, "已有联系方式“结对”"),
    ],
)
def test_a_rule_that_cannot_be_checked_is_refused(
    browser: Browser, shape: Shape, kind: LinkKind, change: dict[str, Any], message: str
) -> None:
    form = {key: value for key, value in kind_form(**change).items() if value != ""} | (
        {"name": ""} if change.get("name") == "" else {}
    )

    response = browser.post("/links/kinds", form)

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(LinkKind)).all() == [kind]


def test_who_is_left_out_is_listed_with_a_way_to_mend_it(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    page = browser.get(f"/links/kinds/{kind.id}").text

    assert "无人联系的单位" in page
    assert f"target={shape.village.id}" in page
    assert f"linked_unit={shape.department.id}" in page

    assign(browser, kind, shape.villages, linked_unit=str(shape.department.id))
    assert "没有漏掉的单位" in browser.get(f"/links/kinds/{kind.id}").text
    assert "全覆盖" in browser.get("/links").text


def test_many_units_are_assigned_at_once_and_known_ties_are_left(
    browser: Browser, shape: Shape, kind: LinkKind
) -> None:
    leader = make_user(Role.LEADER, unit=shape.county, name="周联系")
    assign(browser, kind, shape.villages[:1], user=str(leader.id))
    response = assign(browser, kind, shape.villages, user=str(leader.id))

    assert "已登记 2 项联系；1 项原已登记" in browser.get(response.location).text
    assert changes() == ["added", "added", "added"]
    person = browser.get(f"/links/people/{leader.id}").text
    assert all(village.name in person for village in shape.villages)


def test_a_successor_takes_over_from_a_day_on(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    first, second = make_user(name="前任"), make_user(name="后任")
    db.session.add(UnitLink(kind="结对", unit_id=shape.village.id, user_id=first.id, starts_on=START))
    db.session.flush()

    assign(browser, kind, shape.villages[:1], user=str(second.id), is_replacing="y")

    rows = db.session.scalars(select(UnitLink).order_by(UnitLink.starts_on)).all()
    assert [(row.user_id, str(row.ends_on)) for row in rows] == [(first.id, "2026-03-01"), (second.id, "None")]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "请选一个，且只选一个"),
        ({"target": []}, "请选一个，且只选一个"),
        ({"starts_on": "2019-01-01"}, "在这天不存在"),
        ({"starts_on": ""}, "请填写日期"),
    ],
)
def test_an_assignment_that_is_not_whole_changes_nothing(
    browser: Browser, shape: Shape, kind: LinkKind, more: dict[str, Any], message: str
) -> None:
    if "starts_on" in more:
        more = {**more, "linked_unit": str(shape.department.id)}

    response = assign(browser, kind, shape.villages, **more)

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(UnitLink)).all() == []


def test_nobody_ticked_is_said(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    response = assign(browser, kind, [], linked_unit=str(shape.department.id))

    assert response.status_code == 422
    assert "请在下面勾选" in response.text


def test_a_single_tie_keeps_to_the_rules_of_its_kind(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    def send(unit: Any, **more: str) -> Any:
        form = {"kind": "结对", "user": "", "linked_unit": "", "starts_on": "2026-03-01", **more}
        return browser.post(f"/units/{unit.id}/links", form)

    assert "不联系镇" in send(shape.east, linked_unit=str(shape.department.id)).text
    assert "不由村承担" in send(shape.village, linked_unit=str(shape.villages[1].id)).text
    kind.layers = ["一级"]
    assert "请选择“结对”的级别" in send(shape.village, linked_unit=str(shape.department.id)).text
    assert send(shape.village, linked_unit=str(shape.department.id), layer="一级").status_code == 303
    assert "结对（一级）" in browser.get(f"/units/{shape.village.id}").text
    assert "结对（本单位联系）" in browser.get(f"/units/{shape.department.id}").text


def test_coverage_is_asked_of_a_day(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    today = local_today()
    for village in shape.villages:
        db.session.add(
            UnitLink(
                kind="结对", unit_id=village.id, linked_unit_id=shape.department.id, starts_on=START, ends_on=today
            )
        )
    db.session.flush()

    assert coverage_of(kind, today - timedelta(days=1)).is_complete
    assert len(coverage_of(kind, today).gaps) == 3


def test_a_closed_unit_needs_nobody_and_its_ties_end_with_it(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    assign(browser, kind, shape.villages, linked_unit=str(shape.department.id), starts_on="2020-06-01")
    close_unit(shape.village, local_today(), actor=shape.admin)

    row = db.session.scalars(select(UnitLink).where(UnitLink.unit_id == shape.village.id)).one()
    assert row.ends_on == local_today()
    assert coverage_of(kind, local_today()).is_complete


def test_renaming_a_kind_renames_its_ties(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    assign(browser, kind, shape.villages, linked_unit=str(shape.department.id))
    form = kind_form(name="结对共建", version=str(kind.version))

    assert browser.post(f"/links/kinds/{kind.id}/edit", form).status_code == 303
    assert {row.kind for row in db.session.scalars(select(UnitLink))} == {"结对共建"}
    assert "不能删除" in browser.get(browser.post(f"/links/kinds/{kind.id}/delete").location).text


def test_the_check_takes_the_same_statements_whatever_the_number_of_ties(
    browser: Browser, shape: Shape, kind: LinkKind
) -> None:
    address = f"/links/kinds/{kind.id}"
    browser.get(address)
    few = count_statements(lambda: browser.get(address))
    for _ in range(20):
        db.session.add(UnitLink(kind="结对", unit_id=shape.village.id, user_id=make_user().id, starts_on=START))
    db.session.flush()

    assert count_statements(lambda: browser.get(address)) == few


def test_a_clerk_looks_and_changes_nothing(browser: Browser, shape: Shape, kind: LinkKind) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.village))

    assert browser.get(f"/links/kinds/{kind.id}").status_code == 200
    assert browser.get(f"/links/kinds/{kind.id}/assign").status_code == 403
    assert assign(browser, kind, shape.villages).status_code == 403
