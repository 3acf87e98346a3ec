"""Which counties are shown, and with which password everybody in them signs in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from saas.config import ROOT

PASSWORD = "Jiceng-Demo-1"  # noqa: S105  (of invented people, printed for everybody to use)
MARKER = "demonstration"  # key in the county's settings: its history is complete


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One county. What the units at or below `stage` report in the present period is left to `flask demo drive`."""

    slug: str
    name: str
    pack: str
    stage: str

    @property
    def folder(self) -> Path:
        """Where its pack lies."""
        return ROOT / "tenants" / self.pack


RURAL = Demonstration("qinghe", "清禾县", "rural-county", stage="T01")
URBAN = Demonstration("linjiang", "临江区", "city-district", stage="S01")
DEMONSTRATIONS = (RURAL, URBAN)
