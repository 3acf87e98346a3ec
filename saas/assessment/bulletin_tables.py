"""The tables and charts of a bulletin."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from saas import charts
from saas.assessment.bulletin_content import BulletinContent, UnitOutcome, stored_amount
from saas.assessment.bulletin_figures import amount_text, effect_text, mean, quantity_text, shown, sum_text, taken
from saas.assessment.presentation import ITEM, points_measure, score_cuts
from saas.domain.amounts import Amount, determined, plain, rounded, undetermined
from saas.domain.official_document import Align, Block, Cell, Column, Figure, Table, TextSize
from saas.domain.scheme_settings import RankedBy

FEW = 30  # units whose whole table stands in the text
# Charts in a document are set in its own faces.
_LOOK = charts.Look(font_family="official-hei, official-fallback")


def cells(*texts: object) -> tuple[Cell, ...]:
    """A row of cells."""
    return tuple(Cell("" if text is None else str(text)) for text in texts)


def columns(*widths: tuple[int, Align]) -> tuple[Column, ...]:
    """Columns by share of the width and alignment."""
    return tuple(Column(Decimal(width), align) for width, align in widths)


_C, _L, _R = Align.CENTER, Align.LEFT, Align.RIGHT


def has_money(content: BulletinContent) -> bool:
    """Whether the scheme knows money at all."""
    return content.rules.settings.base is not None or any(rule.currency == "yuan" for rule in content.rules.rules)


def is_ranked(content: BulletinContent) -> bool:
    """Whether the scheme ranks."""
    return content.rules.settings.ranked_by is not RankedBy.NONE


def rank_text(outcome: UnitOutcome) -> str:
    """The rank as printed: with a mark for a shared one; 未定 while a tie is open; a dash for none."""
    if outcome.rank is None:
        return "未定" if outcome.trace["ranking"]["possible"] else "—"
    return f"并列{outcome.rank}" if outcome.trace["ranking"]["is_tied"] else str(outcome.rank)


def overall(content: BulletinContent) -> list[Block]:
    """The overall table: all units where they are few, else by town; with the charts."""
    if points_measure(content.rules) == ITEM:
        return [_item_matrix(content)]
    if len(content.outcomes) <= FEW:
        found: list[Block] = [_unit_table(content)]
    else:
        found = [_town_table(content)]
    if not content.is_roll_up:
        scores = [outcome.points for outcome in content.outcomes]
        thresholds = [grade.at_least for grade in content.rules.settings.grades if grade.at_least is not None]
        svg = charts.score_distribution("得分分布", scores, score_cuts(scores, thresholds), look=_LOOK, width=620)
        found.append(Figure(str(svg), "图1　得分分布（单位：个）"))
    if len(content.towns) > 1:
        found.append(_town_chart(content, number=1 if content.is_roll_up else 2))
    return found


def _unit_table(content: BulletinContent) -> Table:
    money = has_money(content)
    head = ["名次", "单位", "得分", *(["应付金额（元）"] if money else []), *(["等次"] if _has_grades(content) else [])]
    rows = [
        cells(
            rank_text(outcome),
            outcome.full_name,
            amount_text(outcome.points),
            *([amount_text(outcome.money)] if money else []),
            *([outcome.grade or "未定"] if _has_grades(content) else []),
        )
        for outcome in _ordered(content)
    ]
    widths = [
        (14, _C),
        (34, _L),
        (18, _R),
        *([(20, _R)] if money else []),
        *([(14, _C)] if _has_grades(content) else []),
    ]
    return Table(columns(*widths), (cells(*head),), tuple(rows), caption="表2　考核结果")


def _has_grades(content: BulletinContent) -> bool:
    return bool(content.rules.settings.grades)


def _ordered(content: BulletinContent) -> list[UnitOutcome]:
    """By rank; those without one last, in the county's order."""
    return sorted(content.outcomes, key=lambda outcome: outcome.rank if outcome.rank is not None else 10**9)


def _town_table(content: BulletinContent) -> Table:
    money = has_money(content)
    rows = [_town_row(town, [o for o in content.outcomes if o.town == town], money) for town in content.towns]
    everyone = list(content.outcomes)
    head = ["单位", "考核村数", "平均分", "最高分", "最低分", "未定", *(["应付金额（元）"] if money else [])]
    widths = [(18, _L), (13, _C), (13, _C), (13, _C), (13, _C), (10, _C), *([(26, _R)] if money else [])]
    return Table(
        columns(*widths),
        (cells(*head),),
        tuple(rows),
        total=_town_row("合计", everyone, money),
        caption="表2　各单位情况",
        note="注：平均分、最高分、最低分只统计得分已确定的单位；未定含未报、未复核。",
    )


