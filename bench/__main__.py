"""`python -m bench [NAME …]`: measure, print, and fail where a budget is missed. The names stand below."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from bench import pdf, scoring
from bench.measuring import Measurement, report
from bench.place import prepared
from saas.config import ROOT

# What is measured in a county of its own, in this order: the later ones leave it changed.
IN_A_COUNTY = (
    "list_page",
    "fill_page",
    "submit",
    "submit_sustained",
    "tenants",
    "packs_apply",
    "import_units",
    "import_forms",
    "export_forms",
    "export",
)
NAMES = ("scoring", "pdf", *IN_A_COUNTY)


def main(names: list[str]) -> int:
    """Measure what is named, or everything. 1 if a budget is missed, 2 for an unknown name."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    wanted, missed = names or list(NAMES), []
    if "scoring" in wanted:
        missed += report(scoring.measure())
    if "pdf" in wanted:
        missed += report(pdf.measure(_fonts()))
    if set(IN_A_COUNTY) & set(wanted):
        missed += report(_in_a_county(wanted))
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


def _in_a_county(wanted: list[str]) -> list[Measurement]:
    with prepared() as place:
        modules = [import_module(f"bench.{name}") for name in IN_A_COUNTY if name in wanted]
        return [found for module in modules for found in module.measure(place)]


def _fonts() -> Path:
    return Path(os.environ.get("FONT_DIR") or ROOT / "var" / "fonts")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
