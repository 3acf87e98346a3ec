"""The sentences of a bulletin. Each says figures that stand in the frozen results, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from saas.assessment.bulletin_content import BulletinContent, UnitOutcome, stored_amount
from saas.assessment.bulletin_figures import RuleEffect, mean, rate_text, rule_effects, shown, sum_text, taken
from saas.assessment.bulletin_tables import cells, columns, has_money, is_ranked
from saas.assessment.presentation import ITEM, points_measure
from saas.domain.amounts import ZERO, Amount, divide, plain, rounded
from saas.domain.official_document import Align, Block, Heading, ListBlock, ListMarker, Paragraph, Table, TextSize
from saas.domain.periods import chinese_day
from saas.domain.scheme import RuleKind
from saas.domain.scheme_settings_text import describe_settings

_NAMED = 12  # so many units are named in a sentence; the rest is a number


def lead(content: BulletinContent) -> list[Block]:
    """On what basis what was done."""
    basis = f"《{content.rules.basis}》和" if content.rules.basis else ""
    what = "汇总" if content.is_roll_up else "组织开展"
    return [
        Paragraph(
            f"根据{basis}《{content.rules.title}》，{what}了{content.period.label}{content.subject.topic}"
            f"{content.subject.word}。现将有关情况通报如下。"
        )
    ]


def named(outcomes: Sequence[UnitOutcome]) -> str:
    """Units by name, the first dozen; how many there are in all."""
    names = "、".join(outcome.full_name for outcome in outcomes[:_NAMED])
    return names if len(outcomes) <= _NAMED else f"{names}等{len(outcomes)}个单位"


def overview(content: BulletinContent) -> list[Block]:
    """Period, units, reports and re-checks."""
    count = len(content.outcomes)
    days = f"{chinese_day(content.period.start)}至{chinese_day(content.period.end)}"
    where = f"，涉及{len(content.towns)}个乡级单位" if len(content.towns) > 1 else ""
    opening = f"{content.subject.word}期为{days}，{content.subject.word}对象{count}个{where}。"
    if content.is_roll_up:
        opening += f"汇总{'、'.join(content.part_labels)}共{len(content.part_labels)}期已核定的结果。"
        return [Paragraph(opening), Paragraph(_totals(content))]
    reports = Counter(_report(outcome) for outcome in content.outcomes)
    rechecked = sum(1 for outcome in content.outcomes if outcome.trace["is_rechecked"])
    text = f"报送自评{reports['reported'] + reports['late']}个"
    if reports["late"]:
        text += f"（其中逾期补报{reports['late']}个）"
    text += f"，未报{reports['missing']}个，申报不适用{reports['not_applicable']}个；完成复核{rechecked}个"
    text += f"，未复核{count - rechecked}个。" if rechecked < count else "，全部复核完毕。"
    return [Paragraph(opening + text), Paragraph(_totals(content))]


def _report(outcome: UnitOutcome) -> str:
    report = outcome.trace["self_report"]
    return "late" if report["state"] == "reported" and report["is_late"] else str(report["state"])


def _totals(content: BulletinContent) -> str:
    points = [outcome.points for outcome in content.outcomes if outcome.points.is_determined]
    measure = points_measure(content.rules)
    missing = len(content.outcomes) - len(points)
    if measure == ITEM:
        text = f"结果已确定的{len(points)}个，平均达标{shown(mean(points), 1)}项"
    else:
        best, lowest = max(p.known for p in points), min(p.known for p in points)
        text = f"得分已确定的{len(points)}个，平均{shown(mean(points))}分，最高{shown(best)}分，最低{shown(lowest)}分"
    text += f"；未定{missing}个，不计入平均。" if missing else "。"
    if has_money(content):
        text += f"应付金额合计{sum_text([outcome.money for outcome in content.outcomes])}元。"
    return text


def method(content: BulletinContent) -> list[Block]:
    """How points and money come about, with every setting that the text of the scheme leaves open."""
    what = "各单位对照标准自查，核查人员逐项核查；达标项数和等次由核查结果按办法计算。"
    if content.is_roll_up:
        what = "各期结果按办法规定汇总，没有核定的各期不以零计。得分相同时用于区分先后的项目，按同样的方法汇总后比较。"
    elif points_measure(content.rules) != ITEM:
        what = "各单位对照评分标准自评，复核人员现场复核并登记发现的问题，考核办凭文件登记上级检查等情形；"
        what += "得分和金额由登记的事实按办法逐条计算。"
    what += "办法没有写明的口径，本次采用的选择列于表1。"
    rows = tuple(cells(line.label, line.value) for line in describe_settings(content.rules))
    table = Table(
        columns((26, Align.LEFT), (74, Align.LEFT)),
        (cells("事项", "本次采用"),),
        rows,
        caption="表1　采用的口径",
        size=TextSize.FINE,
    )
    return [Paragraph(what), table]


def results(content: BulletinContent) -> list[Block]:
    """Who is in front and who behind, by the scheme's own ranking and grades."""
    found: list[Block] = []
    if is_ranked(content):
        first = [outcome for outcome in content.outcomes if outcome.rank == 1]
        grouped = content.rules.settings.peer_group is not None
        if first:
            found.append(Paragraph(f"{'各组' if grouped else ''}名次列第一的：{_with_points(first)}。"))
        open_ranks = [o for o in content.outcomes if o.rank is None]
        if open_ranks:
            found.append(Paragraph(f"没有名次的{len(open_ranks)}个：{named(open_ranks)}，原因见“未定事项”。"))
    if content.rules.settings.grades:
        labels = [grade.label for grade in content.rules.settings.grades]
        parts = [f"{label}{len(group)}个（{named(group)}）" for label in labels if (group := _graded(content, label))]
        undecided = _graded(content, "")
        if undecided:
            parts.append(f"未定{len(undecided)}个（{named(undecided)}）")
        found.append(Paragraph(f"评定等次：{'，'.join(parts)}。"))
    attachment = "结果见表2" if points_measure(content.rules) == ITEM else "汇总情况见表2，逐个单位的结果见附件1"
    found.append(Paragraph(f"{attachment}。"))
    return found


