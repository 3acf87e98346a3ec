"""Filling for many units on one page (批量填报)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.services import make_viewer
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, unit_of_work
from saas.domain.workflow import SubmissionStatus
from saas.org.models import OrgUnit
from saas.submissions.grid import get_grid, take_posted
from saas.submissions.grid_saving import save_rows
from saas.submissions.models import Submission
from tests.browser import Browser
from tests.factories import appoint, make_post, make_unit, make_user
from tests.factories_forms import make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place, token
from tests.submissions.steps import submissions

FIELDS: tuple[dict[str, Any], ...] = (
    {"type": "integer", "name": "patrols", "label": "保洁次数", "required": True, "min": 0, "max": 31, "measure": "次"},
    {"type": "decimal", "name": "rubbish", "label": "清运垃圾", "min": 0, "measure": "吨", "not_applicable": True},
    {"type": "date", "name": "cleaned_on", "label": "清理日期"},
    {
        "type": "select_one",
        "name": "result",
        "label": "结果",
        "choices": [{"name": "good", "label": "好"}, {"name": "bad", "label": "差"}],
    },
    {
        "type": "begin_group",
        "name": "pond",
        "label": "水塘",
        "fields": [{"type": "text", "name": "note", "label": "情况"}],
    },
    {"type": "image", "name": "photo", "label": "现场照片"},
)


@pytest.fixture
def town(browser: Browser, place: Place) -> Browser:
    """The town's officer, who fills for the villages of the town."""
    version = make_version(None, *FIELDS)
    place.collection.form_id, place.collection.form = version.form_id, version.form
    place.collection.filled_by = {"superior": "township"}
    db.session.flush()
    browser.sign_in(place.officer)
    return browser


def _path(place: Place, more: str = "") -> str:
    return f"/submissions/grid/{place.collection.id}/2026-03-01{more}"


def _row(number: int, unit: OrgUnit, version: int = 0, **cells: str) -> dict[str, str]:
    named = {f"{number}:{name.replace('__', '.')}": text for name, text in cells.items()}
    return {f"unit-{number}": str(unit.id), f"version-{number}": str(version), **named}


def _of(unit: OrgUnit) -> Submission:
    db.session.expire_all()
    return next(each for each in submissions() if each.unit_id == unit.id)


def test_a_row_for_each_unit_and_a_column_for_each_plain_question(town: Browser, place: Place) -> None:
    page = town.get(_path(place)).text

    assert "柳塘村" in page
    assert "石桥村" in page
    assert "白沙村" not in page
    for label in ("保洁次数", "清运垃圾", "清理日期", "水塘·情况"):
        assert f'data-label="{label}"' in page
    assert "请点单位名称到单页填写：现场照片" in page


def test_all_rows_are_kept_with_one_post(town: Browser, place: Place) -> None:
    form = _row(
        0, place.village, patrols="12", rubbish="不适用", cleaned_on="2026.3.5", result="good", pond__note="清了"
    )
    form |= _row(1, place.neighbour, patrols="１０", result="差")

    response = town.post(_path(place), form)

    assert response.status_code == 303
    assert _of(place.village).answers == {
        "patrols": 12,
        "rubbish": {"not_applicable": True},
        "cleaned_on": "2026-03-05",
        "result": "good",
        "pond": {"note": "清了"},
        "photo": None,
    }
    assert _of(place.neighbour).answers["patrols"] == 10
    assert _of(place.neighbour).answers["result"] == "bad"
    assert _of(place.village).contributors == [str(place.officer.id)]
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "submission.saved")).one()
    assert event.details["units"] == sorted([place.village.code, place.neighbour.code])


def test_an_untouched_row_begins_nothing(town: Browser, place: Place) -> None:
    town.post(_path(place), _row(0, place.village, patrols="12") | _row(1, place.neighbour, patrols="", result=""))

    assert [each.unit_id for each in submissions()] == [place.village.id]


