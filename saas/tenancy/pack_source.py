"""Where something of a pack was read, and reading a table with a reader of the domain: its mistakes get their line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from saas.domain.errors import FormatError
from saas.tenancy.pack_errors import dotted
from saas.tenancy.pack_files import Problems, TomlFile, TomlPath

Read = TypeVar("Read")

_PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where something of a pack was read: its file and the keys and indexes that lead to it."""

    toml: TomlFile
    keys: TomlPath = ()

    @property
    def file(self) -> str:
        return self.toml.file

    @property
    def line(self) -> int | None:
        """The line, or that of the nearest table around; the first line for a whole file."""
        return self.toml.line_of(self.keys) if self.keys else 1

    @property
    def path(self) -> str:
        return dotted(self.keys)

    def at(self, *keys: str | int) -> Source:
        """Return the place of something inside."""
        return Source(self.toml, (*self.keys, *keys))

    def top(self, key: str) -> Source:
        """Return the place of a key at the top of the file."""
        return Source(self.toml, (key,))


def read_with(
    reader: Callable[[Any], Read],
    mapping: Any,
    source: TomlFile,
    problems: Problems,
    prefix: TomlPath = (),
) -> Read | None:
    """Read a mapping that stands at `prefix` with a reader of the domain, or note its mistake on its line."""
    try:
        return reader(mapping)
    except FormatError as error:
        problems.add(
            source.file,
            str(error.message),
            error.advice or "请对照文档改正",
            line=source.line_of((*prefix, *toml_path(error.path))),
            path=dotted((*prefix, *toml_path(error.path))),
        )
        return None


def toml_path(path: str) -> TomlPath:
    """Return a written path (`fields[2].min`) as keys and indexes."""
    return tuple(int(index) if index else key for key, index in _PATH_PART.findall(path))


def check_file_name(source: TomlFile, code: str, problems: Problems) -> None:
    """Note a problem if a file is not called like what it holds."""
    if Path(source.file).stem != code:
        problems.add(
            source.file,
            f"文件名与 code “{code}”不一致",
            "请改成同名，便于查找",
            line=source.line_of(["code"]),
            path="code",
        )