def _with_points(outcomes: Sequence[UnitOutcome]) -> str:
    shown_ones = "、".join(f"{outcome.full_name}（{shown(outcome.points.value)}分）" for outcome in outcomes[:16])
    return shown_ones if len(outcomes) <= 16 else f"{shown_ones}等{len(outcomes)}个"


def _graded(content: BulletinContent, label: str) -> list[UnitOutcome]:
    return [outcome for outcome in content.outcomes if outcome.grade == label]


def items(content: BulletinContent) -> list[Block]:
    """Each part with its mean, and the rules in which units got most and least."""
    if content.is_roll_up:
        return []
    if points_measure(content.rules) == ITEM:
        return [ListBlock(tuple(_met_texts(content)), ListMarker.NUMBER)]
    found: list[Block] = []
    for index, part in enumerate(content.rules.parts):
        scored = [r for item in part.items for r in item.rules if r.kind is RuleKind.MANUAL_SCORE]
        full = sum((item.full_score for item in part.items if item.full_score is not None), ZERO)
        amounts = [stored_amount(outcome.trace["parts"][index]["points"]) for outcome in content.outcomes]
        average = mean(amounts)
        if not scored or average is None:
            continue
        text = f"满分{plain(full)}分，平均{shown(average)}分，得分率{rate_text(average, full)}。"
        found.append(Heading(2, part.label, body=text + _extremes(content, [rule.code for rule in scored])))
    return found


def _extremes(content: BulletinContent, codes: Sequence[str]) -> str:
    rates: dict[str, tuple[str, Decimal]] = {}
    for code in codes:
        rule = content.rules.rule(code)
        effects = [entry.effect for entry in rule_effects(content) if entry.rule["code"] == code]
        average = mean(effects)
        if average is not None and rule.full_score:
            rates[code] = (rule.label, divide(average * 100, rule.full_score))
    if len(rates) < 2:
        return ""
    ordered = sorted(rates.values(), key=lambda entry: (-entry[1], entry[0]))
    best, worst = ordered[0], ordered[-1]
    return f"得分率最高的是“{best[0]}”（{_rate(best[1])}），最低的是“{worst[0]}”（{_rate(worst[1])}）。"


