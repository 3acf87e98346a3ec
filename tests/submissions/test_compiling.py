"""Two-step collection (汇总上报): units report, then their superior compiles within some days."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.services import make_viewer
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, local_today
from saas.domain.canonical_json import digest
from saas.domain.filing import FilingState
from saas.domain.periods import Period
from saas.domain.workflow import SubmissionStatus
from saas.notifications.models import Notification
from saas.submissions.compiling import county_figures, list_desks
from saas.submissions.due import due_submissions
from saas.submissions.missing import MissingFilter, missing_list
from saas.submissions.models import Compilation, CompilationStatus
from saas.submissions.reminding import remind
from saas.submissions.schedule import period_at
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_submission
from tests.statements import count_statements
from tests.submissions.conftest import Place, token

IN_TIME = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)  # the units' last day was the 15th, the compilers' is the 18th
LATE = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def compiled(place: Place) -> Place:
    """The collection of the place, compiled by the towns within three days."""
    place.collection.compiling = {"by": "township", "days": 3}
    db.session.flush()
    return place


@pytest.fixture
def officer(browser: Browser, compiled: Place) -> Iterator[Browser]:
    """The officer of the town, on the 17th."""
    with at_moment(IN_TIME):
        browser.sign_in(compiled.officer)
        yield browser


def _report(place: Place, unit_name: str = "village", *, late: bool = False, **answers: object) -> None:
    unit = getattr(place, unit_name)
    make_submission(
        place.collection,
        unit,
        status=SubmissionStatus.SUBMITTED,
        answers=answers or {"patrols": 12},
        is_late=late,
        digest=uuid.uuid4().hex,
    )


def _path(place: Place, more: str = "") -> str:
    return f"/collections/{place.collection.id}/compilations/{place.town.id}/2026-03-01{more}"


def _send(browser: Browser, place: Place, **form: str) -> str:
    version = form.pop("version", None) or str(_row().version if _rows() else 0)
    form = {"version": version, "send_token": token(), "action": "submit", "note": "", **form}
    response = browser.post(_path(place), form)
    assert response.status_code == 303, response.text
    return browser.get(response.location).text


def _rows() -> list[Compilation]:
    db.session.expire_all()
    return list(db.session.scalars(select(Compilation).order_by(Compilation.id)))


def _row() -> Compilation:
    (row,) = _rows()
    return row


def test_the_page_says_who_reported_and_what_it_comes_to(officer: Browser, compiled: Place) -> None:
    _report(compiled, patrols=12, rubbish="1.5")
    _report(compiled, "neighbour", late=True, patrols=0, rubbish={"not_applicable": True})
    make_unit("柳林村", parent=compiled.town)

    page = officer.get(_path(compiled)).text

    days = ("单位截止 2026年3月15日", "汇总上报截止 2026年3月18日")
    for words in (*days, "柳塘村", "石桥村", "柳林村", "未报", "迟报", "不适用"):
        assert words in page, words
    assert "白沙村" not in page
    desk = list_desks(compiled.collection, _march(compiled), make_viewer(compiled.officer))[0]
    patrols, rubbish, people = desk.totals
    assert (patrols.amount, patrols.given, patrols.missing) == (Decimal(12), 2, 1)
    assert (str(rubbish.amount), rubbish.given, rubbish.not_applicable, rubbish.missing) == ("1.5", 1, 1, 1)
    assert (people.amount, people.blank) == (None, 2)


def test_handing_in_freezes_what_was_reported(officer: Browser, compiled: Place) -> None:
    _report(compiled, patrols=12)

    page = _send(officer, compiled, note="石桥村电话催报未果")

    row = _row()
    assert "已汇总上报" in page
    assert (row.status, row.is_late, row.due_on) == (CompilationStatus.SUBMITTED, False, date(2026, 3, 18))
    assert row.content["missing"] == ["石桥村"]
    assert row.content["figures"][0]["amount"] == "12"
    assert row.content["note"] == row.note == "石桥村电话催报未果"
    assert row.digest == digest(row.content)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "compilation.submitted")).one()
    assert event.details["digest"] == row.digest
    assert event.details["missing"] == ["石桥村"]


def test_a_compilation_after_its_day_is_late(browser: Browser, compiled: Place) -> None:
    with at_moment(LATE):
        browser.sign_in(compiled.officer)
        page = _send(browser, compiled)

        assert _row().is_late
        assert "迟报" in page


def test_while_units_may_still_report_it_waits_for_them(browser: Browser, compiled: Place) -> None:
    _report(compiled)
    browser.sign_in(compiled.officer)

    assert "才能汇总上报" in browser.get(_path(compiled)).text
    assert browser.post(_path(compiled), {"version": "0", "action": "submit"}).status_code == 409
    _report(compiled, "neighbour")
    _send(browser, compiled)
    assert _row().content["missing"] == []


def test_a_note_is_kept_before_handing_in(officer: Browser, compiled: Place) -> None:
    assert "尚未上报" in _send(officer, compiled, action="save", note="待核实")
    assert _row().status is CompilationStatus.DRAFT
    assert "待核实" in officer.get(_path(compiled)).text
    too_long = officer.post(_path(compiled), {"version": "1", "action": "save", "note": "长" * 1001})
    assert too_long.status_code == 422
    assert "最多 1000 字" in too_long.text


def test_two_at_a_time_do_not_write_over_each_other(officer: Browser, compiled: Place) -> None:
    _send(officer, compiled, action="save", note="甲")

    response = officer.post(_path(compiled), {"version": "0", "action": "save", "note": "乙"})

    assert response.status_code == 409
    assert "乙" in response.text
    assert _row().note == "甲"


def test_a_double_tap_hands_in_once(officer: Browser, compiled: Place) -> None:
    form = {"version": "0", "send_token": token(), "action": "submit", "note": ""}

    assert officer.post(_path(compiled), form).status_code == 303
    assert officer.post(_path(compiled), form).status_code == 303
    assert _row().content["revision"] == 1


def test_a_correction_afterwards_is_marked_and_compiled_anew(officer: Browser, compiled: Place) -> None:
    _report(compiled, patrols=12)
    _send(officer, compiled)
    first = _row().digest
    assert officer.post(_path(compiled), {"version": str(_row().version), "action": "submit"}).status_code == 409

    make_submission(
        compiled.collection,
        compiled.village,
        status=SubmissionStatus.SUBMITTED,
        answers={"patrols": 20},
        revision=2,
        digest="corrected",
    )
    _report(compiled, "neighbour", patrols=5)

    page = officer.get(_path(compiled)).text
    assert "汇总后有更正" in page
    assert "汇总后补报" in page
    assert _row().content["figures"][0]["amount"] == "12"  # what was handed in stays
    _send(officer, compiled)
    row = _row()
    assert row.content["figures"][0]["amount"] == "25"
    assert row.content["revision"] == 2
    assert row.content["earlier"][0]["digest"] == first
    assert row.content["earlier"][0]["figures"][0]["amount"] == "12"
    assert "汇总后有更正" not in officer.get(_path(compiled)).text


def test_a_correction_under_way_does_not_count_yet(officer: Browser, compiled: Place) -> None:
    _report(compiled, patrols=12)
    make_submission(compiled.collection, compiled.village, answers={"patrols": 99}, revision=2)

    _send(officer, compiled)

    assert _row().content["figures"][0]["amount"] == "12"


def test_what_was_sent_back_is_missing_until_it_comes_again(officer: Browser, compiled: Place) -> None:
    make_submission(compiled.collection, compiled.village, status=SubmissionStatus.RETURNED)

    page = officer.get(_path(compiled)).text

    assert "已退回" in page
    desk = list_desks(compiled.collection, _march(compiled), make_viewer(compiled.officer))[0]
    assert [row.name for row in desk.missing] == ["柳塘村", "石桥村"]


def test_the_missing_are_reminded_once_a_day(officer: Browser, compiled: Place) -> None:
    _report(compiled, "neighbour")

    first = officer.post(_path(compiled, "/remind"), {})
    assert "已催报，通知了 1 人" in officer.get(first.location).text
    officer.post(_path(compiled, "/remind"), {})

    told = db.session.scalars(select(Notification).where(Notification.user_id == compiled.clerk.id)).all()
    assert [row.title for row in told] == ["催报：2026年3月环境卫生自查，柳塘村尚未报送，请尽快报送"]
    assert told[0].path == compiled.fill_path()


def test_the_office_sees_every_town_and_the_county_with_its_gaps(
    browser: Browser, officer: Browser, compiled: Place
) -> None:
    _report(compiled, patrols=12)
    _report(compiled, "far_village", patrols=100)
    _send(officer, compiled)

    browser.sign_in(compiled.office)
    page = browser.get(f"/collections/{compiled.collection.id}/compilations?period=2026-03-01").text

    assert "青石镇" in page
    assert "以下单位还没有汇总上报，没有计入：白沙镇" in page
    assert "汇总中未报的单位：青石镇（石桥村）" in page
    desks = list_desks(compiled.collection, _march(compiled), make_viewer(compiled.office))
    figure = county_figures(desks)[0]
    assert (figure.amount, figure.given, figure.missing) == (Decimal(12), 1, 2)


def test_the_table_has_words_where_there_is_no_figure(officer: Browser, compiled: Place) -> None:
    _report(compiled, patrols=12, rubbish={"not_applicable": True})

    answer = officer.get(_path(compiled, "/table"))

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert any(row[1] == "柳塘村" and 12 in row and "不适用" in row for row in cells)
    assert any(row[1] == "石桥村" and row.count("未报") >= 2 for row in cells)
    assert any(row[1] == "合计" and 12 in row for row in cells)
    assert any("未报：石桥村。" in str(row[0]) for row in cells)
    assert sheet.print_title_rows


# --- things to do, lists, reminders ---------------------------------------------------------------------------------


def test_the_compiler_sees_it_when_the_units_day_has_passed(compiled: Place) -> None:
    def mine() -> list[tuple[str, FilingState]]:
        items = due_submissions(make_viewer(compiled.officer))
        return [(item.title, item.state) for item in items if "3月" in item.title]

    assert mine() == []
    with at_moment(IN_TIME):
        assert mine() == [("2026年3月环境卫生自查汇总", FilingState.OPEN)]
    with at_moment(LATE):
        assert mine() == [("2026年3月环境卫生自查汇总", FilingState.OVERDUE)]


def test_the_compilers_to_do_leads_to_the_page(officer: Browser, compiled: Place) -> None:
    assert _path(compiled) in officer.get("/home").text


def test_a_compiler_that_does_not_compile_is_on_the_list(compiled: Place) -> None:
    with at_moment(LATE):
        found = missing_list(make_viewer(compiled.office), MissingFilter(date(2026, 3, 1)), local_today())

    late = [(row.unit.name, row.asked.name) for row in found.rows if row.asked.is_compiling]
    assert sorted(late) == sorted([("白沙镇", "环境卫生自查汇总"), ("青石镇", "环境卫生自查汇总")])


def test_the_list_shows_a_late_compilation(browser: Browser, compiled: Place) -> None:
    with at_moment(LATE):
        browser.sign_in(compiled.officer)
        _send(browser, compiled)
        browser.sign_in(compiled.office)
        page = browser.get("/collections/missing?month=2026-03&kind=late").text

    assert "环境卫生自查汇总" in page


def test_the_compiler_is_reminded(compiled: Place) -> None:
    with at_moment(datetime(2026, 3, 18, 1, 0, tzinfo=UTC)):
        remind(local_today())

    told = db.session.scalars(select(Notification).where(Notification.user_id == compiled.officer.id)).all()
    assert any("环境卫生自查汇总" in row.title and row.path == _path(compiled) for row in told)


# --- who may --------------------------------------------------------------------------------------------------------


def test_who_may_see_and_who_may_compile(browser: Browser, compiled: Place, unknown_id: uuid.UUID) -> None:
    with at_moment(IN_TIME):
        browser.sign_in(compiled.office)
        assert browser.get(_path(compiled)).status_code == 200
        assert browser.post(_path(compiled), {"version": "0", "action": "submit"}).status_code == 403
        browser.sign_in(compiled.clerk)
        assert browser.get(_path(compiled)).status_code == 404
        browser.sign_in(make_user(Role.TOWN_OFFICER, unit=compiled.other_town))
        for more in ("", "/table"):
            assert browser.get(_path(compiled, more)).status_code == 404
        for more in ("", "/remind"):
            assert browser.post(_path(compiled, more), {"version": "0"}).status_code == 404
        browser.sign_in(compiled.officer)
        for unit_id in (unknown_id, compiled.village.id, compiled.county.id):
            path = f"/collections/{compiled.collection.id}/compilations/{unit_id}/2026-03-01"
            assert browser.get(path).status_code == 404


def test_what_is_not_compiled_has_no_such_page(officer: Browser, compiled: Place) -> None:
    compiled.collection.compiling = {}
    db.session.flush()

    assert officer.get(_path(compiled)).status_code == 404
    assert officer.get(f"/collections/{compiled.collection.id}/compilations").status_code == 404


def test_the_page_does_not_cost_more_with_more_units(compiled: Place) -> None:
    viewer = make_viewer(compiled.office)
    with at_moment(LATE + timedelta(days=1)):
        few = count_statements(lambda: list_desks(compiled.collection, _march(compiled), viewer))
        for number in range(30):
            _report_of(compiled, number)
        assert count_statements(lambda: list_desks(compiled.collection, _march(compiled), viewer)) <= few
    assert few <= 9


def _report_of(place: Place, number: int) -> None:
    unit = make_unit(f"第{number}村", parent=place.town)
    make_submission(place.collection, unit, status=SubmissionStatus.SUBMITTED, digest=str(number))


def _march(place: Place) -> Period:
    return period_at(place.collection, date(2026, 3, 1))