def _town_row(town: str, outcomes: Sequence[UnitOutcome], money: bool) -> tuple[Cell, ...]:
    known = [outcome.points.known for outcome in outcomes if outcome.points.is_determined]
    return cells(
        town,
        len(outcomes),
        shown(mean([outcome.points for outcome in outcomes])),
        shown(max(known)) if known else "未定",
        shown(min(known)) if known else "未定",
        sum(1 for outcome in outcomes if not outcome.points.is_determined),
        *([sum_text([outcome.money for outcome in outcomes])] if money else []),
    )


def _town_chart(content: BulletinContent, *, number: int) -> Figure:
    rows = []
    for town in content.towns:
        average = mean([outcome.points for outcome in content.outcomes if outcome.town == town])
        amount: Amount = undetermined("无确定结果") if average is None else determined(average)
        rows.append(charts.RankingRow(town, amount))
    rows.sort(key=lambda row: (row.amount.is_determined, row.amount.known), reverse=True)
    svg = charts.ranking_bars("各单位平均分", rows, measure="分", look=_LOOK, width=620)
    return Figure(str(svg), f"图{number}　各单位平均分")


def _item_matrix(content: BulletinContent) -> Table:
    """Units and items of a scheme that counts what is met: 达标、未达标、不适用、未核查."""
    items = [rule for rule in _rules(content.outcomes[0]) if rule["kind"] == "manual_score"]
    head = ["单位", *(str(number) for number in range(1, len(items) + 1)), "达标项数", "等次"]
    rows = [
        cells(
            outcome.full_name,
            *(_met(rule) for rule in _rules(outcome) if rule["kind"] == "manual_score"),
            item_count(outcome.points),
            outcome.grade or "未定",
        )
        for outcome in content.outcomes
    ]
    note = "注：" + "；".join(f"{number}. {rule['label']}" for number, rule in enumerate(items, start=1))
    note += "。√为达标，×为未达标，—为不适用，○为尚未核查。"
    widths = [(22, _L), *[(9, _C)] * len(items), (15, _C), (14, _C)]
    return Table(columns(*widths), (cells(*head),), tuple(rows), caption="表2　评估结果", note=note)


def item_count(amount: Amount) -> str:
    """How many items are met, without superfluous zeros."""
    return plain(rounded(amount.known, 2)) if amount.is_determined else amount_text(amount)


def _rules(outcome: UnitOutcome) -> list[dict[str, Any]]:
    return [rule for part in outcome.trace["parts"] for item in part["items"] for rule in item["rules"]]


def _met(rule: dict[str, Any]) -> str:
    standing = rule["effect"]["standing"]
    if standing == "not_applicable":
        return "—"
    if rule["recheck_score"] is None:
        return "○"
    return "√" if Decimal(rule["recheck_score"]) > 0 else "×"


def by_town(content: BulletinContent) -> list[UnitOutcome]:
    """Town by town in the county's order, within a town by rank; those without one last."""
    order = {town: place for place, town in enumerate(content.towns)}
    return sorted(content.outcomes, key=lambda o: (order[o.town], o.rank if o.rank is not None else 10**9))


# --- attachments ----------------------------------------------------------------------------------------------------


def details(content: BulletinContent) -> tuple[Block, ...]:
    """Every unit in full: rank, self-score, re-check, the points of each part, money, grade, remarks."""
    parts = [part["label"] for part in content.outcomes[0].trace["parts"] if _has_points(part)]
    money, grades = has_money(content), _has_grades(content)
    head = ["上级单位", "名次", "单位", "自评", *parts, "得分"]
    head += [*(["补助", "奖惩", "应付金额"] if money else []), *(["等次"] if grades else []), "备注"]
    rows = [_detail_row(outcome, money=money, grades=grades) for outcome in by_town(content)]
    widths = [(12, _L), (8, _C), (12, _L), (10, _R), *[(11, _R)] * len(parts), (10, _R)]
    widths += [*([(12, _R)] * 3 if money else []), *([(9, _C)] if grades else []), (24, _L)]
    note = "注：名次在分组内排列；“未报”“未定”“不适用”均不是0。金额单位：元。"
    table = Table(columns(*widths), (cells(*head),), tuple(rows), note=note, size=TextSize.FINE)
    return (table,)


def _has_points(part: dict[str, Any]) -> bool:
    return part["points"]["standing"] != "not_applicable" and any(item["full_score"] for item in part["items"])


