"""The lines and sections of a preview of what a reorganisation touches."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_

from saas.access.permissions import Permission
from saas.domain.reorganisation import Outcome

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is touched. `endpoint` is its page, for those who hold `permission`."""

    text: str
    note: str = ""
    endpoint: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    permission: Permission = Permission.ORG_VIEW


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind. `lead` says what happens to them; `is_blocking`: while there are any, nothing goes."""

    code: str
    title: str
    lead: str
    lines: Sequence[Line]
    is_blocking: bool = False

    @property
    def shown(self) -> Sequence[Line]:
        """The first of the lines."""
        return self.lines[:SHOWN]


def ids(values: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """The ids as a list, for a condition."""
    return list(values)


def touched_units(outcome: Outcome) -> list[uuid.UUID]:
    """The units that end or change."""
    return [*outcome.closed, *outcome.changed]


def name_of(outcome: Outcome, unit_id: uuid.UUID) -> str:
    """What a unit is called on the day before, or will be."""
    return outcome.before.name_of(unit_id, outcome.effective_on) or outcome.after.name_of(unit_id, outcome.effective_on)


def lasts(model: Any, outcome: Outcome) -> Any:
    """The condition that a row still holds on the day."""
    return or_(model.ends_on.is_(None), model.ends_on > outcome.effective_on)
