"""Timing, medians and the verdict."""

from __future__ import annotations

import gc
import statistics
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS = 7
BUDGET = Path(__file__).with_name("budget.toml")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of several runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """From the quickest to the slowest, as a part of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the report. `name` is its entry in the budget."""

    name: str
    what: str
    ours: Timing
    floor: Timing
    note: str = ""

    @property
    def ratio(self) -> float:
        """The median of the ratios of the runs: what slowed one pair of runs down does not tip the balance."""
        pairs = zip(self.ours.seconds, self.floor.seconds, strict=True)
        return statistics.median(ours / floor for ours, floor in pairs)


def side_by_side(
    first: Callable[[], object], second: Callable[[], object], *, runs: int = RUNS, alone: bool = False
) -> tuple[Timing, Timing]:
    """Time two actions in turns after one run to warm up, so that what else the machine does falls on both.

    Work that happens `alone` in this process is timed by its processor time, which others do not lengthen.
    """
    clock = time.process_time if alone else time.perf_counter
    first(), second()
    pairs = [(_once(first, clock), _once(second, clock)) for _ in range(runs)]
    return Timing(tuple(pair[0] for pair in pairs)), Timing(tuple(pair[1] for pair in pairs))


def _once(action: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    begun = clock()
    action()
    return clock() - begun


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def read_budget() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(BUDGET.read_text())


def report(measurements: Sequence[Measurement]) -> list[str]:
    """Print every measurement with its budget; return what missed it."""
    budget, missed = read_budget(), []
    for each in measurements:
        allowed = float(budget[each.name]["ratio"])
        is_met = each.ratio <= allowed
        figure = budget[each.name].get("figure")
        promised = f"  figure {figure:g} s {'met' if each.ours.median <= figure else 'not met here'}" if figure else ""
        print(f"{each.what}{f' ({each.note})' if each.note else ''}")
        if len(each.ours.seconds) > 1:
            print(f"    ours  {_shown(each.ours)}\n    floor {_shown(each.floor)}")
        print(f"    ratio {each.ratio:.2f}, at most {allowed:g}: {'ok' if is_met else 'MISSED'}{promised}", flush=True)
        if not is_met:
            missed.append(f"{each.name}: ratio {each.ratio:.2f} is above {allowed:g}")
    return missed


def _shown(timing: Timing) -> str:
    return f"{timing.median * 1000:10.2f} ms (median of {len(timing.seconds)}, spread {timing.spread:.0%})"
