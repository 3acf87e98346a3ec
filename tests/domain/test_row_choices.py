"""Choices that are the rows of a repeat: `choices_from = "repeat:FIELD"` (XLSForm: `select_one ${FIELD}`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from saas.domain.answers import canonical_answers, logic_of, parse_answers, raw_from_answers
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping, iter_fields, sources_of
from saas.domain.filed import answer_rows
from saas.domain.form_logic import reacts_to_answers
from saas.domain.grid import grid_columns
from saas.domain.masking import protected_fields
from saas.domain.record_access import Level, Relation, access_from_mapping, field_access, withheld_paths
from saas.domain.record_filters import may_filter
from tests.domain.test_form_logic import NOW, a_form, a_question, handed_in

MEMBERS = [a_question("who", "text"), a_question("age"), a_question("lives_here", "text")]


def a_repeat(name: str, *fields: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    return {"type": "begin_repeat", "name": name, "label": name, "fields": list(fields), **keys}


def a_choice(name: str = "head", source: str = "who", kind: str = "select_one", **keys: Any) -> dict[str, Any]:
    return a_question(name, kind, choices_from=f"repeat:{source}", **keys)


HOUSEHOLD = a_form(a_repeat("members", *MEMBERS), a_choice())
PEOPLE = {"members[0]__who": "张三", "members[0]__age": "40", "members[2]__who": "李四", "members[2]__age": "12"}


def offered(form: FormDefinition, path: str, **typed: str) -> list[tuple[str, str]]:
    raw = {name.replace("__", "."): [text] for name, text in typed.items()}
    logic = logic_of(form, raw, NOW)
    item = next(item for place, item in iter_fields(form) if place.rpartition(".")[2] == path.rpartition(".")[2])
    return [(choice.name, choice.label) for choice in logic.choices_of(item, path)]


def names(form: FormDefinition, path: str, **typed: str) -> list[str]:
    return [name for name, _ in offered(form, path, **typed)]


def test_the_rows_are_offered_by_their_answer_and_it_is_stored() -> None:
    assert offered(HOUSEHOLD, "head", **PEOPLE) == [("张三", "张三"), ("李四", "李四")]

    parsed = handed_in(HOUSEHOLD, **PEOPLE, head="李四")

    assert parsed.is_valid
    assert parsed.answers["head"] == "李四"
    assert canonical_answers(HOUSEHOLD, parsed.answers)["head"] == "李四"
    assert raw_from_answers(HOUSEHOLD, parsed.answers)["head"] == ["李四"]
    assert [row.text for row in answer_rows(HOUSEHOLD, parsed.answers) if row.path == "head"] == ["李四"]


@pytest.mark.parametrize("chosen", ["王五", "张", "张三 李四"])
def test_what_no_row_is_called_is_refused_when_it_is_handed_in(chosen: str) -> None:
    parsed = handed_in(HOUSEHOLD, **PEOPLE, head=chosen)

    assert {path: error.code for path, error in parsed.errors.items()} == {"head": "filtered_choice"}


def test_a_row_that_was_taken_away_cannot_stay_chosen() -> None:
    raw = {"members[0].who": ["张三"], "head": ["李四"]}

    assert parse_answers(HOUSEHOLD, raw, is_draft=True, now=NOW).is_valid
    assert not parse_answers(HOUSEHOLD, raw, now=NOW).is_valid


def test_rows_without_the_answer_are_none_and_the_same_answer_is_one() -> None:
    typed = {"members[0]__age": "3", "members[1]__who": " 张三 ", "members[2]__who": "张三", "members[3]__who": "李四"}

    assert names(HOUSEHOLD, "head", **typed) == ["张三", "李四"]
    assert names(HOUSEHOLD, "head") == []


def test_a_row_where_it_is_not_asked_is_no_choice() -> None:
    members = a_repeat("members", a_question("age"), a_question("who", "text", relevant="${age} >= 18"))

    assert names(a_form(members, a_choice()), "head", **PEOPLE) == ["张三"]


def test_a_filter_looks_at_the_row_and_at_the_rest_of_the_form() -> None:
    filtered = a_choice(choice_filter="${age} >= ${least}")
    form = a_form(a_question("least"), a_repeat("members", *MEMBERS), filtered)

    assert names(form, "head", **PEOPLE, least="18") == ["张三"]
    assert names(form, "head", **PEOPLE, least="10") == ["张三", "李四"]
    assert handed_in(form, **PEOPLE, least="18", head="李四").errors["head"].code == "filtered_choice"


def test_a_filter_in_another_repeat_compares_the_rows_of_both() -> None:
    jobs = a_repeat("jobs", a_question("least"), a_choice("doer", choice_filter="${age} >= ${least}"))
    form = a_form(a_repeat("members", *MEMBERS), jobs)
    typed = {**PEOPLE, "jobs[0]__least": "18", "jobs[1]__least": "5"}

    assert names(form, "jobs[0].doer", **typed) == ["张三"]
    assert names(form, "jobs[1].doer", **typed) == ["张三", "李四"]
    parsed = handed_in(form, **typed, **{"jobs[0]__doer": "李四", "jobs[1]__doer": "李四"})
    assert list(parsed.errors) == ["jobs[0].doer"]


@pytest.mark.parametrize("place", ["beside", "inside"])
def test_in_a_row_of_an_outer_repeat_its_own_rows_are_offered(place: str) -> None:
    choice = a_choice("adult", choice_filter="${age} > 18")
    inner = [a_question("who", "text"), a_question("age")]
    if place == "beside":
        outer = a_repeat("homes", a_repeat("people", *inner), a_repeat("adults", choice))
        path = "homes[{}].adults[0].adult"
    else:
        outer = a_repeat("homes", a_repeat("people", *inner, a_repeat("adults", choice)))
        path = "homes[{}].people[0].adults[0].adult"
    people = [(0, 0, "甲", "40"), (0, 1, "乙", "9"), (0, 2, "丙", "50"), (1, 0, "丁", "30")]
    typed = {f"homes[{home}]__people[{row}]__who": name for home, row, name, _ in people}
    typed |= {f"homes[{home}]__people[{row}]__age": age for home, row, _, age in people}

    assert names(a_form(outer), path.format(0), **typed) == ["甲", "丙"]
    assert names(a_form(outer), path.format(1), **typed) == ["丁"]


def test_in_the_same_repeat_all_its_rows_are_offered() -> None:
    form = a_form(a_repeat("members", *MEMBERS, a_choice("mother", choice_filter="${age} > 18")))

    assert names(form, "members[2].mother", **PEOPLE) == ["张三"]


def test_several_rows_are_chosen_and_spaces_do_not_part_a_name() -> None:
    form = a_form(a_repeat("members", *MEMBERS), a_choice("present", kind="select_multiple"))
    typed = {"members[0]__who": "Anna  Berg", "members[1]__who": "李四"}

    assert names(form, "present", **typed) == ["Anna_Berg", "李四"]
    parsed = handed_in(form, **typed, present=["李四", "Anna_Berg", "李四"])
    assert parsed.answers["present"] == ("李四", "Anna_Berg")
    assert parsed.is_valid
    assert handed_in(form, **typed, present=["Anna Berg"]).errors["present"].code == "filtered_choice"


def test_a_name_with_spaces_or_lines_is_one_choice_in_one_line() -> None:
    typed = {"members[0]__who": "Anna \r\n Berg"}

    assert names(HOUSEHOLD, "head", **typed) == ["Anna Berg"]
    assert handed_in(HOUSEHOLD, **typed, head="Anna Berg").is_valid


def test_rows_may_be_called_by_a_number_or_by_what_is_computed() -> None:
    called = a_question("called", "calculate", calculation="concat(${who}, '·', ${age})")
    form = a_form(a_repeat("members", *MEMBERS, called), a_choice(source="called"), a_choice("years", "age"))

    assert names(form, "head", **PEOPLE) == ["张三·40", "李四·12"]
    assert names(form, "years", **PEOPLE) == ["40", "12"]
    assert handed_in(form, **PEOPLE, head="李四·12", years="40").is_valid


def test_other_questions_ask_what_was_chosen() -> None:
    form = a_form(
        a_repeat("members", *MEMBERS), a_choice(), a_question("why", "text", relevant="${head} = '李四'", required=True)
    )

    assert handed_in(form, **PEOPLE, head="张三").is_valid
    assert list(handed_in(form, **PEOPLE, head="李四").errors) == ["why"]


def test_the_page_looks_again_and_nothing_is_read_from_the_county() -> None:
    assert reacts_to_answers(HOUSEHOLD)
    assert sources_of(HOUSEHOLD) == {}
    assert form_from_mapping(form_to_mapping(HOUSEHOLD)) == HOUSEHOLD


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ([a_question("who", "text"), a_choice()], "bad_choices"),
        ([a_repeat("members", *MEMBERS), a_choice(source="whom")], "unknown_field"),
        ([a_repeat("members", *MEMBERS), a_choice(source="members")], "bad_choices"),
        ([a_repeat("members", a_question("who", "image")), a_choice()], "bad_choices"),
        ([a_repeat("members", a_choice("who"))], "bad_choices"),
        ([a_repeat("a", *MEMBERS), a_repeat("b", *MEMBERS), a_choice()], "unknown_field"),
        ([a_repeat("members", *MEMBERS), a_choice(choice_filter="age > 3")], "bad_expression"),
        ([a_repeat("members", *MEMBERS), a_choice(choices=[{"name": "a", "label": "甲"}])], "duplicate"),
    ],
)
def test_a_source_that_tells_no_rows_apart_is_refused(fields: Sequence[Mapping[str, Any]], code: str) -> None:
    with pytest.raises(FormError) as refusal:
        a_form(*fields)

    assert refusal.value.code == code


def test_what_is_chosen_among_protected_answers_is_protected_like_them() -> None:
    who = a_question("who", "text", sensitivity="sensitive", mask="name")
    form = a_form(a_repeat("members", who), a_choice())

    held = protected_fields(form)

    assert list(held) == ["members[].who", "head"]
    assert (held["head"].sensitivity, held["head"].mask) == ("sensitive", "all")


def test_who_does_not_see_the_rows_neither_sees_nor_changes_what_was_chosen() -> None:
    who = a_question("who", "text", sensitivity="personal")
    form = a_form(a_repeat("members", who), a_choice())
    rules = access_from_mapping({"fields": {"members[].who": {"keeper": "hidden"}}})

    hidden, open_to = field_access(form, rules, [Relation.KEEPER]), field_access(form, {}, [Relation.KEEPER])

    assert hidden.revealed().level("head") is Level.HIDDEN
    assert withheld_paths(form, hidden) == {"members", "head"}
    assert open_to.shows("head")


def test_a_table_of_units_and_a_filter_of_records_have_no_choices_for_it() -> None:
    head = next(item for path, item in iter_fields(HOUSEHOLD) if path == "head")

    assert not may_filter(head)
    assert "head" not in {column.path for column in grid_columns(HOUSEHOLD)[0]}


def test_rows_that_are_the_same_for_all_are_looked_at_once() -> None:
    asked = a_choice("mother", choice_filter="${age} > 18")
    form = a_form(a_repeat("members", *MEMBERS, asked))
    typed = {
        f"members[{row}].{name}": [text] for row in range(400) for name, text in (("who", f"人{row}"), ("age", "40"))
    }
    logic = logic_of(form, typed, NOW)
    mother = form.fields[0].fields[-1]

    first = logic.choices_of(mother, "members[0].mother")

    assert len(first) == 400
    assert logic.choices_of(mother, "members[399].mother") is first
