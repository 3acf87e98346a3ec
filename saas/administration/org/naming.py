"""Units named by people: a name, a short name or a code on each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from saas.org.models import OrgUnit

MAX_LINES = 5000


@dataclass(frozen=True, slots=True)
class Named:
    """The units that were meant, each once, and the lines that mean nobody or several."""

    units: Sequence[OrgUnit]
    unknown: Sequence[str]

    @property
    def problem(self) -> str:
        """What to say beside the field; nothing if every line means one unit."""
        if not self.unknown:
            return ""
        names = "、".join(line[:40] for line in self.unknown[:10])
        text: str = gettext("找不到或有重名的单位：%(names)s；重名的请写代码", names=names)
        return text


def find_named(text: str | None, units: Iterable[OrgUnit]) -> Named:
    """Return which of these units the lines of a text mean. A line of a spreadsheet counts up to its first tab."""
    by_name: dict[str, dict[str, OrgUnit]] = {}
    for unit in units:
        for name in {unit.name, unit.code, unit.short_name} - {""}:
            by_name.setdefault(name, {})[unit.code] = unit
    lines = [line.split("\t")[0].strip() for line in (text or "").splitlines()[:MAX_LINES]]
    found: dict[str, OrgUnit] = {}
    unknown = []
    for line in filter(None, lines):
        meant = by_name.get(line, {})
        if len(meant) == 1:
            unit = next(iter(meant.values()))
            found[unit.code] = unit
        else:
            unknown.append(line)
    return Named(list(found.values()), unknown)
