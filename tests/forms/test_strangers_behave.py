"""XLSForms that nobody here wrote behave. What is expected was read off the forms, by XLSForm's meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from saas.domain.answers import parse_answers
from saas.domain.fields import FieldType
from saas.domain.fields.model import iter_fields
from saas.domain.form_logic import FormLogic
from tests.forms.strange_forms import NOW, Typed, filed, form_of, imported, offered, refused

PERSON = {
    "name": "A", "relationship_to_household_head": "head", "sex": "female", "resident": "yes",
    "stayed_last_night": "yes", "older_than_five": "yes", "age_in_years": "30", "literate": "yes", "pregnant": "no",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "gone", "errors"),
    [
        ({}, {"age_in_months"}, {}),
        ({"older_than_five": "no", "age_in_months": "72"}, {"age_in_years", "literate", "pregnant"}, {}),
        ({"older_than_five": "no", "age_in_months": "73"}, {"age_in_years"}, {"age_in_months": "constraint"}),
        ({"age_in_years": "4"}, {"age_in_months"}, {"age_in_years": "constraint"}),
        ({"sex": "male"}, {"age_in_months", "literate", "pregnant"}, {}),
        ({"age_in_years": "50"}, {"age_in_months", "literate", "pregnant"}, {}),
        ({"age_in_years": "15"}, {"age_in_months"}, {}),
        ({"sex": "other"}, {"age_in_months"}, {"sex": "unknown_choice"}),
    ],
)
def test_tutorial(changed: Typed, gone: set[str], errors: Mapping[str, str]) -> None:
    form = form_of("tutorial")
    typed = {f"member[0].{key}": text for key, text in {**PERSON, **changed}.items()}

    assert refused(form, typed) == {f"member[0].{key}": code for key, code in errors.items()}
    assert gone.isdisjoint(filed(form, typed)["member"][0])


def test_tutorial_judges_every_person_alone() -> None:
    form = form_of("tutorial")
    second = {"name": "B", "sex": "male", "older_than_five": "no", "age_in_months": "3", "age_in_years": "30"}
    typed = {
        f"member[{row}].{key}": text for row, person in enumerate((PERSON, second)) for key, text in person.items()
    }

    people = filed(form, typed)["member"]

    assert people[0]["pregnant"] == "no"
    assert people[1]["age_in_months"] == 3
    assert "age_in_years" not in people[1]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"my_int": "9", "my_decimal": "18.31"}, {}),
        ({"my_int": "10"}, {"my_int": "constraint"}),
        ({"my_decimal": "10.51"}, {"my_decimal": "constraint"}),
        ({"my_decimal": "18.389"}, {}),
        ({"my_date": "2026-03-05"}, {}),
        ({"my_date": "2026-03-04"}, {"my_date": "constraint"}),
        ({"my_select1": "9"}, {"my_select1": "unknown_choice"}),
    ],
)
def test_widgets(typed: Typed, errors: Mapping[str, str]) -> None:
    sound = {"my_date": "2026-03-06"}

    assert refused(form_of("widgets"), {**sound, **typed}) == errors


@pytest.mark.parametrize(("chosen", "is_sound"), [(["a", "c"], True), (["c", "d"], False), (["d"], True), ([], True)])
def test_widgets_refuse_two_choices_together(chosen: Sequence[str], is_sound: bool) -> None:
    parsed = parse_answers(form_of("widgets"), {"my_select": chosen, "my_date": ["2026-03-06"]}, now=NOW)

    assert ("my_select" not in parsed.errors) is is_sound


def test_widgets_keep_their_defaults_and_say_how_to_answer() -> None:
    fields = dict(iter_fields(form_of("widgets")))

    assert (fields["my_decimal"].default, fields["my_select"].default, fields["my_select1"].default) == (
        "18.31",
        "a c",
        "8",
    )
    assert fields["my_output"].read_only
    assert fields["my_date"].constraint_message == "only future dates allowed"
    assert [fields[name].type for name in ("my_trigger", "my_barcode", "my_image", "dateTime")] == [
        FieldType.ACKNOWLEDGE, FieldType.TEXT, FieldType.IMAGE, FieldType.DATETIME,
    ]  # fmt: skip


MUST = {"group_test.required_text": "x", "labeled_select_group.list-nolabel-test": "no"}
TEXT, TABLE = "repeat_test[1].group_test.required_text", "repeat_test[1].name.table_list_question"


def test_specification_skips_everything_on_demand() -> None:
    form = form_of("specification")
    typed = {"skip_to_end": "yes", "everything.my_name": "A", "launch": "3"}

    assert refused(form, typed) == {}
    assert filed(form, typed)["everything"] == {"repeat_test": []}
    assert filed(form, typed)["launch"] == 3


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {}),
        ({"a_integer": "5", "a_decimal": "5"}, {}),
        ({"a_integer": "5", "a_decimal": "5.01"}, {"a_decimal": "constraint"}),
        ({TEXT: ""}, {TEXT: "required"}),
        ({TEXT: "", "repeat_test[1].name.table_list_question": "maybe"}, {TEXT: "required", TABLE: "unknown_choice"}),
        ({"date_test": "2026-02-30"}, {"date_test": "not_a_date"}),
    ],
)
def test_specification(typed: Typed, errors: Mapping[str, str]) -> None:
    form = form_of("specification")
    rows = {f"repeat_test[{row}].{path}": text for row in range(2) for path, text in MUST.items()}

    found = refused(form, {f"everything.{path}": text for path, text in {**rows, **typed}.items()})

    assert {path.removeprefix("everything."): code for path, code in found.items()} == errors


def test_specification_computes_and_speaks_two_languages() -> None:
    form = form_of("specification")
    fields = dict(iter_fields(form))
    rows = {f"everything.repeat_test[{row}].group_test.required_text": ["x"] for row in range(2)}
    both = {"everything.repeat_test[0].group_test.select_multiple_test": ["yes", "no"]}

    parsed = parse_answers(form, {**rows, **both}, now=NOW)

    assert parsed.answers["everything"]["calculate_test"] == "4"
    assert parsed.errors["everything.repeat_test[0].group_test.select_multiple_test"].code == "constraint"
    assert parsed.answers["everything"]["today"] == "2026-03-05"
    assert fields["everything.address"].label == "您好"
    assert fields["everything.address"].translations["english"]["label"] == "Enter an address"
    assert fields["skip_to_end"].label == "Skip to end"


@pytest.mark.parametrize(
    ("text", "is_shown"), [("a.b@example.org", True), ("a.b@example", False), ("", False), ("@example.org", False)]
)
def test_specification_shows_a_note_where_a_pattern_fits(text: str, is_shown: bool) -> None:
    form = form_of("specification")
    note = dict(iter_fields(form))["everything.email_note"]

    assert FormLogic(form, {"everything.address": text}, {}, NOW).is_relevant(note, "everything.email_note") is is_shown


@pytest.mark.parametrize(
    ("state", "counties"),
    [("texas", ["king", "cameron"]), ("washington", ["king", "pierce"]), ("", [])],
)
@pytest.mark.parametrize("name", ["cascade_by_column", "cascade_of_three", "external_choices"])
def test_cascades_offer_what_belongs_to_the_state(name: str, state: str, counties: list[str]) -> None:
    assert offered(form_of(name), "county", {"state": state}) == counties


@pytest.mark.parametrize(
    ("name", "state", "county", "cities"),
    [
        ("cascade_by_column", "texas", "king", ["dumont", "finney", "seattle", "redmond"]),
        ("cascade_by_column", "washington", "pierce", ["tacoma", "puyallup"]),
        ("cascade_of_three", "texas", "king", ["dumont", "finney"]),
        ("cascade_of_three", "washington", "king", ["seattle", "redmond"]),
        ("cascade_of_three", "washington", "cameron", []),
        ("external_choices", "texas", "cameron", ["brownsville", "harlingen"]),
        ("external_choices", "washington", "pierce", ["tacoma", "puyallup"]),
    ],
)
def test_cascades_offer_what_belongs_to_the_county(name: str, state: str, county: str, cities: list[str]) -> None:
    form = form_of(name)
    above = {"state": state, "county": county}

    assert offered(form, "city", above) == cities
    if cities:
        assert refused(form, {**above, "city": cities[0]}) == {}
        assert refused(form, {**above, "city": "nowhere"}) == {"city": "unknown_choice"}


def test_cascades_refuse_a_city_of_another_county() -> None:
    typed = {"state": "texas", "county": "cameron", "city": "seattle"}

    assert refused(form_of("cascade_of_three"), typed) == {"city": "filtered_choice"}


@pytest.mark.parametrize(
    ("typed", "state", "lga"),
    [
        (
            {"mylga_zone": "zone_1", "mylga_state_in_zone_1": "state_2", "mylga_lga_in_state_2": "lga_3"},
            "state_2",
            "lga_3",
        ),
        (
            {"mylga_zone": "zone_2", "mylga_state_in_zone_2": "state_4", "mylga_lga_in_state_4": "lga_1"},
            "state_4",
            "lga_1",
        ),
        (
            {"mylga_zone": "zone_2", "mylga_state_in_zone_1": "state_1", "mylga_state_in_zone_2": "state_3"},
            "state_3",
            None,
        ),
        ({}, "ERROR", "ERROR"),
    ],
)
def test_cascade_by_relevance(typed: Typed, state: str | None, lga: str | None) -> None:
    answers = filed(form_of("cascade_by_relevance"), typed)

    assert (answers.get("mylga_state"), answers.get("mylga")) == (state, lga)
    assert "mylga_state_in_zone_1" not in answers or typed["mylga_zone"] == "zone_1"


def test_colours_or_other() -> None:
    form = form_of("colours_or_other")

    assert offered(form, "fav_color", {}) == ["red", "green", "blue", "mauve", "apricot", "other"]
    assert offered(form, "fav_pastel", {}) == []  # the filter compares with a column that is not there
    assert filed(form, {"fav_color": "other", "fav_color_other": "teal"})["fav_color_other"] == "teal"
    assert "fav_color_other" not in filed(form, {"fav_color": "red", "fav_color_other": "teal"})
    assert any("pastel" in str(each) or "yes" in str(each) for each in imported("colours_or_other").remarks)


@pytest.mark.parametrize(("sex", "is_asked"), [("other", True), ("male", False), ("", False)])
def test_specify_other(sex: str, is_asked: bool) -> None:
    answers = filed(form_of("specify_other"), {"sex": sex, "sex_other": "x"})

    assert ("sex_other" in answers) is is_asked


def test_calculate() -> None:
    form = form_of("calculate")
    answers = filed(form, {})

    assert (answers["calculate_test"], answers["calculate_test_2"][:4]) == ("4", "succ")
    note = dict(iter_fields(form))["calculate_test_output"]
    assert FormLogic(form, {}, {}, NOW).worded(note, "label", "calculate_test_output") == "2+2 = 4"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"table_list_test2.table_list_3": "yes"}, {}),
        ({"table_list_test2.table_list_4": "maybe"}, {"table_list_test2.table_list_4": "unknown_choice"}),
        ({"happy_sad_table.happy_sad_brian": "happy"}, {}),
    ],
)
def test_table_list(typed: Typed, errors: Mapping[str, str]) -> None:
    assert refused(form_of("table_list"), typed) == errors


@pytest.mark.parametrize(
    ("rows", "errors"), [(1, {}), (0, {"repeat_test": "wrong_rows"}), (2, {"repeat_test": "wrong_rows"})]
)
def test_repeat_by_count(rows: int, errors: Mapping[str, str]) -> None:
    typed = {f"repeat_test[{row}].table_list_3": "yes" for row in range(rows)}

    assert refused(form_of("repeat_by_count"), typed) == errors


@pytest.mark.parametrize(
    ("typed", "answers"),
    [
        ({"family_name": "A", "father.age": "61"}, {"family_name": "A", "father": {"age": 61}}),
        ({"father.phone_number": "00 11"}, {"father": {"phone_number": "00 11"}}),
        ({}, {}),
    ],
)
def test_group(typed: Typed, answers: Mapping[str, Any]) -> None:
    assert filed(form_of("group"), typed) == answers


@pytest.mark.parametrize(
    ("age", "errors"), [("40", {}), ("４０", {}), ("forty", {"your_age": "not_an_integer"}), ("", {})]
)
def test_text_and_integer(age: str, errors: Mapping[str, str]) -> None:
    assert refused(form_of("text_and_integer"), {"your_name": "A", "your_age": age}) == errors


def test_escaping() -> None:
    form = form_of("escaping")
    question = dict(iter_fields(form))["table_list_3"]

    assert FormLogic(form, {}, {}, NOW).worded(question, "label", "table_list_3") == "2 < 1"
    assert refused(form, {"table_list_3": "yes"}) == {}
    assert refused(form, {"table_list_3": "<b>"}) == {"table_list_3": "unknown_choice"}


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"section1.has_children": "1", "section1.age": "30"}, {}),
        ({"section1.has_children": "y"}, {"section1.has_children": "unknown_choice"}),
        ({"section1.age": "3.5"}, {"section1.age": "not_an_integer"}),
        ({"browsers.web_browsers": "opera"}, {"browsers.web_browsers": "unknown_choice"}),
    ],
)
def test_text_message(typed: Typed, errors: Mapping[str, str]) -> None:
    assert refused(form_of("text_message"), typed) == errors
    left_out = [each for each in imported("text_message").remarks if "系统自动记录" in each.text]
    assert [each.row for each in left_out] == [16, 17, 18, 19, 20]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": "A", "nested.name": "B", "items[0].name": "x", "data[0].name": "y", "items[0].count": "2"}, {}),
        ({"name": "A", "nested.name": "B", "items[0].count": "2"}, {"items[0].name": "required"}),
        ({"nested.name": "B"}, {"name": "required"}),
    ],
)
def test_repeats_and_groups(typed: Typed, errors: Mapping[str, str]) -> None:
    found = refused(form_of("repeats_and_groups"), typed)

    assert {path: code for path, code in found.items() if path in {"name", "items[0].name", "data[0].name"}} == errors


ROWS = {"rep[0].name": "bo", "rep[0].demographics.age": "18", "rep[1].name": "al", "rep[1].demographics.age": "19"}


@pytest.mark.parametrize(
    ("chosen", "errors"),
    [
        ({"choice": "bo", "choice_18_over": "al"}, {}),
        ({"choice": "al"}, {"choice": "filtered_choice"}),
        ({"choice_18_over": "bo"}, {"choice_18_over": "filtered_choice"}),
        ({"choice": "bob"}, {"choice": "filtered_choice"}),
    ],
)
def test_rows_as_choices(chosen: Typed, errors: Mapping[str, str]) -> None:
    form = form_of("rows_as_choices")

    assert refused(form, {**ROWS, **chosen}) == errors
    assert errors or filed(form, {**ROWS, **chosen})["choice_18_over"] == "al"


HOUSEHOLDS = {
    "household_rep[0].household_mem_rep[0].name": "A", "household_rep[0].household_mem_rep[0].age": "30",
    "household_rep[0].household_mem_rep[1].name": "B", "household_rep[0].household_mem_rep[1].age": "20",
    "household_rep[1].household_mem_rep[0].name": "C", "household_rep[1].household_mem_rep[0].age": "60",
}  # fmt: skip


@pytest.mark.parametrize(
    ("household", "least", "name", "is_offered"),
    [(0, "25", "A", True), (0, "25", "B", False), (0, "10", "B", True), (0, "25", "C", False), (1, "25", "C", True)],
)
def test_rows_of_a_household(household: int, least: str, name: str, is_offered: bool) -> None:
    place = f"household_rep[{household}].selected[0]"
    typed = {**HOUSEHOLDS, f"{place}.target_min_age": least, f"{place}.selected_name": name}

    errors = {} if is_offered else {f"{place}.selected_name": "filtered_choice"}
    assert refused(form_of("rows_of_a_household"), typed) == errors
