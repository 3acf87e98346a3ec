from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from saas.domain.canonical_json import canonical_json
from saas.domain.document_checks import character_count, problems
from saas.domain.errors import FormatError
from saas.domain.official_document import (
    Attachment,
    Block,
    Cell,
    Column,
    DocumentKind,
    Heading,
    Letterhead,
    OfficialDocument,
    Paragraph,
    Signature,
    Table,
    Verification,
    chinese_numeral,
    content_digest,
    date_text,
    from_json,
    heading_labels,
    number_text,
    to_json,
)
from saas.domain.title_lines import title_lines
from tests.documents.samples import bulletin, plan_notice


def small(**changes: object) -> OfficialDocument:
    document = OfficialDocument(
        kind=DocumentKind.NOTICE,
        letterhead=Letterhead("清禾县人民政府"),
        agency_code="清政发",
        number="清政发〔2026〕3号",
        title="清禾县人民政府关于做好春季绿化工作的通知",
        addressees=("各乡镇人民政府",),
        blocks=(Heading(1, "总体要求"), Paragraph("按期完成。")),
        signature=Signature("清禾县人民政府", date(2026, 3, 5)),
    )
    return replace(document, **changes)  # type: ignore[arg-type]


def codes(document: OfficialDocument) -> set[str]:
    return {problem.code for problem in problems(document)}


def test_a_date_has_the_full_year_and_no_leading_zeros() -> None:
    assert date_text(date(2026, 3, 5)) == "2026年3月5日"


def test_a_number_has_hexagonal_brackets_and_no_leading_zero() -> None:
    assert number_text("清政发", 2026, 3) == "清政发〔2026〕3号"


@pytest.mark.parametrize(("year", "number"), [(26, 3), (2026, 0)])
def test_a_number_without_year_or_sequence_is_refused(year: int, number: int) -> None:
    with pytest.raises(ValueError, match="no document number"):
        number_text("清政发", year, number)


@pytest.mark.parametrize(
    ("number", "numeral"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九")]
)
def test_chinese_numerals(number: int, numeral: str) -> None:
    assert chinese_numeral(number) == numeral


def test_headings_are_numbered_in_order_and_lower_levels_start_again() -> None:
    blocks: tuple[Block, ...] = (
        Heading(1, "甲"),
        Heading(2, "乙"),
        Heading(3, "丙"),
        Heading(4, "丁"),
        Paragraph("文"),
    )
    blocks += (Heading(3, "戊"), Heading(1, "己"), Heading(2, "庚"))
    assert heading_labels(blocks) == ("一、", "（一）", "1.", "（1）", "", "2.", "二、", "（一）")


@pytest.mark.parametrize("document", [plan_notice(), plan_notice(None), bulletin(), small()])
def test_a_document_comes_back_from_its_json_as_it_was(document: OfficialDocument) -> None:
    assert from_json(to_json(document)) == document


def test_json_is_canonical_and_keeps_figures_exact() -> None:
    table = Table((Column(Decimal("12.50")),), ((Cell("数"),),), ((Cell("1"),),))
    text = to_json(small(blocks=(table,)))
    assert '"width":"12.50"' in text
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        canonical_json({"score": 0.1})


def test_any_change_of_the_content_changes_the_digest() -> None:
    digest = content_digest(small())
    assert content_digest(small(blocks=(Heading(1, "总体要求"), Paragraph("按期完成")))) != digest
    assert content_digest(small(number="清政发〔2026〕4号")) != digest


def test_the_verification_mark_is_not_part_of_what_it_verifies() -> None:
    marked = small(verification=Verification("https://jiceng.example/v/1", "ab" * 32))
    assert content_digest(marked) == content_digest(small())


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"kind":"notice"', '"kind":"poem"', ".kind"),
        ('"level":1', '"level":"1"', ".blocks[0].level"),
        ('"type":"Paragraph"', '"type":"Script"', ".blocks[1]"),
        ('"issued_on":"2026-03-05"', '"issued_on":"2026-02-30"', ".signature.issued_on"),
        ('"note":""', '"notes":""', ""),
        ('"addressees":["各乡镇人民政府"]', '"addressees":"各乡镇人民政府"', ".addressees"),
    ],
)
def test_json_that_does_not_fit_says_where(old: str, new: str, place: str) -> None:
    with pytest.raises(FormatError) as refused:
        from_json(to_json(small()).replace(old, new))
    assert refused.value.path == place


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(FormatError, match="不是有效的 JSON"):
        from_json("{")


