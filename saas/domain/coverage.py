"""Whether ties across the tree leave anybody out (联系全覆盖): every street has a leader, every unit is assigned."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Tie(Generic[S, K]):
    """Somebody in charge (`source`: a person or a unit) of a unit, in one of the kind's layers."""

    source: S
    target: K
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Gap(Generic[K]):
    """A unit that nobody is in charge of in a layer (没有联系人)."""

    target: K
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Doubled(Generic[S, K]):
    """A unit with several in charge in one layer (多头联系). Nothing forbids it; it is to be looked at."""

    target: K
    layer: str
    sources: tuple[S, ...]


@dataclass(frozen=True, slots=True)
class Coverage(Generic[S, K]):
    """What a check found. `idle` are sources without any tie, `loads` how many units each source has."""

    target_count: int
    covered_count: int
    gaps: tuple[Gap[K], ...]
    source_count: int
    idle: tuple[S, ...]
    doubled: tuple[Doubled[S, K], ...]
    loads: tuple[tuple[S, int], ...]

    @property
    def is_complete(self) -> bool:
        """Whether every target is covered in every layer and every source has one."""
        return not self.gaps and not self.idle


def check_coverage(
    targets: Sequence[K], sources: Sequence[S], ties: Iterable[Tie[S, K]], layers: Sequence[str] = ()
) -> Coverage[S, K]:
    """Compare the ties in force on a day with whom they must cover.

    `targets` are the units that must have somebody, `sources` those that must have a unit; either may be empty: nothing
    is asked. With `layers` a target must have somebody in each of them (三级包保); a tie in a layer that the kind does
    not have counts for none. Order is that of the input.
    """
    asked = tuple(layers) or ("",)
    found: dict[tuple[K, str], list[S]] = {}
    loads: dict[S, set[K]] = {}
    for tie in ties:
        key = (tie.target, tie.layer if layers else "")
        holders = found.setdefault(key, [])
        if tie.source not in holders:
            holders.append(tie.source)
        loads.setdefault(tie.source, set()).add(tie.target)
    gaps = tuple(Gap(target, layer) for target in targets for layer in asked if not found.get((target, layer)))
    open_targets = {gap.target for gap in gaps}
    return Coverage(
        target_count=len(targets),
        covered_count=sum(1 for target in targets if target not in open_targets),
        gaps=gaps,
        source_count=len(sources),
        idle=tuple(source for source in sources if source not in loads),
        doubled=tuple(
            Doubled(target, layer, tuple(holders)) for (target, layer), holders in found.items() if len(holders) > 1
        ),
        loads=tuple((source, len(units)) for source, units in loads.items()),
    )
