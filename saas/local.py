"""Days, moments and figures as people here read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask import current_app

from saas.domain.expressions import values


def local_time(moment: datetime | None) -> str:
    """A moment as the county's clock showed it, to the minute. Nothing for none."""
    if moment is None:
        return ""
    return moment.astimezone(current_app.config["JICENG"].timezone).strftime("%Y-%m-%d %H:%M")


def local_day(day: date | None) -> str:
    """A day as 2026年3月5日, without leading zeros. Nothing for none."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def plain_number(value: Decimal | int | None) -> str:
    """An exact number without superfluous zeros and without an exponent. Nothing for none."""
    return "" if value is None else values.plain_number(Decimal(value))
