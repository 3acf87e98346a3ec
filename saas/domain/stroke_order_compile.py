"""Compile the order of characters by strokes from its sources. Run when a source has a new version:

    python -m saas.domain.stroke_order_compile <all_word.json> <Unihan_IRGSources.txt> saas/domain/stroke_order.txt

Sources (see docs/divisions.md for how to fetch them):

- `cn_sort/res/all_word.json` of the Python package cn-sort 0.14.0 (MIT): 20,897 of the 20,902 characters U+4E00 to
  U+9FA5 in the order of the national norm GF 3003-1999 (GB13000.1 字符集汉字字序（笔画序）规范): by the number of
  strokes, then stroke by stroke 横竖撇点折, then by finer rules for equal sequences.
- `kTotalStrokes` of the Unicode Han database (Unicode licence; Debian package unicode-data): the number of strokes.

The order is the first source's alone; the second only says where in it one more stroke begins, so that a single
deviating count (a regional form of a character) moves nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FIRST, LAST = "\u4e00", "\u9fff"
HEADER = (
    "# Characters by strokes: the number of strokes, a tab, the characters in the order 横竖撇点折.\n"
    "# Order: cn-sort 0.14.0 (MIT). Numbers: Unicode Han database, kTotalStrokes (Unicode licence).\n"
    "# Made by saas/domain/stroke_order_compile.py; do not edit.\n"
)


def read_order(path: Path) -> list[str]:
    """The characters in their order. A character stands once for each of its readings; its place is the same."""
    entries = json.loads(path.read_text(encoding="utf-8"))["all_word"]
    places = {
        entry["chinese"]: entry["stroke_increment_level"]
        for entry in entries
        if len(entry["chinese"]) == 1 and FIRST <= entry["chinese"] <= LAST
    }
    return sorted(places, key=lambda character: places[character])


def read_counts(path: Path) -> dict[str, int]:
    """The number of strokes of each character; where several are given, the one of the mainland form comes first."""
    counts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] == "kTotalStrokes":
            counts[chr(int(parts[0][2:], 16))] = int(parts[2].split()[0])
    return counts


def group_by_count(order: Sequence[str], counts: Mapping[str, int]) -> list[tuple[int, str]]:
    """Cut the order into runs of one number of strokes, each cut where the fewest counts disagree with it."""
    known = [counts.get(character, 0) for character in order]
    groups, start = [], 0
    for strokes in range(1, max(known) + 1):
        end = _cut(known, strokes)
        if end > start:
            groups.append((strokes, "".join(order[start:end])))
            start = end
    return groups


def _cut(known: Sequence[int], strokes: int) -> int:
    """Where the characters with more than `strokes` strokes begin. 0 in `known`: not known, says nothing."""
    wrong = sum(1 for count in known if 0 < count <= strokes)
    best, fewest = 0, wrong
    for place, count in enumerate(known, start=1):
        if count:
            wrong += 1 if count > strokes else -1
        if wrong < fewest:
            best, fewest = place, wrong
    return best


def compile_order(order_path: Path, counts_path: Path, output: Path) -> int:
    """Write the compiled order. Return the number of characters in it."""
    groups = group_by_count(read_order(order_path), read_counts(counts_path))
    lines = "".join(f"{strokes}\t{characters}\n" for strokes, characters in groups)
    output.write_text(HEADER + lines, encoding="utf-8")
    return sum(len(characters) for _strokes, characters in groups)


def main(arguments: Sequence[str]) -> int:
    """Compile as the command line says. Return the exit code."""
    if len(arguments) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    order_path, counts_path, output = (Path(argument) for argument in arguments)
    sys.stdout.write(f"{compile_order(order_path, counts_path, output)} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
