"""Setting an official document of 20 pages, beside WeasyPrint alone on the same page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from weasyprint import HTML
from weasyprint.layout import inline
from weasyprint.pdf.stream import Stream
from weasyprint.text import line_break

from bench.measuring import Measurement, side_by_side
from saas.documents import pdf as official
from saas.documents.fonts import find_fonts
from saas.documents.pdf import document_html, html_to_pdf, preload, render_pdf
from saas.domain.official_document import (
    Align,
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
)

PAGES, SECTIONS, VILLAGES = 20, 8, 220
_REPLACED: tuple[tuple[Any, str], ...] = (
    (inline, "count_expandable_spaces"),
    (inline, "justify_line"),
    (line_break.Layout, "set_text"),
    (Stream, "show_text"),
)
_PLAIN = {(owner, name): getattr(owner, name) for owner, name in _REPLACED}  # before ours are installed
SENTENCE = "各乡镇要压实责任，组织保洁员每日巡查村道、河塘、房前屋后，发现问题当日整改，并于每月15日前报送台账。"


def measure(font_dir: Path) -> list[Measurement]:
    """Ours is the whole way from the frozen content to the checked file; the floors are WeasyPrint on the same page."""
    fonts, document = find_fonts(font_dir), _document()
    preload(fonts)
    rendered = render_pdf(document, fonts=fonts)
    assert PAGES - 2 <= rendered.page_count <= PAGES + 4, rendered.page_count
    mark = "" if rendered.is_formal else "非正式稿"
    html = document_html(document, mark=mark)

    def whole() -> None:
        render_pdf(document, fonts=fonts)

    def justified() -> None:
        html_to_pdf(html, fonts=fonts)

    def bare() -> None:
        with _without_justification():
            _plain_pdf(html, font_dir)

    ours, floor = side_by_side(whole, justified, runs=5, alone=True)
    with_edges, without = side_by_side(justified, bare, runs=5, alone=True)
    pages = f"{rendered.page_count} pages"
    return [
        Measurement("pdf", "set an official document", ours, floor, f"{pages}; floor: WeasyPrint on the same page"),
        Measurement("pdf_justification", "flush right edges", with_edges, without, f"{pages}; floor: without them"),
    ]


def _plain_pdf(html: str, font_dir: Path) -> bytes:
    """WeasyPrint with the same style sheet and fonts, and nothing of ours around it."""
    style, configuration = official._style(find_fonts(font_dir))
    made: bytes = HTML(string=html, base_url="page:").write_pdf(
        stylesheets=[style], font_config=configuration, pdf_variant="pdf/ua-1"
    )
    return made


@contextmanager
def _without_justification() -> Iterator[None]:
    ours = {(owner, name): getattr(owner, name) for owner, name in _REPLACED}
    try:
        for (owner, name), function in _PLAIN.items():
            setattr(owner, name, function)
        yield
    finally:
        for (owner, name), function in ours.items():
            setattr(owner, name, function)


def _document() -> OfficialDocument:
    """A bulletin with half its pages text and half of them the table of every village, as counties print it."""
    blocks: list[Block] = []
    for number in range(1, SECTIONS + 1):
        blocks.append(Heading(1, f"第{number}项工作"))
        blocks.extend(Paragraph(SENTENCE * 4) for _ in range(3))
    return OfficialDocument(
        kind=DocumentKind.BULLETIN,
        letterhead=Letterhead("清禾县人民政府"),
        agency_code="清政发",
        number="清政发〔2026〕8号",
        title="关于清禾县农村环境卫生考核情况的通报",
        addressees=("各乡镇人民政府",),
        blocks=tuple(blocks),
        signature=Signature("清禾县人民政府", date(2026, 5, 8)),
        attachments=(Attachment("各村得分与名次", (_table(),)),),
    )


def _table() -> Table:
    header = ("名次", "村", "乡镇", "总分", "自评", "复核", "扣分", "等次")
    rows = tuple(
        tuple(Cell(text) for text in (str(rank), f"第{rank}村", "柳河镇", "95.50", "96", "95", "-2.5", "良好"))
        for rank in range(1, VILLAGES + 1)
    )
    widths = (10, 18, 16, 12, 11, 11, 11, 11)
    return Table(
        columns=tuple(Column(Decimal(width), Align.CENTER) for width in widths),
        header=(tuple(Cell(text) for text in header),),
        rows=rows,
        caption="表1　各村得分",
    )
