"""`python -m bench [list_page|submit|pdf|scoring …]`: measure, print, and fail where a budget is missed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench import list_page, pdf, scoring, submit
from bench.measuring import Measurement, report
from bench.place import prepared
from saas.config import ROOT

NAMES = ("scoring", "pdf", "list_page", "submit")


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
    if {"list_page", "submit"} & set(wanted):
        missed += report(_over_http(wanted))
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


def _over_http(wanted: list[str]) -> list[Measurement]:
    with prepared() as place:
        found = list_page.measure(place) if "list_page" in wanted else []
        return found + (submit.measure(place) if "submit" in wanted else [])


def _fonts() -> Path:
    return Path(os.environ.get("FONT_DIR") or ROOT / "var" / "fonts")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
