"""Why a unit got what it got (计分说明): each rule, item and total as Chinese text and as plain JSON structures.

Texts are made when they are asked for; results hold only figures. Frozen into a result or a document, a trace needs
neither the scheme nor this code to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from saas.domain.amounts import CURRENCY_NAMES, ZERO, Standing, plain, signed
from saas.domain.scheme import Rule, RuleKind
from saas.domain.scheme_settings import ScoresFrom, Settings
from saas.domain.scoring_results import RuleOutcome

_DEFAULT_MEASURE = {RuleKind.PER_HOUSEHOLD: "户", RuleKind.SHORTFALL: "个"}


def explain(outcome: RuleOutcome, settings: Settings) -> str:
    """Return one line of Chinese text: the arithmetic of a rule, e.g. `3 次 × 10 元 = −30 元`."""
    if outcome.standing is Standing.NOT_APPLICABLE:
        return "不适用：" + "；".join(outcome.reasons)
    text = _EXPLANATIONS[outcome.rule.kind](outcome, settings)
    if outcome.standing is Standing.UNDETERMINED:
        text = f"{text}，未定：" + "；".join(outcome.reasons) if text else "未定：" + "；".join(outcome.reasons)
    if outcome.standing is Standing.MISSING:
        text = f"{text}，" + "；".join(outcome.reasons) if text else "；".join(outcome.reasons)
    return f"{text}（{outcome.waived}）" if outcome.waived else text


def _counted(outcome: RuleOutcome, settings: Settings) -> str:
    rule, count = outcome.rule, outcome.quantity or ZERO
    unit = _measure(rule)
    if count == ZERO:
        return f"0 {unit}" if rule.kind is RuleKind.BONUS else f"未发现（0 {unit}）"
    if rule.amount is None:
        return f"{plain(count)} {unit}"
    return f"{plain(count)} {unit} × {plain(rule.amount)} {_money(rule)} = {_result(outcome)}"


def _shortfall(outcome: RuleOutcome, settings: Settings) -> str:
    if outcome.quantity is None or outcome.against is None:
        return ""
    rule, unit = outcome.rule, _measure(outcome.rule)
    lacking = outcome.against - outcome.quantity
    if lacking <= ZERO:
        return f"应有 {plain(outcome.against)} {unit}，实有 {plain(outcome.quantity)} {unit}，不缺"
    difference = f"（{plain(outcome.against)} − {plain(outcome.quantity)}）{unit}"
    if rule.amount is None:
        return f"缺 {difference}"
    return f"{difference} × {plain(rule.amount)} {_money(rule)} = {_result(outcome)}"


def _manual(outcome: RuleOutcome, settings: Settings) -> str:
    own = "未报" if outcome.self_score is None else f"{plain(outcome.self_score)} 分"
    recheck = "未评" if outcome.recheck_score is None else f"{plain(outcome.recheck_score)} 分"
    text = f"自评 {own}，复核 {recheck}"
    if outcome.value is None:
        return text
    how = _SCORE_CHOICES[settings.scores_from] if settings.scores_from else ""
    if settings.scores_from is ScoresFrom.WEIGHTS:
        how = f"自评 {plain(settings.self_weight or ZERO)}%、复核 {plain(settings.recheck_weight or ZERO)}%"
    return f"{text}；{how}，得 {plain(outcome.value)} 分（满分 {plain(outcome.against or ZERO)} 分）"


_SCORE_CHOICES = {
    ScoresFrom.RECHECK_REPLACES: "以复核为准",
    ScoresFrom.SELF_UNLESS_RECHECKED: "有复核的以复核为准",
    ScoresFrom.AVERAGE: "取平均",
    ScoresFrom.WEIGHTS: "",
}


def _tariff(outcome: RuleOutcome, settings: Settings) -> str:
    rule, rates = outcome.rule, dict(outcome.rule.rates)
    sums: dict[str, Decimal] = {}
    for fact in outcome.facts:
        name = str(fact.attributes.get(rule.class_attribute or "", ""))
        sums[name] = sums.get(name, ZERO) + (fact.quantity or ZERO)
    terms = []
    for name in sorted(sums):
        rate = rates.get(name)
        shown = "未定" if rate is None else f"{plain(rate)} {_money(rule)}"
        terms.append(f"“{name}” {plain(sums[name])} {_measure(rule)} × {shown}")
    return f"{' + '.join(terms)} = {_result(outcome)}" if terms else f"0 {_measure(rule)}"


def _loss(outcome: RuleOutcome, settings: Settings) -> str:
    if not outcome.is_triggered:
        return "" if outcome.reasons else "未发生"
    percent = "比例未定" if outcome.rule.percent is None else f"{plain(outcome.rule.percent)}%"
    base = "未定" if outcome.against is None else f"{plain(outcome.against)} 元"
    text = f"发生 {plain(outcome.quantity or ZERO)} 次，当期只扣一次：基本补助 {base} × {percent}"
    return text if outcome.value is None else f"{text} = {_result(outcome)}"


def _personal(outcome: RuleOutcome, settings: Settings) -> str:
    if not outcome.is_triggered:
        return "" if outcome.reasons else "未发生"
    percent = "比例未定" if outcome.rule.percent is None else f"{plain(outcome.rule.percent)}%"
    return f"涉及人员当期绩效工资扣 {percent}，按人另行结算，不计入单位金额"


def _event(outcome: RuleOutcome, settings: Settings) -> str:
    if not outcome.is_triggered:
        return "" if outcome.reasons else "未发生"
    what = "该项不得分" if outcome.rule.kind is RuleKind.ITEM_VOID else "一票否决"
    return f"发生 {plain(outcome.quantity or ZERO)} 次，{what}"


def _proportional(outcome: RuleOutcome, settings: Settings) -> str:
    if outcome.quantity is None or outcome.against is None or outcome.value is None:
        return ""
    full = plain(outcome.rule.full_score or ZERO)
    text = f"{full} {_money(outcome.rule)} × {plain(outcome.quantity)} ÷ {plain(outcome.against)}"
    return f"{text} = {_result(outcome)}"


def _step(outcome: RuleOutcome, settings: Settings) -> str:
    rule = outcome.rule
    if outcome.quantity is None:
        return ""
    against = "" if outcome.against is None else f"，目标 {plain(outcome.against)}"
    text = f"实际 {plain(outcome.quantity)}{against}"
    if outcome.value is None:
        return text
    step = "0" if rule.step_amount is None else plain(rule.step_amount)
    each = f"每相差 {plain(rule.step or ZERO)}{_measure(rule, '')} 增减 {step} {_money(rule)}"
    return f"{text}：达到目标得 {plain(rule.amount or ZERO)} {_money(rule)}，{each}，得 {_result(outcome)}"


def _band(outcome: RuleOutcome, settings: Settings) -> str:
    if outcome.quantity is None:
        return ""
    text = f"实际 {plain(outcome.quantity)}"
    if outcome.against is not None:
        text = f"{text}，达到 {plain(outcome.against)} 一档"
    return text if outcome.value is None else f"{text}，{_result(outcome)}"


def _place(outcome: RuleOutcome, settings: Settings) -> str:
    if outcome.quantity is None:
        return ""
    text = f"本单位 {plain(outcome.quantity)}"
    if outcome.against is None:
        return text
    end = "倒数第" if outcome.rule.kind is RuleKind.RANK_DEDUCTION else "第"
    text = f"{text}，{end} {plain(outcome.against)} 位"
    return text if outcome.value is None else f"{text}，{_result(outcome)}"


def _best(outcome: RuleOutcome, settings: Settings) -> str:
    if outcome.quantity is None or outcome.value is None or outcome.against is None:
        return ""
    full = plain(outcome.rule.full_score or ZERO)
    text = f"{full} {_money(outcome.rule)} × {plain(outcome.quantity)} ÷ 最优 {plain(outcome.against)}"
    return f"{text} = {_result(outcome)}"


_EXPLANATIONS: Mapping[RuleKind, Callable[[RuleOutcome, Settings], str]] = {
    RuleKind.MANUAL_SCORE: _manual,
    RuleKind.PER_OCCURRENCE: _counted,
    RuleKind.PER_HOUSEHOLD: _counted,
    RuleKind.SHORTFALL: _shortfall,
    RuleKind.BONUS: _counted,
    RuleKind.TARIFF: _tariff,
    RuleKind.WHOLE_MONTH_LOSS: _loss,
    RuleKind.PERSONAL_LOSS: _personal,
    RuleKind.PROPORTIONAL: _proportional,
    RuleKind.LINEAR_STEP: _step,
    RuleKind.BAND: _band,
    RuleKind.ITEM_VOID: _event,
    RuleKind.VETO: _event,
    RuleKind.RANK_DEDUCTION: _place,
    RuleKind.BY_RANK: _place,
    RuleKind.RELATIVE_TO_BEST: _best,
}


def _measure(rule: Rule, default: str = "次") -> str:
    return rule.measure or _DEFAULT_MEASURE.get(rule.kind, default)


def _money(rule: Rule) -> str:
    return CURRENCY_NAMES[rule.currency]


def _result(outcome: RuleOutcome) -> str:
    """The effect with its sign, and what it was before a limit cut it."""
    value = outcome.value or ZERO
    unit = _money(outcome.rule)
    if outcome.uncapped is None:
        return f"{signed(value)} {unit}"
    return f"{signed(outcome.uncapped)} {unit}，限为 {signed(value)} {unit}"
