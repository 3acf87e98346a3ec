"""What the print template shows of an official document: numbers given, lines broken, widths computed.

The template only chooses and places. Everything that has to be worked out from the content is worked out here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import segno

from saas.domain.official_document import (
    Align,
    Block,
    Cell,
    Column,
    Enclosure,
    Figure,
    OfficialDocument,
    Table,
    date_text,
    heading_labels,
)
from saas.domain.title_lines import title_lines

BODY_PT = Decimal("15.79")  # the width of a character of the body, tracking included
LETTERHEAD_WIDTH_PT = Decimal(430)
LETTERHEAD_MAX_PT = Decimal(54)

_HALF_WIDTH = re.compile(r"[\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A table cell with the alignment of the column it begins in."""

    cell: Cell
    align: Align


@dataclass(frozen=True, slots=True)
class PrintedRow:
    cells: tuple[PrintedCell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """A block with its kind for the template, its number, and the id that its own style rules go by."""

    kind: str
    block: Block
    label: str
    id: str
    image: str = ""
    rows: tuple[PrintedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedPart:
    """The body, what it forwards, or one attachment."""

    heading: str
    title: tuple[str, ...]
    blocks: tuple[PrintedBlock, ...]
    is_landscape: bool = False


@dataclass(frozen=True, slots=True)
class PrintView:
    """Everything the template needs. `rules` are the style rules that depend on the content."""

    document: OfficialDocument
    title: tuple[str, ...]
    body: PrintedPart
    enclosure: PrintedPart | None
    attachments: tuple[PrintedPart, ...]
    issued_on: str
    printed_on: str
    qr_image: str
    mark: str
    rules: tuple[str, ...]


def print_view(document: OfficialDocument, *, mark: str) -> PrintView:
    """Return what the template shows. `mark` (草稿, 非正式稿) heads every page; a formal copy has none."""
    words = document.words
    attachments = tuple(
        PrintedPart(
            heading=f"附件{number if len(document.attachments) > 1 else ''}",
            title=title_lines(attachment.title, words),
            blocks=_printed(attachment.blocks, f"attachment{number}"),
            is_landscape=attachment.is_landscape,
        )
        for number, attachment in enumerate(document.attachments, start=1)
    )
    imprint = document.imprint
    return PrintView(
        document=document,
        title=title_lines(document.title, words),
        body=PrintedPart("", (), _printed(document.blocks, "body")),
        enclosure=_printed_enclosure(document.enclosure, words),
        attachments=attachments,
        issued_on=date_text(document.signature.issued_on) if document.signature.issued_on else "　　年　月　日",
        printed_on=date_text(imprint.printed_on) if imprint and imprint.printed_on else "　　年　月　日",
        qr_image=_qr_image(document.verification.url) if document.verification else "",
        mark=mark,
        rules=tuple(_rules(document)),
    )


def text_width(text: str) -> Decimal:
    """Return the width of a text in characters (字): Latin letters and digits take half of one."""
    halves = len(_HALF_WIDTH.findall(text))
    return Decimal(len(text) - halves) + Decimal(halves) / 2


def _printed_enclosure(enclosure: Enclosure | None, words: tuple[str, ...]) -> PrintedPart | None:
    if enclosure is None:
        return None
    return PrintedPart("", title_lines(enclosure.title, words), _printed(enclosure.blocks, "enclosure"))


def _printed(blocks: tuple[Block, ...], part: str) -> tuple[PrintedBlock, ...]:
    return tuple(
        PrintedBlock(
            kind=type(block).__name__,
            block=block,
            label=label,
            id=f"{part}-{index}",
            image=_svg_image(block.svg) if isinstance(block, Figure) else "",
            rows=_printed_rows(block) if isinstance(block, Table) else (),
        )
        for index, (block, label) in enumerate(zip(blocks, heading_labels(blocks), strict=True))
    )


def _printed_rows(table: Table) -> tuple[PrintedRow, ...]:
    rows = tuple(PrintedRow(cells) for cells in _aligned(table.rows, table.columns))
    total = tuple(PrintedRow(cells, is_total=True) for cells in _aligned((table.total,), table.columns))
    return rows + (total if table.total else ())


def _aligned(rows: tuple[tuple[Cell, ...], ...], columns: tuple[Column, ...]) -> Iterator[tuple[PrintedCell, ...]]:
    """Yield each row with its cells in the alignment of their columns; cells from above (rowspan) keep their place."""
    held = [0] * len(columns)  # how many rows below this one a cell from above still covers each column
    for row in rows:
        printed = []
        place = 0
        covered = [rows_left > 0 for rows_left in held]
        held = [max(rows_left - 1, 0) for rows_left in held]
        for cell in row:
            while place < len(columns) - 1 and covered[place]:
                place += 1
            column = min(place, len(columns) - 1)
            printed.append(PrintedCell(cell, Align.CENTER if cell.colspan > 1 else columns[column].align))
            for spanned in range(place, min(place + cell.colspan, len(columns))):
                held[spanned] = cell.rowspan - 1
            place += cell.colspan
        yield tuple(printed)


def _svg_image(svg: str) -> str:
    """Return a figure as a data address. Its text is set in the document's own 黑体 unless it names a face itself."""
    if "font-family" not in svg:
        svg = svg.replace("<svg", '<svg font-family="official-hei, official-fallback"', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _qr_image(url: str) -> str:
    uri: str = segno.make(url, error="m", micro=False).svg_data_uri(border=0, xmldecl=False, encode_minimal=True)
    return uri


def _rules(document: OfficialDocument) -> Iterator[str]:
    """Yield the style rules that depend on the content. Numbers and our own ids only: nothing a user typed."""
    head = text_width(document.letterhead.text)
    size = min(LETTERHEAD_MAX_PT, LETTERHEAD_WIDTH_PT / max(head, Decimal(1)))
    yield f".letterhead {{ font-size: {size:.2f}pt }}"
    yield from _signature_rules(document)
    parts = [("body", document.blocks)]
    if document.enclosure:
        parts.append(("enclosure", document.enclosure.blocks))
    parts += [(f"attachment{number}", part.blocks) for number, part in enumerate(document.attachments, start=1)]
    for part, blocks in parts:
        for index, block in enumerate(blocks):
            yield from _block_rules(f"#{part}-{index}", block)


def _block_rules(selector: str, block: Block) -> Iterator[str]:
    if isinstance(block, Figure):
        yield f"{selector} img {{ width: {block.width:.2f}% }}"
    if isinstance(block, Table):
        total = sum((column.width for column in block.columns), Decimal(0)) or Decimal(1)
        for number, column in enumerate(block.columns, start=1):
            yield f"{selector} col:nth-child({number}) {{ width: {column.width / total * 100:.3f}% }}"


def _signature_rules(document: OfficialDocument) -> Iterator[str]:
    """Yield how far name and date stand from the right edge (7.3.5.1 sealed, 7.3.5.2 unsealed), in points."""
    signature = document.signature
    issuer = text_width(signature.issuer)
    day = text_width(date_text(signature.issued_on)) if signature.issued_on else Decimal(7)
    if signature.is_sealed:
        date_indent = Decimal(4)
        issuer_indent = max(date_indent + (day - issuer) / 2, Decimal(0))
    else:
        # The date begins two characters to the right of the name; whichever would come too near the edge stands two in.
        date_indent = max(issuer - day, Decimal(2))
        issuer_indent = max(date_indent + day + 2 - issuer, Decimal(2))
    yield f".signature__issuer {{ padding-right: {issuer_indent * BODY_PT:.2f}pt }}"
    yield f".signature__date {{ padding-right: {date_indent * BODY_PT:.2f}pt }}"
