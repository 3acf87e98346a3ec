"""What a reorganisation touches (影响预览), counted and listed before anything happens. Reads only.

Nothing of other people's content is shown: names of units, forms, periods and cases, as the directory knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from saas.administration.reorganisation import impact_people, impact_work
from saas.administration.reorganisation.impact_lines import Section
from saas.domain.reorganisation import Outcome


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything that a reorganisation touches."""

    sections: Sequence[Section]

    @property
    def is_blocked(self) -> bool:
        """Whether something must be finished first."""
        return any(section.is_blocking and section.lines for section in self.sections)

    def as_json(self) -> list[dict[str, Any]]:
        """What is kept when it is confirmed."""
        return [
            {
                "code": section.code,
                "title": section.title,
                "count": len(section.lines),
                "lines": [f"{line.text} {line.note}".strip() for line in section.shown],
            }
            for section in self.sections
        ]


def assess_impact(outcome: Outcome) -> Impact:
    """Return what is touched. The number of statements does not grow with the number of rows."""
    return Impact([make(outcome) for make in _SECTIONS])


_SECTIONS: tuple[Callable[[Outcome], Section], ...] = (
    impact_people.units,
    impact_work.cases,
    impact_people.posts,
    impact_people.delegations,
    impact_people.seats,
    impact_people.links,
    impact_work.cohorts,
    impact_work.submissions,
    impact_work.signed,
    impact_work.tasks,
    impact_work.rounds,
    impact_work.documents,
)
