"""How units are found by what people type: the initials of their pinyin, or the pinyin itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pypinyin import lazy_pinyin


def search_key(*names: str) -> str:
    """Return initials and full pinyin of each name in lower case, separated by spaces: `qhx qinghexian`.

    Letters and digits in a name stand for themselves; empty and repeated names are left out.
    """
    words = [word for name in dict.fromkeys(filter(None, names)) for word in _keys(name)]
    return " ".join(dict.fromkeys(filter(None, words)))


@lru_cache(maxsize=4096)
def _keys(name: str) -> tuple[str, str]:
    """The initials and the full pinyin of one name. What is no Chinese comes back as it stands in the name."""
    initials, place = [], 0
    syllables = lazy_pinyin(name)
    for syllable in syllables:
        stands_so = name.startswith(syllable, place)
        initials.append(syllable if stands_so else syllable[:1])
        place += len(syllable) if stands_so else 1
    return "".join(_keyed(initials)), "".join(_keyed(syllables))


def _keyed(parts: Iterable[str]) -> Iterable[str]:
    return (letter for part in parts for letter in part.lower() if letter.isalnum())
