"""Reading the national list of administrative divisions from the compiled file beside this module.

Looking a county up reads the small index only; the towns and villages of one county are unpacked when asked for.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlalchemy.exc import NoResultFound

from saas.divisions.names import (
    TownKind,
    VillageKind,
    is_virtual,
    proposed_town_name,
    proposed_village_name,
    town_kind,
    village_kind,
)

FILE = Path(__file__).parent / "data" / "divisions.zip"
INDEX_ENCODING, BLOCK_ENCODING = "utf-8", "utf-16-le"  # two bytes a character pack a tenth better than three
COUNTY_MARK, TOWN_MARK, NUMBER_MARK = "=", "+", "@"
# Groups of counties that are not places of their own: left out of a county's full name.
_GROUPINGS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where the list comes from. `as_of` is the day whose divisions it gives."""

    name: str
    package: str
    version: str
    licence: str
    as_of: date
    published_on: date
    counties: int
    towns: int
    villages: int


@dataclass(frozen=True, slots=True)
class CountyRow:
    """A county (县、区、旗、县级市) with its six-digit code and how much stands below it."""

    code: str
    name: str
    province: str
    city: str
    initials: str  # of the name in pinyin: qhx
    pinyin: str  # of the name, without spaces: qinghexian
    town_count: int
    village_count: int

    @property
    def full_name(self) -> str:
        """The name with its province and city, as one looks it up: 某省某市某县."""
        city = "" if self.city in _GROUPINGS or self.city == self.name else self.city
        return f"{self.province}{city}{self.name}"


@dataclass(frozen=True, slots=True)
class VillageRow:
    """A village or community with its twelve-digit code."""

    code: str
    name: str

    @property
    def kind(self) -> VillageKind:
        return village_kind(self.name, self.code)

    @property
    def proposed_name(self) -> str:
        return proposed_village_name(self.name)

    @property
    def is_virtual(self) -> bool:
        return is_virtual(self.name)


@dataclass(frozen=True, slots=True)
class TownRow:
    """A town, township or subdistrict, or what is like one, with its nine-digit code and its villages."""

    code: str
    name: str
    villages: tuple[VillageRow, ...]

    @property
    def kind(self) -> TownKind:
        return town_kind(self.name, self.code)

    @property
    def proposed_name(self) -> str:
        return proposed_town_name(self.name)

    @property
    def is_virtual(self) -> bool:
        return is_virtual(self.name)


@dataclass(frozen=True, slots=True)
class CountyDivision:
    """A county with its towns, in the order of their codes."""

    county: CountyRow
    towns: tuple[TownRow, ...]


@lru_cache(maxsize=1)
def source() -> Source:
    """Where the list comes from, its licence and its day."""
    with zipfile.ZipFile(FILE) as archive:
        stored = json.loads(archive.read("source.json"))
    days = {key: date.fromisoformat(stored[key]) for key in ("as_of", "published_on")}
    return Source(**{**stored, **days})


def find_counties(words: str) -> Sequence[CountyRow]:
    """The counties that fit what was typed, the nearest first: part of the full name, pinyin, initials, or a code.

    Several words, as in 某省 某县, must all fit. Nothing typed: nothing found.
    """
    wanted = words.lower().split()
    found = [(rank, row) for row in _counties() if (rank := _fit(row, wanted)) is not None]
    return [row for _rank, row in sorted(found, key=lambda pair: (pair[0], pair[1].code))]


def get_county(code: str) -> CountyRow:
    """Return the county with this six-digit code, or raise NoResultFound (404)."""
    row = _counties_by_code().get(code)
    if row is None:
        raise NoResultFound(f"no county has the code {code}")
    return row


@lru_cache(maxsize=4)  # the steps of one wizard ask for the same county again and again
def read_county(code: str) -> CountyDivision:
    """Return a county with its towns and villages, or raise NoResultFound (404)."""
    county = get_county(code)
    with zipfile.ZipFile(FILE) as archive:
        block = archive.read(f"{code[:2]}.txt").decode(BLOCK_ENCODING)
    start = block.index(f"{COUNTY_MARK}{code}\n")
    end = block.find(f"\n{COUNTY_MARK}", start)
    lines = block[start : end if end >= 0 else None].splitlines()[1:]
    return CountyDivision(county, tuple(_towns(code, lines)))


def _towns(county_code: str, lines: Sequence[str]) -> Iterator[TownRow]:
    starts = [number for number, line in enumerate(lines) if line.startswith(TOWN_MARK)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        code, name = county_code + lines[start][1:4], lines[start][4:]
        yield TownRow(code, name, tuple(_villages(code, lines[start + 1 : end])))


def _villages(town_code: str, lines: Sequence[str]) -> Iterator[VillageRow]:
    """A village has the number after the former one unless its line gives another."""
    number = 0
    for line in lines:
        number, name = (int(line[1:4]), line[4:]) if line.startswith(NUMBER_MARK) else (number + 1, line)
        yield VillageRow(f"{town_code}{number:03d}", name)


@lru_cache(maxsize=1)
def _counties() -> tuple[CountyRow, ...]:
    with zipfile.ZipFile(FILE) as archive:
        lines = archive.read("counties.tsv").decode(INDEX_ENCODING).splitlines()
    rows = []
    for line in lines:
        code, name, province, city, initials, pinyin, town_count, village_count = line.split("\t")
        rows.append(CountyRow(code, name, province, city, initials, pinyin, int(town_count), int(village_count)))
    return tuple(rows)


@lru_cache(maxsize=1)
def _counties_by_code() -> dict[str, CountyRow]:
    return {row.code: row for row in _counties()}


def _fit(row: CountyRow, words: Sequence[str]) -> int | None:
    """How well a county fits all the words: 0 is best, None is not at all."""
    ranks = [_fit_word(row, word) for word in words]
    known = [rank for rank in ranks if rank is not None]
    return max(known) if known and len(known) == len(ranks) else None


def _fit_word(row: CountyRow, word: str) -> int | None:
    tests = (
        word in (row.code, row.name),
        row.name.startswith(word) or row.code.startswith(word) or row.initials == word or row.pinyin == word,
        row.initials.startswith(word) or row.pinyin.startswith(word),
        word in row.full_name or word in row.city,
    )
    return next((rank for rank, fits in enumerate(tests) if fits), None)
