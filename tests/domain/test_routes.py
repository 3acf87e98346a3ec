"""Routes as data, and which units a step means."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from saas.domain.errors import FormatError
from saas.domain.hierarchy import Placement, tree_at
from saas.domain.routes import StepMode, Who, route_from_mapping, route_to_mapping, units_of_step

DOCUMENTED = Path(__file__).parents[2] / "docs" / "route-format.md"
DAY = date(2026, 1, 1)
TREE = tree_at([Placement("c", None, DAY), Placement("t", "c", DAY), Placement("v", "t", DAY)], DAY)
TYPES = {"c": "county", "t": "town", "v": "village"}


def a_step(**more: Any) -> dict[str, Any]:
    return {"code": "s", "name": "环节", "kind": "review", "who": {"role": "reviewer", "at": "own"}, **more}


def test_the_documented_route_loads_and_comes_back_equal() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    mapping = tomllib.loads(text.split("```toml\n")[1].split("```")[0])

    route = route_from_mapping(mapping)

    assert route_from_mapping(route_to_mapping(route)) == route
    assert [step.mode for step in route.steps] == [StepMode.ANY, StepMode.ALL, StepMode.ANY, StepMode.ANY]
    assert route.return_targets(3) == ("author", "town_review", "departments", "office_review")
    assert route.return_targets(2) == ("author", "town_review")


@pytest.mark.parametrize(
    ("at", "units"),
    [
        ("own", ("v",)),
        ("own_parent", ("t",)),
        ("ancestor:county", ("c",)),
        ("ancestor:village", ("v",)),
        ("ancestor:city", ()),
        ("unit:office", ("t",)),
        ("unit:unknown", ()),
        ("listed_units", ("t", "c")),
    ],
)
def test_a_place_is_resolved_in_the_tree_of_the_day(at: str, units: tuple[str, ...]) -> None:
    who = Who(at, role="reviewer")

    assert units_of_step(who, "v", TREE, types=TYPES, codes={"office": "t"}, listed=["t", "c", "t"]) == units


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([], "steps"),
        ([a_step(colour=1)], "steps[0].colour"),
        ([a_step(kind="look")], "steps[0].kind"),
        ([a_step(mode="most")], "steps[0].mode"),
        ([a_step(who={"at": "own"})], "steps[0].who.role"),
        ([a_step(who={"at": "own", "role": "r", "post": "p"})], "steps[0].who.role"),
        ([a_step(who={"at": "moon", "role": "r"})], "steps[0].who.at"),
        ([a_step(who={"at": "ancestor:", "role": "r"})], "steps[0].who.at"),
        ([a_step(who={"at": "own", "person": "x"})], "steps[0].who.person"),
        ([a_step(), a_step()], "steps[1].code"),
        ([a_step(code="author")], "steps[0].code"),
        ([a_step(may_return_to=["later"])], "steps[0].may_return_to"),
    ],
)
def test_a_mistake_in_a_route_is_reported_with_its_path(steps: list[dict[str, Any]], path: str) -> None:
    with pytest.raises(FormatError) as refusal:
        route_from_mapping({"code": "r", "name": "流程", "steps": steps})

    assert refusal.value.path == path
