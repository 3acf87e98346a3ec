"""What the expressions of a form mean to its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from saas.domain.answers import Parsed, answers_from_stored, canonical_answers, logic_of, parse_answers
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.form_logic import FormShape

NOW = datetime(2026, 3, 5, 9, 0)


def a_form(*fields: Mapping[str, Any], **more: Any) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields), **more})


def a_question(name: str, kind: str = "integer", **keys: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "label": f"题目{name}", **keys}


def handed_in(form: FormDefinition, **typed: str | Sequence[str]) -> Parsed:
    raw = {name.replace("__", "."): [text] if isinstance(text, str) else list(text) for name, text in typed.items()}
    return parse_answers(form, raw, now=NOW)


def test_what_is_not_relevant_is_not_asked_and_has_no_answer() -> None:
    form = a_form(a_question("found"), a_question("closed", relevant="${found} > 0", required=True))

    assert handed_in(form, found="0", closed="3").answers == {"found": 0, "closed": None}
    assert handed_in(form, found="0").is_valid
    assert handed_in(form, found="2").errors["closed"].code == "required"


def test_the_shape_of_a_form_is_shared_and_the_answers_are_not() -> None:
    form = a_form(a_question("found"), a_question("closed", relevant="${found} > 0", constraint=". <= ${found}"))
    shape = FormShape(form)

    broken = parse_answers(form, {"found": ["2"], "closed": ["3"]}, now=NOW, shape=shape)
    sound = parse_answers(form, {"found": ["4"], "closed": ["3"]}, now=NOW, shape=shape)
    left_out = parse_answers(form, {"found": ["0"], "closed": ["3"]}, now=NOW, shape=shape)

    assert broken.errors["closed"].code == "constraint"
    assert sound.is_valid
    assert left_out.answers == {"found": 0, "closed": None}


def test_a_draft_keeps_what_is_not_asked_at_the_moment() -> None:
    form = a_form(a_question("found"), a_question("closed", relevant="${found} > 0"))

    draft = parse_answers(form, {"found": ["0"], "closed": ["3"]}, is_draft=True, now=NOW)

    assert draft.answers == {"found": 0, "closed": 3}


def test_the_condition_of_a_group_is_that_of_everything_in_it() -> None:
    inner = {"type": "begin_group", "name": "pool", "label": "垃圾池", "relevant": "${has} = 1"}
    form = a_form(a_question("has"), inner | {"fields": [a_question("emptied", required=True)]})

    assert handed_in(form, has="0").answers == {"has": 0, "pool": {"emptied": None}}
    assert "pool.emptied" in handed_in(form, has="1").errors


def test_a_condition_sees_nothing_of_what_is_not_relevant() -> None:
    form = a_form(
        a_question("a"), a_question("b", relevant="${a} = 1"), a_question("c", relevant="${b} = 7", required=True)
    )

    assert handed_in(form, a="0", b="7").is_valid


def test_a_constraint_is_asked_of_an_answer_that_is_there() -> None:
    form = a_form(
        a_question("examined"),
        a_question("passed", constraint=". <= ${examined}", constraint_message="合格数不能多于${examined}"),
    )

    assert handed_in(form, examined="5").is_valid
    assert str(handed_in(form, examined="5", passed="6").errors["passed"]) == "合格数不能多于5"


def test_required_may_depend_on_other_answers() -> None:
    form = a_form(a_question("found"), a_question("why", "text", required="${found} > 0"))

    assert handed_in(form, found="0").is_valid
    assert not handed_in(form, found="1").is_valid


def test_a_calculation_is_nobodys_typing() -> None:
    rate = a_question("rate", "decimal", calculation="${passed} div ${examined} * 100", decimals=2)
    form = a_form(a_question("examined"), a_question("passed"), rate)

    assert handed_in(form, examined="3", passed="2", rate="99").answers["rate"] == Decimal("66.67")
    assert handed_in(form, examined="0", passed="0").answers["rate"] is None
    assert handed_in(form, examined="3").answers["rate"] is None


def test_rows_are_summed_from_outside_and_seen_alone_from_inside() -> None:
    row = [
        a_question("heads"),
        a_question("fee", "calculate", calculation="${heads} * 2.5"),
        a_question("place", "calculate", calculation="position(..)"),
    ]
    form = a_form(
        {"type": "begin_repeat", "name": "homes", "label": "户", "fields": row},
        a_question("total", "decimal", calculation="sum(${fee})"),
        a_question("count", "calculate", calculation="count(${homes})"),
        a_question("second", "calculate", calculation="indexed-repeat(${heads}, ${homes}, 2)"),
    )

    answers = parse_answers(form, {"homes[0].heads": ["2"], "homes[4].heads": ["3"]}, now=NOW).answers

    assert answers["homes"] == [
        {"heads": 2, "fee": "5", "place": "1"},
        {"heads": 3, "fee": "7.5", "place": "2"},
    ]
    assert (answers["total"], answers["count"], answers["second"]) == (Decimal("12.5"), "2", "3")


def test_a_repeat_with_a_count_has_exactly_so_many_rows() -> None:
    homes = {"type": "begin_repeat", "name": "homes", "label": "户", "repeat_count": "${n}"}
    form = a_form(a_question("n"), homes | {"fields": [a_question("heads")]})

    assert parse_answers(form, {"n": ["1"], "homes[0].heads": ["2"]}, now=NOW).is_valid
    assert parse_answers(form, {"n": ["2"], "homes[0].heads": ["2"]}, now=NOW).errors["homes"].code == "wrong_rows"


def test_choices_follow_an_earlier_answer() -> None:
    villages = [
        {"name": "v1", "label": "甲村", "columns": {"town": "t1"}},
        {"name": "v2", "label": "乙村", "columns": {"town": "t2"}},
    ]
    form = a_form(
        a_question("town", "text"),
        a_question("village", "select_one", choices=villages, choice_filter="town = ${town}"),
    )
    village = form.fields[1]

    offered = logic_of(form, {"town": ["t2"]}, NOW).choices_of(village, "village")

    assert [choice.name for choice in offered] == ["v2"]
    assert handed_in(form, town="t2", village="v2").is_valid
    assert handed_in(form, town="t2", village="v1").errors["village"].code == "filtered_choice"


def test_labels_show_answers() -> None:
    kinds = [{"name": "a", "label": "整洁"}]
    form = a_form(a_question("state", "select_one", choices=kinds), a_question("why", label="为什么${state}？"))

    assert logic_of(form, {"state": ["a"]}, NOW).worded(form.fields[1], "label", "why") == "为什么整洁？"


def test_today_is_the_countys() -> None:
    form = a_form(a_question("day", "date", constraint=". <= today()"))

    assert handed_in(form, day="2026-03-05").is_valid
    assert not handed_in(form, day="2026.3.6").is_valid


def test_every_type_is_stored_and_read_back() -> None:
    items = [{"name": "a", "label": "甲"}, {"name": "b", "label": "乙"}]
    form = a_form(
        a_question("at", "time"),
        a_question("moment", "datetime"),
        a_question("level", "range", min=0, max=10, step=2),
        a_question("order", "rank", choices=items),
        a_question("place", "geopoint"),
        a_question("seen", "acknowledge"),
        a_question("kept", "hidden", default="v1"),
    )

    parsed = handed_in(
        form,
        at="9:30",
        moment="2026年3月5日 14:05",
        level="4",
        order=["a=2", "b=1"],
        place="31.2, 121.5",
        seen="OK",
        kept="forged",
    )

    assert parsed.is_valid, parsed.errors
    stored = canonical_answers(form, parsed.answers)
    assert stored == {
        "at": "09:30", "moment": "2026-03-05T14:05", "level": "4", "order": ["b", "a"],
        "place": "31.2 121.5", "seen": "OK", "kept": "v1",
    }  # fmt: skip
    assert answers_from_stored(form, stored) == parsed.answers


def test_a_form_with_expressions_is_written_and_read_again() -> None:
    form = a_form(
        a_question("a", required="${b} = ''", translations={"en": {"label": "A"}}),
        a_question(
            "b", "select_one", choices=[{"name": "x", "label": "甲", "columns": {"t": "1"}}], choice_filter="t = 1"
        ),
        a_question("c", "range", min=0, max=3, step="0.5", relevant="${a} > 1", constraint=". < 3"),
    )

    assert form_from_mapping(form_to_mapping(form)) == form
