"""Typed reading of one table of a scheme file; every refusal says where it is and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from saas.domain.scheme import SchemeError

Choice = TypeVar("Choice", bound=StrEnum)

_LARGEST = Decimal(10) ** 12
_LONGEST_TEXT = 2000


def join_path(path: str, key: str) -> str:
    """Return the path of a key inside the table at `path`."""
    return f"{path}.{key}" if path else key


class Table:
    """A mapping at a path. Each method reads one key; `finish` refuses what nobody asked for."""

    def __init__(self, content: Any, path: str) -> None:
        if not isinstance(content, Mapping):
            raise SchemeError(path, "此处应为一个表", advice="按 docs/scheme-format.md 的示例书写")
        self._content: Mapping[str, Any] = content
        self.path = path
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """Return the path of one key, for an error."""
        return join_path(self.path, key)

    def has(self, key: str) -> bool:
        """Return whether the key is written, whatever its value."""
        return self._content.get(key) is not None

    def raw(self, key: str) -> Any:
        """Return the value as it is, None when it is absent."""
        self._known.append(key)
        return self._content.get(key)

    def require(self, key: str, advice: str) -> None:
        """Refuse the table if the key is absent."""
        if not self.has(key):
            raise SchemeError(self.at(key), "缺少此项", advice=advice)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without `default` it must be written and not be blank."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise SchemeError(self.at(key), "应填写文字", advice=f'例如 {key} = "……"')
        if len(value) > _LONGEST_TEXT:
            raise SchemeError(self.at(key), "文字过长（{length} 字）", advice="不超过 2000 字", length=len(value))
        return value

    def flag(self, key: str) -> bool | None:
        """Return true or false, None when it is absent."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return value
        raise SchemeError(self.at(key), "应为 true 或 false", advice=f"例如 {key} = true（不加引号）")

    def whole(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number between `low` and `high`, None when it is absent."""
        value = self.raw(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
            return value
        raise SchemeError(self.at(key), "应为 {low} 至 {high} 的整数", advice=f"例如 {key} = {low}", low=low, high=high)

    def number(
        self, key: str, *, low: Decimal | None = Decimal(0), high: Decimal = _LARGEST, positive: bool = False
    ) -> Decimal | None:
        """Return an exact number, None when it is absent."""
        value = self.raw(key)
        return None if value is None else number_at(self.at(key), value, low=low, high=high, positive=positive)

    def choice(self, key: str, kind: type[Choice]) -> Choice | None:
        """Return a member of an enumeration, None when it is absent."""
        value = self.raw(key)
        return None if value is None else choice_at(self.at(key), value, kind)

    def day(self, key: str) -> date | None:
        """Return a day, written as a TOML date or as text `2025-10-01`; None when it is absent."""
        value = self.raw(key)
        if value is None or type(value) is date:
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise SchemeError(self.at(key), "应为日期", advice=f"例如 {key} = 2025-10-01") from None

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list; an absent list is empty."""
        return [Table(entry, f"{self.at(key)}[{index}]") for index, entry in enumerate(self.entries(key))]

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, None when it is absent."""
        value = self.raw(key)
        return None if value is None else Table(value, self.at(key))

    def entries(self, key: str) -> Sequence[Any]:
        """Return the entries of a list; an absent list is empty."""
        value = self.raw(key)
        if value is None:
            return []
        if isinstance(value, Sequence) and not isinstance(value, str):
            return value
        raise SchemeError(self.at(key), "应为列表", advice=f"例如 {key} = [ …, … ]")

    def pairs(self, key: str) -> list[tuple[str, Any]]:
        """Return the keys and values of a table with free keys; an absent table is empty."""
        value = self.raw(key)
        if value is None:
            return []
        if isinstance(value, Mapping):
            return [(str(name), entry) for name, entry in value.items()]
        raise SchemeError(self.at(key), "此处应为一个表", advice=f'例如 {key} = {{ "甲" = "1500" }}')

    def finish(self, allowed: Collection[str] = ()) -> None:
        """Refuse keys that were not read: they are misspelt or belong elsewhere, and would be without effect."""
        known = [*self._known, *allowed]
        for key in self._content:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                advice = f"是否应为 {near[0]}？" if near else "可用的有：" + "、".join(sorted(set(known)))
                raise SchemeError(self.at(str(key)), "此处没有这一项", advice=advice)


def number_at(
    path: str, value: Any, *, low: Decimal | None = Decimal(0), high: Decimal = _LARGEST, positive: bool = False
) -> Decimal:
    """Return `value` as an exact number. A float is refused, since it no longer holds what was written."""
    if isinstance(value, float):
        raise SchemeError(path, "数值须精确", advice=f'加引号书写，例如 "{value}"')
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise SchemeError(path, "应为数值", advice='例如 10 或 "0.5"；尚未确定的请删去此行')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise SchemeError(path, "“{value}”不是数值", advice='例如 10 或 "0.5"', value=str(value)[:40]) from None
    if not number.is_finite() or abs(number) > high or len(number.as_tuple().digits) > 20:
        raise SchemeError(path, "数值超出范围", advice=f"不超过 {high:f}")
    if (low is not None and number < low) or (positive and number <= 0):
        advice = "写正数，扣分还是加分由 kind 决定" if low == 0 else f"不小于 {low}"
        raise SchemeError(path, "数值不能这样小", advice=advice)
    return number


def choice_at(path: str, value: Any, kind: type[Choice]) -> Choice:
    """Return the member of `kind` with this value."""
    try:
        return kind(value)
    except ValueError:
        options = "、".join(member.value for member in kind)
        near = get_close_matches(str(value), [member.value for member in kind], n=1)
        advice = f"是否应为 {near[0]}？可用的有：{options}" if near else f"可用的有：{options}"
        raise SchemeError(path, "“{value}”不可用", advice=advice, value=str(value)[:40]) from None
