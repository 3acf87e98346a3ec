"""A form one group at a time (一屏一组): its parts in order, and how far the filling has got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from saas.domain.fields import CONTAINERS, Field, FormDefinition

LOOSE_QUESTIONS = 8  # at most so many questions that stand in no group make one part
LONG_FORM = 12  # a form with more questions opens one group at a time on a phone


@dataclass(frozen=True, slots=True)
class FormPart:
    """Some of the form's fields, shown together. `number` counts from 1."""

    number: int
    title: str
    names: tuple[str, ...]


def form_parts(form: FormDefinition) -> tuple[FormPart, ...]:
    """Each group and each repeat is a part; questions between them are taken together, a few at a time."""
    runs: list[list[Field]] = []
    for item in form.fields:
        is_loose = item.type not in CONTAINERS
        if is_loose and runs and _takes(runs[-1]):
            runs[-1].append(item)
        else:
            runs.append([item])
    return tuple(FormPart(number, _title(run), tuple(item.name for item in run)) for number, run in enumerate(runs, 1))


def _takes(run: Sequence[Field]) -> bool:
    questions = sum(item.is_asked for item in run)
    return run[-1].type not in CONTAINERS and questions < LOOSE_QUESTIONS


def _title(run: Sequence[Field]) -> str:
    return run[0].label if run[0].type in CONTAINERS else ""


def part_of(parts: Sequence[FormPart], path: str) -> FormPart | None:
    """The part in which a field stands, by its path."""
    top = path.partition(".")[0].partition("[")[0].partition(":")[0]
    return next((part for part in parts if top in part.names), None)


def belongs(part: FormPart, path: str) -> bool:
    """Whether a field, or what is posted with it, stands in a part."""
    return path.partition(".")[0].partition("[")[0].partition(":")[0] in part.names
