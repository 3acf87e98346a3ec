"""The files of a configuration pack (配置包) as text, tables and mappings, with line numbers for every complaint.

Nothing is guessed: a file that is not UTF-8, a cell that a spreadsheet would run, a quoted cell that never ends is a
problem with its place and what to do. All problems of a pack are collected, so that one reading shows all of them.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from saas.tenancy.pack_migrations import migrate

MAX_FILE_BYTES = 5_000_000
MAX_CELL_CHARACTERS = 2_000

TomlPath = tuple[str | int, ...]

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d+(?:\.\d+)?$)")
_ROOT = re.compile(r"(?:^|(?<=[|:]))@root(?=$|[|/])")
_YEAR = re.compile(r"(?<!\$)\{year([+-]\d{1,2})?\}")
_PLACEHOLDER = re.compile(r"(?<!\$)\{[A-Za-z][A-Za-z0-9_+-]*\}")
_TOML_POSITION = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")
_TOML_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_TOML_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")


ROOT_PLACEHOLDER = "county-root"
"""What `@root` is read as while the county that a pack is for is not known."""


@dataclass(frozen=True, slots=True)
class Terms:
    """For what a pack is read: `{year}` means `year`, `@root` the unit with the code `root`; `schema` is its format."""

    year: int
    root: str = ROOT_PLACEHOLDER
    schema: int = 0


@dataclass(frozen=True, slots=True)
class PackProblem:
    """One thing that is wrong in a pack: where (file, line if known, key), what, and what to do about it."""

    file: str
    message: str
    advice: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file} 第 {self.line} 行"
        key = f"（{self.path}）" if self.path else ""
        return f"{place}{key}：{self.message}。{self.advice}。"


class PackError(Exception):
    """A pack that cannot be used. Holds every problem found, in the order of files and lines."""

    def __init__(self, problems: Sequence[PackProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0)))
        listing = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"配置包有 {len(self.problems)} 处问题：\n{listing}")


@dataclass(slots=True)
class Problems:
    """Collects problems while a pack is read."""

    found: list[PackProblem] = field(default_factory=list)

    def add(self, file: str, message: str, advice: str, *, line: int | None = None, path: str = "") -> None:
        self.found.append(PackProblem(file, message, advice, line, path))

    def none_in(self, *files: str) -> bool:
        """Say whether no problem was found in these files, or below these folders (written with a slash at the end)."""
        return not any(
            problem.file == file or (file.endswith("/") and problem.file.startswith(file))
            for problem in self.found
            for file in files
        )


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a CSV file. Cells are stripped; an empty cell is an empty string."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed TOML file and the line on which each of its keys and tables stands."""

    file: str
    mapping: dict[str, Any]
    lines: Mapping[TomlPath, int]

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """Return the line of `path`, or of the nearest table around it (inline values have no line of their own)."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return None


def looks_like_formula(text: str) -> bool:
    """Say whether a spreadsheet would run `text` as a formula. Plain signed numbers are not formulas."""
    return bool(_FORMULA.match(text))


def read_text(folder: Path, file: str, problems: Problems) -> str | None:
    """Return the text of a file of the pack, or None after noting why it cannot be read."""
    path = folder / file
    if path.is_symlink():
        problems.add(file, "是指向别处的链接", "请用普通文件代替链接")
        return None
    raw = path.read_bytes()
    if len(raw) > MAX_FILE_BYTES:
        problems.add(file, f"文件超过 {MAX_FILE_BYTES // 1_000_000} MB", "请删去无关内容或拆分文件")
        return None
    return _decode(raw, file, problems)


def _decode(raw: bytes, file: str, problems: Problems) -> str | None:
    if raw.startswith(_UTF16_MARKS):
        problems.add(file, "文件编码是 UTF-16，不是 UTF-8", "请在编辑器中另存为 UTF-8 编码")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        name = "GB18030（GBK、GB2312）" if _is_gb18030(raw) else "无法识别的编码"
        problems.add(file, f"文件编码不是 UTF-8，看起来是{name}", "请在编辑器或电子表格中另存为 UTF-8 编码", line=line)
        return None
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        problems.add(file, "含有不可见的控制字符", "请删除该字符后重新输入这一行", line=line)
        return None
    return text


def _is_gb18030(raw: bytes) -> bool:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def read_table(folder: Path, file: str, problems: Problems, terms: Terms) -> tuple[tuple[str, ...], list[TableRow]]:
    """Return the header and rows of a CSV file. Lines that start with # and empty lines are skipped.

    `@root` in a cell is replaced by the code of the county's root unit. A row stands on one line: that keeps every
    complaint's line number right in every editor.
    """
    text = read_text(folder, file, problems)
    header: tuple[str, ...] = ()
    rows: list[TableRow] = []
    for line, source in enumerate((text or "").split("\n"), start=1):
        if not source.strip() or source.startswith("#"):
            continue
        cells = _split(source, file, line, problems)
        if cells is None:
            continue
        if not header:
            header = _header(cells, file, line, problems)
        elif len(cells) != len(header):
            problems.add(
                file,
                f"这一行有 {len(cells)} 格，表头有 {len(header)} 格",
                "请补齐或删去多余的逗号；含逗号的内容要用英文双引号括起来",
                line=line,
            )
        elif any(cells):
            row = dict(zip(header, cells, strict=True))
            row = {column: with_root(cell, terms.root) for column, cell in row.items()}
            _check_cells(row, file, line, problems)
            rows.append(TableRow(line, row))
    if text is not None and not header:
        problems.add(file, "没有表头", "请在第一行写上各列的名称")
    return header, rows


def _split(source: str, file: str, line: int, problems: Problems) -> list[str] | None:
    try:
        return [cell.strip() for cell in next(csv.reader([source.rstrip("\r")], strict=True))]
    except csv.Error:
        problems.add(file, "引号没有配对", "请检查这一行的英文双引号；一格内容不能换行", line=line)
        return None


def _header(cells: list[str], file: str, line: int, problems: Problems) -> tuple[str, ...]:
    for name in sorted({cell for cell in cells if cells.count(cell) > 1}):
        problems.add(file, f"表头中“{name}”重复", "请保留一列，删去或改名另一列", line=line)
    return tuple(cells)


def _check_cells(row: Mapping[str, str], file: str, line: int, problems: Problems) -> None:
    for column, cell in row.items():
        if looks_like_formula(cell):
            problems.add(
                file,
                f"“{cell[:20]}”看起来像电子表格公式",
                "请改成普通文字或数值，不要以 = + - @ 开头",
                line=line,
                path=column,
            )
        if len(cell) > MAX_CELL_CHARACTERS:
            problems.add(
                file, f"内容有 {len(cell)} 个字符，超过 {MAX_CELL_CHARACTERS}", "请缩短这一格", line=line, path=column
            )


def read_toml(folder: Path, file: str, problems: Problems, terms: Terms) -> TomlFile | None:
    """Parse a TOML file, or note where it is not valid TOML and return None.

    `{year}`, `{year-1}` and `{year+1}` in its texts are replaced, and `@root` where a unit's code stands; other words
    in braces are problems.
    """
    text = read_text(folder, file, problems)
    if text is None:
        return None
    try:
        mapping = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        position = _TOML_POSITION.search(str(error))
        line = int(position[1]) if position and position[1] else len(text.splitlines())
        problems.add(
            file, f"不是有效的 TOML：{_TOML_POSITION.sub('', str(error)).strip()}", "请检查引号、括号和等号", line=line
        )
        return None
    for number, line_text in enumerate(text.split("\n"), start=1):
        for found in _PLACEHOLDER.finditer(line_text):
            if not _YEAR.fullmatch(found[0]):
                problems.add(file, f"不认识的占位符 {found[0]}", "可用 {year}、{year-1}、{year+1}", line=number)
    return TomlFile(file, migrate(file, _in_terms(mapping, terms), terms.schema), toml_lines(text))


def _in_terms(value: Any, terms: Terms) -> Any:
    if isinstance(value, str):
        return with_root(_YEAR.sub(lambda found: str(terms.year + int(found[1] or 0)), value), terms.root)
    if isinstance(value, list):
        return [_in_terms(entry, terms) for entry in value]
    if isinstance(value, dict):
        return {key: _in_terms(entry, terms) for key, entry in value.items()}
    return value


def with_root(text: str, root: str) -> str:
    """Put the code of the county's root unit where a text says `@root`, alone, in a list, or before a post's name."""
    return _ROOT.sub(root, text) if "@root" in text else text


def toml_lines(text: str) -> dict[TomlPath, int]:
    """Return the line of each table header and key of a valid TOML text, by path; lists of tables count from 0."""
    lines: dict[TomlPath, int] = {}
    counts: dict[TomlPath, int] = {}
    table: TomlPath = ()
    delimiter = ""
    for number, source in enumerate(text.split("\n"), start=1):
        if delimiter:
            delimiter = "" if delimiter in source else delimiter
            continue
        header = _TOML_HEADER.match(source)
        key = _TOML_KEY.match(source)
        if header and "=" not in header[2]:
            table = _table_path(_keys(header[2]), header[1] == "[[", counts)
            lines[table] = number
        elif key:
            lines.setdefault((*table, *_keys(key[1])), number)
            delimiter = _open_delimiter(source[key.end() :])
    return lines


def _keys(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _table_path(keys: list[str], is_list: bool, counts: dict[TomlPath, int]) -> TomlPath:
    """Spell out the path of a table: a key that is a list of tables is followed by the index of its last table."""
    path: TomlPath = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if is_list and position == len(keys) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _open_delimiter(value: str) -> str:
    """Return the delimiter of a multi-line string that starts on this line and does not end on it."""
    for delimiter in ('"""', "'''"):
        if value.lstrip().startswith(delimiter) and value.count(delimiter) == 1:
            return delimiter
    return ""
