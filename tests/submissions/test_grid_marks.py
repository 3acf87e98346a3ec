"""What looks odd in a table of many units: shown before handing in, explained there, kept with each report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from saas.accounts.services import make_viewer
from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import VersionStatus
from saas.org.models import OrgUnit
from saas.submissions.earlier import reports_beside, reports_beside_all
from saas.submissions.grid import get_grid
from saas.submissions.grid_marks import marks_of_rows
from saas.submissions.marking import find_marks
from saas.submissions.models import Submission
from tests.browser import Browser
from tests.factories import make_unit
from tests.factories_forms import make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import submissions

N: Mapping[str, Any] = {"type": "integer", "name": "n", "label": "受益人口", "measure": "人"}
START = "2026-03-01"


@pytest.fixture
def town(browser: Browser, place: Place) -> Browser:
    """The town's officer, who fills for the villages of the town."""
    version = make_version(None, N)
    place.collection.form_id, place.collection.form = version.form_id, version.form
    place.collection.filled_by = {"superior": "township"}
    db.session.flush()
    browser.sign_in(place.officer)
    return browser


def path_of(place: Place, more: str) -> str:
    return f"/submissions/grid/{place.collection.id}/{START}/{more}"


def past(place: Place, unit: OrgUnit, *values: int, status: SubmissionStatus = SubmissionStatus.SIGNED_OFF) -> None:
    """Reports of the months before March, the last value being that of February."""
    for back, value in enumerate(reversed(values), start=1):
        year, month = divmod(2026 * 12 + 2 - back, 12)
        start = date(year, month + 1, 1)
        make_submission(place.collection, unit, period_start=start, status=status, answers={"n": value})


def draft(place: Place, unit: OrgUnit, value: int) -> Submission:
    return make_submission(place.collection, unit, answers={"n": value})


def marks(place: Place) -> dict[str, list[str]]:
    grid = get_grid(place.collection.id, START, make_viewer(place.officer))
    found = marks_of_rows(grid, [row for row in grid.rows if row.submission is not None])
    return {row.name: [each.kind.value for each in found[row.unit.id]] for row in grid.rows if row.unit.id in found}


def chosen(*reports: Submission) -> dict[str, Any]:
    versions = {f"version-{each.unit_id}": str(each.version) for each in reports}
    return {"unit": [str(each.unit_id) for each in reports], **versions}


def test_the_confirmation_shows_the_marks_of_each_unit_with_a_place_to_explain(town: Browser, place: Place) -> None:
    past(place, place.village, 20, 22, 25, 28)
    draft(place, place.village, 40)
    draft(place, place.neighbour, 7)

    page = town.get(path_of(place, "confirm")).text

    assert "请再看一眼（1 个单位有疑点）" in page
    assert "超出本单位前 4 期的范围（20 至 28）" in page
    assert f'name="explain:{place.village.id}:history:n"' in page
    assert f"explain:{place.neighbour.id}" not in page


def test_what_is_said_to_the_marks_is_handed_in_with_each_unit(town: Browser, place: Place) -> None:
    for unit in (place.village, place.neighbour):
        past(place, unit, 20, 22, 25, 28)
    one, two = draft(place, place.village, 40), draft(place, place.neighbour, 41)
    said = {
        f"explain:{place.village.id}:history:n": "新增两个村民小组",
        f"explain:{place.neighbour.id}:history:n": "并村",
        f"explain:{place.far_village.id}:history:n": "不是我的",
        "explain:nonsense:history:n": "也不是",
    }

    town.post(path_of(place, "submit"), chosen(one, two) | said)

    kept = {each.unit_id: each.marks for each in submissions() if each.period_start == date(2026, 3, 1)}
    assert [each["explanation"] for each in kept[place.village.id]] == ["新增两个村民小组"]
    assert [each["explanation"] for each in kept[place.neighbour.id]] == ["并村"]
    assert "填报人说明：并村" in town.get(f"/submissions/{two.id}").text


def test_what_was_said_stays_where_a_unit_was_changed_meanwhile(town: Browser, place: Place) -> None:
    past(place, place.village, 20, 22, 25, 28)
    report = draft(place, place.village, 40)
    sent = chosen(report) | {f"explain:{place.village.id}:history:n": "新增两个村民小组"}
    report.answers = {"n": 41}

    page = town.post(path_of(place, "submit"), sent)

    assert page.status_code == 409
    assert "新增两个村民小组" in page.text


def test_the_units_of_the_table_are_held_against_each_other(town: Browser, place: Place) -> None:
    reports = [draft(place, make_unit(f"第{number}村", parent=place.town), 20 + number) for number in range(9)]
    reports.append(draft(place, place.village, 90))

    assert marks(place)["柳塘村"] == ["peers"]
    assert not any(kinds for name, kinds in marks(place).items() if name != "柳塘村")
    town.post(path_of(place, "submit"), chosen(*reports))
    assert [(each.unit_id, each.marks[0]["kind"]) for each in submissions() if each.marks] == [
        (place.village.id, "peers")
    ]


def test_before_the_others_have_come_the_peers_are_those_of_the_period_before(town: Browser, place: Place) -> None:
    for number in range(9):
        past(place, make_unit(f"第{number}村", parent=place.other_town), 20 + number)
    draft(place, place.village, 90)

    assert marks(place) == {"柳塘村": ["peers"]}


def test_another_version_of_the_form_counts_where_the_question_is_the_same(town: Browser, place: Place) -> None:
    past(place, place.village, 20, 22, 25, 28, status=SubmissionStatus.REVIEWED)
    earlier = make_version(place.collection.form, N, number=2, status=VersionStatus.RETIRED)
    for report in submissions():
        report.form_version_id = earlier.id
    draft(place, place.village, 40)
    db.session.flush()

    assert marks(place) == {"柳塘村": ["history"]}


def test_many_units_find_beside_them_what_each_finds_alone(town: Browser, place: Place) -> None:
    past(place, place.village, 20, 22, 25, 28)
    past(place, place.neighbour, 5, 6)
    make_submission(
        place.collection,
        place.village,
        period_start=date(2026, 2, 1),
        revision=2,
        status=SubmissionStatus.SUBMITTED,
        answers={"n": 99},
    )
    one, two = draft(place, place.village, 30), draft(place, place.neighbour, 5)

    together = reports_beside_all(place.collection.id, date(2026, 3, 1), [one.unit_id, two.unit_id])

    for report in (one, two):
        own, peers = reports_beside(report)
        assert together.past[report.unit_id] == own
        assert [each for each in together.before if each.unit_id != report.unit_id] == peers
    assert marks(place) == {"柳塘村": ["history"], "石桥村": []}
    assert [mark.kind.value for mark in find_marks(one)] == ["history"]


@pytest.mark.parametrize("count", [3, 30])
def test_the_statements_of_marking_do_not_grow_with_the_units(town: Browser, place: Place, count: int) -> None:
    for number in range(count):
        unit = make_unit(f"第{number}村", parent=place.town)
        past(place, unit, 20, 22)
        draft(place, unit, 21)
    grid = get_grid(place.collection.id, START, make_viewer(place.officer))
    rows = [row for row in grid.rows if row.submission is not None]

    assert count_statements(lambda: marks_of_rows(grid, rows)) <= 2
