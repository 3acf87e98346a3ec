"""The bulletin: what it says of the frozen results, and that it never makes zero of what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from saas.assessment.bulletin import build_bulletin
from saas.assessment.models import AssessmentRound
from saas.assessment.naming import Subject, subject_of
from saas.assessment.services.reporting import bulletin_content
from saas.documents.services import county_settings
from saas.domain.errors import DomainError
from saas.domain.official_document import (
    Heading,
    ListBlock,
    OfficialDocument,
    Paragraph,
    Table,
    content_digest,
    from_json,
    to_json,
)
from saas.domain.periods import Cadence, period_of
from tests.assessment.steps import publish, settled
from tests.factories_assessment import (
    AssessedCounty,
    compute,
    find,
    make_round,
    make_scheme,
    recheck,
    this_month,
)


@pytest.mark.parametrize(
    ("name", "topic", "word"),
    [
        ("清禾县农村环境卫生月度考核办法", "农村环境卫生", "考核"),
        ("清禾县社会心理服务体系建设年度评估办法", "社会心理服务体系建设", "评估"),
        ("村容村貌考核实施办法", "村容村貌", "考核"),
        ("河长制工作方案", "河长制工作", "考核"),
    ],
)
def test_the_topic_is_read_from_the_name_of_the_scheme(name: str, topic: str, word: str) -> None:
    assert subject_of(name, "清禾县") == Subject(topic, word)


def bulletin_of(assessed: AssessmentRound) -> OfficialDocument:
    return build_bulletin(bulletin_content(assessed, county_settings()))


def texts(document: OfficialDocument) -> Iterator[str]:
    """Everything that stands in a document."""
    blocks = [*document.blocks, *(block for attachment in document.attachments for block in attachment.blocks)]
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            yield from (block.text, getattr(block, "body", ""))
        elif isinstance(block, ListBlock):
            yield from block.items
        elif isinstance(block, Table):
            yield from (cell.text for row in (*block.header, *block.rows, block.total) for cell in row)


def table_with(document: OfficialDocument, head: str) -> Table:
    blocks = [*document.blocks, *(block for attachment in document.attachments for block in attachment.blocks)]
    tables = [block for block in blocks if isinstance(block, Table)]
    return next(table for table in tables if any(cell.text == head for row in table.header for cell in row))


def test_it_prints_figures_reasons_settings_and_what_is_open(county: AssessedCounty) -> None:
    assessed = publish(county, settled(county, county.on_road))

    document = bulletin_of(assessed)
    said = "\n".join(texts(document))

    assert document.title.endswith("农村环境卫生考核情况的通报")
    assert [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1] == [
        "考核概况", "考核办法和口径", "考核结果", "各项目情况", "扣减情况", "奖励、补助扣减和一票否决", "未定事项",
        "存在的主要问题", "下一步工作要求",
    ]  # fmt: skip
    for text in (
        "以检查发现之日为准",
        "路边无人巡捡",
        "1 次 × 500 元 = +500 元",
        "市通报第9期",
        "1,875.00",
        "尚未复核",
        "未报",
    ):
        assert text in said
    assert "3组12号" not in said
    assert all(attachment.is_landscape for attachment in document.attachments)


def test_the_same_results_give_the_same_bulletin(county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)

    assert content_digest(bulletin_of(assessed)) == content_digest(bulletin_of(assessed))
    assert from_json(to_json(bulletin_of(assessed))) == bulletin_of(assessed)


def test_a_bulletin_without_one_determined_result_is_not_made(county: AssessedCounty) -> None:
    assessed = make_round(county)
    compute(assessed)

    with pytest.raises(DomainError, match="没有一个单位的结果是确定的"):
        bulletin_of(assessed)


def test_a_veto_and_a_lost_month_are_told_with_day_and_paper(county: AssessedCounty) -> None:
    assessed, (east, west, *_) = make_round(county), county.villages
    find(assessed, west, "S2a", "1", by=county.office, is_office=True, document_name="省暗访通报")
    find(assessed, east, "V1", "1", by=county.office, is_office=True, document_name="查实记录")
    for unit in (east, west):
        recheck(assessed, unit, county.officers[0])
    compute(assessed)

    said = "\n".join(texts(bulletin_of(assessed)))

    assert "东村：弄虚作假" in said
    assert "查实记录），一票否决" in said
    assert "省暗访通报），发生 1 次，当期只扣一次：基本补助 1500 元 × 100% = −1500 元" in said


def quarter_of(county: AssessedCounty, months: int) -> AssessmentRound:
    """The last whole quarter with so many of its months confirmed, rolled up."""
    quarter = period_of(this_month().start, Cadence.QUARTER).previous()
    month = period_of(quarter.start, Cadence.MONTH)
    for number in range(months):
        assessed = make_round(county, month)
        for unit, officer in zip(county.villages, (0, 0, 1, 1), strict=True):
            recheck(assessed, unit, county.officers[officer], p1=str(50 + number))
        compute(assessed)
        publish(county, assessed)
        month = month.next()
    rolled = make_round(county, quarter)
    compute(rolled)
    return rolled


def test_a_quarter_is_settled_from_its_confirmed_months(county: AssessedCounty) -> None:
    document = bulletin_of(quarter_of(county, 3))
    table = table_with(document, "合计")

    west = next(row for row in table.rows if row[2].text == "西村")

    assert [cell.text for cell in west][3:] == [
        "80.00", "81.00", "82.00", "81.00", "1,500.00", "1,500.00", "1,500.00", "4,500.00",
    ]  # fmt: skip
    east = next(row for row in table.rows if row[2].text == "东村")
    assert east[-1].text == "未报"
    assert table.total[-1].text == "未定（已知 18,000.00）"


def test_a_month_that_is_not_confirmed_leaves_the_quarter_open(county: AssessedCounty) -> None:
    rolled = quarter_of(county, 2)

    with pytest.raises(DomainError, match="没有一个单位的结果是确定的"):
        bulletin_of(rolled)


ITEMS = """
code = "items"
title = "清禾县服务体系建设年度评估办法"

[settings]
ranked_by = "none"
scores_from = "recheck_replaces"
not_applicable_items = "rescale"
grades = [{ label = "优秀", at_least = 2 }, { label = "合格", at_least = 1 }, { label = "不合格" }]

[[parts]]
code = "A"
label = "服务平台"

[[parts.items]]
code = "A1"
label = "站点"
full_score = 1

[[parts.items.rules]]
code = "P1"
kind = "manual_score"
label = "站点建成"
full_score = 1
measure = "项"

[[parts.items]]
code = "A2"
label = "学校"
full_score = 1

[[parts.items.rules]]
code = "P2"
kind = "manual_score"
label = "学校配备"
full_score = 1
measure = "项"
applies_when = { attribute = "on_county_road", equals = true }
"""


def test_a_scheme_without_points_prints_what_is_met(county: AssessedCounty) -> None:
    other = make_assessed_county_with(ITEMS, county)
    assessed = make_round(other)
    recheck(assessed, other.on_road, other.officers[0], p1="1", p2="0")
    compute(assessed)

    document = bulletin_of(assessed)
    said = "\n".join(texts(document))

    assert document.attachments == ()
    assert "站点建成：核查1个，达标1个，未达标0个，未核查3个。" in said
    assert "学校配备：核查1个，达标0个，未达标1个，不适用3个。" in said
    assert "评定等次：合格1个（柳河镇东村）" in said


def make_assessed_county_with(text: str, county: AssessedCounty) -> AssessedCounty:
    """The same county under another scheme."""
    return replace(county, scheme=make_scheme(text))
