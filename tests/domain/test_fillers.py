"""Who fills for whom: reading it, and finding the superior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from saas.domain.errors import FormatError
from saas.domain.fillers import PARENT, Filler, filler_from_mapping, filler_to_mapping, superior_among


@dataclass(frozen=True)
class Kind:
    code: str
    level: int


@dataclass(frozen=True)
class Unit:
    name: str
    unit_type: Kind


ZONE = Unit("东片", Kind("zone", 3))
TOWN = Unit("青石镇", Kind("township", 2))
COUNTY = Unit("清禾县", Kind("county", 1))


@pytest.mark.parametrize(
    ("mapping", "filler"),
    [
        ({}, Filler()),
        ({"unit": "D01"}, Filler(unit="D01")),
        ({"function": "民政"}, Filler(function="民政")),
        ({"superior": "township"}, Filler(superior="township")),
        ({"superior": 2}, Filler(superior=2)),
        ({"superior": "parent"}, Filler(superior=PARENT)),
    ],
)
def test_who_fills_is_read_and_written_back(mapping: dict[str, Any], filler: Filler) -> None:
    assert filler_from_mapping(mapping) == filler
    assert filler_to_mapping(filler) == mapping
    assert filler.is_own is (mapping == {})


@pytest.mark.parametrize(
    "mapping",
    [
        {"unit": "D01", "function": "民政"},
        {"unit": ""},
        {"unit": 3},
        {"function": ""},
        {"superior": 0},
        {"superior": True},
        {"superior": None},
        {"person": "张三"},
    ],
)
def test_what_says_nobody_or_two_at_once_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        filler_from_mapping(mapping)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("township", TOWN), (2, TOWN), (PARENT, ZONE), ("county", COUNTY), (1, COUNTY), ("street", None), (4, None)],
)
def test_the_superior_is_the_nearest_above_of_its_kind(wanted: str | int, found: Unit | None) -> None:
    assert superior_among((ZONE, TOWN, COUNTY), wanted) == found


def test_the_county_has_no_superior() -> None:
    assert superior_among((), PARENT) is None
