"""Breaking a document title (公文标题) into centred lines.

GB/T 9704-2012, 7.3.1: a long title is broken where the sense breaks, no word is cut, and the lines form a trapezoid
(梯形) or a diamond (菱形), not a rectangle and not an hourglass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

MAX_CHARACTERS = 19  # 二号 on a line of 156 mm takes twenty; one is left free so that the line is seen to be centred
MAX_LINES = 4

# Terms of every county's titles. What is particular to a document comes with it.
COMMON_WORDS = (
    "人民政府办公室", "人民政府", "委员会", "办公室", "领导小组", "工作领导小组", "指挥部", "工作专班", "关于",
    "印发", "转发", "实施方案", "工作方案", "行动方案", "实施意见", "管理办法", "考核办法", "考核情况", "完成情况",
    "排名情况", "工作情况", "通知", "通报", "报告", "请示", "意见", "决定", "农村", "环境", "卫生", "整治", "社会",
    "心理", "服务", "体系", "建设", "工作", "考核", "分解", "年度", "季度", "上半年", "下半年",
)  # fmt: skip

_SENSE_AFTER = re.compile(r"(?:关于印发|关于转发|[》，、：]|的(?=(?:通知|通报|报告|请示|意见|决定|函)$))")
_SENSE_BEFORE = re.compile(r"(?:关于|《|印发《|\d{4}年)")
_NOT_FIRST = "，。、；：？！》）〉」』”’的"
_NOT_LAST = ("《", "（", "〈", "「", "『", "“", "‘", "关于")
_UNITS = re.compile(r"（[^（）]{1,12}）|\d+(?:年|月|日|季度|%|个|项)?(?:[—-]\d+(?:年|月|日)?)?|[A-Za-z]+")


def title_lines(title: str, words: Sequence[str] = (), *, max_characters: int = MAX_CHARACTERS) -> tuple[str, ...]:
    """Return the title as lines of at most `max_characters`, as few as possible, broken by sense.

    `words` must not be cut. A title that cannot be broken under these rules within four lines is cut at the width.
    """
    if len(title) <= max_characters:
        return (title,)
    places = _places(title, words)
    candidates = [
        lines
        for count in range(2, MAX_LINES + 1)
        for lines in _splits(title, places, count)
        if max(map(len, lines)) <= max_characters
    ]
    if candidates:
        return min(candidates, key=lambda lines: _cost(lines, places))
    return tuple(title[start : start + max_characters] for start in range(0, len(title), max_characters))


def _splits(title: str, places: dict[int, int], count: int) -> Iterator[tuple[str, ...]]:
    for cuts in combinations(sorted(places), count - 1):
        edges = (0, *cuts, len(title))
        yield tuple(title[start:end] for start, end in zip(edges, edges[1:], strict=False))


def _places(title: str, words: Sequence[str]) -> dict[int, int]:
    """Return where the title may be broken, with what breaking there costs: 0 where the sense breaks."""
    inside: set[int] = set()
    edges: set[int] = set()
    for start, end in _spans(title, words):
        inside.update(range(start + 1, end))
        edges.update((start, end))
    sense = {match.end() for match in _SENSE_AFTER.finditer(title)}
    sense |= {match.start() for match in _SENSE_BEFORE.finditer(title)}
    places = {}
    for place in range(1, len(title)):
        if place in inside or title[place] in _NOT_FIRST or title[:place].endswith(_NOT_LAST):
            continue
        places[place] = 0 if place in sense else 4 if place in edges else 12
    return places


def _spans(title: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for word in {*COMMON_WORDS, *words}:
        start = title.find(word) if word else -1
        while start >= 0:
            yield start, start + len(word)
            start = title.find(word, start + 1)
    for match in _UNITS.finditer(title):
        yield match.span()


def _cost(lines: tuple[str, ...], places: dict[int, int]) -> tuple[int, int]:
    lengths = [len(line) for line in lines]
    cost = max(lengths) - min(lengths) + 8 * len(lines)
    cut = 0
    for length in lengths[:-1]:
        cut += length
        cost += places[cut]
    return cost + _shape_cost(lengths), lengths[0]


def _shape_cost(lengths: list[int]) -> int:
    steps = [later - earlier for earlier, later in zip(lengths, lengths[1:], strict=False)]
    if not any(steps):
        return 8  # a rectangle
    if any(first < 0 < second for first, second in zip(steps, steps[1:], strict=False)):
        return 20  # an hourglass
    return 8 if min(lengths) * 3 < max(lengths) else 0  # a widow of two or three characters
