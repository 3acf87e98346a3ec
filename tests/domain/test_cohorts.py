"""Cohorts: who belongs, who does not, and of whom it cannot be known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saas.domain.cohorts import (
    Cohort,
    CohortError,
    CohortUnit,
    Membership,
    check_named,
    cohort_from_mapping,
    cohort_to_mapping,
    members,
    membership,
    unknown_members,
)
from saas.domain.errors import FormatError

VILLAGE = CohortUnit("V1", "village", ("T1", "C"), {"on_county_road": True, "population": 3000, "class": "2"})
TOWN = CohortUnit("T1", "town", ("C",))


@pytest.mark.parametrize(
    ("rule", "belongs"),
    [
        ({"unit_types": ["village", "community"]}, "yes"),
        ({"unit_types": ["community"]}, "no"),
        ({"under": ["C"]}, "yes"),
        ({"under": ["V1"]}, "yes"),
        ({"under": ["T2"]}, "no"),
        ({"units": ["V1"]}, "yes"),
        ({"units": ["V2"]}, "no"),
        ({"unit_types": ["village"], "except": ["V1"]}, "no"),
        ({"where": [{"attribute": "on_county_road", "equals": True}]}, "yes"),
        ({"where": [{"attribute": "on_county_road", "equals": 1}]}, "no"),  # a number is not a truth
        ({"where": [{"attribute": "on_county_road", "not_equals": True}]}, "no"),
        ({"where": [{"attribute": "class", "equals": 2}]}, "yes"),
        ({"where": [{"attribute": "class", "one_of": ["1", "2"]}]}, "yes"),
        ({"where": [{"attribute": "population", "at_least": 3000}]}, "yes"),
        ({"where": [{"attribute": "population", "at_least": "3000.5"}]}, "no"),
        ({"where": [{"attribute": "population", "at_most": 3000}]}, "yes"),
        ({"where": [{"attribute": "elevation", "at_least": 1}]}, "unknown"),
        ({"where": [{"attribute": "class", "is_set": True}]}, "yes"),
        ({"where": [{"attribute": "elevation", "is_set": False}]}, "yes"),
        ({"unit_types": ["town"], "where": [{"attribute": "elevation", "at_least": 1}]}, "no"),
    ],
)
def test_a_rule_decides_who_belongs(rule: dict[str, Any], belongs: str) -> None:
    assert membership(VILLAGE, cohort_from_mapping(rule)) is Membership(belongs)


def test_units_without_the_attribute_are_listed_apart() -> None:
    cohort = cohort_from_mapping({"where": [{"attribute": "population", "at_least": 1000}]})

    assert members([TOWN, VILLAGE], cohort) == ("V1",)
    assert unknown_members([TOWN, VILLAGE], cohort) == ("T1",)


def test_a_cohort_comes_back_as_it_was() -> None:
    mapping = {
        "unit_types": ["village"],
        "under": ["T1"],
        "where": [
            {"attribute": "population", "at_least": "3000"},
            {"attribute": "class", "one_of": ["1", "2"]},
            {"attribute": "on_county_road", "equals": True},
        ],
        "linked": ["包片"],
        "cohorts": ["pilot"],
        "except": ["V9"],
    }

    assert cohort_to_mapping(cohort_from_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({}, "cohort"),
        ({"except": ["V1"]}, "cohort"),
        ({"units": ["V1"], "unit_types": ["village"]}, "cohort.units"),
        ({"unit_types": "village"}, "cohort.unit_types"),
        ({"units": ["V1", "V1"]}, "cohort.units"),
        ({"everyone": True}, "cohort.everyone"),
        ({"where": [{"attribute": "a"}]}, "cohort.where[0]"),
        ({"where": [{"attribute": "a", "at_least": 1, "at_most": 2}]}, "cohort.where[0]"),
        ({"where": [{"attribute": "a", "like": 1}]}, "cohort.where[0].like"),
        ({"where": [{"attribute": "a", "at_least": 0.5}]}, "cohort.where[0].at_least"),
        ({"where": [{"attribute": "a", "one_of": []}]}, "cohort.where[0].one_of"),
        ({"where": [{"attribute": "a", "equals": {}}]}, "cohort.where[0].equals"),
        ({"where": [{"equals": 1}]}, "cohort.where[0].attribute"),
    ],
)
def test_a_mistake_in_a_cohort_is_reported_with_its_path(mapping: dict[str, Any], path: str) -> None:
    with pytest.raises(FormatError) as refusal:
        cohort_from_mapping(mapping)

    assert refusal.value.path == path


def test_an_attribute_that_is_no_number_is_unknown_to_a_comparison() -> None:
    unit = CohortUnit("V1", "village", (), {"population": "约三千"})
    cohort = cohort_from_mapping({"where": [{"attribute": "population", "at_least": Decimal(1)}]})

    assert membership(unit, cohort) is Membership.UNKNOWN


PILOT = cohort_from_mapping({"units": ["V1"]})
HIGH = cohort_from_mapping({"where": [{"attribute": "elevation", "at_least": 1000}]})


@pytest.mark.parametrize(
    ("rule", "belongs"),
    [
        ({"cohorts": ["pilot"]}, "yes"),
        ({"cohorts": ["pilot"], "unit_types": ["town"]}, "no"),
        ({"cohorts": ["pilot"], "except": ["V1"]}, "no"),
        ({"cohorts": ["high"]}, "unknown"),
        ({"cohorts": ["high", "pilot"]}, "yes"),  # one of them is enough
        ({"cohorts": ["former"]}, "no"),  # there is one, but not on this day
        ({"cohorts": ["former", "high"]}, "unknown"),
        ({"cohorts": ["nested"]}, "yes"),
        ({"cohorts": ["high"], "where": [{"attribute": "class", "equals": "9"}]}, "no"),
    ],
)
def test_a_cohort_may_ask_for_named_ones(rule: dict[str, Any], belongs: str) -> None:
    named = {"pilot": PILOT, "high": HIGH, "former": None, "nested": Cohort(cohorts=("pilot",))}

    assert membership(VILLAGE, cohort_from_mapping(rule), named) is Membership(belongs)


def test_an_unknown_name_is_an_error_and_not_an_empty_set() -> None:
    with pytest.raises(CohortError, match="没有代码为“pilots”的单位名册"):
        membership(VILLAGE, Cohort(cohorts=("pilots",)), {"pilot": PILOT})


def test_a_named_cohort_never_asks_for_itself() -> None:
    named = {"a": Cohort(cohorts=("b",)), "b": Cohort(cohorts=("a",)), "pilot": PILOT}

    with pytest.raises(CohortError) as refusal:
        check_named(named["b"], named, "b")
    assert refusal.value.code == "cohort_cycle"
    with pytest.raises(CohortError):
        membership(VILLAGE, named["a"], named)
    check_named(Cohort(cohorts=("pilot",)), named, "c")


def test_a_rule_may_ask_who_is_in_charge() -> None:
    cohort = cohort_from_mapping({"linked": ["包片", "挂点"]})

    assert membership(CohortUnit("V1", "village", links={"挂点"}), cohort) is Membership.YES
    assert membership(CohortUnit("V1", "village", links=()), cohort) is Membership.NO
    assert membership(CohortUnit("V1", "village"), cohort) is Membership.UNKNOWN  # nobody has looked
