"""Reading the settings (口径) of a scheme."""

from __future__ import annotations

from decimal import Decimal

from saas.domain.amounts import HUNDRED
from saas.domain.scheme import SchemeError
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
    Settings,
    TieBreak,
    Ties,
    VetoedUnits,
    WithoutRecheck,
)
from saas.domain.scheme_tables import Choice, Table, choice_at, number_at


def read_settings(table: Table) -> Settings:
    """Return the settings. Whether a needed one is absent is checked against the rules, in `scheme_checks`."""
    settings = Settings(
        ranked_by=_chosen(table, "ranked_by", RankedBy),
        base=_base(table.table("base")),
        scores_from=table.choice("scores_from", ScoresFrom),
        self_weight=table.number("self_weight", high=HUNDRED),
        recheck_weight=table.number("recheck_weight", high=HUNDRED),
        facts_counted=_sources(table),
        without_recheck=table.choice("without_recheck", WithoutRecheck) or WithoutRecheck.MISSING,
        deductions_in_loss_period=table.flag("deductions_in_loss_period"),
        bonus_in_loss_period=table.flag("bonus_in_loss_period"),
        loss_booked_to=table.choice("loss_booked_to", LossBookedTo),
        negative_payable=table.flag("negative_payable"),
        household_in_two_rules=table.flag("household_in_two_rules"),
        not_applicable_items=table.choice("not_applicable_items", NotApplicableItems),
        points_floor=table.number("points_floor", low=None),
        points_cap=table.number("points_cap", positive=True),
        period_from_day=table.whole("period_from_day", 1, 28) or 1,
        self_score_due=_self_score_due(table.table("self_score_due")),
        recheck_window=_recheck_window(table.table("recheck_window")),
        peer_group=table.text("peer_group") if table.has("peer_group") else None,
        tie_breaks=tuple(_tie_break(entry) for entry in table.tables("tie_breaks")),
        ties=table.choice("ties", Ties),
        vetoed_units=table.choice("vetoed_units", VetoedUnits),
        incomplete_units=table.choice("incomplete_units", IncompleteUnits) or IncompleteUnits.UNRANKED,
        grades=_grades(table),
        veto_grade=table.text("veto_grade") if table.has("veto_grade") else None,
        roll_up=_roll_up(table.table("roll_up")),
        decimals_points=_places(table, "decimals_points"),
        decimals_yuan=_places(table, "decimals_yuan"),
    )
    table.finish()
    return settings


def _chosen(table: Table, key: str, kind: type[Choice]) -> Choice:
    table.require(key, "写明选用哪一种：" + "、".join(member.value for member in kind))
    return choice_at(table.at(key), table.raw(key), kind)


def _places(table: Table, key: str) -> int:
    places = table.whole(key, 0, 6)
    return 2 if places is None else places


def _sources(table: Table) -> tuple[FactSource, ...]:
    path = table.at("facts_counted")
    entries = table.entries("facts_counted")
    sources = tuple(choice_at(f"{path}[{index}]", entry, FactSource) for index, entry in enumerate(entries))
    if len(set(sources)) != len(sources):
        raise SchemeError(path, "来源重复", advice="每个来源写一次")
    return sources or (FactSource.RECHECK, FactSource.OFFICE)


def _base(table: Table | None) -> Base | None:
    if table is None:
        return None
    pairs = table.pairs("table")
    base = Base(
        label=table.text("label", "基本考核补助"),
        amount=table.number("amount"),
        attribute=table.text("attribute") if table.has("attribute") else None,
        table=tuple((name, number_at(f"{table.at('table')}.{name}", value)) for name, value in pairs),
    )
    table.finish()
    if base.amount is not None and base.attribute is not None:
        raise SchemeError(
            table.at("amount"), "amount 与 attribute 只能写一个", advice="统一标准写 amount，分类标准写 attribute"
        )
    if base.table and base.attribute is None:
        raise SchemeError(table.at("attribute"), "缺少此项", advice="写明 table 按单位的哪个属性查")
    return base


def _self_score_due(table: Table | None) -> SelfScoreDue | None:
    if table is None:
        return None
    table.require("inclusive", "写明截止日当天是否算按时：true 或 false")
    day = table.whole("day", 1, 31)
    if day is None:
        raise SchemeError(table.at("day"), "缺少此项", advice="例如 day = 16")
    due = SelfScoreDue(
        day=day,
        inclusive=bool(table.flag("inclusive")),
        filed_in=table.choice("filed_in", FiledIn) or FiledIn.SAME_MONTH,
    )
    table.finish()
    return due


def _recheck_window(table: Table | None) -> RecheckWindow | None:
    if table is None:
        return None
    first, last = table.whole("from_day", 1, 31), table.whole("to_day", 1, 31)
    table.finish()
    if first is None or last is None or last < first:
        raise SchemeError(table.path, "复核起止日不完整", advice="例如 { from_day = 16, to_day = 19 }")
    return RecheckWindow(first, last)


def _tie_break(table: Table) -> TieBreak:
    code = table.text("code")
    prefer = _chosen(table, "prefer", Preference)
    table.finish()
    return TieBreak(code, prefer)


def _grades(table: Table) -> tuple[Grade, ...]:
    grades = []
    for entry in table.tables("grades"):
        grade = Grade(
            label=entry.text("label"),
            at_least=entry.number("at_least", low=None),
            quota_percent=entry.number("quota_percent", high=HUNDRED),
        )
        entry.finish()
        grades.append(grade)
    limits = [grade.at_least for grade in grades if grade.at_least is not None]
    if limits != sorted(set(limits), reverse=True):
        raise SchemeError(table.at("grades"), "等次应从高到低排列", advice="先写最好的等次")
    return tuple(grades)


def _roll_up(table: Table | None) -> PeriodRollUp | None:
    if table is None:
        return None
    weights: tuple[Decimal, ...] = tuple(
        number_at(f"{table.at('weights')}[{index}]", value, high=HUNDRED)
        for index, value in enumerate(table.entries("weights"))
    )
    roll_up = PeriodRollUp(
        points=_chosen(table, "points", RollUp),
        money=_chosen(table, "money", RollUp),
        missing=_chosen(table, "missing", MissingPeriods),
        weights=weights,
    )
    table.finish()
    if (RollUp.WEIGHTED in (roll_up.points, roll_up.money)) != bool(weights) or (weights and sum(weights) != HUNDRED):
        raise SchemeError(table.at("weights"), "权重与汇总方式不符", advice="weighted 须写 weights，且合计 100")
    return roll_up
