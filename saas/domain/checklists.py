"""Checklists (清单): items that must be there, should be there, or must not, and what of them is not as it ought to be.

Answers are yes, no, or na (不适用). The rule comes from inspection forms that demand some things, advise others and
forbid third ones (必须、建议、禁止).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saas.domain.fields import Demand, Field, FieldType, FormDefinition, child_path, iter_fields
from saas.domain.form_memo import of_form

YES, NO, NOT_APPLICABLE = "yes", "no", "na"


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One item that is not as it ought to be."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class ChecklistSummary:
    """What is not as it ought to be. `checked` counts the items that were answered with yes or no."""

    missing_must: tuple[ChecklistItem, ...]  # 必须项未满足
    present_forbidden: tuple[ChecklistItem, ...]  # 禁止项出现
    missing_should: tuple[ChecklistItem, ...]  # 建议项未满足
    checked: int
    not_applicable: int
    unanswered: int  # neither; an item that was not asked is among them

    @property
    def is_passed(self) -> bool:
        """Whether nothing that must be there lacks, and nothing forbidden is there."""
        return not self.missing_must and not self.present_forbidden

    @property
    def in_words(self) -> str:
        """The three counts on one line, for tables."""
        counts = {
            "必须项未满足": self.missing_must,
            "禁止项出现": self.present_forbidden,
            "建议项未满足": self.missing_should,
        }
        return "，".join(f"{words} {len(items)}" for words, items in counts.items())


@of_form
def has_checklist(form: FormDefinition) -> bool:
    """Whether a form has items that something is demanded of."""
    return any(item.demand for _, item in iter_fields(form))


def is_broken(demand: Demand, answer: Any) -> bool:
    """Whether an answer is not as it ought to be. What was not answered is not broken."""
    return bool(demand) and answer == (YES if demand is Demand.FORBIDDEN else NO)


def checklist_summary(form: FormDefinition, answers: Mapping[str, Any]) -> ChecklistSummary | None:
    """Return what is not as it ought to be, or None for a form without such items."""
    if not has_checklist(form):
        return None
    items = list(_items(form.fields, answers, ""))
    broken: dict[Demand, list[ChecklistItem]] = {demand: [] for demand in Demand}
    for item, path, answer in items:
        if is_broken(item.demand, answer):
            broken[item.demand].append(ChecklistItem(path, item.label))
    given = [answer for _, _, answer in items]
    return ChecklistSummary(
        tuple(broken[Demand.MUST]),
        tuple(broken[Demand.FORBIDDEN]),
        tuple(broken[Demand.SHOULD]),
        checked=sum(answer in (YES, NO) for answer in given),
        not_applicable=sum(answer not in (YES, NO, None) for answer in given),
        unanswered=sum(answer is None for answer in given),
    )


def _items(fields: Sequence[Field], answers: Mapping[str, Any], parent: str) -> Iterator[tuple[Field, str, Any]]:
    for item in fields:
        path, answer = child_path(parent, item.name), answers.get(item.name)
        if item.type is FieldType.GROUP:
            yield from _items(item.fields, answer or {}, path)
        elif item.type is FieldType.REPEAT:
            for number, row in enumerate(answer or []):
                yield from _items(item.fields, row, f"{path}[{number}]")
        elif item.demand:
            yield item, path, answer