def test_a_wrong_cell_keeps_what_was_typed_and_the_rest_is_saved(town: Browser, place: Place) -> None:
    form = _row(0, place.village, patrols="很多", pond__note="清了") | _row(1, place.neighbour, patrols="40")

    response = town.post(_path(place), form)

    assert response.status_code == 422
    assert 'value="很多"' in response.text
    assert "“保洁次数”应填整数" in response.text
    assert "“保洁次数”应在 0 到 31 之间" in response.text
    for number in (0, 1):
        assert f'href="#cell-{number}-patrols"' in response.text
        assert f'id="cell-{number}-patrols"' in response.text
    assert _of(place.village).answers["patrols"] is None
    assert _of(place.village).answers["pond"] == {"note": "清了"}
    again = _row(0, place.village, 1, patrols="9", pond__note="清了")
    assert town.post(_path(place), again).status_code == 303
    assert _of(place.village).answers["patrols"] == 9


def test_what_the_table_does_not_ask_stays_as_it_was(town: Browser, place: Place) -> None:
    make_submission(place.collection, place.village, answers={"patrols": 3, "pond": {"note": "旧"}, "photo": ["a1"]})

    town.post(_path(place), _row(0, place.village, 1, patrols="4", pond__note="旧"))

    assert _of(place.village).answers["photo"] == ["a1"]
    assert _of(place.village).answers["patrols"] == 4


def test_a_row_changed_elsewhere_is_not_written_over(town: Browser, place: Place) -> None:
    submission = make_submission(place.collection, place.village, answers={"patrols": 3})
    submission.answers = {"patrols": 5}
    db.session.flush()

    response = town.post(_path(place), _row(0, place.village, 1, patrols="4") | _row(1, place.neighbour, patrols="7"))

    assert response.status_code == 422
    assert "这一行已在别处更新" in response.text
    assert _of(place.village).answers["patrols"] == 5
    assert _of(place.neighbour).answers["patrols"] == 7
    assert 'name="version-0" value="2"' in response.text
    town.post(_path(place), _row(0, place.village, 2, patrols="4"))
    assert _of(place.village).answers["patrols"] == 4


def test_a_double_tap_saves_once(town: Browser, place: Place) -> None:
    form = _row(0, place.village, patrols="12") | {"send_token": token()}

    first, second = town.post(_path(place), form), town.post(_path(place), form)

    assert first.status_code == second.status_code == 303
    assert _of(place.village).version == 1


def test_units_of_others_are_no_rows(town: Browser, place: Place) -> None:
    town.post(_path(place), _row(0, place.far_village, patrols="12") | _row(1, place.county, patrols="12"))

    assert submissions() == []


def test_a_handed_in_row_cannot_be_changed(town: Browser, place: Place) -> None:
    make_submission(place.collection, place.village, status=SubmissionStatus.SUBMITTED, answers={"patrols": 3})

    town.post(_path(place), _row(0, place.village, 1, patrols="4"))

    assert _of(place.village).answers["patrols"] == 3


def test_the_autosave_answers_for_each_row(town: Browser, place: Place) -> None:
    form = _row(0, place.village, patrols="12") | _row(1, place.neighbour, patrols="很多")

    answer = town.post(_path(place), form, headers={"X-Autosave": "true"}).get_json()["rows"]

    assert answer[str(place.village.id)] == {"version": "1", "kept": True, "errors": {}, "conflict": ""}
    assert list(answer[str(place.neighbour.id)]["errors"]) == ["patrols"]
    stale = town.post(_path(place), _row(0, place.village, 0, patrols="1"), headers={"X-Autosave": "true"}).get_json()
    assert "已在别处更新" in stale["rows"][str(place.village.id)]["conflict"]
    assert stale["rows"][str(place.village.id)]["version"] == "0"
    assert not [event for event in db.session.scalars(select(AuditEvent)) if event.action == "submission.saved"]


