"""Checks of a scheme as a whole: codes, references, weights, and that every choice its rules need has been made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from saas.domain.amounts import HUNDRED, Currency
from saas.domain.scheme import GAIN_KINDS, READING_KINDS, AssessmentScheme, Item, Rule, RuleKind, SchemeError
from saas.domain.scheme_settings import RankedBy, ScoresFrom

_OUTSIDE_FULL_SCORE = {RuleKind.BONUS, RuleKind.TARIFF, RuleKind.VETO, RuleKind.ITEM_VOID}
_YUAN_DEDUCTIONS = {
    RuleKind.PER_OCCURRENCE,
    RuleKind.PER_HOUSEHOLD,
    RuleKind.SHORTFALL,
    RuleKind.RANK_DEDUCTION,
}


def check_scheme(scheme: AssessmentScheme) -> None:
    """Raise SchemeError at the first thing that would make results depend on something nobody wrote down."""
    if not scheme.parts:
        raise SchemeError("parts", "至少要有一个部分", advice="写 [[parts]]、[[parts.items]]、[[parts.items.rules]]")
    _check_codes(scheme)
    _check_references(scheme)
    _check_weights(scheme)
    _check_items(scheme)
    for needed, name, advice in _needed_settings(scheme):
        if needed(scheme) and getattr(scheme.settings, name) is None:
            raise SchemeError(f"settings.{name}", "缺少此项口径", advice=advice)
    _check_settings(scheme)


def rule_paths(scheme: AssessmentScheme) -> Iterator[tuple[str, Rule]]:
    """Yield every rule with its path in the file."""
    for p, part in enumerate(scheme.parts):
        for i, item in enumerate(part.items):
            for r, rule in enumerate(item.rules):
                yield f"parts[{p}].items[{i}].rules[{r}]", rule


def _check_codes(scheme: AssessmentScheme) -> None:
    paths: dict[str, str] = {}
    for p, part in enumerate(scheme.parts):
        _register(paths, part.code, f"parts[{p}].code")
        for i, item in enumerate(part.items):
            _register(paths, item.code, f"parts[{p}].items[{i}].code")
    for path, rule in rule_paths(scheme):
        _register(paths, rule.code, f"{path}.code")


def _register(paths: dict[str, str], code: str, path: str) -> None:
    if code in paths:
        raise SchemeError(path, "编号“{name}”已用于 {other}", advice="每个编号只用一次", name=code, other=paths[code])
    paths[code] = path


def _check_references(scheme: AssessmentScheme) -> None:
    rules = {rule.code: rule for rule in scheme.rules}
    for path, rule in rule_paths(scheme):
        if rule.facts_of is None:
            continue
        source = rules.get(rule.facts_of)
        if source is None or source is rule or source.facts_of is not None:
            raise SchemeError(
                f"{path}.facts_of",
                "没有可引用的规则“{name}”",
                advice="写另一条自有记录的规则的编号",
                name=rule.facts_of,
            )
        if (source.kind in READING_KINDS) != (rule.kind in READING_KINDS):
            raise SchemeError(f"{path}.facts_of", "两条规则所用记录不同类", advice="计次的引用计次的，填数的引用填数的")


def _check_weights(scheme: AssessmentScheme) -> None:
    weights = [part.weight for part in scheme.parts if part.weight is not None]
    if weights and (len(weights) != len(scheme.parts) or sum(weights) != HUNDRED):
        raise SchemeError("parts", "各部分权重合计应为 100", advice="每个部分都写 weight，或都不写")


def _check_items(scheme: AssessmentScheme) -> None:
    for p, part in enumerate(scheme.parts):
        if not part.items:
            raise SchemeError(f"parts[{p}].items", "至少要有一个项目", advice="写 [[parts.items]]")
        for i, item in enumerate(part.items):
            path = f"parts[{p}].items[{i}]"
            if not item.rules:
                raise SchemeError(f"{path}.rules", "至少要有一条规则", advice="写 [[parts.items.rules]]")
            _check_full_score(item, f"{path}.full_score")


def _check_full_score(item: Item, path: str) -> None:
    in_points = [rule for rule in item.rules if rule.currency is Currency.POINTS]
    if item.full_score is None:
        if any(rule.kind is RuleKind.ITEM_VOID for rule in in_points):
            raise SchemeError(path, "缺少此项", advice="“该项不得分”需要写明该项满分")
        if any(rule.kind in GAIN_KINDS and _can_be_inapplicable(rule) for rule in in_points):
            raise SchemeError(path, "缺少此项", advice="可能缺项的评分需要写明该项满分")
    elif not any(rule.kind not in _OUTSIDE_FULL_SCORE for rule in in_points):
        raise SchemeError(path, "该项没有在满分之内计分的规则", advice="删去 full_score，或加一条评分、扣分规则")


def _can_be_inapplicable(rule: Rule) -> bool:
    """Whether an item's points may drop out for a unit: by condition, by date, or because nothing was asked of it."""
    return rule.currency is Currency.POINTS and bool(
        rule.applies_when or rule.effective_from or rule.kind in _RATE_KINDS
    )


