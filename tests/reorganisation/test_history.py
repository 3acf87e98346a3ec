"""The history of a unit: names, types, places, predecessors and successors, and what brought them about."""

from __future__ import annotations

from datetime import date

from saas.administration.reorganisation.queries import list_history
from saas.domain.reorganisation_steps import ChangeType, Merge, Move, Rename
from saas.org.queries import find_unit_by_code
from tests.browser import Browser
from tests.reorganisation.conftest import LATER, TODAY, County
from tests.reorganisation.steps import carry_out, new
from tests.statements import count_statements


def texts(county: County) -> list[tuple[date, str]]:
    return [(entry.on, entry.text) for entry in list_history(county.willow.id)]


def test_a_history_tells_names_types_and_places_the_latest_first(county: County) -> None:
    carry_out(county, Rename(county.willow.id, "柳岸村"), on=date(2025, 1, 1))
    carry_out(county, ChangeType(county.willow.id, "community"), Move((county.willow.id,), county.west.id), on=TODAY)

    found = texts(county)

    assert found[0][0] == TODAY
    assert (TODAY, "类型：村改为社区") in found
    assert (date(2025, 1, 1), "更名：“柳塘村”改称“柳岸村”") in found
    assert (date(2020, 1, 1), "设立，名称“柳塘村”，类型村") in found


def test_a_merger_is_told_on_both_sides_with_who_confirmed_it(admin: Browser, county: County) -> None:
    done = carry_out(county, Merge((county.willow.id, county.bridge.id), new("柳桥村", "N1")))
    merged = find_unit_by_code("N1")
    assert merged is not None

    gone = next(entry for entry in list_history(county.willow.id) if entry.text == "并入：")
    come = next(entry for entry in list_history(merged.id) if entry.text == "由其合并而来：")

    assert gone.units == ((merged.id, "柳桥村"),)
    assert {name for _, name in come.units} == {"柳塘村", "石桥村"}
    assert (gone.on, gone.reorganisation, gone.confirmed_by) == (LATER, done, "县管")
    page = admin.get(f"/units/{county.willow.id}").text
    assert "清政〔2026〕1号" in page
    assert "未生效" in page


def test_a_long_history_takes_no_more_statements(county: County) -> None:
    list_history(county.willow.id)
    carry_out(county, Rename(county.willow.id, "一"), on=date(2025, 1, 1))
    few = count_statements(lambda: list_history(county.willow.id))
    for month in range(2, 9):
        carry_out(county, Rename(county.willow.id, f"第{month}"), on=date(2025, month, 1))

    assert count_statements(lambda: list_history(county.willow.id)) == few <= 6