def _detail_row(outcome: UnitOutcome, *, money: bool, grades: bool) -> tuple[Cell, ...]:
    trace = outcome.trace
    own = trace["self_points"]
    report = trace["self_report"]["state"]
    self_text = "不适用" if report == "not_applicable" else amount_text(stored_amount(own)) if own else "—"
    return cells(
        outcome.town,
        rank_text(outcome),
        outcome.name,
        self_text,
        *(amount_text(stored_amount(part["points"])) for part in trace["parts"] if _has_points(part)),
        amount_text(outcome.points),
        *(
            [
                amount_text(stored_amount(trace["money"]["base"])),
                amount_text(stored_amount(trace["money"]["changes"])),
                amount_text(outcome.money),
            ]
            if money
            else []
        ),
        *([outcome.grade or "未定"] if grades else []),
        remarks(outcome),
    )


def remarks(outcome: UnitOutcome) -> str:
    """What stands out about a unit, in a few words."""
    trace = outcome.trace
    found = ["一票否决"] if outcome.is_vetoed else []
    if trace["money"]["is_loss_period"]:
        found.append("当期补助已扣")
    report = trace.get("self_report", {})
    if report.get("state") == "missing":
        found.append("自评未报")
    elif report.get("is_late"):
        found.append("自评迟报")
    if trace.get("is_rechecked") is False:
        found.append("未复核")
    return "；".join(found)


def deduction_details(content: BulletinContent) -> tuple[Block, ...]:
    """Deductions by unit with reason, day and arithmetic. House numbers and remarks are left out."""
    rows = [
        cells(
            entry.unit.full_name,
            f"{entry.rule['label']}",
            quantity_text(entry),
            entry.days,
            effect_text(entry),
            "元" if entry.rule["currency"] == "yuan" else "分",
        )
        for entry in taken(content)
    ]
    if not rows:
        return ()
    widths = columns((18, _L), (42, _L), (24, _L), (14, _C), (9, _R), (6, _C))
    head = cells("单位", "事由", "数量和计算", "发现日期", "扣减", "单位")
    return (Table(widths, (head,), tuple(rows), size=TextSize.FINE),)


def settlement(content: BulletinContent) -> tuple[Block, ...]:
    """The settlement (结算): points and money of each period and together, for every unit, with sums."""
    periods = content.part_labels
    money = has_money(content)
    top = [
        *(Cell(text, rowspan=2) for text in ("上级单位", "名次", "单位")),
        Cell("得分", colspan=len(periods) + 1),
        *([Cell("应付金额（元）", colspan=len(periods) + 1)] if money else []),
    ]
    labels = [label.partition("年")[2] or label for label in periods]
    below = [*labels, "汇总", *([*labels, "合计"] if money else [])]
    rows = [_settlement_row(outcome, money=money) for outcome in by_town(content)]
    widths = [(12, _L), (8, _C), (12, _L), *[(10, _R)] * (len(periods) + 1)]
    widths += [(12, _R)] * len(periods) + [(18, _R)] if money else []
    note = "注：只汇总已核定的各期；有缺期或未定的，按办法规定不作结算，显示为未定。"
    table = Table(
        columns(*widths),
        (tuple(top), cells(*below)),
        tuple(rows),
        total=_settlement_total(content) if money else (),
        note=note,
        size=TextSize.FINE,
    )
    return (table,)


def _settlement_row(outcome: UnitOutcome, *, money: bool) -> tuple[Cell, ...]:
    parts = outcome.trace["parts"]
    return cells(
        outcome.town,
        rank_text(outcome),
        outcome.name,
        *(amount_text(stored_amount(part["points"])) if "points" in part else "未核定" for part in parts),
        amount_text(outcome.points),
        *(
            (amount_text(stored_amount(part["money"])) if "money" in part else "未核定" for part in parts)
            if money
            else ()
        ),
        *([amount_text(outcome.money)] if money else []),
    )


def _settlement_total(content: BulletinContent) -> tuple[Cell, ...]:
    sums = []
    for index in range(len(content.part_labels)):
        amounts = [outcome.trace["parts"][index].get("money") for outcome in content.outcomes]
        known = [stored_amount(amount) for amount in amounts if amount is not None]
        sums.append(sum_text(known) if len(known) == len(amounts) else "未核定")
    empty = [Cell("")] * (len(content.part_labels) + 1)
    return (
        Cell("合计", colspan=3), *empty, *(Cell(text) for text in sums),
        Cell(sum_text([outcome.money for outcome in content.outcomes])),
    )  # fmt: skip