def test_a_table_whose_answer_was_lost_goes_on_saving(town: Browser, place: Place) -> None:
    page, headers = {"send_token": token()}, {"X-Autosave": "true"}
    town.post(_path(place), _row(0, place.village, patrols="1") | page, headers=headers)

    again = town.post(_path(place), _row(0, place.village, patrols="2") | page, headers=headers).get_json()["rows"]
    assert again[str(place.village.id)] == {"version": "2", "kept": True, "errors": {}, "conflict": ""}
    assert town.post(_path(place), _row(0, place.village, patrols="3") | page).status_code == 303

    town.post(_path(place), _row(0, place.village, 3, patrols="4") | {"send_token": token()}, headers=headers)
    strange = town.post(_path(place), _row(0, place.village, patrols="5") | page, headers=headers).get_json()["rows"]
    assert "已在别处更新" in strange[str(place.village.id)]["conflict"]
    assert _of(place.village).answers["patrols"] == 4


def test_a_table_that_asks_personal_data_is_not_kept_on_the_device(town: Browser, place: Place) -> None:
    assert "data-draft-key" in town.get(_path(place)).text
    fields = [{"type": "text", "name": "phone", "label": "电话", "sensitivity": "personal"}]
    place.collection.form_id = make_version(None, *fields).form_id

    assert "data-draft-key" not in town.get(_path(place)).text


def test_the_sum_below_leaves_out_what_is_not_applicable_or_missing(town: Browser, place: Place) -> None:
    make_submission(place.collection, place.village, answers={"patrols": 3, "rubbish": "1.25"})
    make_submission(place.collection, place.neighbour, answers={"patrols": 4, "rubbish": {"not_applicable": True}})

    totals = get_grid(place.collection.id, "2026-03-01", make_viewer(place.officer)).totals

    assert totals["patrols"] == ("7", 2)
    assert totals["rubbish"] == ("1.25", 1)


# --- handing in -----------------------------------------------------------------------------------------------------


def test_the_confirmation_lists_which_rows_go_and_why_others_do_not(town: Browser, place: Place) -> None:
    third = make_unit("柳林村", parent=place.town)
    make_submission(place.collection, third, status=SubmissionStatus.SUBMITTED)

    response = town.post(
        _path(place), _row(0, place.village, patrols="12") | _row(1, place.neighbour, result="好") | {"action": "check"}
    )
    page = town.get(response.location).text

    assert response.location.endswith("/confirm")
    assert "可以报送的单位（1 个）" in page
    assert f'value="{place.village.id}" checked' in page
    assert "请填写“保洁次数”" in page
    assert "已经报送" in page


def test_the_complete_rows_are_handed_in_each_on_its_route(town: Browser, place: Place) -> None:
    town.post(_path(place), _row(0, place.village, patrols="12") | _row(1, place.neighbour, patrols="3"))
    form = {
        "unit": [str(place.village.id), str(place.neighbour.id)],
        f"version-{place.village.id}": "1",
        f"version-{place.neighbour.id}": "1",
        "send_token": token(),
    }

    response = town.post(_path(place, "/submit"), form)

    assert response.status_code == 303
    assert {_of(unit).status for unit in (place.village, place.neighbour)} == {SubmissionStatus.SUBMITTED}
    assert "已报送 2 个单位" in town.get(response.location).text
    assert town.post(_path(place, "/submit"), form).status_code == 303
    assert _of(place.village).submitted_by_id == place.officer.id


