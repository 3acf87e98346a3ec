"""Generated answers: whatever form a demonstration pack has, they can be handed in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.demo.answers import Background, write_answers
from saas.demo.counties import DEMONSTRATIONS
from saas.demo.draws import Draw
from saas.demo.photos import SCENES, draw_scene
from saas.domain.answers import NOT_APPLICABLE, parse_answers, raw_from_answers
from saas.domain.fields import FormDefinition
from saas.files.checks import IMAGES, check_file
from saas.tenancy.packs import read_pack

PACKS = [read_pack(demonstration.folder, year=2026).configuration for demonstration in DEMONSTRATIONS]
FORMS = [  # records of registers are written by saas.demo.past_registers, with texts of their own
    pytest.param(entry.form, id=entry.form.code)
    for pack in PACKS
    for entry in pack.forms
    if entry.form.code in {collection.table.form for collection in pack.collections}
]


def background(number: int, **more: Any) -> Background:
    known = {"village": "桑坞村", "population": 2028, "households": 680}
    more["fixed"] = {"toilets_due": 640, "toilets_done": 600} | more.get("fixed", {})  # what belongs together
    draw = Draw("answers", number)
    return Background(draw, date(2026, 3, 14), date(2026, 3, 1), known=known, places=["桑坞村"], **more)


@pytest.mark.parametrize("form", FORMS)
def test_generated_answers_are_complete_and_sound(form: FormDefinition) -> None:
    for number in range(20):
        answers = write_answers(form.fields, background(number))

        parsed = parse_answers(form, raw_from_answers(form, answers))

        assert parsed.errors == {}


def test_figures_of_the_history_go_before_ranges_and_attributes() -> None:
    form = next(param.values[0] for param in FORMS if param.id == "station_monthly")
    assert isinstance(form, FormDefinition)

    answers = write_answers(
        form.fields,
        background(1, fixed={"services": 0, "station": "none"}, ranges={"services": (9, 9), "referrals": (4, 4)}),
    )

    assert (answers["services"], answers["referrals"]) == (0, 4)
    assert answers["open_days"] is NOT_APPLICABLE  # a station that does not exist is not open for 0 days


@pytest.mark.parametrize("number", range(SCENES))
def test_a_drawn_scene_is_taken_as_a_photo(number: int) -> None:
    checked = check_file(draw_scene(number), "现场.jpg", allowed=IMAGES)

    assert checked.type.is_image
