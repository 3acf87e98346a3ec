"""Answers as expressions see them, and what expressions amount to as answers."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from saas.domain.expressions import Value, to_number, to_text
from saas.domain.fields import Field, FieldType


def as_value(answer: Any) -> Value:
    """An answer as expressions see it; empty for what is missing or declared not applicable."""
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, int):
        return Decimal(answer)
    if isinstance(answer, tuple):
        return " ".join(answer)
    if isinstance(answer, str | Decimal | date | time | datetime):
        return answer
    return ""  # missing, or declared not applicable


def as_answer(item: Field, value: Value) -> Any:
    """A computed value as the type of its field stores it. What is not a number is nothing, never 0."""
    if item.type in {FieldType.INTEGER, FieldType.DECIMAL, FieldType.RANGE}:
        number = to_number(value)
        if number.is_nan():
            return None
        if item.type is FieldType.INTEGER:
            return int(number.to_integral_value(ROUND_HALF_UP))
        return number if item.decimals is None else number.quantize(Decimal(1).scaleb(-item.decimals), ROUND_HALF_UP)
    if item.type is FieldType.DATE and isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if item.type is FieldType.CALCULATE and item.decimals is not None:
        number = to_number(value)
        if number.is_nan():
            return None
        value = number.quantize(Decimal(1).scaleb(-item.decimals), ROUND_HALF_UP)
    return to_text(value) or None