def _rate(value: Decimal) -> str:
    return f"{plain(rounded(value, 1))}%"


def _met_texts(content: BulletinContent) -> list[str]:
    texts = []
    for rule in content.rules.rules:
        if rule.kind is not RuleKind.MANUAL_SCORE:
            continue
        entries = [entry.rule for entry in rule_effects(content) if entry.rule["code"] == rule.code]
        absent = sum(1 for entry in entries if entry["effect"]["standing"] == "not_applicable")
        checked = [e for e in entries if e["recheck_score"] is not None and e["effect"]["standing"] != "not_applicable"]
        met = sum(1 for entry in checked if Decimal(entry["recheck_score"]) > ZERO)
        open_ones = len(entries) - absent - len(checked)
        text = f"{rule.label}：核查{len(checked)}个，达标{met}个，未达标{len(checked) - met}个"
        text += f"，未核查{open_ones}个" if open_ones else ""
        texts.append(text + (f"，不适用{absent}个。" if absent else "。"))
    return texts


def deductions(content: BulletinContent) -> list[Block]:
    """Deductions by rule; unit by unit they stand in the attachment."""
    entries = [entry for entry in taken(content) if entry.rule["kind"] not in _EVENT_KINDS]
    if not entries:
        return []
    rows = []
    for rule in content.rules.rules:
        own = [entry for entry in entries if entry.rule["code"] == rule.code]
        if own:
            counts = sum((Decimal(e.rule["count"]) for e in own if e.rule["count"] and not _is_shortfall(e)), ZERO)
            rows.append(cells(rule.label, len(own), _count(own, counts), _sum(own)))
    table = Table(
        columns((46, Align.LEFT), (16, Align.CENTER), (18, Align.CENTER), (20, Align.RIGHT)),
        (cells("事由", "涉及单位（个）", "数量", "扣减（元、分）"),),
        tuple(rows),
        caption="表3　扣减情况",
    )
    units = len({entry.unit.full_name for entry in entries})
    text = f"共有{units}个单位因现场发现的问题被扣减，按事由汇总见表3，逐个单位的事由、日期和数额见附件2。"
    return [Paragraph(text), table]


_EVENT_KINDS = frozenset({RuleKind.WHOLE_MONTH_LOSS.value, RuleKind.VETO.value, RuleKind.PERSONAL_LOSS.value})


def _is_shortfall(entry: RuleEffect) -> bool:
    return bool(entry.rule["kind"] == RuleKind.SHORTFALL.value)


def _count(entries: Sequence[RuleEffect], counts: Decimal) -> str:
    if _is_shortfall(entries[0]):
        return "—"
    waiting = sum(1 for entry in entries if entry.rule["count"] is None or not entry.effect.is_determined)
    return f"{plain(counts)}" + (f"（{waiting}个待核实）" if waiting else "")


def _sum(entries: Sequence[RuleEffect]) -> str:
    amounts: list[Amount] = [entry.effect for entry in entries]
    return sum_text(amounts)


def events_title(content: BulletinContent) -> str:
    """What the section on outside events is called: without money there is only praise in points and the veto."""
    return "奖励、补助扣减和一票否决" if has_money(content) else "加分和一票否决"


def events(content: BulletinContent) -> list[Block]:
    """Praise, lost subsidies and vetoes, each with its day and paper."""
    texts = [
        _event_text(content, entry)
        for entry in rule_effects(content)
        if entry.is_triggered and entry.rule["kind"] in _EVENT_KINDS | {RuleKind.BONUS.value, RuleKind.TARIFF.value}
    ]
    if not texts and not content.is_roll_up:
        return [Paragraph(f"本期没有发生{events_title(content)}的情形。")]
    return [ListBlock(tuple(texts), ListMarker.NUMBER)] if texts else []


