"""The list of a register: filters, saved views, many at once, newer forms."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from saas.db import db
from saas.forms.models import VersionStatus
from saas.forms.queries import find_published_version
from saas.registers import queries
from saas.registers.models import RegisterRecord
from saas.registers.services import link_record, move_record
from tests.browser import Browser
from tests.factories_forms import make_version
from tests.registers.conftest import DISPUTE, Place
from tests.registers.steps import events, form_of, make_record, viewer_of
from tests.statements import count_statements


def _new(place: Place) -> str:
    return f"/registers/{place.register.id}/records/new"


def _token() -> str:
    return str(uuid.uuid4())


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_shows_masked_what_is_protected(office: Browser, place: Place) -> None:
    place.register.layout = {"title": "matter", "columns": ["phone", "people"]}
    make_record(place, phone="13800001234", people="3")

    page = office.get(f"/registers/{place.register.id}").text

    assert "13800001234" not in page
    assert "138****1234" in page
    assert "3 人" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"争水渠", "宅基地", "修路"}),
        ("q=zjd", {"宅基地"}),
        ("q=土地 争", {"争水渠"}),
        ("q=2", {"宅基地"}),
        ("is.kind=land", {"争水渠"}),
        ("from.people=3&to.people=10", {"宅基地"}),
        ("progress=closed", {"修路"}),
        ("state=open", {"争水渠", "宅基地"}),
        ("due=none", {"争水渠", "宅基地"}),
        ("from.phone=1", {"争水渠", "宅基地", "修路"}),
    ],
)
def test_filters_find(office: Browser, place: Place, query: str, found: set[str]) -> None:
    make_record(place, "争水渠", kind="land", people="1")
    make_record(place, "宅基地", kind="family", people="5")
    move_record(make_record(place, "修路", unit=place.far_village), "closed", actor=place.clerk)

    page = office.get(f"/registers/{place.register.id}?{query}").text

    rows = page.partition("<tbody>")[2]
    assert {title for title in ("争水渠", "宅基地", "修路") if title in rows} == found


def test_a_units_subtree_is_a_filter(office: Browser, place: Place) -> None:
    make_record(place, "争水渠")
    make_record(place, "修路", unit=place.far_village)

    page = office.get(f"/registers/{place.register.id}?unit={place.other_town.id}").text.partition("<tbody>")[2]

    assert "修路" in page
    assert "争水渠" not in page


def test_the_list_takes_the_same_statements_however_many_records(office: Browser, place: Place) -> None:
    make_record(place)
    path = f"/registers/{place.register.id}"
    office.get(path)
    few = count_statements(lambda: office.get(path))
    for number in range(20):
        record = make_record(place, f"第{number}件", unit=place.far_village if number % 2 else place.village)
        link_record(record, actor=place.clerk, role="responsible", unit=place.department)
    db.session.flush()

    assert count_statements(lambda: office.get(path)) == few


def test_a_view_is_saved_shared_and_forgotten(office: Browser, place: Place) -> None:
    path = f"/registers/{place.register.id}"
    make_record(place)

    office.post(path + "/views", {"view_name": "超期的", "due": "overdue", "shared": "yes"})
    office.sign_in(place.clerk)
    page = office.get(path).text
    assert "超期的" in page
    assert "due=overdue" in page

    office.post(path + "/views", {"view_name": "我的", "q": "水"})
    view = queries.list_views(place.register, viewer_of(place.clerk))
    own = next(each.view for each in view if each.is_own)
    shared = next(each.view for each in view if not each.is_own)
    assert office.post(f"{path}/views/{shared.id}/delete").status_code == 404
    assert office.post(f"{path}/views/{own.id}/delete").status_code == 303
    assert "删除视图 我的" not in office.get(path).text


# --- many at once ---------------------------------------------------------------------------------------------------


def test_many_are_closed_after_a_preview(clerk: Browser, place: Place) -> None:
    first, second = make_record(place, "甲"), make_record(place, "乙")
    move_record(second, "closed", actor=place.clerk)
    path = f"/registers/{place.register.id}/bulk"
    form = {"action": "move", "state": "closed", "record": [str(first.id), str(second.id)]}

    preview = clerk.post(path, form)
    assert "其中 1 条可以办" in preview.text
    assert "已是“已办结”" in preview.text
    assert first.state == "open"

    sent = re.findall(r'name="record" value="([^"]+)"', preview.text)
    result = clerk.post(path + "/apply", {"action": "move", "state": "closed", "record": sent, "send_token": _token()})
    assert "已办 1 条" in result.text
    assert first.state == "closed"


def test_a_record_changed_after_the_preview_is_left_as_it_is(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    form = {"action": "due", "due_on": "2026-04-01", "record": [f"{record.id}:0"], "send_token": _token()}

    result = clerk.post(f"/registers/{place.register.id}/bulk/apply", form)

    assert "已被他人修改" in result.text
    assert record.due_on is None


def test_a_unit_is_added_to_everything_that_was_found(clerk: Browser, place: Place) -> None:
    make_record(place, "甲")
    make_record(place, "乙")
    form = {"action": "link", "unit_name": "县司法局", "role": "responsible", "everything": "yes", "q": "甲"}

    preview = clerk.post(f"/registers/{place.register.id}/bulk", form)

    assert "增加责任单位：县司法局" in preview.text
    assert len(re.findall(r'name="record" value="', preview.text)) == 1


def test_those_who_only_read_can_do_nothing_to_many(browser: Browser, place: Place) -> None:
    record = make_record(place)
    browser.sign_in(place.leader)
    form = {"action": "due", "due_on": "2026-04-01", "record": [f"{record.id}:{record.version}"]}

    browser.post(f"/registers/{place.register.id}/bulk/apply", {**form, "send_token": _token()})

    assert record.due_on is None


# --- newer forms ----------------------------------------------------------------------------------------------------


def test_a_record_stays_on_its_version_until_somebody_moves_it(clerk: Browser, place: Place) -> None:
    record = make_record(place, people="3")
    old = record.form_version
    old.status = VersionStatus.RETIRED
    fields = [item for item in DISPUTE if item["name"] not in {"people"}]
    new = make_version(place.register.form, *fields, {"type": "text", "name": "place", "label": "地点"}, number=2)
    edit = f"/registers/records/{record.id}"

    assert "现行的是第 2 版" in clerk.get(edit).text
    clerk.post(edit + "/edit", form_of(record, matter="争水渠", people="4"))
    assert record.form_version_id == old.id

    preview = clerk.get(edit + "/renew").text
    assert "涉及人数" in preview
    assert "地点" in preview
    clerk.post(edit + "/renew", form_of(record))

    assert record.form_version_id == new.id
    assert "people" not in record.answers
    assert events(record)[-1].changes["people"]["before"] == 4


def test_a_new_record_takes_the_newest_version(clerk: Browser, place: Place) -> None:
    version = find_published_version(place.register.form_id)
    assert version is not None

    clerk.post(_new(place), {"matter": "争水渠", "send_token": _token()})

    assert db.session.scalars(select(RegisterRecord.form_version_id)).one() == version.id
