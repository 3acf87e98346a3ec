"""Words for what a typed model refuses: pydantic's findings as problems of a pack, in Chinese, with the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from saas.tenancy.pack_files import Problems, TableRow, TomlFile

Words = tuple[str, str]
_Model = TypeVar("_Model", bound=BaseModel)

_WORDS: Mapping[str, Words] = {
    "missing": ("缺少“{key}”", "请补上这一项"),
    "extra_forbidden": ("不认识“{key}”", "请检查拼写，或删去这一项"),
    "string_too_short": ("“{key}”是空的", "请填写"),
    "string_too_long": ("“{key}”有 {length} 个字符，超过 {max_length}", "请缩短"),
    "string_pattern_mismatch": ("“{key}”的写法不对：{value}", "应符合 {pattern}"),
    "string_type": ("“{key}”应当是文字，现在是 {value}", "请用英文双引号把文字括起来"),
    "int_type": ("“{key}”应当是整数，现在是 {value}", "请改成整数，不加引号"),
    "int_parsing": ("“{key}”应当是整数，现在是 {value}", "请改成整数"),
    "int_from_float": ("“{key}”应当是整数，现在是 {value}", "请改成整数"),
    "bool_parsing": ("“{key}”应当是“是”或“否”，现在是 {value}", "请改成 是 或 否"),
    "bool_type": ("“{key}”应当是 true 或 false，现在是 {value}", "请改成 true 或 false"),
    "enum": ("“{key}”没有这个选项：{value}", "可选：{expected}"),
    "literal_error": ("“{key}”没有这个选项：{value}", "可选：{expected}"),
    "greater_than_equal": ("“{key}”太小：{value}", "不得小于 {ge}"),
    "less_than_equal": ("“{key}”太大：{value}", "不得大于 {le}"),
    "too_short": ("“{key}”至少要有 {min_length} 项", "请补上"),
    "too_long": ("“{key}”最多 {max_length} 项", "请删减"),
    "value_error": ("“{key}”{error}", "请改正"),
}
_DATE_WORDS: Words = ("“{key}”不是日期：{value}", "请写成 2026-03-05 的样子")
_TABLE_WORDS: Words = ("“{key}”的类型不对：{value}", "请对照文档检查这一项的写法")


def build_row(
    model: type[_Model], file: str, row: TableRow, problems: Problems, values: Mapping[str, Any]
) -> _Model | None:
    """Build a row of a table, or note what is wrong with it on its line."""
    return _build(model, {**values, "line": row.line}, file, lambda path: row.line, problems)


def build_toml(
    model: type[_Model],
    source: TomlFile,
    values: Mapping[str, Any],
    problems: Problems,
    prefix: Sequence[str | int] = (),
) -> _Model | None:
    """Build a table of a TOML file that stands at `prefix`, or note what is wrong with it on its line."""
    return _build(model, values, source.file, lambda path: source.line_of((*prefix, *path)), problems, prefix)


def _build(
    model: type[_Model],
    values: Mapping[str, Any],
    file: str,
    line_of: Callable[[tuple[str | int, ...]], int | None],
    problems: Problems,
    prefix: Sequence[str | int] = (),
) -> _Model | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for found in _own_mistakes(error.errors(include_url=False)):
            text, advice = _worded(found)
            problems.add(file, text, advice, line=line_of(found["loc"]), path=dotted((*prefix, *found["loc"])))
        return None


def _own_mistakes(found: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are only too short because their entries are faulty: those are reported themselves."""
    paths = [error["loc"] for error in found]
    return [
        error
        for error in found
        if error["type"] != "too_short"
        or not any(path[: len(error["loc"])] == error["loc"] and path != error["loc"] for path in paths)
    ]


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as people read it: `tasks[2].parts[0].due_on`, counted from 0 as in the format's documents."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _worded(found: ErrorDetails) -> Words:
    kind = found["type"]
    context = {**found.get("ctx", {})}
    text, advice = _DATE_WORDS if kind.startswith("date") else _WORDS.get(kind, _TABLE_WORDS)
    keys = [part for part in found["loc"] if isinstance(part, str)]
    value = str(found.get("input", ""))
    context.update(key=keys[-1] if keys else "本项", length=len(value), value=value[:40] or "（空）")
    return text.format_map(_Given(context)), advice.format_map(_Given(context))


class _Given(dict[str, Any]):
    """Leaves a placeholder that pydantic did not fill as a question mark instead of failing over a message."""

    def __missing__(self, key: str) -> str:
        return "？"
