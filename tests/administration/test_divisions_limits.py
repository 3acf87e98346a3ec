"""The wizard of the national list: who may use it, and how much it asks of the database."""

from __future__ import annotations

import time
import uuid

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.viewer import Viewer
from saas.administration.divisions import services
from saas.db import db
from saas.divisions.reading import find_counties, read_county
from saas.imports.models import DataImport
from saas.org.models import OrgUnit
from saas.org.queries import find_unit_by_code, get_root_unit, list_ancestors
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.administration.divisions_list import COUNTY, LARGE_COUNTY, LARGE_TOWN, TOWN
from tests.administration.divisions_steps import Setting, set_up
from tests.browser import Browser
from tests.factories import START, make_tenant, make_unit, make_unit_type, make_user
from tests.statements import count_statements


def test_only_who_may_change_the_county_may_open_it(browser: Browser, setting: Setting) -> None:
    browser.sign_in(make_user(Role.OFFICE, unit=setting.root))
    assert browser.get("/divisions").status_code == 403
    assert browser.post("/divisions", {"county": COUNTY}).status_code == 403

    below = make_unit("青石镇", parent=setting.root, kind=make_unit_type("township", "乡镇", 2))
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=below))
    assert browser.post("/divisions", {"county": COUNTY}).status_code == 404
    assert browser.get(setting.url).status_code == 404
    assert set_up(browser, setting) == 404


def test_the_page_of_the_organisation_leads_here(browser: Browser, setting: Setting) -> None:
    assert "/divisions" in browser.get("/units").text

    browser.sign_in(make_user(Role.OFFICE, unit=setting.root))
    assert "/divisions" not in browser.get("/units").text


def test_what_is_not_there_is_not_found(browser: Browser, setting: Setting, unknown_id: uuid.UUID) -> None:
    with tenant_scope(make_tenant("other").id):
        actor = make_user()
        theirs = DataImport(kind="divisions", created_by_id=actor.id, details=setting.draft.details)
        db.session.add(theirs)
        db.session.flush()
    for draft_id in (theirs.id, unknown_id):
        for path in ("", "/preview", f"/towns/{TOWN}", "/result"):
            assert browser.get(f"/divisions/{draft_id}{path}").status_code == 404
        for path in ("", "/apply", f"/towns/{TOWN}", "/discard"):
            assert browser.post(f"/divisions/{draft_id}{path}").status_code == 404
    assert browser.get(f"{setting.url}/towns/990102999").status_code == 404
    assert browser.post("/divisions", {"county": "999999"}).status_code == 404


def test_the_number_of_statements_does_not_grow_with_the_rows(browser: Browser, setting: Setting) -> None:
    villages = f"{setting.url}/towns/{TOWN}"
    for path in (setting.url, f"{setting.url}/preview", villages):
        few = count_statements(lambda path=path: browser.get(path))  # type: ignore[misc]
        assert few <= 16, path

    assert count_statements(lambda: set_up(browser, setting)) <= 40


def test_four_hundred_villages_fit_on_one_page(browser: Browser, setting: Setting) -> None:
    path = browser.post("/divisions", {"county": LARGE_COUNTY}).location
    draft = db.session.scalars(select(DataImport).where(DataImport.id != setting.draft.id)).one()
    page = browser.get(f"{path}/towns/{LARGE_TOWN}").text
    assert page.count('name="take"') == 400

    codes = [village.code for village in read_county(LARGE_COUNTY).towns[0].villages]
    form = {"version": "1", "take": codes[:399], **{f"name-{code}": f"新{code[-3:]}社区" for code in codes}}
    assert browser.post(f"{path}/towns/{LARGE_TOWN}", form).status_code == 303

    assert "勾选的 399 个" in browser.get(f"{path}/towns/{LARGE_TOWN}").text
    assert draft.details["names"][codes[0]] == "新001社区"
    assert draft.details["left_out"] == [codes[399]]


def test_a_county_without_any_unit_gets_its_root_too(tenant: Tenant, invented_list: None) -> None:
    operator = make_user()
    viewer = Viewer(user_id=operator.id, name=operator.name, must_change_password=False, posts=())
    draft = services.start_draft(COUNTY, actor=viewer)

    services.apply_draft(draft, START, actor=viewer)

    root = get_root_unit(START)
    assert (root.code, root.name, root.unit_type.code, root.unit_type.level) == (COUNTY, "清禾县", "county", 1)
    village = find_unit_by_code("990102100200")
    assert village is not None
    assert [unit.code for unit in list_ancestors(village.id, START)] == [TOWN, COUNTY]


def test_six_hundred_villages_are_set_up_in_a_few_seconds(browser: Browser, tenant: Tenant) -> None:
    root = make_unit("某县", kind=make_unit_type("county", "县", 1))
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=root))
    county = next(row for row in find_counties("山东") if 560 < row.village_count < 700)
    browser.post("/divisions", {"county": county.code})
    draft = db.session.scalars(select(DataImport)).one()

    start = time.perf_counter()
    statements = count_statements(lambda: set_up(browser, Setting(root, draft), START.isoformat()))
    taken = time.perf_counter() - start

    assert len(db.session.scalars(select(OrgUnit.id)).all()) > 560
    assert taken < 3
    assert statements <= 40
