"""The wizard that sets towns and villages up from the national list."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.imports.models import DataImport, ImportStatus
from saas.org.models import Placement, PostTemplate, UnitType, UnitVersion
from saas.org.queries import find_unit_by_code, list_ancestors
from saas.org.services import close_unit
from tests.administration.divisions_list import COUNTY, TOWN, VILLAGES
from tests.administration.divisions_steps import DAY, Setting, set_up, towns_form, units_from_the_list, villages_form
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user


def test_a_county_is_found_by_name_and_by_code(browser: Browser, setting: Setting) -> None:
    for words in ("清禾", "qhx", "990102", "甲省 清禾"):
        page = browser.get(f"/divisions?words={words}").text
        assert "甲省乙市清禾县" in page, words

    assert "截至 2023" in page
    assert "没有找到“无此县”" in browser.get("/divisions?words=无此县").text
    assert "先查找本县（区）" in browser.get("/divisions").text
    assert "甲省乙市清禾县" in browser.get("/divisions?words=清禾", htmx=True).text


def test_choosing_a_county_begins_one_draft(browser: Browser, setting: Setting) -> None:
    again = browser.post("/divisions", {"county": COUNTY})

    assert again.status_code == 303
    assert again.location.endswith(setting.url)
    assert db.session.scalar(select(func.count()).select_from(DataImport)) == 1
    assert "没有做完的" in browser.get("/divisions").text


def test_the_page_of_a_county_shows_source_towns_and_how_many_villages(browser: Browser, setting: Setting) -> None:
    page = browser.get(setting.url).text

    for text in ("名录截至", "统计用区划代码", "青石镇", "名录：东街道办事处", "选 4 / 共 5", "新建：乡镇", TOWN):
        assert text in page, text


def test_nothing_changes_before_it_is_applied(browser: Browser, setting: Setting) -> None:
    browser.post(setting.url, towns_form(setting))
    browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting))
    browser.get(f"{setting.url}/preview")

    assert units_from_the_list() == {}
    assert [each.code for each in db.session.scalars(select(UnitType))] == ["county"]


def test_applying_sets_units_up_with_places_versions_and_types(browser: Browser, setting: Setting) -> None:
    assert "确认设立" in browser.get(f"{setting.url}/preview").text

    assert set_up(browser, setting) == 303

    units = units_from_the_list()
    assert len(units) == 3 + 7
    village = units["990102100200"]
    assert (village.name, village.unit_type.code, village.valid_from) == ("石桥村", "village", date(2026, 3, 1))
    assert village.search_key.startswith("sqc")
    above = [unit.code for unit in list_ancestors(village.id, date(2026, 3, 1))]
    assert above == ["990102100", setting.root.code]
    assert units["990102001"].unit_type.code == "subdistrict"
    assert units["990102001001"].unit_type.code == "community"
    assert units["990102400"].unit_type.name == "开发区、农林场等"
    version = db.session.scalars(select(UnitVersion).where(UnitVersion.unit_id == village.id)).one()
    assert (version.name, version.starts_on, version.ends_on) == ("石桥村", date(2026, 3, 1), None)
    assert setting.root.name == "清禾县"


def test_applying_leaves_one_event_and_a_finished_draft(browser: Browser, setting: Setting) -> None:
    set_up(browser, setting)

    events = db.session.scalars(select(AuditEvent).where(AuditEvent.subject_type == "data_import")).all()
    assert [(event.details["change"], event.details["created"]) for event in events] == [("created_from_list", 10)]
    assert setting.draft.status is ImportStatus.APPLIED
    assert "新设村" in browser.get(f"{setting.url}/result").text


def test_what_is_unticked_or_renamed_is_so(browser: Browser, setting: Setting) -> None:
    kept = [TOWN, "990102400"]
    browser.post(setting.url, towns_form(setting, **{"take": kept, f"name-{TOWN}": "青石新镇"}))
    without = [code for code in VILLAGES if code != "990102100201"]
    browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, take=without, **{"name-990102100200": "桥头村"}))

    set_up(browser, setting)

    units = units_from_the_list()
    assert "990102001" not in units
    assert "990102001001" not in units
    assert "990102100201" not in units
    assert (units[TOWN].name, units["990102100200"].name) == ("青石新镇", "桥头村")


def test_rows_for_statistics_are_left_out_unless_ticked(browser: Browser, setting: Setting) -> None:
    assert "仅供统计" in browser.get(f"{setting.url}/towns/{TOWN}").text

    browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, intent="all"))
    set_up(browser, setting)

    assert units_from_the_list()["990102100498"].unit_type.name == "类似村级单位"


def test_all_and_none_work_without_scripts(browser: Browser, setting: Setting) -> None:
    none = browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, intent="none"))

    assert none.location.endswith(f"/towns/{TOWN}")
    assert "勾选的 0 个" in browser.get(f"{setting.url}/towns/{TOWN}").text
    browser.post(setting.url, towns_form(setting, intent="none"))
    assert "没有要新设的单位" in browser.get(f"{setting.url}/preview").text


def test_the_button_of_a_town_keeps_the_page_and_opens_its_villages(browser: Browser, setting: Setting) -> None:
    answer = browser.post(setting.url, towns_form(setting, open=TOWN, **{f"name-{TOWN}": "青石新镇"}))

    assert answer.location.endswith(f"{setting.url}/towns/{TOWN}")
    assert "青石新镇" in browser.get(setting.url).text


def test_a_kind_becomes_the_type_that_was_chosen(browser: Browser, setting: Setting) -> None:
    make_unit_type("street_office", "街道办", 2)
    browser.post(setting.url, towns_form(setting, **{"type-town.subdistrict": "street_office"}))

    set_up(browser, setting)

    assert units_from_the_list()["990102001"].unit_type.code == "street_office"
    assert db.session.scalars(select(UnitType).where(UnitType.code == "subdistrict")).one_or_none() is None


def test_a_type_of_the_county_is_used_by_its_name(browser: Browser, setting: Setting) -> None:
    make_unit_type("street", "街道", 2)
    make_unit_type("village", "村民小组", 1)  # the usual code, but at a level that does not fit

    set_up(browser, setting)

    units = units_from_the_list()
    assert units["990102001"].unit_type.code == "street"
    assert (units["990102100200"].unit_type.code, units["990102100200"].unit_type.name) == ("village_2", "村")


def test_a_type_that_may_not_stand_there_is_refused_before_anything_is_written(
    browser: Browser, setting: Setting
) -> None:
    community = make_unit_type("community", "社区", 3)
    community.parents = ["subdistrict"]

    page = browser.get(f"{setting.url}/preview").text

    assert "社区不能设在" in page
    assert "改好单位类型后才能设立" in page
    assert set_up(browser, setting) == 422
    assert units_from_the_list() == {}


def test_known_codes_are_skipped_and_shown(browser: Browser, setting: Setting) -> None:
    town_type = make_unit_type("township", "乡镇", 2)
    town = make_unit("老青石镇", parent=setting.root, kind=town_type)
    town.code = TOWN

    assert "已有，保持不变" in browser.get(setting.url).text
    assert "按代码认出 1 个" in browser.get(f"{setting.url}/preview").text
    set_up(browser, setting)

    assert find_unit_by_code(TOWN) is town
    assert town.name == "老青石镇"
    village = units_from_the_list()["990102100200"]
    assert list_ancestors(village.id, date(2026, 3, 1))[0] is town


def test_running_it_again_sets_nothing_up_twice(browser: Browser, setting: Setting) -> None:
    set_up(browser, setting)
    before = db.session.scalar(select(func.count()).select_from(Placement))

    browser.post("/divisions", {"county": COUNTY})
    second = db.session.scalars(select(DataImport).where(DataImport.status == ImportStatus.DRAFT)).one()

    assert "没有要新设的单位" in browser.get(f"/divisions/{second.id}/preview").text
    assert set_up(browser, Setting(setting.root, second)) == 303
    assert len(units_from_the_list()) == 10
    assert db.session.scalar(select(func.count()).select_from(Placement)) == before


def test_a_form_sent_twice_is_carried_out_once(browser: Browser, setting: Setting) -> None:
    token = str(uuid.uuid4())

    assert [set_up(browser, setting, send_token=token) for _time in range(2)] == [303, 303]
    assert set_up(browser, setting) == 409
    assert len(units_from_the_list()) == 10


def test_villages_of_a_closed_town_are_named_and_left_out(browser: Browser, setting: Setting) -> None:
    town = make_unit("青石镇", parent=setting.root, kind=make_unit_type("township", "乡镇", 2))
    town.code = TOWN
    close_unit(town, local_today() + timedelta(days=30), actor=make_user())

    page = browser.get(f"{setting.url}/preview").text
    set_up(browser, setting)

    assert "先在机构页面处理上级单位" in page
    assert "990102100200" not in units_from_the_list()
    assert "未设立（上级已撤销）" in browser.get(f"{setting.url}/result").text


def test_equal_names_below_one_parent_are_pointed_out(browser: Browser, setting: Setting) -> None:
    make_unit("青石镇", parent=setting.root, kind=make_unit_type("township", "乡镇", 2))

    assert "同一上级下名称相同" in browser.get(f"{setting.url}/preview").text


def test_another_county_than_ones_own_is_pointed_out(browser: Browser, setting: Setting) -> None:
    assert "请确认没有选错" not in browser.get(f"{setting.url}/preview").text
    setting.root.name = "青山县"

    assert "请确认没有选错" in browser.get(f"{setting.url}/preview").text


@pytest.mark.parametrize(
    ("starts_on", "message"),
    [
        ("", "请填写日期"),
        ("2026-13-01", "日期格式不对"),
        ("1900-01-01", "日期不在合理范围内"),
        ("2019-12-31", "上级单位“清禾县”自2020-01-01起才设立"),
    ],
)
def test_a_wrong_day_is_refused_beside_the_field(
    browser: Browser, setting: Setting, starts_on: str, message: str
) -> None:
    answer = browser.post(f"{setting.url}/apply", {"version": str(setting.draft.version), "starts_on": starts_on})

    assert answer.status_code == 422
    assert message in answer.text
    assert units_from_the_list() == {}


@pytest.mark.parametrize(
    ("name", "message"), [("", "请填写名称"), ("=1+1", "公式符号"), ("村" * 81, "最多 80 字"), ("  ", "请填写名称")]
)
def test_a_wrong_name_is_refused_beside_its_field(browser: Browser, setting: Setting, name: str, message: str) -> None:
    changes = {"name-990102100200": name, "name-990102100201": "留下的名字"}

    answer = browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, **changes))

    assert answer.status_code == 422
    assert message in answer.text
    assert "留下的名字" in answer.text
    assert "留下的名字" not in browser.get(f"{setting.url}/towns/{TOWN}").text


def test_the_name_of_a_row_that_is_not_ticked_does_not_matter(browser: Browser, setting: Setting) -> None:
    changes = {"take": ["990102100201"], "name-990102100200": ""}

    assert browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, **changes)).status_code == 303


def test_what_somebody_else_changed_meanwhile_is_not_written_over(browser: Browser, setting: Setting) -> None:
    old = villages_form(setting, **{"name-990102100200": "我的名字"})
    browser.post(f"{setting.url}/towns/{TOWN}", villages_form(setting, **{"name-990102100200": "先到的名字"}))

    answer = browser.post(f"{setting.url}/towns/{TOWN}", old)

    assert answer.status_code == 409
    assert "我的名字" in answer.text
    stale = browser.post(f"{setting.url}/apply", {"version": "1", "starts_on": DAY})
    assert stale.status_code == 409
    assert browser.post(setting.url, {**towns_form(setting), "version": "1"}).status_code == 409
    assert units_from_the_list() == {}


def test_a_draft_that_is_put_aside_changes_nothing_and_is_over(browser: Browser, setting: Setting) -> None:
    assert browser.post(f"{setting.url}/discard").status_code == 303

    assert "没有做完的" not in browser.get("/divisions").text
    assert browser.get(setting.url).status_code == 303
    assert browser.get(f"{setting.url}/preview").status_code == 303
    for path, form in ((setting.url, towns_form(setting)), (f"{setting.url}/towns/{TOWN}", villages_form(setting))):
        assert browser.post(path, form).status_code == 409
    assert set_up(browser, setting) == 409


def test_posts_that_a_type_always_has_are_set_up_along(browser: Browser, setting: Setting) -> None:
    village = make_unit_type("village", "村", 3)
    db.session.add(PostTemplate(unit_type_id=village.id, name="文书", roles=[Role.VILLAGE_CLERK.value]))

    set_up(browser, setting)

    shown = browser.get(f"/units/{units_from_the_list()['990102100200'].id}").text
    assert "文书" in shown
