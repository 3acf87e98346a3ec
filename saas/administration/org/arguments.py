"""What an address asks for: a day, a page, an id. What cannot be read counts as not asked."""

from __future__ import annotations

import uuid
from datetime import date

from flask import request

EARLIEST, LATEST = date(1949, 10, 1), date(2199, 12, 31)
MOST_PAGES = 100_000


def day_argument(name: str, otherwise: date) -> date:
    """The day in the address, within reason."""
    try:
        day = date.fromisoformat(request.values.get(name, "").strip())
    except ValueError:
        return otherwise
    return day if EARLIEST <= day <= LATEST else otherwise


def page_argument() -> int:
    """The page in the address, the first unless told."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def uuid_argument(name: str) -> uuid.UUID | None:
    """The id in the address, or None."""
    try:
        return uuid.UUID(request.values.get(name, ""))
    except ValueError:
        return None


def uuid_arguments(name: str) -> list[uuid.UUID]:
    """Every id of that name, each once, in order."""
    found: dict[uuid.UUID, None] = {}
    for text in request.values.getlist(name):
        try:
            found[uuid.UUID(text)] = None
        except ValueError:
            continue
    return list(found)
