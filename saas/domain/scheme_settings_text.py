"""The settings of a scheme as a document prints them (口径说明): every question with the answer that was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from saas.domain.amounts import plain
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_settings import (
    Base,
    FactSource,
    FiledIn,
    Grade,
    IncompleteUnits,
    LossBookedTo,
    MissingPeriods,
    NotApplicableItems,
    PeriodRollUp,
    Preference,
    RankedBy,
    RecheckWindow,
    RollUp,
    ScoresFrom,
    SelfScoreDue,
    SettingLine,
    Settings,
    TieBreak,
    Ties,
    VetoedUnits,
    WithoutRecheck,
)

_RANKED_BY = {
    RankedBy.POINTS: "得分",
    RankedBy.RECHECK_POINTS: "复核分",
    RankedBy.SELF_POINTS: "自评分",
    RankedBy.MONEY: "应付金额",
    RankedBy.NONE: "不排名",
}
_SCORES_FROM = {
    ScoresFrom.RECHECK_REPLACES: "以复核分为准，自评分仅供对照",
    ScoresFrom.SELF_UNLESS_RECHECKED: "有复核的以复核分为准，未复核的用自评分",
    ScoresFrom.AVERAGE: "自评分与复核分取平均",
}
_SOURCES = {FactSource.SELF: "自评", FactSource.RECHECK: "复核", FactSource.OFFICE: "考核办登记"}
_LOSS = {
    LossBookedTo.INSPECTION: "检查发现之日",
    LossBookedTo.NOTICE: "通报之日",
    LossBookedTo.EXPOSURE: "媒体曝光之日",
}
_ABSENT = {
    NotApplicableItems.RESCALE: "其余项目按满分折算",
    NotApplicableItems.FULL: "缺项按满分计",
    NotApplicableItems.DROP: "缺项不计分，不折算",
}
_TIES = {
    Ties.SHARED: "并列同名次，其后名次顺延（1、2、2、4）",
    Ties.DENSE: "并列同名次，其后名次不空（1、2、2、3）",
    Ties.ASK: "名次未定，由考核办裁定",
}
_VETOED = {
    VetoedUnits.UNRANKED: "不参加排名",
    VetoedUnits.LAST: "排在其他单位之后",
    VetoedUnits.RANKED: "照常排名",
}
_ROLL_UP = {RollUp.SUM: "相加", RollUp.MEAN: "取平均", RollUp.LAST: "取最后一期", RollUp.WEIGHTED: "按权重"}


def describe_settings(scheme: AssessmentScheme) -> tuple[SettingLine, ...]:
    """Return every setting that has a bearing on the scheme, in a fixed order, with its value in Chinese."""
    return (
        *_scoring_lines(scheme.settings),
        *_money_lines(scheme.settings, scheme),
        *_ranking_lines(scheme.settings, scheme),
        *_period_lines(scheme.settings),
        *_display_lines(scheme.settings),
    )


def _yes(value: bool, yes: str, no: str) -> str:
    return yes if value else no


def _scoring_lines(settings: Settings) -> Iterator[SettingLine]:
    if settings.scores_from is not None:
        yield SettingLine("scores_from", "自评与复核", _scores_from(settings))
    yield SettingLine("facts_counted", "作为计分依据的记录", "、".join(_SOURCES[s] for s in settings.facts_counted))
    without = settings.without_recheck is WithoutRecheck.MISSING
    yield SettingLine("without_recheck", "尚未复核的单位", _yes(without, "视为未评，不作满分", "视为未发现问题"))
    if settings.household_in_two_rules is not None:
        both = settings.household_in_two_rules
        yield SettingLine("household_in_two_rules", "同一户违反两条规则", _yes(both, "两条都计", "只计前一条"))
    if settings.not_applicable_items is not None:
        yield SettingLine("not_applicable_items", "缺项（不适用的项目）", _ABSENT[settings.not_applicable_items])
    if settings.points_floor is not None:
        yield SettingLine("points_floor", "总分下限", f"{plain(settings.points_floor)} 分")
    if settings.points_cap is not None:
        yield SettingLine("points_cap", "总分上限", f"{plain(settings.points_cap)} 分")


def _scores_from(settings: Settings) -> str:
    if settings.self_weight is None or settings.recheck_weight is None or settings.scores_from is None:
        return _SCORES_FROM.get(settings.scores_from or ScoresFrom.AVERAGE, "")
    return f"自评分占 {plain(settings.self_weight)}%，复核分占 {plain(settings.recheck_weight)}%"


def _money_lines(settings: Settings, scheme: AssessmentScheme) -> Iterator[SettingLine]:
    if settings.base is not None:
        yield SettingLine("base", settings.base.label, _base(settings.base, scheme))
    if settings.loss_booked_to is not None:
        yield SettingLine("loss_booked_to", "扣减补助的“当月”", f"以{_LOSS[settings.loss_booked_to]}为准")
    if settings.deductions_in_loss_period is not None:
        bite = settings.deductions_in_loss_period
        yield SettingLine("deductions_in_loss_period", "补助已扣当期的其他扣款", _yes(bite, "照扣", "不再另扣"))
    if settings.bonus_in_loss_period is not None:
        paid = settings.bonus_in_loss_period
        yield SettingLine("bonus_in_loss_period", "补助已扣当期的奖励", _yes(paid, "照发", "不再发"))
    if settings.negative_payable is not None:
        negative = settings.negative_payable
        yield SettingLine("negative_payable", "应付金额低于 0 时", _yes(negative, "按负数结算", "按 0 元计"))


def _base(base: Base, scheme: AssessmentScheme) -> str:
    if base.amount is not None:
        return f"每期 {plain(base.amount)} 元"
    if base.attribute is None:
        return "未定，由每期核定"
    name = scheme.attribute_labels.get(base.attribute, base.attribute)
    if not base.table:
        return f"按单位的“{name}”"
    return f"按“{name}”：" + "，".join(f"{value} {plain(amount)} 元" for value, amount in base.table)


def _ranking_lines(settings: Settings, scheme: AssessmentScheme) -> Iterator[SettingLine]:
    yield SettingLine("ranked_by", "排名依据", _RANKED_BY[settings.ranked_by])
    if settings.peer_group is not None:
        name = scheme.attribute_labels.get(settings.peer_group, settings.peer_group)
        yield SettingLine("peer_group", "分类排名", f"按“{name}”分组")
    if settings.tie_breaks:
        steps = "；再看".join(_tie_break(step, scheme) for step in settings.tie_breaks)
        yield SettingLine("tie_breaks", "得分相同时", f"先看{steps}")
    if settings.ties is not None:
        yield SettingLine("ties", "仍然相同时" if settings.tie_breaks else "得分相同时", _TIES[settings.ties])
    if settings.vetoed_units is not None:
        yield SettingLine("vetoed_units", "一票否决的单位", _VETOED[settings.vetoed_units])
    if settings.ranked_by is not RankedBy.NONE:
        unranked = settings.incomplete_units is IncompleteUnits.UNRANKED
        shown = _yes(unranked, "不排名，其他单位照常排名", "所在组暂不排名")
        yield SettingLine("incomplete_units", "得分未定或未报的单位", shown)
    if settings.grades:
        yield SettingLine("grades", "等次", "；".join(_grade(grade) for grade in settings.grades))
    if settings.veto_grade is not None:
        yield SettingLine("veto_grade", "一票否决单位的等次", f"不高于“{settings.veto_grade}”")


def _tie_break(step: TieBreak, scheme: AssessmentScheme) -> str:
    labels = {"points": "得分", "money": "应付金额"}
    labels |= {item.code: item.label for item in scheme.items} | {rule.code: rule.label for rule in scheme.rules}
    return f"“{labels[step.code]}”" + ("高者" if step.prefer is Preference.HIGHER_SCORE else "扣得少者")


def _grade(grade: Grade) -> str:
    limit = "其余" if grade.at_least is None else f"{plain(grade.at_least)} 分以上"
    quota = "" if grade.quota_percent is None else f"，不超过 {plain(grade.quota_percent)}%"
    return f"{grade.label}：{limit}{quota}"


def _period_lines(settings: Settings) -> Iterator[SettingLine]:
    first = settings.period_from_day
    shown = "自然月" if first == 1 else f"上月 {first} 日至当月 {first - 1} 日"
    yield SettingLine("period_from_day", "考核期", shown)
    if settings.self_score_due is not None:
        yield SettingLine("self_score_due", "自评报送", _due(settings.self_score_due))
    if settings.recheck_window is not None:
        yield SettingLine("recheck_window", "复核", _window(settings.recheck_window))
    if settings.roll_up is not None:
        yield SettingLine("roll_up", "汇总", _describe_roll_up(settings.roll_up))


def _due(due: SelfScoreDue) -> str:
    month = "当月" if due.filed_in is FiledIn.SAME_MONTH else "次月"
    return f"{month} {due.day} 日前（{'含' if due.inclusive else '不含'} {due.day} 日）"


def _window(window: RecheckWindow) -> str:
    days = window.to_day - window.from_day + 1
    return f"{window.from_day} 日至 {window.to_day} 日（共 {days} 天）"


def _describe_roll_up(roll_up: PeriodRollUp) -> str:
    skip = roll_up.missing is MissingPeriods.SKIP
    missing = "缺期不计" if skip else "有缺期的汇总未定"
    weights = f"（{'、'.join(f'{plain(weight)}%' for weight in roll_up.weights)}）" if roll_up.weights else ""
    return f"得分{_ROLL_UP[roll_up.points]}，金额{_ROLL_UP[roll_up.money]}{weights}；{missing}"


def _display_lines(settings: Settings) -> Iterator[SettingLine]:
    shown = (
        f"得分 {settings.decimals_points} 位小数，金额 {settings.decimals_yuan} 位小数，显示时四舍五入，比较时不舍入"
    )
    yield SettingLine("decimals", "小数位数", shown)
