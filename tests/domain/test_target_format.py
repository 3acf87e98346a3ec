"""How a target is written, read and told what is wrong with it."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saas.domain.errors import FormatError
from saas.domain.target_format import target_from_mapping, target_to_mapping

DOCUMENTED = Path(__file__).parents[2] / "docs" / "plan-format.md"


def a_target(**keys: Any) -> object:
    base = {"code": "T1", "name": "目标", "comparator": "at_least", "deadline": "2026-12-31"}
    return target_from_mapping({**base, **keys})


def test_the_documented_targets_load_and_come_back_equal() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    block = next(part.split("```")[0] for part in text.split("```toml\n") if part.startswith("[[targets]]"))
    mappings = tomllib.loads(block, parse_float=Decimal)["targets"]

    targets = [target_from_mapping(mapping) for mapping in mappings]

    assert [target.code for target in targets] == ["T01", "T02", "T03", "T04", "T05"]
    assert [target_from_mapping(target_to_mapping(target)) for target in targets] == targets


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"comparator": "about"}, "comparator"),
        ({"figure": 0.5}, "figure"),
        ({"figure": "many"}, "figure"),
        ({"kind": "ratio", "figure": "4000"}, "figure"),
        ({"comparator": "range", "figure": 3}, "figure"),
        ({"comparator": "range", "figure": [3, 2]}, "figure"),
        ({"kind": "per", "figure": 3}, "per"),
        ({"deadline": "2026-02-30"}, "deadline"),
        ({"deadline": "09-30"}, "deadline"),
        ({"deadline": {"before": "2026-01-01", "start": "2026-01-01"}}, "deadline"),
        ({"deadline": {"start": "2026-01-01"}}, "deadline.days"),
        ({"milestones": [{"figure": 1}]}, "milestones[0].deadline"),
        ({"milestones": [{"deadline": "2026"}, {"deadline": "2025"}]}, "milestones"),
        ({"comparator": "at_most", "milestones_are": "increment"}, "milestones_are"),
        ({"groups": [{"code": "a", "name": "甲"}, {"code": "a", "name": "乙"}]}, "groups"),
        ({"share": 50}, "share"),
        ({"comparator": "level", "level": "三星"}, "level"),
        ({"comparator": "direction"}, "direction"),
        ({"direction": "up"}, "direction"),
        ({"strength": "hard"}, "strength"),
        ({"weight": 5}, "weight"),
    ],
)
def test_a_mistake_in_a_target_is_reported_with_its_path(keys: dict[str, Any], path: str) -> None:
    with pytest.raises(FormatError) as refusal:
        a_target(**keys)

    assert refusal.value.path == path
