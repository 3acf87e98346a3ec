"""The starter packs fit one county together, and work from the first day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pytest

from saas.domain.fields import iter_fields
from saas.tenancy.packs import Pack
from tests.packs.starters import STARTERS, TENANTS, read_starter, target_of

LONGEST_PLAN = 5000


@pytest.fixture(scope="module")
def packs() -> Mapping[str, Pack]:
    return {name: read_starter(name) for name in STARTERS}


@pytest.fixture(scope="module")
def everything(packs: Mapping[str, Pack]) -> Sequence[Pack]:
    return [*packs.values(), read_starter("rural-county"), read_starter("city-district")]


def codes_of(pack: Pack) -> Iterator[tuple[str, str]]:
    found = pack.configuration
    yield from (("form", entry.form.code) for entry in found.forms)
    yield from (("route", entry.route.code) for entry in found.routes)
    yield from (("collection", entry.table.code) for entry in found.collections)
    yield from (("plan", entry.plan.code) for entry in found.plans)
    yield from (("scheme", entry.scheme.code) for entry in found.schemes)
    yield from (("register", entry.table.code) for entry in found.registers)
    yield from (("cohort", entry.table.code) for entry in found.cohorts)
    yield from (("template", entry.table.code) for entry in found.body_templates)
    yield from (("body", entry.table.code) for entry in found.bodies)
    yield from (("hierarchy", row.code) for row in pack.organisation.hierarchies)
    yield from (("tie", row.name) for row in pack.organisation.link_kinds)


def test_no_code_of_a_starter_pack_is_used_by_another_pack(
    packs: Mapping[str, Pack], everything: Sequence[Pack]
) -> None:
    times = Counter(code for pack in everything for code in codes_of(pack))
    own = {code for pack in packs.values() for code in codes_of(pack)}

    assert [code for code in own if times[code] > 1] == []


def test_starter_packs_bring_no_units_and_no_people(packs: Mapping[str, Pack]) -> None:
    for pack in packs.values():
        assert pack.head.kind == "starter"
        assert (pack.organisation.units, pack.organisation.people) == ((), ())


def test_a_type_of_unit_is_the_same_in_every_starter_pack(packs: Mapping[str, Pack]) -> None:
    types: dict[str, set[object]] = {}
    attributes: dict[tuple[str, str], set[object]] = {}
    posts: dict[tuple[str, str], set[object]] = {}
    for pack in packs.values():
        for row in pack.organisation.unit_types:
            types.setdefault(row.code, set()).add((row.name, row.level, row.is_territorial, row.parents))
        for attribute in pack.organisation.attributes:
            key = (attribute.unit_type, attribute.name)
            attributes.setdefault(key, set()).add(
                (attribute.label, attribute.type, attribute.measure, attribute.choices)
            )
        for post in pack.organisation.post_templates:
            posts.setdefault((post.unit_type, post.name), set()).add((post.roles, post.sort_order))

    for said in (*types.values(), *attributes.values(), *posts.values()):
        assert len(said) == 1


def test_common_attributes_agree_with_the_demonstrations(packs: Mapping[str, Pack], everything: Sequence[Pack]) -> None:
    known = {
        (row.unit_type, row.name): (row.label, row.type, row.measure)
        for pack in everything
        if pack.head.kind == "county"
        for row in pack.organisation.attributes
    }
    for pack in packs.values():
        for row in pack.organisation.attributes:
            said = (row.label, row.type, row.measure)
            assert known.get((row.unit_type, row.name), said) == said


@pytest.mark.parametrize("name", STARTERS)
def test_villages_or_communities_have_a_form_from_the_first_day(name: str, packs: Mapping[str, Pack]) -> None:
    """A collection that asks for no attribute: nothing has to be set up before the first clerk fills it."""
    asked = [entry.cohort for entry in packs[name].configuration.collections]
    units = {kind for cohort in asked if not (cohort.where or cohort.cohorts) for kind in cohort.unit_types}

    assert "community" in units


@pytest.mark.parametrize("name", STARTERS)
def test_whoever_is_asked_and_whoever_reviews_has_a_post(name: str, packs: Mapping[str, Pack]) -> None:
    organisation = packs[name].organisation
    held = {(row.unit_type, role.value) for row in organisation.post_templates for role in row.roles}
    at_root = {role.value for post in organisation.posts for role in post.roles}

    assert {"office", "leader"} <= at_root
    for entry in packs[name].configuration.routes:
        for step in entry.route.steps:
            if step.who.at.startswith("unit:"):
                assert step.who.role in at_root
            if step.who.role and step.who.at == "own_parent":
                assert ("subdistrict", step.who.role) in held


@pytest.mark.parametrize("name", STARTERS)
def test_no_form_asks_for_a_name_or_a_number_of_a_person(name: str, packs: Mapping[str, Pack]) -> None:
    labels = [field.label for entry in packs[name].configuration.forms for _, field in iter_fields(entry.form)]

    assert [label for label in labels if any(word in label for word in ("姓名", "证件", "电话号码", "身份证"))] == []


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_says_what_is_left_open_and_explains_itself(name: str, packs: Mapping[str, Pack]) -> None:
    notes = packs[name].head.notes

    assert notes.sources
    assert notes.chosen
    assert any(note.startswith("目前不能表达") for note in notes.undetermined)
    assert (TENANTS / name / "README.md").is_file()


@pytest.mark.parametrize("name", STARTERS)
def test_plans_keep_to_the_length_that_is_allowed(name: str, packs: Mapping[str, Pack]) -> None:
    for entry in packs[name].configuration.plans:
        assert 1200 <= entry.plan.characters <= LONGEST_PLAN
        assert entry.plan.title.endswith("方案")


def test_deadlines_move_with_the_year() -> None:
    later = read_starter("community-service-centres", 2031)

    assert [target_of(later, code).deadline.due_on for code in ("C01", "C02", "C03")] == [  # type: ignore[union-attr]
        date(2031, 6, 30),
        date(2031, 9, 30),
        date(2031, 12, 31),
    ]