def test_many_rows_are_handed_in_batch_by_batch(town: Browser, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.submissions.views.grid.BATCH", 1)
    monkeypatch.setattr("saas.submissions.grid_saving.BATCH", 1)
    town.post(_path(place), _row(0, place.village, patrols="12") | _row(1, place.neighbour, patrols="3"))

    assert "报送这一批以后还有 1 个" in town.get(_path(place, "/confirm")).text
    both = {
        "unit": [str(place.village.id), str(place.neighbour.id)],
        f"version-{place.village.id}": "1",
        f"version-{place.neighbour.id}": "1",
        "more": "yes",
    }
    response = town.post(_path(place, "/submit"), both)

    assert "/confirm" in response.location
    assert [_of(unit).status for unit in (place.village, place.neighbour)].count(SubmissionStatus.SUBMITTED) == 1


def test_a_row_changed_after_the_confirmation_stays_behind(town: Browser, place: Place) -> None:
    town.post(_path(place), _row(0, place.village, patrols="12"))
    town.post(_path(place), _row(0, place.village, 1, patrols="13"))

    response = town.post(_path(place, "/submit"), {"unit": str(place.village.id), f"version-{place.village.id}": "1"})

    assert _of(place.village).status is SubmissionStatus.DRAFT
    assert response.status_code == 409
    assert "有 1 个单位没有报送" in response.text
    assert f'name="version-{place.village.id}" value="2"' in response.text


def test_what_is_handed_in_after_the_day_is_late(town: Browser, place: Place) -> None:
    with at_moment(datetime(2026, 3, 18, 1, 0, tzinfo=UTC)):
        town.sign_in(place.officer)
        town.post(_path(place), _row(0, place.village, patrols="12"))
        assert "现在报送会注明“迟报”" in town.get(_path(place)).text
        town.post(_path(place, "/submit"), {"unit": str(place.village.id), f"version-{place.village.id}": "1"})

        assert _of(place.village).is_late


# --- who may --------------------------------------------------------------------------------------------------------


def test_who_fills_nothing_here_finds_no_table(town: Browser, place: Place, unknown_id: uuid.UUID) -> None:
    assert town.get(f"/submissions/grid/{unknown_id}/2026-03-01").status_code == 404
    assert town.get(f"/submissions/grid/{place.collection.id}/2026-03-02").status_code == 404
    assert town.get(f"/submissions/grid/{place.collection.id}/yesterday").status_code == 404
    town.sign_in(place.clerk)
    for more in ("", "/confirm"):
        assert town.get(_path(place, more)).status_code == 404
    for more in ("", "/submit"):
        assert town.post(_path(place, more), {}).status_code == 404
    town.sign_in(place.office)
    assert town.get(_path(place)).status_code == 403


def test_a_person_of_two_villages_fills_both_at_once(browser: Browser, place: Place) -> None:
    clerk = make_user(Role.VILLAGE_CLERK, unit=place.village)
    appoint(clerk, make_post(place.neighbour, Role.VILLAGE_CLERK))
    browser.sign_in(clerk)

    page = browser.get(_path(place)).text

    assert "柳塘村" in page
    assert "石桥村" in page
    assert "白沙村" not in page


# --- how much it costs ----------------------------------------------------------------------------------------------


def _county_of(place: Place, count: int) -> None:
    for number in range(count):
        make_unit(f"第{number}村", parent=place.town)
    db.session.flush()


@pytest.mark.parametrize("count", [5, 60])
def test_the_statements_do_not_grow_with_the_units(town: Browser, place: Place, count: int) -> None:
    _county_of(place, count)
    viewer, start = make_viewer(place.officer), "2026-03-01"
    assert count_statements(lambda: get_grid(place.collection.id, start, viewer)) <= 10

    def save(number: str) -> None:
        with unit_of_work():
            grid = get_grid(place.collection.id, start, viewer)
            form: dict[str, str] = {}
            for at, row in enumerate(grid.rows):
                form |= _row(at, row.unit, row.version, patrols=number)
            save_rows(grid, take_posted(grid, form), actor=place.officer)  # type: ignore[arg-type]

    assert count_statements(lambda: save("3")) <= 16
    assert count_statements(lambda: save("4")) <= 16
    assert len(submissions()) == count + 2
    assert {Decimal(each.answers["patrols"]) for each in submissions()} == {Decimal(4)}
