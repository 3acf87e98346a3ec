"""The rules of a scheme in words, as its page and its bulletin print them, and what they leave open (未定)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from saas.domain.amounts import CURRENCY_NAMES, plain
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme import AttributeRef, Figure, Rule, RuleKind
from saas.domain.scheme_conditions import describe_condition
from saas.domain.scheme_settings import RankedBy

KIND_NAMES: Mapping[RuleKind, str] = {
    RuleKind.MANUAL_SCORE: "人工评分",
    RuleKind.PER_OCCURRENCE: "按次扣",
    RuleKind.PER_HOUSEHOLD: "按户扣",
    RuleKind.SHORTFALL: "按缺额扣",
    RuleKind.BONUS: "奖励",
    RuleKind.TARIFF: "按类定额",
    RuleKind.WHOLE_MONTH_LOSS: "扣减基本补助",
    RuleKind.PERSONAL_LOSS: "扣减个人绩效",
    RuleKind.PROPORTIONAL: "按比例得分",
    RuleKind.LINEAR_STEP: "按档增减",
    RuleKind.BAND: "分档得分",
    RuleKind.ITEM_VOID: "该项不得分",
    RuleKind.VETO: "一票否决",
    RuleKind.RANK_DEDUCTION: "末位扣分",
    RuleKind.BY_RANK: "按名次得分",
    RuleKind.RELATIVE_TO_BEST: "与最优比",
}


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule in words. `is_open` says that a figure is still missing."""

    code: str
    kind: str
    label: str
    clause: str
    effect: str
    applies: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class ItemText:
    """One item with its rules."""

    label: str
    full_score: str
    rules: tuple[RuleText, ...]


@dataclass(frozen=True, slots=True)
class PartText:
    """One part with its items."""

    label: str
    weight: str
    items: tuple[ItemText, ...]


def describe_rules(rules: Rules) -> list[PartText]:
    """Return the whole scheme in words, in its own order."""
    return [
        PartText(
            part.label,
            f"{plain(part.weight)}%" if part.weight is not None else "",
            tuple(
                ItemText(
                    item.label,
                    plain(item.full_score) if item.full_score is not None else "",
                    tuple(describe_rule(rule, rules) for rule in item.rules),
                )
                for item in part.items
            ),
        )
        for part in rules.parts
    ]


def describe_rule(rule: Rule, rules: Rules) -> RuleText:
    """Return one rule in words."""
    effect = _EFFECTS[rule.kind](rule, rules)
    applies = describe_condition(rule.applies_when, rules.attribute_labels) if rule.applies_when is not None else ""
    return RuleText(rule.code, KIND_NAMES[rule.kind], rule.label, rule.clause, effect, applies, is_open=is_open(rule))


def is_open(rule: Rule) -> bool:
    """Whether the consequence of a rule has no figure yet."""
    if rule.kind in (RuleKind.PER_OCCURRENCE, RuleKind.PER_HOUSEHOLD, RuleKind.SHORTFALL, RuleKind.BONUS):
        return rule.amount is None
    if rule.kind in (RuleKind.WHOLE_MONTH_LOSS, RuleKind.PERSONAL_LOSS):
        return rule.percent is None
    if rule.kind is RuleKind.TARIFF:
        return any(rate is None for _, rate in rule.rates)
    return rule.kind is RuleKind.BAND and any(band.amount is None for band in rule.bands)


def open_questions(rules: Rules) -> list[str]:
    """Return what the scheme leaves open, each as a sentence. Such consequences are shown as 未定, never as 0."""
    found = [f"“{rule.label}”没有规定数额" for rule in rules.rules if is_open(rule)]
    settings = rules.settings
    if settings.base is not None and settings.base.amount is None and settings.base.attribute is None:
        found.append(f"“{settings.base.label}”的数额由每期核定")
    if any(rule.kind is RuleKind.PERSONAL_LOSS for rule in rules.rules):
        found.append("个人绩效的基数不在本办法中，个人扣减只列比例，不计算金额")
    if settings.ranked_by is not RankedBy.NONE and not settings.grades:
        found.append("排名本身没有规定奖惩")
    if settings.roll_up is None:
        found.append("没有规定各期结果如何汇总")
    return found


def _money(rule: Rule) -> str:
    return CURRENCY_NAMES[rule.currency]


def _or_open(value: Decimal | None, unit: str) -> str:
    return "数额未定" if value is None else f"{plain(value)} {unit}"


