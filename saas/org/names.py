"""How units are found by what people type: the initials of their pinyin, or the pinyin itself."""

from __future__ import annotations

from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin


def search_key(*names: str) -> str:
    """Return initials and full pinyin of each name in lower case, separated by spaces: `qhx qinghexian`.

    Letters and digits in a name stand for themselves; empty and repeated names are left out.
    """
    words: list[str] = []
    for name in dict.fromkeys(filter(None, names)):
        words.append("".join(_keyed(lazy_pinyin(name, style=Style.FIRST_LETTER))))
        words.append("".join(_keyed(lazy_pinyin(name))))
    return " ".join(dict.fromkeys(filter(None, words)))


def _keyed(parts: Iterable[str]) -> Iterable[str]:
    return (letter for part in parts for letter in part.lower() if letter.isalnum())
