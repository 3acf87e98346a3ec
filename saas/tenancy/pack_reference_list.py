"""What a pack defines, and how to complain about what it names and does not define."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from saas.domain.cohorts import Named
from saas.tenancy.pack_files import Problems
from saas.tenancy.pack_source import Source


@dataclass(frozen=True, slots=True)
class References:
    """The codes that a pack defines, by kind, its named cohorts, and how to complain about what it does not define."""

    problems: Problems
    known: Mapping[str, Collection[str]]
    named: Named
    must_find_units: bool = False  # a demonstration whose cohort finds nobody shows nothing

    def check(self, kind: str, code: str | None, source: Source) -> None:
        """Note a problem unless `code` is defined. An absent code is no reference; an open kind is not checked."""
        if code is None or kind not in self.known or code in self.known[kind]:
            return
        self.problems.add(
            source.file,
            f"没有代码为“{code}”的{kind}",
            f"请改正这里的写法，或先在配置包中加上这个{kind}",
            line=source.line,
            path=source.path,
        )
