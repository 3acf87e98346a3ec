"""Who sees which fields of a record: defaults, rules, what a purpose opens, and what editing leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from saas.domain.answers import Answers
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.record_access import (
    AccessError,
    Level,
    Masked,
    Relation,
    access_from_mapping,
    access_to_mapping,
    check_access,
    field_access,
    general_path,
    merged_raw,
    shown_answers,
    shown_rows,
    withheld_paths,
)

PERSON: Answers = {
    "matter": "邻里纠纷",
    "person": "张小明",
    "illness": "高血压",
    "contact": {"phone": "13812340000"},
    "members": [{"name": "张三", "age": 3}, {"name": "李四", "age": None}],
}


def a_form() -> FormDefinition:
    return form_from_mapping(
        {
            "code": "f",
            "name": "表",
            "fields": [
                {"type": "text", "name": "matter", "label": "事项"},
                {"type": "text", "name": "person", "label": "姓名", "sensitivity": "personal", "mask": "name"},
                {"type": "text", "name": "illness", "label": "病情", "sensitivity": "sensitive"},
                {
                    "type": "begin_group",
                    "name": "contact",
                    "label": "联系",
                    "fields": [
                        {"type": "text", "name": "phone", "label": "手机", "sensitivity": "personal", "mask": "phone"}
                    ],
                },
                {
                    "type": "begin_repeat",
                    "name": "members",
                    "label": "家庭成员",
                    "fields": [
                        {"type": "text", "name": "name", "label": "姓名", "sensitivity": "personal", "mask": "name"},
                        {"type": "integer", "name": "age", "label": "年龄"},
                    ],
                },
            ],
        }
    )


def seen_by(*relations: Relation, **rules: Any) -> dict[str, Level]:
    access = field_access(a_form(), access_from_mapping({"fields": rules} if rules else {}), relations)
    return {path: access.level(path) for path in ("matter", "person", "illness", "contact.phone", "members[].name")}


def test_the_keeper_sees_personal_data_and_sensitive_data_only_after_a_purpose() -> None:
    assert seen_by(Relation.KEEPER) == {
        "matter": Level.PLAIN,
        "person": Level.PLAIN,
        "illness": Level.MASKED,
        "contact.phone": Level.PLAIN,
        "members[].name": Level.PLAIN,
    }


@pytest.mark.parametrize("relation", [Relation.RESPONSIBLE, Relation.SUPERIOR, Relation.OFFICE])
def test_everybody_else_sees_masks(relation: Relation) -> None:
    seen = seen_by(relation)

    assert seen.pop("matter") is Level.PLAIN
    assert set(seen.values()) == {Level.MASKED}


def test_who_has_nothing_to_do_with_a_record_cannot_open_masks() -> None:
    access = field_access(a_form(), {}, ())

    assert access.level("person") is Level.SEALED
    assert access.revealable == ()
    assert not access.revealed().shows("person")


def test_of_several_relations_the_one_that_shows_more_counts() -> None:
    seen = seen_by(Relation.SUPERIOR, Relation.OFFICE, person={"superior": "hidden", "office": "plain"})

    assert seen["person"] is Level.PLAIN


def test_no_rule_shows_sensitive_data_without_a_purpose() -> None:
    assert seen_by(Relation.OFFICE, illness={"office": "plain"})["illness"] is Level.MASKED


def test_a_field_without_personal_data_can_be_kept_from_somebody_too() -> None:
    assert seen_by(Relation.SUPERIOR, matter={"superior": "hidden"})["matter"] is Level.HIDDEN
    assert seen_by(Relation.KEEPER, matter={"superior": "hidden"})["matter"] is Level.PLAIN


def test_a_purpose_opens_what_is_masked_and_nothing_else() -> None:
    rules = access_from_mapping({"fields": {"person": {"office": "sealed"}, "contact.phone": {"office": "hidden"}}})
    revealed = field_access(a_form(), rules, [Relation.OFFICE]).revealed()

    assert revealed.shows("illness")
    assert revealed.shows("members[1].name")
    assert revealed.level("person") is Level.SEALED
    assert revealed.level("contact.phone") is Level.HIDDEN


def test_shown_answers_hold_nothing_that_is_not_shown() -> None:
    rules = access_from_mapping({"fields": {"contact.phone": {"office": "hidden"}}})
    shown = shown_answers(a_form(), PERSON, field_access(a_form(), rules, [Relation.OFFICE]))

    assert shown == {
        "matter": "邻里纠纷",
        "person": Masked("张**"),
        "illness": Masked("***"),
        "contact": {"phone": None},
        "members": [{"name": Masked("张**"), "age": 3}, {"name": Masked("李**"), "age": None}],
    }
    assert "小明" not in str(shown)


def test_what_is_not_seen_or_not_allowed_is_not_changed() -> None:
    rules = access_from_mapping({"fields": {"matter": {"change": ["office"]}}})
    access = field_access(a_form(), rules, [Relation.KEEPER])

    assert withheld_paths(a_form(), access) == {"matter", "illness"}
    assert withheld_paths(a_form(), field_access(a_form(), {}, [Relation.SUPERIOR])) == {
        "person",
        "illness",
        "contact.phone",
        "members",
    }


def test_editing_keeps_what_is_withheld_whatever_a_browser_says() -> None:
    stored = {"person": ["张小明"], "matter": ["旧"], "members[0].name": ["张三"], "members[0].age": ["3"]}
    posted = {
        "person": ["王五"],
        "person:na": ["1"],
        "matter": ["新"],
        "members[0].name": ["赵六"],
        "memberships": ["x"],
    }

    assert merged_raw(stored, posted, {"person", "members"}) == {
        "matter": ["新"],
        "memberships": ["x"],
        "person": ["张小明"],
        "members[0].name": ["张三"],
        "members[0].age": ["3"],
    }


def test_rules_come_back_as_they_were_written() -> None:
    mapping = {"fields": {"person": {"office": "sealed", "superior": "hidden", "change": ["keeper"]}}}

    assert access_to_mapping(access_from_mapping(mapping)) == mapping
    assert access_to_mapping(access_from_mapping({})) == {}


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"field": {}}, "field"),
        ({"fields": []}, "fields"),
        ({"fields": {"person": "plain"}}, "fields.person"),
        ({"fields": {"person": {"office": "all"}}}, "fields.person.office"),
        ({"fields": {"person": {"office": 3}}}, "fields.person.office"),
        ({"fields": {"person": {"mayor": "plain"}}}, "fields.person.mayor"),
        ({"fields": {"person": {"change": ["mayor"]}}}, "fields.person.change"),
    ],
)
def test_a_mistake_in_the_rules_says_where_it_is(mapping: dict[str, Any], path: str) -> None:
    with pytest.raises(AccessError) as caught:
        access_from_mapping(mapping)

    assert caught.value.path == path
    assert caught.value.advice


def test_a_rule_for_a_field_that_is_not_asked_is_a_mistake() -> None:
    check_access(access_from_mapping({"fields": {"members[].name": {"office": "plain"}}}), a_form())
    with pytest.raises(AccessError, match="contact"):
        check_access(access_from_mapping({"fields": {"contact": {"office": "plain"}}}), a_form())


def test_only_personal_data_is_kept_from_somebody() -> None:
    check_access(access_from_mapping({"fields": {"matter": {"change": ["office"]}}}), a_form())
    with pytest.raises(AccessError, match="matter"):
        check_access(access_from_mapping({"fields": {"matter": {"superior": "hidden"}}}), a_form())


def test_lists_show_masks_even_to_the_keeper() -> None:
    rules = access_from_mapping({"fields": {"contact.phone": {"keeper": "hidden"}}})
    listed = field_access(a_form(), rules, [Relation.KEEPER]).listed()

    assert listed.shows("matter")
    assert listed.level("person") is Level.SEALED
    assert listed.level("contact.phone") is Level.HIDDEN


def test_a_path_is_general_without_the_numbers_of_its_rows() -> None:
    assert general_path("a.b[12].c[0].d") == "a.b[].c[].d"
    assert general_path("a.b") == "a.b"


def test_a_record_line_by_line_shows_no_more_than_its_answers() -> None:
    rules = access_from_mapping({"fields": {"contact.phone": {"office": "hidden"}, "matter": {"office": "sealed"}}})
    rows = shown_rows(a_form(), PERSON, field_access(a_form(), rules, [Relation.OFFICE]))

    assert [(row.path, row.text) for row in rows] == [
        ("matter", "***"),
        ("person", "张**"),
        ("illness", "***"),
        ("contact", ""),
        ("members[0]", ""),
        ("members[0].name", "张**"),
        ("members[0].age", "3"),
        ("members[1]", ""),
        ("members[1].name", "李**"),
        ("members[1].age", "未填"),
    ]