def _event_text(content: BulletinContent, entry: RuleEffect) -> str:
    papers = list(dict.fromkeys(content.documents.get(fact["fact_id"], "") for fact in entry.rule["facts"]))
    paper = "、".join(name for name in papers if name)
    source = f"（{'，'.join(part for part in (entry.full_days, paper) if part)}）"
    if entry.rule["kind"] == RuleKind.VETO.value:
        return f"{entry.unit.full_name}：{entry.rule['label']}{source}，一票否决。"
    return f"{entry.unit.full_name}：{entry.rule['label']}{source}，{_after(entry.rule)}。"


def _after(rule: dict[str, Any]) -> str:
    return str(rule["text"]).replace("，按人另行结算，不计入单位金额", "，金额按人另行核定，本通报不列")


def open_matters(content: BulletinContent) -> list[Block]:
    """What cannot be said yet, and why; it is printed as open and never as zero."""
    reasons: dict[str, list[UnitOutcome]] = {}
    for outcome in content.outcomes:
        reason = _open_reason(outcome)
        if reason:
            reasons.setdefault(reason, []).append(outcome)
    if not reasons:
        return []
    opening = "下列事项尚不能确定，有关数据印为“未定”或“未报”，不以零代替，确定后另行通报。"
    return [Paragraph(opening), ListBlock(tuple(f"{named(units)}：{reason}。" for reason, units in reasons.items()))]


def _open_reason(outcome: UnitOutcome) -> str:
    trace = outcome.trace
    if trace.get("is_rechecked") is False:
        return "尚未复核"
    found = [*trace["points"]["reasons"], *trace["money"]["payable"]["reasons"]]
    ranking = trace["ranking"]
    if ranking["reason"] and ranking["reason"] != "本办法不排名":
        found.append(ranking["reason"])
    if ranking["grade_reason"]:
        found.append(ranking["grade_reason"])
    return "；".join(dict.fromkeys(found))


def problems(content: BulletinContent) -> list[Block]:
    """What the figures show: what was found most often, who did not report, who was not re-checked."""
    if content.is_roll_up:
        return []
    texts = []
    found = Counter(entry.rule["label"] for entry in taken(content) if entry.rule["kind"] not in _EVENT_KINDS)
    if found:
        most = "、".join(f"“{label}”（{count}个单位）" for label, count in found.most_common(3))
        texts.append(f"现场发现较多的问题是{most}。")
    unmet = _unmet(content)
    if unmet:
        texts.append(unmet)
    missing = [o for o in content.outcomes if o.trace["self_report"]["state"] == "missing"]
    late = [o for o in content.outcomes if o.trace["self_report"]["is_late"]]
    if missing:
        texts.append(f"未报送自评的{len(missing)}个：{named(missing)}。")
    if late:
        texts.append(f"逾期报送自评的{len(late)}个：{named(late)}。")
    return [ListBlock(tuple(texts), ListMarker.NUMBER)] if texts else []


def _unmet(content: BulletinContent) -> str:
    if points_measure(content.rules) != ITEM:
        return ""
    counts: Counter[str] = Counter()
    for entry in rule_effects(content):
        score = entry.rule["recheck_score"]
        if entry.rule["kind"] == RuleKind.MANUAL_SCORE.value and score is not None and Decimal(score) == ZERO:
            counts[entry.rule["label"]] += 1
    most = "、".join(f"“{label}”（{count}个单位）" for label, count in counts.most_common(3))
    return f"未达标较多的是{most}。" if most else ""


def next_steps(content: BulletinContent) -> list[Block]:
    """What is to be done next, with the days that are fixed."""
    texts = ["各单位对照本单位结果和来由逐条核对，对通报的问题立即整改，整改情况在下一期自评中如实填报。"]
    if len(content.towns) > 1:
        texts.append("各乡级单位对辖区内未报、未复核和问题较多的单位逐一督促，确保下一期应报尽报、应核尽核。")
    dates = content.next_dates
    if dates is not None and dates.due_on is not None:
        text = f"{dates.label}自评请于{chinese_day(dates.due_on)}前（含当日）报送"
        if dates.recheck_from is not None and dates.recheck_to is not None:
            text += f"，复核时间为{chinese_day(dates.recheck_from)}至{chinese_day(dates.recheck_to)}"
        texts.append(f"{text}。")
    return [ListBlock(tuple(texts), ListMarker.NUMBER)]
