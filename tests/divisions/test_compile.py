"""Compiling the list. The places are invented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.divisions import reading
from saas.divisions.compile import compile_list, main
from saas.divisions.reading import find_counties, read_county, source

TABLES = {
    "provinces": ["99,甲省"],
    "cities": ["9901,乙市,99", "9990,省直辖县级行政区划,99"],
    "areas": ["990102,清禾县,9901,99", "990101,临江区,9901,99", "999001,远山县,9990,99"],
    "streets": [
        "990101001,东街道,990101,99,9901",
        "990102100,青石镇,990102,99,9901",
        "999001200,远山乡,999001,99,9990",
    ],
    "villages": [
        "990102100200,石桥村委会,990102100,99,9901,990102",
        "990102100201,柳湾村委会,990102100,99,9901,990102",
        "990102100001, 镇东社区居委会,990102100,99,9901,990102",
        "990102100230,远庄村委会,990102100,99,9901,990102",
        "990101001001,一里社区,990101001,99,9901,990101",
        "999001200001,山口居委会,999001200,99,9990,999001",
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in TABLES.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["code,name,a,b,c,d", *rows]) + "\n", encoding="utf-8")
    return tmp_path


def _forget() -> None:
    for cached in (reading._counties, reading._counties_by_code, reading.read_county, reading.source):
        cached.cache_clear()


@pytest.fixture
def compiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    output = folder / "divisions.zip"
    compile_list(folder, output)
    monkeypatch.setattr(reading, "FILE", output)
    _forget()
    yield output
    _forget()


def test_what_is_compiled_is_read_again(compiled: Path) -> None:
    towns = read_county("990102").towns

    assert [(town.code, town.name) for town in towns] == [("990102100", "青石镇")]
    assert [(village.code, village.name) for village in towns[0].villages] == [
        ("990102100001", "镇东社区居委会"),
        ("990102100200", "石桥村委会"),
        ("990102100201", "柳湾村委会"),
        ("990102100230", "远庄村委会"),
    ]
    assert [town.name for town in read_county("990101").towns] == ["东街道"]


def test_the_index_knows_names_pinyin_and_numbers(compiled: Path) -> None:
    row = find_counties("qhx")[0]

    assert (row.full_name, row.pinyin, row.town_count, row.village_count) == ("甲省乙市清禾县", "qinghexian", 1, 4)
    assert find_counties("远山县")[0].full_name == "甲省远山县"
    assert (source().counties, source().towns, source().villages) == (3, 3, 6)


def test_the_same_input_gives_the_same_bytes(compiled: Path, folder: Path) -> None:
    compile_list(folder, folder / "again.zip")

    assert (folder / "again.zip").read_bytes() == compiled.read_bytes()


def test_a_name_that_the_format_could_not_hold_is_refused(folder: Path) -> None:
    rows = (folder / "villages.csv").read_text(encoding="utf-8").replace("石桥村委会", "@石桥")
    (folder / "villages.csv").write_text(rows, encoding="utf-8")

    with pytest.raises(ValueError, match="990102100200"):
        compile_list(folder, folder / "divisions.zip")


def test_the_command_tells_what_it_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), str(folder / "out.zip")]) == 0
    assert capsys.readouterr().out == "3 counties, 3 towns, 6 villages\n"
    assert main([]) == 2