def _cap(rule: Rule) -> str:
    return f"，最多 {plain(rule.cap)} {_money(rule)}" if rule.cap is not None else ""


def _figure(figure: Figure | None, rules: Rules) -> str:
    if isinstance(figure, AttributeRef):
        return f"单位的“{rules.attribute_labels.get(figure.attribute, figure.attribute)}”"
    return "" if figure is None else plain(figure)


def _score(rule: Rule, rules: Rules) -> str:
    return f"0 至 {plain(rule.full_score)} 分" if rule.full_score is not None else ""


def _each(rule: Rule, rules: Rules) -> str:
    verb = (
        "奖励"
        if rule.kind is RuleKind.BONUS and _money(rule) == "元"
        else "加"
        if rule.kind is RuleKind.BONUS
        else "扣"
    )
    measure = rule.measure or ("户" if rule.kind is RuleKind.PER_HOUSEHOLD else "次")
    return f"每{measure}{verb} {_or_open(rule.amount, _money(rule))}{_cap(rule)}"


def _shortfall(rule: Rule, rules: Rules) -> str:
    measure = rule.measure or "个"
    required = f"应有 {_figure(rule.required, rules)} {measure}"
    return f"{required}，每少 1 {measure}扣 {_or_open(rule.amount, _money(rule))}{_cap(rule)}"


def _tariff(rule: Rule, rules: Rules) -> str:
    return "；".join(f"“{name}”每{rule.measure or '个'} {_or_open(rate, _money(rule))}" for name, rate in rule.rates)


def _percent(rule: Rule, rules: Rules) -> str:
    percent = "比例未定" if rule.percent is None else f"{plain(rule.percent)}%"
    what = "当期基本补助" if rule.kind is RuleKind.WHOLE_MONTH_LOSS else "当期个人绩效工资"
    return f"扣减{what}的 {percent}，每期只扣一次"


def _share(rule: Rule, rules: Rules) -> str:
    full = _or_open(rule.full_score, _money(rule))
    target = _figure(rule.target, rules)
    return f"满分 {full}，按实际与目标 {target} 之比得分" if target else f"满分 {full}，按所占比例得分"


def _step(rule: Rule, rules: Rules) -> str:
    return (
        f"达到 {_figure(rule.target, rules)} 得 {_or_open(rule.amount, _money(rule))}，"
        f"每相差 {plain(rule.step or Decimal(0))} 增减 {_or_open(rule.step_amount, _money(rule))}{_cap(rule)}"
    )


def _band(rule: Rule, rules: Rules) -> str:
    return "；".join(f"{plain(band.at_least)} 以上 {_or_open(band.amount, _money(rule))}" for band in rule.bands)


def _event(rule: Rule, rules: Rules) -> str:
    text = "一经发生，该项不得分" if rule.kind is RuleKind.ITEM_VOID else "一经发生，一票否决"
    if rule.counts_when is not None:
        text += f"（{describe_condition(rule.counts_when, rules.attribute_labels)}）"
    return text


def _last_places(rule: Rule, rules: Rules) -> str:
    return "末位起依次扣 " + "、".join(plain(each) for each in rule.deductions) + f" {_money(rule)}"


def _by_rank(rule: Rule, rules: Rules) -> str:
    return f"第一名 {_or_open(rule.full_score, _money(rule))}，名次每降低 1 位减 {_or_open(rule.percent, '%')}"


def _best(rule: Rule, rules: Rules) -> str:
    return f"满分 {_or_open(rule.full_score, _money(rule))} × 本单位 ÷ 最优单位"


_EFFECTS: Mapping[RuleKind, Callable[[Rule, Rules], str]] = {
    RuleKind.MANUAL_SCORE: _score,
    RuleKind.PER_OCCURRENCE: _each,
    RuleKind.PER_HOUSEHOLD: _each,
    RuleKind.SHORTFALL: _shortfall,
    RuleKind.BONUS: _each,
    RuleKind.TARIFF: _tariff,
    RuleKind.WHOLE_MONTH_LOSS: _percent,
    RuleKind.PERSONAL_LOSS: _percent,
    RuleKind.PROPORTIONAL: _share,
    RuleKind.LINEAR_STEP: _step,
    RuleKind.BAND: _band,
    RuleKind.ITEM_VOID: _event,
    RuleKind.VETO: _event,
    RuleKind.RANK_DEDUCTION: _last_places,
    RuleKind.BY_RANK: _by_rank,
    RuleKind.RELATIVE_TO_BEST: _best,
}
