"""The produced page against GB/T 9704-2012, and that the checker sees what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from saas.documents.conformance import Finding, check, failures
from saas.documents.fonts import FontSet
from saas.documents.page_geometry import Line, read_pages
from saas.documents.pdf import RenderedPdf, document_html, html_to_pdf, render_pdf
from saas.domain.official_document import (
    Attachment,
    DocumentKind,
    Heading,
    Letterhead,
    OfficialDocument,
    Paragraph,
    Signature,
)
from tests.documents.samples import bulletin, plan_notice

MIXED = (
    "截至2026年6月30日，全县共清理垃圾1,234.5吨，完成率达到98.5%；“三清一改”（清垃圾、清塘沟、清畜禽粪污，改习惯）"
    "按《实施方案》（A版）执行，由李晓喆、赵堃等12人负责，每周不少于2次。"
)


def long_text(text: str = MIXED) -> OfficialDocument:
    paragraphs = tuple(Paragraph(text * repeated) for repeated in (5, 3, 2, 4, 6, 5))
    return replace(plan_notice(), blocks=paragraphs, enclosure=None, attachments=())


def short_notice() -> OfficialDocument:
    blocks = (Heading(1, "总体要求"), Heading(2, "明确目标"), Paragraph(MIXED))
    attachment = Attachment("清禾县农村环境卫生考核办法", (Paragraph(MIXED),))
    return replace(plan_notice(), blocks=blocks, enclosure=None, attachments=(attachment,))


def measured(document: OfficialDocument, fonts: FontSet, extra_style: str = "") -> tuple[Finding, ...]:
    html = document_html(document).replace("</style>", extra_style + "</style>", 1)
    return check(html_to_pdf(html, fonts=fonts), document)


def failed(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in failures(findings)}


def body_lines(pdf: bytes) -> list[Line]:
    return [line for page in read_pages(pdf) for line in page.lines if 37 < line.baseline < 262]


def test_the_samples_keep_the_standard(notice: RenderedPdf, ranking: RenderedPdf) -> None:
    findings = check(notice.pdf, plan_notice())
    assert failures(findings) == ()
    assert failures(check(ranking.pdf, bulletin())) == ()
    codes = {finding.code for finding in findings}
    assert codes >= {"page_box", "letterhead_top", "red_rule_below_number", "right_edge_worst", "page_number_below"}
    assert codes >= {"imprint_bottom", "body_on_first_page", "face_title", "face_page_number", "number_form", "font"}


def test_a_full_side_has_22_lines_of_28_characters(fonts: FontSet) -> None:
    findings = measured(long_text("坚持县级统筹乡镇负责村级落实按期完成各项任务" * 5), fonts)
    found = {finding.code: finding.measured for finding in findings}
    assert found["lines_per_side"] == "22"
    assert found["characters_per_line"] == "28"
    assert failed(findings) == set()


def test_mixed_lines_end_at_the_right_edge_and_rare_characters_keep_the_grid(long_pdf: bytes) -> None:
    findings = check(long_pdf, long_text())
    sides = [finding for finding in findings if finding.code == "lines_per_side"]
    assert sides
    assert all(side.measured == "22" for side in sides)
    assert not failed(findings) & {"right_edge", "right_edge_worst", "type_area_bottom"}


def test_without_our_justification_the_edge_would_be_ragged(fonts: FontSet) -> None:
    assert "right_edge" in failed(measured(long_text(), fonts, ".paragraph { text-align: left }"))


def test_no_line_begins_with_a_stop_or_ends_with_an_opening_bracket(long_pdf: bytes) -> None:
    lines = body_lines(long_pdf)
    assert len(lines) > 60
    assert not [line.text for line in lines if line.text[0] in "，。、；：？！）》”%"]
    assert not [line.text for line in lines if line.text[-1] in "（《“"]


def test_figures_are_not_torn_apart(long_pdf: bytes) -> None:
    lines = [line.text for line in body_lines(long_pdf)]
    assert sum(line.count("1,234.5") for line in lines) == 25
    assert sum(line.count("98.5%") for line in lines) == 25


@pytest.fixture(scope="module")
def long_pdf(fonts: FontSet) -> bytes:
    return render_pdf(long_text(), fonts=fonts).pdf


@pytest.mark.parametrize(
    ("style", "code"),
    [
        ("@page { size: 216mm 279mm }", "page_box"),
        ("@page { margin-left: 30mm }", "left_edge"),
        ("html { line-height: 31pt }", "lines_per_side"),
        (".letterhead { padding-top: 20mm }", "letterhead_top"),
        (".letterhead { color: #000 }", "letterhead_colour"),
        (".letterhead { text-align: left }", "letterhead_centred"),
        (".red-rule { margin-top: 8mm }", "red_rule_below_number"),
        (".red-rule { border-color: #000 }", "red_rule"),
        (".title { font-size: 20pt }", "face_title"),
        (".heading--1 .heading__text { font-family: official-fang }", "face_heading_1"),
        (".heading--2 .heading__text { font-family: official-hei }", "face_heading_2"),
        (".addressees { font-size: 15pt }", "face_addressees"),
        ("@page :left { @bottom-left { padding-left: 60pt } }", "page_number_left"),
        ("@page :right { @bottom-right { padding-right: 60pt } }", "page_number_right"),
        ("@page :right { @bottom-right { padding-top: 12mm } }", "page_number_below"),
        ('@page :right { @bottom-right { content: "- " counter(page) " -" } }', "page_number"),
        (".imprint { padding-bottom: 20mm }", "imprint_bottom"),
        (".part__heading { margin-bottom: 0 }", "attachment_title_on_third_line"),
        (".part__heading { font-family: official-fang }", "face_attachment_label"),
        ("main { break-before: page }", "body_on_first_page"),
    ],
)
def test_the_checker_sees_what_is_wrong(style: str, code: str, fonts: FontSet) -> None:
    findings = measured(short_notice() if code != "lines_per_side" else long_text(), fonts, style)
    if code == "lines_per_side":
        assert code not in {finding.code for finding in findings if finding.measured == "22"}
    else:
        assert code in failed(findings)


def test_the_checker_sees_a_wrong_number(fonts: FontSet) -> None:
    assert "number_form" in failed(measured(replace(short_notice(), number="清政发[2026]第03号"), fonts))


def test_the_checker_sees_another_documents_text(ranking: RenderedPdf) -> None:
    assert {"letterhead", "title_lines", "body_on_first_page"} <= failed(check(ranking.pdf, plan_notice()))


def report(*, is_sealed: bool) -> OfficialDocument:
    return OfficialDocument(
        kind=DocumentKind.REPORT,
        letterhead=Letterhead("清溪镇人民政府"),
        agency_code="清溪政",
        number="清溪政〔2026〕8号",
        title="清溪镇人民政府关于农村环境卫生整治情况的报告",
        addressees=("清禾县人民政府",),
        blocks=(Paragraph(MIXED),),
        signature=Signature("清溪镇人民政府", date(2026, 12, 15), is_sealed=is_sealed),
        signatories=("周明",),
    )


def test_only_what_goes_upwards_names_its_signatory(fonts: FontSet, notice: RenderedPdf) -> None:
    upwards = report(is_sealed=True)
    lines = {line.text: line for line in body_lines(render_pdf(upwards, fonts=fonts).pdf)}
    head = lines["清溪政〔2026〕8号签发人：周明"]
    assert abs(head.left - 28 - 5.6) < 0.5
    assert abs(head.right - 184 + 5.6) < 0.5
    assert head.chars[-1].style.family == "official-kai"
    assert not any("签发人" in line.text for line in body_lines(notice.pdf))


def test_a_sealed_name_is_centred_over_a_date_four_characters_in(fonts: FontSet) -> None:
    lines = {line.text: line for line in body_lines(render_pdf(report(is_sealed=True), fonts=fonts).pdf)}
    name, day = lines["清溪镇人民政府"], lines["2026年12月15日"]
    assert abs(184 - day.right - 4 * 5.57) < 0.5
    assert abs((name.left + name.right) / 2 - (day.left + day.right) / 2) < 0.5


def test_an_unsealed_date_begins_two_characters_after_the_name(fonts: FontSet) -> None:
    lines = {line.text: line for line in body_lines(render_pdf(report(is_sealed=False), fonts=fonts).pdf)}
    name, day = lines["清溪镇人民政府"], lines["2026年12月15日"]
    assert abs(day.left - name.left - 2 * 5.57) < 0.5
    assert 184 - day.right > 2 * 5.57 - 0.5


def test_marks_of_secrecy_and_urgency_stand_at_the_upper_left(fonts: FontSet) -> None:
    document = replace(plan_notice(), copy_number="000012", secrecy_level="内部★1年", urgency="加急", attachments=())
    lines = body_lines(render_pdf(document, fonts=fonts).pdf)[:3]
    assert [line.text for line in lines] == ["000012", "内部★1年", "加急"]
    assert all(abs(line.left - 28) < 0.5 for line in lines)
    assert lines[1].style.family == "official-hei"
