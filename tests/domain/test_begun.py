"""What is fixed when a report is begun: computed once and kept, the same for page, workbook and handing in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.answers import canonical_answers, initial_raw, parse_answers
from saas.domain.begun import Begun, begun_in, fixes_values
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.first_values import with_first_values, with_new_rows

NINE, TEN = datetime(2026, 3, 5, 9, 0), datetime(2026, 3, 6, 10, 0)
LOT, OTHER = Begun(lot=b"one"), Begun(lot=b"two")


def a_form(*fields: Mapping[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields)})


def item(name: str, kind: str = "text", **keys: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "label": name, **keys}


def stored(form: FormDefinition, now: datetime, begun: Begun, **typed: str) -> dict[str, Any]:
    raw = {name: [text] for name, text in typed.items()}
    parsed = parse_answers(form, raw, now=now, begun=begun, is_draft=True)
    return canonical_answers(form, parsed.answers)


def again(form: FormDefinition, kept: Mapping[str, Any], **typed: str) -> dict[str, Any]:
    """The draft saved again, a day later and with another lot."""
    return stored(form, TEN, Begun(begun_in(form, kept), OTHER.lot), **typed)


@pytest.mark.parametrize(
    "expression", ["once(now())", "once(random())", "random()", "once(uuid())", "int(random() * 100) + 1", "uuid(8)"]
)
def test_what_is_computed_once_stays_when_the_draft_is_saved_again(expression: str) -> None:
    form = a_form(item("kept", "calculate", calculation=expression), item("a", "integer"))

    first = stored(form, NINE, LOT)

    assert first["kept"]
    assert again(form, first, a="1")["kept"] == first["kept"]
    assert stored(form, TEN, OTHER)["kept"] != first["kept"], "another report has its own"


def test_what_is_not_kept_follows_the_clock() -> None:
    form = a_form(item("end", "calculate", calculation="now()"))

    assert not fixes_values(form)
    assert again(form, stored(form, NINE, LOT))["end"] == "2026-03-06T10:00:00"


def test_a_lot_is_a_number_from_0_to_below_1_and_every_draw_is_another() -> None:
    form = a_form(item("a", "calculate", calculation="random()"), item("b", "calculate", calculation="random()"))
    both = a_form(item("pair", "calculate", calculation="concat(random(), ' ', random())"))

    drawn = stored(form, NINE, LOT)
    assert all(0 <= Decimal(drawn[name]) < 1 for name in ("a", "b"))
    assert drawn["a"] != drawn["b"]
    one, other = stored(both, NINE, LOT)["pair"].split()
    assert one != other


def test_nothing_is_drawn_where_nobody_keeps_it() -> None:
    form = a_form(item("a", "calculate", calculation="random()"), item("b", "calculate", calculation="uuid()"))

    assert stored(form, NINE, Begun()) == {"a": None, "b": None}


def test_what_is_fixed_depends_on_other_answers_until_it_has_a_value() -> None:
    form = a_form(item("a", "integer"), item("first", "calculate", calculation="once(${a})"))

    nothing = stored(form, NINE, LOT)
    assert nothing["first"] is None
    three = again(form, nothing, a="3")
    assert three["first"] == "3"
    assert again(form, three, a="4")["first"] == "3"


def test_a_draft_keeps_what_was_fixed_while_it_is_not_asked_and_a_report_leaves_it_out() -> None:
    form = a_form(item("a", "integer"), item("at", "calculate", calculation="once(now())", relevant="${a} = 1"))

    asked = stored(form, NINE, LOT, a="1")
    hidden = again(form, asked, a="2")
    assert hidden["at"] == asked["at"]
    assert again(form, hidden, a="1")["at"] == asked["at"]
    handed_in = parse_answers(form, {"a": ["2"]}, now=TEN, begun=Begun(begun_in(form, hidden)))
    assert handed_in.answers["at"] is None


def test_the_first_value_of_what_nobody_types_is_that_of_the_beginning_also_if_it_is_empty() -> None:
    form = a_form(
        item("a", "integer"),
        item("day", "date", read_only=True, initial="today()"),
        item("was", "hidden", initial="${a}"),
    )

    first = stored(form, NINE, LOT)
    assert first == {"a": None, "day": "2026-03-05", "was": None}
    later = again(form, first, a="5")
    assert (later["day"], later["was"]) == ("2026-03-05", None), "as when the report was begun"


def test_what_the_county_knows_goes_before_a_first_value() -> None:
    form = a_form(item("people", "integer", read_only=True, initial="1 + 1"))

    assert parse_answers(form, {}, known={"people": "9"}, now=NINE).answers == {"people": 9}


def test_questions_begin_with_their_first_values_in_order_and_stay_as_they_were_typed() -> None:
    form = a_form(
        item("day", "date", initial="today()"),
        item("month", "text", initial="format-date(${day}, '%m')"),
        item("wrong", "integer", initial="'many'"),
        item("begun_at", "datetime", initial="now()"),
    )

    raw = with_first_values(form, initial_raw(form), NINE)

    assert raw == {"day": ["2026-03-05"], "month": ["03"], "wrong": [""], "begun_at": ["2026-03-05T09:00"]}
    assert parse_answers(form, {**raw, "day": [""]}, now=TEN).answers["day"] is None, "emptied is empty"


HOMES = item(
    "homes",
    "begin_repeat",
    fields=[
        item("kind", default="瓦房"),
        item("on", "date", initial="today()"),
        item("lot", "calculate", calculation="once(random())"),
    ],
)


def test_a_row_that_is_added_begins_with_its_first_values() -> None:
    form = a_form(HOMES)

    raw, left = with_new_rows(form, {"homes[4].kind": ["楼房"]}, {"homes"}, NINE)

    assert not left
    assert (raw["homes[5].kind"], raw["homes[5].on"]) == (["瓦房"], ["2026-03-05"])
    assert "homes[4].on" not in raw, "what is there already stays as it is"


def test_every_row_keeps_its_own_lot() -> None:
    form = a_form(HOMES)
    typed = {f"homes[{number}].kind": ["房"] for number in (0, 1)}
    lots = [row["lot"] for row in parse_answers(form, typed, now=NINE, begun=LOT).answers["homes"]]
    assert lots[0] != lots[1]

    carried = {"homes[1].lot": lots[1]}  # the page took the first row out
    later = parse_answers(form, {"homes[1].kind": ["房"]}, now=TEN, begun=Begun(carried, OTHER.lot))
    assert [row["lot"] for row in later.answers["homes"]] == [lots[1]]


def test_a_row_that_only_carries_what_was_fixed_is_empty() -> None:
    form = a_form(HOMES)

    typed = {"homes[0].kind": [""], "homes[0].lot:once": ["0.5.x"]}

    assert parse_answers(form, typed, now=NINE).answers == {"homes": []}


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (item("b", "calculate", calculation="if(${a} > 1, random(), 0)"), "bad_lot"),
        (item("b", "integer", relevant="random() > 0.5"), "bad_lot"),
        (item("b", "integer", initial="${b} + 1"), "circular"),
        (item("b", "integer", initial="today()", default="3"), "duplicate"),
        (item("b", "image", initial="today()"), "bad_default"),
        (item("b", "integer", initial="${gone}"), "unknown_field"),
    ],
)
def test_a_first_value_that_could_not_be_is_refused(field: Mapping[str, Any], code: str) -> None:
    with pytest.raises(FormError) as refusal:
        a_form(item("a", "integer"), field)

    assert refusal.value.code == code


def test_a_lot_that_is_kept_may_hang_on_other_answers() -> None:
    form = a_form(item("a", "integer"), item("b", "calculate", calculation="if(${a} > 1, once(random()), '')"))

    drawn = stored(form, NINE, LOT, a="2")
    assert again(form, drawn, a="3")["b"] == drawn["b"]


def test_a_first_value_is_written_and_read_again() -> None:
    form = a_form(item("day", "date", initial="today()"))

    assert form_from_mapping(form_to_mapping(form)) == form