_RATE_KINDS = {RuleKind.PROPORTIONAL, RuleKind.LINEAR_STEP, RuleKind.BAND}
_Needed = tuple[Callable[[AssessmentScheme], bool], str, str]


def _needed_settings(scheme: AssessmentScheme) -> Iterator[_Needed]:
    kinds = Counter(rule.kind for rule in scheme.rules)
    yuan = {rule.kind for rule in scheme.rules if rule.currency is Currency.YUAN}
    loss = kinds[RuleKind.WHOLE_MONTH_LOSS] > 0
    ranked = scheme.settings.ranked_by is not RankedBy.NONE
    weighted = scheme.settings.scores_from is ScoresFrom.WEIGHTS
    conditional = any(item.full_score and any(map(_can_be_inapplicable, item.rules)) for item in scheme.items)
    yield lambda s: loss, "base", "写明基本补助；未定的写 [settings.base] 而不写 amount"
    yield lambda s: s.settings.base is not None, "negative_payable", "应付金额可否为负：true 或 false"
    yield (
        lambda s: loss and bool(yuan & _YUAN_DEDUCTIONS),
        "deductions_in_loss_period",
        "全扣当期其他扣款是否照扣：true 或 false",
    )
    yield lambda s: loss and RuleKind.BONUS in yuan, "bonus_in_loss_period", "全扣当期奖励是否照发：true 或 false"
    yield lambda s: loss, "loss_booked_to", "“当月”以哪天为准：inspection、notice 或 exposure"
    yield lambda s: kinds[RuleKind.PER_HOUSEHOLD] > 1, "household_in_two_rules", "同一户可否计入两条规则：true 或 false"
    yield (
        lambda s: kinds[RuleKind.MANUAL_SCORE] > 0,
        "scores_from",
        "自评与复核如何合成：recheck_replaces、self_unless_rechecked、average 或 weights",
    )
    yield lambda s: weighted, "self_weight", "自评权重（百分数）"
    yield lambda s: weighted, "recheck_weight", "复核权重（百分数）"
    yield lambda s: conditional, "not_applicable_items", "缺项如何处理：rescale、full 或 drop"
    yield lambda s: ranked, "ties", "并列如何处理：shared、dense 或 ask"
    yield lambda s: ranked and kinds[RuleKind.VETO] > 0, "vetoed_units", "一票否决单位：unranked、last 或 ranked"


def _check_settings(scheme: AssessmentScheme) -> None:
    settings = scheme.settings
    if (
        settings.scores_from is ScoresFrom.WEIGHTS
        and (settings.self_weight or 0) + (settings.recheck_weight or 0) != HUNDRED
    ):
        raise SchemeError("settings.self_weight", "自评与复核权重合计应为 100", advice="例如 30 与 70")
    codes = {item.code for item in scheme.items} | {rule.code for rule in scheme.rules} | {"points", "money"}
    for index, tie_break in enumerate(settings.tie_breaks):
        if tie_break.code not in codes:
            raise SchemeError(
                f"settings.tie_breaks[{index}].code",
                "没有编号为“{name}”的项目或规则",
                advice="写项目、规则编号，或 points、money",
                name=tie_break.code,
            )
    if settings.veto_grade is not None and settings.veto_grade not in {grade.label for grade in settings.grades}:
        raise SchemeError("settings.veto_grade", "没有这个等次", advice="写 grades 中的一个 label")
