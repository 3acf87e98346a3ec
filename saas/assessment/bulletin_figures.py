"""Figures that a bulletin tells: counts, means and sums over frozen results. Nothing open is counted as zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from saas.assessment.bulletin_content import BulletinContent, UnitOutcome, stored_amount
from saas.domain.amounts import ZERO, Amount, divide, plain, rounded, signed, total
from saas.domain.periods import chinese_day
from saas.domain.scheme import RuleKind

_OUTSIDE = frozenset({RuleKind.BONUS.value, RuleKind.TARIFF.value})


def mean(amounts: Iterable[Amount]) -> Decimal | None:
    """The mean of the determined amounts, unrounded; None if there are none."""
    known = [amount.known for amount in amounts if amount.is_determined]
    return divide(sum(known, ZERO), Decimal(len(known))) if known else None


def shown(value: Decimal | None, places: int = 2) -> str:
    """A figure as the bulletin prints it; 未定 for none."""
    return "未定" if value is None else f"{rounded(value, places):,f}".replace("-", "−")


def amount_text(amount: Amount, places: int = 2) -> str:
    """An amount in a narrow cell: the figure, or the word for why there is none."""
    words = {"undetermined": "未定", "missing": "未报", "not_applicable": "不适用"}
    return shown(amount.value, places) if amount.is_determined else words[amount.standing.value]


def sum_text(amounts: Sequence[Amount], places: int = 2) -> str:
    """A sum; where parts are open it is 未定, with the known part beside."""
    added = total(amounts)
    if added.is_determined:
        return shown(added.value, places)
    return f"未定（已知 {shown(added.known, places)}）"


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What one rule did to one unit."""

    unit: UnitOutcome
    rule: dict[str, Any]

    @property
    def effect(self) -> Amount:
        """The effect with its sign."""
        return stored_amount(self.rule["effect"])

    @property
    def is_triggered(self) -> bool:
        """Whether something was found under the rule."""
        return self.rule["count"] is not None and Decimal(self.rule["count"]) > ZERO

    @property
    def days(self) -> str:
        """The days on which it was found, as 3月16日、17日."""
        days = sorted({date.fromisoformat(fact["found_on"]) for fact in self.rule["facts"] if fact["found_on"]})
        return "、".join(f"{day.month}月{day.day}日" for day in days)

    @property
    def full_days(self) -> str:
        """The same with the year."""
        days = sorted({date.fromisoformat(fact["found_on"]) for fact in self.rule["facts"] if fact["found_on"]})
        return "、".join(chinese_day(day) for day in days)


def rule_effects(content: BulletinContent) -> Iterator[RuleEffect]:
    """Every rule of every unit, in the county's order."""
    for outcome in content.outcomes:
        for part in outcome.trace["parts"] if not content.is_roll_up else ():
            for item in part["items"]:
                for rule in item["rules"]:
                    yield RuleEffect(outcome, rule)


def taken(content: BulletinContent) -> list[RuleEffect]:
    """Deductions in money or points that had an effect, or whose effect is open."""
    found = []
    for entry in rule_effects(content):
        kind = entry.rule["kind"]
        if kind == RuleKind.MANUAL_SCORE.value or kind in _OUTSIDE:
            continue
        is_open = entry.rule["effect"]["standing"] in ("undetermined", "missing") and bool(entry.rule["facts"])
        if entry.effect.known < ZERO or is_open or entry.rule["waived"]:
            found.append(entry)
    return found


def quantity_text(entry: RuleEffect) -> str:
    """How much was found, with its measure as the rule's arithmetic tells it."""
    text = str(entry.rule["text"])
    return text.partition("（当期")[0]


def effect_text(entry: RuleEffect) -> str:
    """The effect as a signed figure."""
    if entry.rule["waived"]:
        return "0"
    return signed(rounded(entry.effect.known, 2)) if entry.effect.is_determined else amount_text(entry.effect)


def rate_text(part: Decimal, whole: Decimal) -> str:
    """A share in per cent with one decimal."""
    return f"{plain(rounded(divide(part * 100, whole), 1))}%" if whole else "—"
