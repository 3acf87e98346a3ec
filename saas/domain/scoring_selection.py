"""Which facts count for a rule, whether the rule applies, and which reported figure is the one to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from saas.domain.amounts import HUNDRED, ZERO, Amount, Currency, Standing, scaled
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts, View, day_booked
from saas.domain.scheme import AttributeRef, Figure, Rule, RuleKind
from saas.domain.scheme_conditions import describe_condition, holds, unknown_attributes
from saas.domain.scheme_settings import FactSource, Settings
from saas.domain.scoring_results import RuleOutcome, Uncounted

_SOURCE_NAMES = {FactSource.SELF: "自评", FactSource.RECHECK: "复核", FactSource.OFFICE: "考核办"}
_BOOKED_KINDS = (RuleKind.WHOLE_MONTH_LOSS, RuleKind.PERSONAL_LOSS)
_EARLIEST = date.min


@dataclass(slots=True)
class UnitContext:
    """One unit while it is scored.

    `sources` are those that count, the preferred one first. `used_households` is what an exclusive household rule
    remembers.
    """

    settings: Settings
    labels: Mapping[str, str]
    period: AssessedPeriod
    unit: UnitFacts
    facts: Mapping[str, Sequence[Fact]]
    base: Amount
    sources: tuple[FactSource, ...]
    view: View = View.COMBINED
    cohort: Mapping[str, RuleOutcome] = field(default_factory=dict)
    used_households: dict[Currency, set[str]] = field(default_factory=dict)

    def seen_by(self, view: View) -> UnitContext:
        """Return the unit as one side alone sees it: its own scores and records, and those of the office."""
        sources = (FactSource.SELF if view is View.SELF else FactSource.RECHECK, FactSource.OFFICE)
        facts: dict[str, Sequence[Fact]] = {}
        for code, recorded in self.facts.items():
            kept = [fact for fact in recorded if fact.source in sources]
            if kept:
                facts[code] = kept
        return replace(self, view=view, sources=sources, facts=facts, used_households={})


class Counted(NamedTuple):
    """The facts of one rule, sorted into those that count, those that do not, and why some cannot be judged."""

    facts: tuple[Fact, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    open_reasons: tuple[str, ...] = ()


class Reading(NamedTuple):
    """The one figure a rule works with, and its denominator. `figure` is None unless the standing is determined."""

    standing: Standing
    figure: Decimal | None = None
    facts: tuple[Fact, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def as_rate(self) -> Decimal | None:
        """The figure, or its percentage of the denominator if the report brought one; None of nothing (0 of 0)."""
        out_of = self.facts[0].out_of if self.facts else None
        if self.figure is None or out_of is None:
            return self.figure
        return None if out_of == ZERO else scaled(self.figure, HUNDRED, out_of)


def inapplicable(rule: Rule, context: UnitContext) -> RuleOutcome | None:
    """Return the outcome of a rule that does not apply, or whose applicability is open; None if it applies."""
    if rule.effective_from is not None and context.period.ends_on < rule.effective_from:
        reason = f"本条自 {rule.effective_from.isoformat()} 起施行"
        return RuleOutcome(rule, Standing.NOT_APPLICABLE, reasons=(reason,))
    if rule.applies_when is None:
        return None
    applies = holds(rule.applies_when, context.unit.attributes)
    if applies:
        return None
    if applies is None:
        names = unknown_attributes(rule.applies_when, context.unit.attributes)
        shown = "、".join(context.labels.get(name, name) for name in names) or "条件所用属性"
        return RuleOutcome(rule, Standing.UNDETERMINED, reasons=(f"{rule.label}：单位属性“{shown}”未填，是否适用未定",))
    reason = f"仅适用于{describe_condition(rule.applies_when, context.labels)}的单位"
    return RuleOutcome(rule, Standing.NOT_APPLICABLE, reasons=(reason,))


def counted_facts(rule: Rule, context: UnitContext) -> Counted:
    """Sort the facts recorded for a rule (计入、不计入、待定)."""
    facts = context.facts.get(rule.facts_code)
    if not facts:
        return _NOTHING
    sources = context.sources
    if rule.counts_when is None and rule.kind not in _BOOKED_KINDS:
        # The ordinary case, and by far the most frequent one: only the source decides.
        for fact in facts:
            if fact.source not in sources:
                break
        else:
            return Counted(tuple(facts))
    counted: list[Fact] = []
    uncounted: list[Uncounted] = []
    reasons: list[str] = []
    for fact in facts:
        if fact.source not in sources:
            uncounted.append(Uncounted(fact, f"{_SOURCE_NAMES[fact.source]}记录不作为计分依据"))
            continue
        counts, reason = _counts(rule, fact, context)
        if counts:
            counted.append(fact)
        else:
            uncounted.append(Uncounted(fact, reason))
        if counts is None:
            reasons.append(f"{rule.label}：{reason}")
    return Counted(tuple(counted), tuple(uncounted), tuple(reasons))


_NOTHING = Counted()


def _counts(rule: Rule, fact: Fact, context: UnitContext) -> tuple[bool | None, str]:
    """Return whether a fact counts, None if that cannot be said yet, and why not."""
    if rule.kind in _BOOKED_KINDS:
        day = day_booked(fact, context.settings.loss_booked_to)
        if day is None:
            return None, "未填决定“当月”的日期"
        if day not in context.period:
            return False, f"记入 {day.isoformat()} 所在考核期"
    if rule.counts_when is None:
        return True, ""
    counts = holds(rule.counts_when, fact.attributes)
    if counts is None:
        names = unknown_attributes(rule.counts_when, fact.attributes)
        return None, f"“{'、'.join(context.labels.get(name, name) for name in names)}”尚未认定"
    return counts, "" if counts else f"不符合计分条件：{describe_condition(rule.counts_when, context.labels)}"


def reading(rule: Rule, context: UnitContext) -> Reading:
    """Return the figure reported for a rule: preferred source first, within it the latest day."""
    counted = counted_facts(rule, context)
    if counted.open_reasons:
        return Reading(Standing.UNDETERMINED, uncounted=counted.uncounted, reasons=counted.open_reasons)
    if not counted.facts:
        return Reading(Standing.MISSING, uncounted=counted.uncounted, reasons=(f"{rule.label}：未报",))
    if len(counted.facts) == 1:
        return _single(rule, counted)
    source = next(source for source in context.sources if any(fact.source is source for fact in counted.facts))
    candidates = [fact for fact in counted.facts if fact.source is source]
    latest = max(fact.found_on or _EARLIEST for fact in candidates)
    chosen = [fact for fact in candidates if (fact.found_on or _EARLIEST) == latest]
    older = tuple(Uncounted(fact, "已有优先的填报") for fact in counted.facts if fact not in chosen)
    uncounted = counted.uncounted + older
    if len({(fact.quantity, fact.out_of) for fact in chosen}) > 1:
        reason = f"{rule.label}：同一天有两个不同的数"
        return Reading(Standing.UNDETERMINED, facts=tuple(chosen), uncounted=uncounted, reasons=(reason,))
    return _single(rule, Counted(tuple(chosen), uncounted))


def _single(rule: Rule, counted: Counted) -> Reading:
    quantity = counted.facts[0].quantity
    if quantity is None:
        return Reading(Standing.MISSING, None, counted.facts, counted.uncounted, (f"{rule.label}：未填数量",))
    return Reading(Standing.DETERMINED, quantity, counted.facts, counted.uncounted)


def figure_of(figure: Figure | None, context: UnitContext) -> Decimal | None:
    """Return a fixed figure, or the unit's attribute it refers to; None if the attribute is not a number."""
    if not isinstance(figure, AttributeRef):
        return figure
    value = context.unit.attributes.get(figure.attribute)
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def attribute_is_open(figure: Figure | None, context: UnitContext) -> tuple[str, ...]:
    """Return the reason why a figure from the unit's attributes is not known."""
    name = figure.attribute if isinstance(figure, AttributeRef) else ""
    return (f"单位属性“{context.labels.get(name, name)}”未填",)
