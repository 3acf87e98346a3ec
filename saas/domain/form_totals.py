"""The sums under the rows of a repeat (合计): of the columns that ask for one. Exact, and never 0 for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from saas.domain.expressions import to_number
from saas.domain.fields import Field, FieldType


def totalled(repeat: Field) -> tuple[tuple[str, Field], ...]:
    """The columns of a repeat that have a sum, with their path inside a row; those in groups of the row too."""
    return tuple(_totalled(repeat.fields, ""))


def _totalled(fields: Sequence[Field], parent: str) -> list[tuple[str, Field]]:
    found: list[tuple[str, Field]] = []
    for item in fields:
        path = f"{parent}.{item.name}" if parent else item.name
        if item.type is FieldType.GROUP:
            found += _totalled(item.fields, path)
        elif item.total:
            found.append((path, item))
    return found


def sum_of(values: Sequence[Any]) -> Decimal | None:
    """The sum of the numbers among some answers; None if there is none (未填 is not 0)."""
    numbers = [number for value in values if (number := _number(value)) is not None]
    return sum(numbers, Decimal(0)) if numbers else None


def row_sums(repeat: Field, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Field, Decimal | None]]:
    """Path inside a row, field and sum of each column that has one."""
    return [(path, item, sum_of([_inside(row, path) for row in rows])) for path, item in totalled(repeat)]


def _inside(row: Mapping[str, Any], path: str) -> Any:
    found: Any = row
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    number = to_number(value if not isinstance(value, int) else Decimal(value))
    return number if number.is_finite() else None
