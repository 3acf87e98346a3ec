"""Lists of people in the order of the strokes of their surnames (以姓氏笔画为序).

The customary rule of official lists, in this order:

1. the surname's first character by its number of strokes, fewer first;
2. characters with the same number stroke by stroke: 横 before 竖 before 撇 before 点 before 折. Characters whose
   strokes are all the same follow the finer rules of the national norm (GF 3003-1999), so that no two are equal;
3. a compound surname (欧阳) stands where its first character stands, after the people whose surname is that
   character alone;
4. with the same surname, names with one further character come before names with two (单名在前、双名在后);
5. then the given name, character by character, by rules 1 and 2.

Where the order of the characters comes from stands in `stroke_order_compile`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

CharacterKey: TypeAlias = tuple[int, int, int]
StrokeKey: TypeAlias = tuple[tuple[CharacterKey, ...], int, tuple[CharacterKey, ...], str]

_ORDER = Path(__file__).with_name("stroke_order.txt")
_SEPARATORS = frozenset("·•・.．‧")  # between the parts of a name of another language: 阿依古丽·某某
_COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙"
        "钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里"
        "呼延东郭南门羊舌微生公户公玉公仪梁丘公仲公上公门公山公坚左丘公伯西门公祖第五公乘贯丘公皙南荣东里东宫"
        "仲长子书子桑即墨达奚褚师纳兰完颜耶律",
    )
)


def strokes(character: str) -> int | None:
    """The number of strokes (笔画数) of a character as written today, or None if it is not known."""
    found = _places().get(character)
    return found[0] if found else None


def stroke_key(name: str) -> StrokeKey:
    """The key by which names sort in the order of strokes. Characters that are not known come after all others."""
    characters = _characters(name)
    length = 2 if len(characters) > 2 and "".join(characters[:2]) in _COMPOUND_SURNAMES else 1
    surname, given = characters[:length], characters[length:]
    return (
        tuple(_character_key(each) for each in surname),
        len(given),
        tuple(_character_key(each) for each in given),
        name,
    )


def sort_by_strokes(names: Iterable[str]) -> list[str]:
    """The names in the order of the strokes of their surnames. Equal names stay side by side."""
    return sorted(names, key=stroke_key)


def unknown_characters(name: str) -> tuple[str, ...]:
    """The characters of a name whose strokes are not known, each once: the name's place must be looked at by hand."""
    known = _places()
    return tuple(dict.fromkeys(each for each in _characters(name) if each not in known))


def _characters(name: str) -> list[str]:
    """The characters that count: no spaces (王 芳), no separators, compatibility forms as the usual character."""
    normal = unicodedata.normalize("NFKC", name)
    return [each for each in normal if not each.isspace() and each not in _SEPARATORS]


def _character_key(character: str) -> CharacterKey:
    found = _places().get(character)
    return (0, *found) if found else (1, ord(character), 0)


@lru_cache(maxsize=1)
def _places() -> Mapping[str, tuple[int, int]]:
    """Each character's number of strokes and its place among those with the same number. Read at first use."""
    places = {}
    for line in _ORDER.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        count, characters = line.split("\t")
        places.update({each: (int(count), place) for place, each in enumerate(characters)})
    return places
