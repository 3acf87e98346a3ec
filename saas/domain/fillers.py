"""Who fills a collection for its units (填报主体): they themselves, or a unit that fills for them (代填).

A department supplies data about units that it does not own: by its code, or whichever unit is responsible for a
function on the day. A superior fills for the units below it, such as a village for its grids. docs/packs.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from saas.domain.errors import FormatError
from saas.domain.reading import Reader, read

PARENT = "parent"  # the unit right above, of whatever type
MAX_LEVEL = 99


class Kind(Protocol):
    """The type of a unit: its code and its level, 1 for the county."""

    @property
    def code(self) -> str: ...

    @property
    def level(self) -> int: ...


class Placed(Protocol):
    """A unit of the county's tree."""

    @property
    def unit_type(self) -> Kind: ...


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True, slots=True)
class Filler:
    """At most one is given; none: each unit fills for itself.

    `superior` is a unit type's code, a level (1 is the county) or `parent`.
    """

    unit: str = ""
    function: str = ""
    superior: str | int = ""

    @property
    def is_own(self) -> bool:
        """Whether each unit fills for itself."""
        return not (self.unit or self.function or self.superior)


def superior_among(above: Sequence[P], wanted: str | int) -> P | None:
    """Return the nearest unit above of a type, of a level, or the parent; `above` begins with the parent."""
    if wanted == PARENT:
        return above[0] if above else None
    if isinstance(wanted, int):
        return next((unit for unit in above if unit.unit_type.level == wanted), None)
    return next((unit for unit in above if unit.unit_type.code == wanted), None)


# --- reading and writing --------------------------------------------------------------------------------------------


def filler_from_mapping(mapping: Mapping[str, Any]) -> Filler:
    """Read who fills; an empty mapping: each unit itself. Raise FormatError with the path of the first mistake."""
    reader = read(mapping, "filled_by", FormatError, {"unit", "function", "superior"})
    if len(mapping) > 1:
        raise reader.fail("", "unit、function、superior 只能写一个", code="rule_and_list", advice="删去其余的键")
    if "unit" in mapping:
        return Filler(unit=reader.code("unit"))
    if "function" in mapping:
        return Filler(function=reader.text("function", max_length=100))
    if "superior" in mapping:
        return Filler(superior=superior_from(reader, "superior"))
    return Filler()


def superior_from(reader: Reader, key: str) -> str | int:
    """Read which unit above is meant: a unit type's code, a level, or `parent`."""
    if isinstance(reader.mapping.get(key), int):
        return reader.whole(key, low=1, high=MAX_LEVEL) or 1
    return reader.code(key)


def filler_to_mapping(filler: Filler) -> dict[str, Any]:
    """Return the mapping of who fills: JSON-able, read again to an equal value."""
    pairs = {"unit": filler.unit, "function": filler.function, "superior": filler.superior}
    return {key: value for key, value in pairs.items() if value}