def test_the_samples_have_no_problems() -> None:
    assert problems(plan_notice()) == ()
    assert problems(bulletin()) == ()
    assert problems(small()) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "清禾县人民政府实施方案"}, "title_without_type"),
        ({"title": "清禾县人民政府关于考核情况的通报"}, "title_of_another_type"),
        ({"number": "清政发[2026]03号"}, "bad_number"),
        ({"number": "清政发〔2026〕第3号"}, "bad_number"),
        ({"addressees": ()}, "no_addressee"),
        ({"blocks": ()}, "no_body"),
        ({"kind": DocumentKind.REPORT, "title": "关于春季绿化工作的报告"}, "no_signatory"),
        ({"signatories": ("周明",)}, "unexpected_signatory"),
        ({"blocks": (Heading(2, "要求"), Paragraph("按期完成。"))}, "level_skipped"),
        ({"blocks": (Heading(1, "要求"), Heading(3, "任务"))}, "level_skipped"),
        ({"blocks": (Heading(5, "要求"),)}, "bad_level"),
        ({"blocks": (Paragraph("字" * 5001),)}, "too_long"),
        ({"undetermined": ("一票否决扣款",)}, "undetermined"),
        ({"blocks": (Paragraph("扣款标准未定。"),)}, "undetermined_text"),
        ({"blocks": (Paragraph("由×××负责。"),)}, "placeholder"),
        ({"blocks": (Paragraph("见附件2。"),)}, "attachment_missing"),
        ({"attachments": (Attachment("清单", ()),)}, "attachment_empty"),
        ({"signature": Signature("清禾县人民政府", None)}, "no_date"),
        ({"signature": Signature("", date(2026, 3, 5))}, "no_issuer"),
        ({"blocks": (Table((Column(Decimal(1)),) * 2, (), ((Cell("一"),),)),)}, "uneven_table"),
    ],
)
def test_a_problem_is_named(changes: dict[str, object], code: str) -> None:
    assert code in codes(small(**changes))


def test_a_special_task_has_the_shorter_limit() -> None:
    document = small(blocks=(Paragraph("字" * 4500),))
    assert problems(document) == ()
    assert [problem.code for problem in problems(document, is_special_task=True)] == ["too_long"]


def test_spanned_cells_fill_a_table_evenly() -> None:
    header = ((Cell("甲", rowspan=2), Cell("乙", colspan=2)), (Cell("丙"), Cell("丁")))
    table = Table((Column(Decimal(1)),) * 3, header, ())
    assert "uneven_table" not in codes(small(blocks=(table,)))


def test_a_draft_may_still_lack_its_date() -> None:
    assert codes(small(number=None, signature=Signature("清禾县人民政府", None))) == set()


def test_the_forwarded_plan_is_what_is_counted() -> None:
    notice = plan_notice()
    assert notice.enclosure is not None
    assert character_count(notice) > character_count(replace(notice, enclosure=None))


@pytest.mark.parametrize(
    ("title", "words", "lines"),
    [
        ("清禾县人民政府工作报告", (), ("清禾县人民政府工作报告",)),
        (
            "清禾县人民政府关于印发《清禾县农村环境卫生整治实施方案》的通知",
            ("清禾县",),
            ("清禾县人民政府关于印发《清禾县", "农村环境卫生整治实施方案》的通知"),
        ),
        ("清禾县人民政府关于2026年度工作情况的报告", (), ("清禾县人民政府", "关于2026年度工作情况的报告")),
    ],
)
def test_a_title_is_broken_by_sense(title: str, words: tuple[str, ...], lines: tuple[str, ...]) -> None:
    assert title_lines(title, words) == lines


@pytest.mark.parametrize(
    "title",
    [
        "临江区社会心理服务体系建设工作领导小组关于印发《临江区社会心理服务体系建设三年行动方案（2026—2028年）》的通知",
        "清禾县农村环境卫生整治领导小组办公室关于2026年第一季度农村环境卫生考核情况的通报",
        "清禾县住房和城乡建设局清禾县农业农村局清禾县生态环境分局关于联合开展农村生活污水治理专项检查的通知",
    ],
)
def test_no_title_line_cuts_a_word_or_stands_wrongly(title: str) -> None:
    words = ("临江区", "清禾县", "三年行动方案", "第一季度", "领导小组")
    lines = title_lines(title, words)
    assert "".join(lines) == title
    assert max(map(len, lines)) <= 19
    for word in (*words, "2026—2028年", "2026年"):
        assert title.count(word) == sum(line.count(word) for line in lines)
    assert not any(line[0] in "》，。、）的" for line in lines)
    assert not any(line.endswith(("《", "（", "关于")) for line in lines[:-1])
    lengths = [len(line) for line in lines]
    assert not any(a > b < c for a, b, c in zip(lengths, lengths[1:], lengths[2:], strict=False)), "an hourglass"
