"""Where a unit's and a person's records are found: on the unit's page, on the list of registers, on a record."""

from __future__ import annotations

from datetime import date

from saas.db import local_today
from saas.registers.queries import concerns_of_person, concerns_of_unit
from saas.registers.services import link_record, move_record, set_due_day
from tests.browser import Browser
from tests.registers.conftest import Place, make_register
from tests.registers.steps import make_record, viewer_of


def _counts(place: Place, unit: str, viewer: str) -> list[tuple[str, bool, int, int, int]]:
    found = concerns_of_unit(getattr(place, unit), viewer_of(getattr(place, viewer)), local_today())
    return [(each.name, each.is_kept, each.unfinished, each.overdue, each.closed) for each in found]


def test_a_town_has_the_records_of_its_villages(place: Place) -> None:
    set_due_day(make_record(place), date(2026, 3, 1), actor=place.clerk)
    move_record(make_record(place, unit=place.neighbour), "closed", actor=place.clerk)
    make_record(place, unit=place.far_village)

    assert _counts(place, "town", "officer") == [("矛盾纠纷台账", True, 1, 1, 1)]
    assert _counts(place, "county", "leader") == [("矛盾纠纷台账", True, 2, 1, 1)]


def test_a_village_keeps_what_it_has_not_written_in_yet(place: Place) -> None:
    make_register("停用的台账", is_active=False)

    assert _counts(place, "village", "clerk") == [("矛盾纠纷台账", True, 0, 0, 0)]


def test_nobody_counts_what_he_does_not_see(place: Place) -> None:
    make_record(place, unit=place.neighbour)

    assert _counts(place, "neighbour", "clerk") == []
    assert _counts(place, "town", "clerk") == []
    assert _counts(place, "county", "expert") == []


def test_who_answers_for_records_is_told_apart(place: Place) -> None:
    record = make_record(place)
    link_record(record, actor=place.clerk, role="responsible", unit=place.department)

    assert _counts(place, "department", "expert") == [("矛盾纠纷台账", False, 1, 0, 0)]


def test_the_page_of_a_unit_leads_to_its_records(browser: Browser, place: Place) -> None:
    set_due_day(make_record(place), date(2026, 3, 1), actor=place.clerk)
    browser.sign_in(place.officer)

    page = browser.get(f"/units/{place.village.id}").text

    assert "未办结 1 条" in page
    assert f"/registers/{place.register.id}?due=overdue&amp;unit={place.village.id}" in page
    assert "矛盾纠纷台账" not in browser.get(f"/units/{place.far_village.id}").text


def test_a_person_finds_what_he_answers_for(browser: Browser, place: Place) -> None:
    record = make_record(place)
    link_record(record, actor=place.clerk, role="responsible", user=place.expert)
    browser.sign_in(place.expert)

    assert "由我负责办理" in browser.get("/registers").text
    mine = f"/registers/{place.register.id}?person={place.expert.id}"
    assert mine in browser.get(f"/registers/{place.register.id}").text
    assert mine in browser.get(f"/registers/records/{record.id}").text
    assert [each.unfinished for each in concerns_of_person(place.expert.id, viewer_of(place.clerk), local_today())] == [
        1
    ]
