"""Reading definitions (forms, routes, windows …) from mappings: every mistake has a path and advice."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from saas.domain.errors import FormatError

E = TypeVar("E", bound=StrEnum)

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
MAX_TEXT = 4000
MAX_DIGITS = 30  # of a number, before or after the point
_TRUTH = "写 true 或 false"


@dataclass(frozen=True, slots=True)
class Reader:
    """A mapping, where it stands, and the kind of error that its mistakes raise."""

    mapping: Mapping[str, Any]
    path: str = ""
    error: type[FormatError] = FormatError

    def fail(self, key: str, text: str, /, *, advice: str = "", code: str | None = None, **params: Any) -> FormatError:
        """Return the error for `key`; the caller raises it."""
        return self.error(self.at(key), text, advice=advice, code=code, **params)

    def at(self, key: str) -> str:
        """Return the path of `key`."""
        return ".".join(part for part in (self.path, key) if part)

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise for the first key that is not known, naming those that are."""
        for key in self.mapping:
            if key not in known:
                raise self.fail(
                    str(key),
                    "不认识的键“{key}”",
                    code="unknown_key",
                    advice="可用的键：" + "、".join(sorted(known)),
                    key=key,
                )

    def text(self, key: str, default: str | None = None, *, max_length: int = MAX_TEXT) -> str:
        """Return a text; without a default it must be there and not be empty."""
        value = self.mapping.get(key, default)
        if value is None or (default is None and value == ""):
            raise self.fail(key, "缺少“{key}”", code="missing_key", advice="写一段文字", key=key)
        if not isinstance(value, str):
            raise self.fail(key, "“{key}”应为文字", code="wrong_type", advice="加引号", key=key)
        if len(value) > max_length or "\x00" in value:
            raise self.fail(key, "“{key}”过长或含有非法字符", code="too_long", key=key)
        return value

    def code(self, key: str, default: str | None = None) -> str:
        """Return a code: letters, digits, `_` and `-`, at most 64."""
        value = self.text(key, default)
        if not (value == default or CODE.fullmatch(value)):
            raise self.fail(
                key, "编码“{value}”不合规", code="bad_code", advice="字母、数字、_、-，最长64位", value=value
            )
        return value

    def truth(self, key: str, default: bool | None = None) -> bool:
        """Return true or false; without a default it must be written."""
        value = self.mapping.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "“{key}”应为 true 或 false", code="wrong_type", advice=_TRUTH, key=key)
        return value

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 1_000_000) -> int | None:
        """Return a whole number from low to high, or the default."""
        value = self.mapping.get(key, default)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.fail(key, "“{key}”应为 {low} 到 {high} 的整数", code="wrong_type", key=key, low=low, high=high)
        return value

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """Return a member of an enum."""
        value = self.mapping.get(key, default)
        if not isinstance(value, str) or value not in {member.value for member in kind}:
            options = "、".join(member.value for member in kind)
            raise self.fail(
                key, "“{key}”的值“{value}”不认识", code="unknown_value", advice=options, key=key, value=value
            )
        return kind(value)

    def number(self, key: str) -> Decimal | None:
        """Return an exact number, or None if it is not there. Binary fractions are refused."""
        value = self.mapping.get(key)
        return None if value is None else self.exact(key, value)

    def exact(self, key: str, value: object) -> Decimal:
        """Return `value` as an exact number."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self.fail(key, "“{key}”应为精确的数", code="wrong_type", advice='写成整数或文字，如 "91.96"', key=key)
        try:
            number = Decimal(value)
        except ArithmeticError:
            raise self.fail(key, "“{value}”不是数", code="wrong_type", value=value) from None
        if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
            raise self.fail(key, "“{value}”不是数", code="wrong_type", value=value)
        return number

    def day(self, key: str) -> date | None:
        """Return a day, written as TOML date or as text 2026-01-31, or None if it is not there."""
        value = self.mapping.get(key)
        if isinstance(value, datetime) or not (value is None or isinstance(value, date | str)):
            raise self.fail(key, "“{key}”应为日期", code="wrong_type", advice='写成 "2026-01-31"', key=key)
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            raise self.fail(
                key, "“{value}”不是日期", code="wrong_type", advice='写成 "2026-01-31"', value=value
            ) from None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts, empty if it is not there."""
        value = self.mapping.get(key, [])
        if not _is_list(value) or not all(isinstance(item, str) and item for item in value):
            raise self.fail(key, "“{key}”应为文字的列表", code="wrong_type", advice='["a", "b"]', key=key)
        if len(set(value)) != len(value):
            raise self.fail(key, "“{key}”中有重复", code="duplicate", key=key)
        return tuple(value)

    def child(self, key: str) -> Reader:
        """Return the reader of a table inside."""
        value = self.mapping.get(key)
        if not isinstance(value, Mapping):
            raise self.fail(key, "“{key}”应为一个表", code="wrong_type", advice="{ … }", key=key)
        return Reader(value, self.at(key), self.error)

    def children(self, key: str) -> tuple[Reader, ...]:
        """Return the readers of a list of tables, none if it is not there."""
        value = self.mapping.get(key, [])
        if not _is_list(value) or not all(isinstance(item, Mapping) for item in value):
            raise self.fail(key, "“{key}”应为表的列表", code="wrong_type", advice="[[…]]", key=key)
        return tuple(Reader(item, f"{self.at(key)}[{number}]", self.error) for number, item in enumerate(value))


def read(mapping: object, path: str, error: type[FormatError], known: Collection[str]) -> Reader:
    """Return a reader for a mapping that has no other keys than the known ones."""
    if not isinstance(mapping, Mapping):
        raise error(path, "这里应为一个表", code="wrong_type", advice="{ … }")
    reader = Reader(mapping, path, error)
    reader.refuse_unknown(known)
    return reader


def without_defaults(mapping: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping without the entries that only repeat the default."""
    return {key: value for key, value in mapping.items() if key not in defaults or value != defaults[key]}


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
