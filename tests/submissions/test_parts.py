"""Filling one group at a time: which part is shown, what is kept of the others, and jumping to what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from saas.domain.fields import form_from_mapping
from saas.domain.form_parts import LOOSE_QUESTIONS, form_parts, part_of
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import submissions

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"}


def number(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "name": name, "label": f"题{name}", "min": 0, **more}


def group(name: str, label: str, *fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "begin_group", "name": name, "label": label, "fields": list(fields)}


HOMES = {
    "type": "begin_repeat",
    "name": "homes",
    "label": "示范户",
    "fields": [{"type": "text", "name": "door", "label": "门牌号", "required": True}],
}
FIELDS = (
    number("total", required=True),
    group("road", "道路", number("a", required=True), number("b")),
    HOMES,
    group("pool", "垃圾池", number("c", required=True), number("d", relevant="${a} > 0")),
)


@pytest.fixture
def parted(place: Place) -> Place:
    return dataclasses.replace(place, collection=make_collection(make_version(make_form(), *FIELDS)))


def send(clerk: Browser, place: Place, part: int, **typed: str) -> Any:
    version = str(submissions()[-1].version) if submissions() else "0"
    named = {name.replace("__", "."): text for name, text in typed.items()}
    return clerk.post(place.fill_path(), {":part": str(part), "version": version, **named})


def parts_of(*fields: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [part.names for part in form_parts(form_from_mapping({"code": "f", "name": "表", "fields": list(fields)}))]


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        (FIELDS, [("total",), ("road",), ("homes",), ("pool",)]),
        ((number("a"), number("b")), [("a", "b")]),
        (
            [number(f"q{each}") for each in range(LOOSE_QUESTIONS + 2)],
            [tuple(f"q{each}" for each in range(LOOSE_QUESTIONS)), ("q8", "q9")],
        ),
        (
            (group("g", "组", number("a")), number("b"), group("h", "组", number("c")), number("d")),
            [("g",), ("b",), ("h",), ("d",)],
        ),
    ],
)
def test_a_group_is_a_part_and_loose_questions_are_taken_together(
    fields: Sequence[Mapping[str, Any]], parts: list[tuple[str, ...]]
) -> None:
    assert parts_of(*fields) == parts


def test_a_field_is_found_in_its_part() -> None:
    parts = form_parts(form_from_mapping({"code": "f", "name": "表", "fields": list(FIELDS)}))

    assert [getattr(part_of(parts, path), "number", None) for path in ("total", "road.b", "homes[3].door", "x")] == [
        1,
        2,
        3,
        None,
    ]


def test_one_part_is_shown_with_where_it_stands(clerk: Browser, parted: Place) -> None:
    page = clerk.get(parted.fill_path() + "?part=2").text

    assert "第 2/4 部分" in page
    assert 'name="road.a"' in page
    assert 'name="total"' not in page
    assert "下一部分" in page
    assert "核对并报送" not in page


def test_moving_on_keeps_the_draft_and_opens_the_next_part(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    moved = send(clerk, parted, 2, road__a="3", **{":go": "3"})

    assert moved.status_code == 303
    assert moved.location.endswith("?part=3")
    kept = submissions()[0].answers
    assert (kept["total"], kept["road"]["a"]) == (5, 3)


def test_what_was_emptied_in_a_part_is_empty_and_the_others_stay(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    send(clerk, parted, 2, road__a="3", road__b="4")
    send(clerk, parted, 2, road__a="", road__b="4")

    assert submissions()[0].answers["road"] == {"a": None, "b": 4}
    assert submissions()[0].answers["total"] == 5


def test_rows_that_were_taken_out_of_a_part_are_gone(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 3, **{"homes[0].door": "1号", "homes[1].door": "2号"})
    send(clerk, parted, 3, **{"homes[0].door": "1号", "homes[1].door": "2号", "remove": "homes[0]"})

    assert submissions()[0].answers["homes"] == [{"door": "2号"}]


def test_a_condition_looks_at_answers_of_other_parts(clerk: Browser, parted: Place) -> None:
    assert 'name="pool.d"' not in clerk.get(parted.fill_path() + "?part=4").text

    send(clerk, parted, 2, road__a="3")

    assert 'name="pool.d"' in clerk.get(parted.fill_path() + "?part=4").text


def test_progress_counts_what_is_asked_at_the_moment(clerk: Browser, parted: Place) -> None:
    assert "已填 0/4" in clerk.get(parted.fill_path() + "?part=1").text

    send(clerk, parted, 2, road__a="3")

    assert "已填 1/5" in clerk.get(parted.fill_path() + "?part=1").text


def test_a_look_after_an_answer_shows_the_same_part_only(clerk: Browser, parted: Place) -> None:
    asked = clerk.post(parted.fill_path(), {":part": "2", "road.a": "3", "version": "0"}, htmx=True)

    assert 'name="road.a"' in asked.text
    assert 'name="pool.c"' not in asked.text
    assert "已填 1/5" in asked.text


def test_checking_leads_to_the_part_in_which_something_is_missing(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    response = send(clerk, parted, 4, pool__c="1", action="check")

    assert response.status_code == 422
    assert "第 2/4 部分" in response.text
    assert 'href="#q-road-a"' in response.text


def test_what_is_wrong_here_is_shown_here_first_and_the_rest_is_a_link(clerk: Browser, parted: Place) -> None:
    response = send(clerk, parted, 4, action="check", pool__c="many")

    assert response.status_code == 422
    assert "第 4/4 部分" in response.text
    assert "many" in response.text
    assert 'href="#q-pool-c"' in response.text
    assert "part=1#q-total" in response.text


def test_the_last_part_leads_to_handing_in(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    send(clerk, parted, 2, road__a="0")

    response = send(clerk, parted, 4, pool__c="1", action="check")

    assert response.status_code == 303
    assert response.location.endswith("/confirm")


def test_the_page_to_check_once_more_links_to_the_part(clerk: Browser, parted: Place) -> None:
    clerk.get(parted.fill_path() + "?part=1")
    send(clerk, parted, 1, total="5")

    page = clerk.get(f"/submissions/{submissions()[0].id}/confirm").text

    assert "?part=2#q-road-a" in page


def long_form(place: Place) -> Place:
    groups = [group(f"g{each}", f"第{each}组", *[number(f"q{each}_{n}") for n in range(7)]) for each in range(2)]
    return dataclasses.replace(place, collection=make_collection(make_version(make_form(), *groups)))


def test_a_long_form_opens_by_part_on_a_phone_and_whole_at_a_desk(clerk: Browser, place: Place) -> None:
    path = long_form(place).fill_path()

    assert "第 1/2 部分" in clerk.get(path, headers=PHONE).text
    assert "第 1/2 部分" not in clerk.get(path).text


def test_a_choice_of_the_whole_page_is_remembered(clerk: Browser, place: Place) -> None:
    path = long_form(place).fill_path()
    clerk.get(path + "?part=all", headers=PHONE)

    assert "第 1/2 部分" not in clerk.get(path, headers=PHONE).text


def test_a_short_form_opens_whole_on_a_phone(clerk: Browser, parted: Place) -> None:
    assert 'name="pool.c"' in clerk.get(parted.fill_path(), headers=PHONE).text


@pytest.mark.parametrize("wanted", ["0", "99", "x", "-1", "²"])
def test_a_part_that_is_not_there_opens_one_that_is(clerk: Browser, parted: Place, wanted: str) -> None:
    assert clerk.get(f"{parted.fill_path()}?part={wanted}").status_code == 200


def test_an_autosave_of_a_part_keeps_the_others(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    version = str(submissions()[0].version)

    clerk.post(parted.fill_path(), {":part": "2", "road.a": "7", "version": version}, headers={"X-Autosave": "true"})

    kept = submissions()[0].answers
    assert (kept["total"], kept["road"]["a"]) == (5, 7)


def test_a_part_costs_no_more_statements_than_the_whole(clerk: Browser, parted: Place) -> None:
    send(clerk, parted, 1, total="5")
    path = parted.fill_path()
    clerk.get(path + "?part=all")
    whole = count_statements(lambda: clerk.get(path + "?part=all"))

    assert count_statements(lambda: clerk.get(path + "?part=2")) == whole
