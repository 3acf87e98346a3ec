"""Does the produced page keep GB/T 9704-2012? Measured on the PDF itself, element by element.

Every finding says what the clause asks for and what was measured, so that it can be stored with the document and read
without this program. What a document has no example of (no full page, no attachment) is not measured and not reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from saas.documents.fonts import FAMILY_PREFIX, FontRole
from saas.documents.page_geometry import MM_PER_POINT, Line, PageGeometry, Style, read_pages
from saas.documents.pdf import embedded_fonts
from saas.domain.document_checks import GENERAL_LIMIT, character_count
from saas.domain.official_document import Block, Heading, OfficialDocument, date_text, heading_labels
from saas.domain.title_lines import title_lines

LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
LINES, CHARACTERS = 22, 28
BODY, TITLE, SMALL = 16.0, 22.0, 14.0

_PITCH = (BOTTOM - TOP) / LINES
_ASCENT = 0.88 * BODY * MM_PER_POINT
_HALF_LEADING = (_PITCH - BODY * MM_PER_POINT) / 2
_NUMBER = re.compile(r"[^\[\]（）第]+〔[1-9]\d{3}〕[1-9]\d*号")
_PAGE_NUMBER = re.compile(r"\u2014(\d+)\u2014")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing measured. `clause` is that of the standard; `page` is None for the document as a whole."""

    code: str
    clause: str
    expected: str
    measured: str
    is_met: bool
    page: int | None = None


def check(pdf: bytes, document: OfficialDocument) -> tuple[Finding, ...]:
    """Measure a produced document, in the order of the standard."""
    pages = read_pages(pdf)
    upright = tuple(page for page in pages if not page.is_landscape)
    return (
        *_sheets(pages),
        *_type_area(upright),
        *_head(pages[0], document),
        *_body(pages[0], document),
        *_faces(upright, document),
        *_attachments(upright, document),
        *_page_numbers(upright),
        *_imprint(pages[-1], document),
        *_wording(document),
        *_fonts(pdf),
    )


def failures(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what does not keep the standard."""
    return tuple(finding for finding in findings if not finding.is_met)


def _near(
    code: str, clause: str, expected: float, measured: float, tolerance: float, page: int | None = None
) -> Finding:
    is_met = abs(expected - measured) <= tolerance
    return Finding(code, clause, f"{expected:g} ± {tolerance:g} mm", f"{measured:.2f} mm", is_met, page)


def _sheets(pages: tuple[PageGeometry, ...]) -> Iterator[Finding]:
    for page in pages:
        short, long = sorted((page.width, page.height))
        is_met = abs(short - 210) <= 0.5 and abs(long - 297) <= 0.5
        yield Finding("page_box", "5.1", "210 × 297 mm", f"{short:.1f} × {long:.1f} mm", is_met, page.number)


def _inside(page: PageGeometry) -> tuple[Line, ...]:
    """Return the lines within the type area; the mark at the head and the page number stand outside."""
    return tuple(line for line in page.lines if TOP < line.baseline < BOTTOM)


def _is_body(line: Line) -> bool:
    return abs(line.style.size - BODY) < 0.2


def _type_area(pages: tuple[PageGeometry, ...]) -> Iterator[Finding]:
    lines = [line for page in pages for line in _inside(page)]
    yield _near("left_edge", "5.2.1", LEFT, min(line.left for line in lines), 1)
    most_right = max(line.right for line in lines)
    yield Finding(
        "nothing_beyond_right_edge", "5.2.1", f"≤ {RIGHT + 1:g} mm", f"{most_right:.2f} mm", most_right <= RIGHT + 1
    )
    for page in pages[1:]:
        yield from _full_side(page)
    yield from _full_lines(pages)


def _full_side(page: PageGeometry) -> Iterator[Finding]:
    """Measure a side that text fills from the first line to the last."""
    lines = _inside(page)
    if not lines or not all(_is_body(line) for line in lines):
        return
    tops = [line.baseline - _ASCENT - _HALF_LEADING for line in lines]
    if abs(tops[0] - TOP) > 1 or tops[-1] + _PITCH < BOTTOM - 1:
        return
    count = round((tops[-1] - tops[0]) / _PITCH) + 1
    yield Finding("lines_per_side", "5.2.3", str(LINES), str(count), count == LINES, page.number)
    yield _near("type_area_top", "5.2.1", TOP, tops[0], 1, page.number)
    yield _near("type_area_bottom", "5.2.1", BOTTOM, tops[-1] + _PITCH, 1, page.number)


def _full_lines(pages: tuple[PageGeometry, ...]) -> Iterator[Finding]:
    """Measure the lines that their paragraph goes on from: the next line begins at the left edge."""
    full = [line for page in pages for line in _continued(_inside(page))]
    for line in full:
        if abs(line.right - RIGHT) > 0.5:
            yield Finding("right_edge", "5.2.3", f"{RIGHT:g} ± 0.5 mm", f"{line.right:.2f} mm：{line.text}", False)
    if full:
        worst = max((line.right for line in full), key=lambda right: abs(right - RIGHT))
        yield _near("right_edge_worst", "5.2.3", RIGHT, worst, 0.5)
    chinese = [
        len(line.text) for line in full if abs(line.left - LEFT) < 0.3 and not re.search(r"[\x20-\x7e]", line.text)
    ]
    if chinese:
        most = max(chinese)
        yield Finding("characters_per_line", "5.2.3", str(CHARACTERS), str(most), most == CHARACTERS)


def _continued(lines: tuple[Line, ...]) -> Iterator[Line]:
    for line, following in zip(lines, lines[1:], strict=False):
        is_next = abs(following.baseline - line.baseline - _PITCH) < 0.3
        if is_next and _is_body(line) and _is_body(following) and abs(following.left - LEFT) < 0.3:
            yield line


def _is_red(colour: tuple[int, int, int]) -> bool:
    red, green, blue = colour
    return red >= 200 and green <= 80 and blue <= 80


def _head(page: PageGeometry, document: OfficialDocument) -> Iterator[Finding]:
    letterhead = _find(page.lines, document.letterhead.text)
    if letterhead is None:
        yield Finding("letterhead", "7.2.4", document.letterhead.text, "没有找到", False, page.number)
        return
    yield _near("letterhead_top", "7.2.4", TOP + 35, letterhead.ink_top, 1, 1)
    middle = (letterhead.left + letterhead.right) / 2
    yield _near("letterhead_centred", "7.2.4", (LEFT + RIGHT) / 2, middle, 1, 1)
    colour = letterhead.style.colour
    yield Finding("letterhead_colour", "6", "红色", f"rgb{colour}", _is_red(colour), 1)
    rule = next((rule for rule in page.rules if _is_red(rule.colour)), None)
    number = _find(page.lines, document.number or document.agency_code)
    if rule is None or number is None:
        yield Finding("red_rule", "7.2.7", "发文字号下 4 mm 的红色分隔线", "没有找到", False, 1)
        return
    yield _near("red_rule_below_number", "7.2.7", 4, rule.top - number.ink_bottom, 0.5, 1)
    yield _near("red_rule_left", "7.2.7", LEFT, rule.left, 1, 1)
    yield _near("red_rule_right", "7.2.7", RIGHT, rule.right, 1, 1)


def _find(lines: Iterable[Line], text: str) -> Line | None:
    """Return the first line that begins with the text, or with as much of it as one line holds."""
    wanted = re.sub(r"\s", "", text)
    return next((line for line in lines if wanted.startswith(line.text) or line.text.startswith(wanted)), None)


def _body(page: PageGeometry, document: OfficialDocument) -> Iterator[Finding]:
    lines = _inside(page)
    addressees = _find(lines, "，".join(document.addressees) + "：")
    below = [line for line in lines if addressees and line.baseline > addressees.baseline and _is_body(line)]
    yield Finding("body_on_first_page", "7.3.3", "首页显示正文", f"{len(below)}行", bool(below), 1)
    expected = title_lines(document.title, document.words)
    printed = tuple(line.text for line in lines if abs(line.style.size - TITLE) < 0.2)
    yield Finding("title_lines", "7.3.1", " / ".join(expected), " / ".join(printed), printed == expected, 1)


def _faces(pages: tuple[PageGeometry, ...], document: OfficialDocument) -> Iterator[Finding]:
    lines = [line for page in pages for line in page.lines]
    black = [line for line in lines if not _is_red(line.style.colour)]
    wanted: list[tuple[str, str, str, FontRole, float]] = [
        ("face_number", "7.2.5", document.number or document.agency_code, FontRole.FANG, BODY),
        ("face_title", "7.3.1", title_lines(document.title, document.words)[0], FontRole.TITLE, TITLE),
        ("face_addressees", "7.3.2", "，".join(document.addressees) + "：", FontRole.FANG, BODY),
    ]
    letterhead = _find(lines, document.letterhead.text)
    if letterhead is not None:
        yield _face("face_letterhead", "7.2.4", letterhead.style, FontRole.TITLE, 0)
    roles = {1: FontRole.HEI, 2: FontRole.KAI}
    for blocks in (document.blocks, document.enclosure.blocks if document.enclosure else ()):
        for label, heading in _headings(blocks):
            role = roles.get(heading.level, FontRole.FANG)
            wanted.append((f"face_heading_{heading.level}", "7.3.3", label + heading.text, role, BODY))
    for code, clause, text, role, size in dict.fromkeys(wanted):
        line = _find(black, text[:12] if code.startswith("face_heading") else text)
        if line is not None:
            yield _face(code, clause, line.style, role, size)


def _headings(blocks: tuple[Block, ...]) -> Iterator[tuple[str, Heading]]:
    for label, block in zip(heading_labels(blocks), blocks, strict=True):
        if isinstance(block, Heading):
            yield label, block


def _face(code: str, clause: str, style: Style, role: FontRole, size: float, page: int | None = None) -> Finding:
    """`size` 0 leaves the size free (发文机关标志)."""
    is_met = style.family == FAMILY_PREFIX + role.value and (not size or abs(style.size - size) < 0.1)
    expected = FAMILY_PREFIX + role.value + (f" {size:g} pt" if size else "")
    return Finding(code, clause, expected, f"{style.family} {style.size:.2f} pt", is_met, page)


def _attachments(pages: tuple[PageGeometry, ...], document: OfficialDocument) -> Iterator[Finding]:
    labels = {f"附件{number}" for number in range(1, len(document.attachments) + 1)} | {"附件"}
    for page in pages:
        lines = _inside(page)
        if len(lines) < 2 or lines[0].text not in labels:
            continue
        label, title = lines[0], lines[1]
        top = label.baseline - _ASCENT - _HALF_LEADING
        yield _near("attachment_label_on_first_line", "7.3.7", TOP, top, 1, page.number)
        # The title is larger: its baseline stands a little lower on its line.
        yield _near(
            "attachment_title_on_third_line", "7.3.7", 2 * _PITCH, title.baseline - label.baseline, 1, page.number
        )
        yield _face("face_attachment_label", "7.3.7", label.style, FontRole.HEI, BODY, page.number)
        yield _face("face_attachment_title", "7.3.7", title.style, FontRole.TITLE, TITLE, page.number)


def _page_numbers(pages: tuple[PageGeometry, ...]) -> Iterator[Finding]:
    for page in pages:
        found = next((line for line in page.lines if line.baseline > BOTTOM and _PAGE_NUMBER.match(line.text)), None)
        match = _PAGE_NUMBER.match(found.text) if found else None
        if found is None or match is None or int(match[1]) != page.number:
            yield Finding(
                "page_number", "7.5", f"— {page.number} —", found.text if found else "没有找到", False, page.number
            )
            continue
        chars = found.chars[: match.end()]
        yield _near("page_number_below", "7.5", 7, chars[0].ink_top - BOTTOM, 1, page.number)
        indent = SMALL * MM_PER_POINT
        if page.number % 2:
            yield _near("page_number_right", "7.5", RIGHT - indent, chars[-1].right, 1, page.number)
        else:
            yield _near("page_number_left", "7.5", LEFT + indent, chars[0].left, 1, page.number)
        yield _face("face_page_number", "7.5", chars[1].style, FontRole.SONG, SMALL, page.number)


def _imprint(page: PageGeometry, document: OfficialDocument) -> Iterator[Finding]:
    if document.imprint is None:
        return
    if not page.rules:
        yield Finding("imprint", "7.4.1", "末页的版记", "没有找到", False, page.number)
        return
    last = max(page.rules, key=lambda rule: rule.bottom)
    yield _near("imprint_bottom", "7.4.1", BOTTOM, last.bottom, 1, page.number)
    yield _near("imprint_last_rule", "7.4.1", 0.35, last.bottom - last.top, 0.1, page.number)
    printed_by = _find(reversed(page.lines), document.imprint.printed_by)
    if printed_by is not None:
        yield _face("face_imprint", "7.4.3", printed_by.style, FontRole.FANG, SMALL, page.number)


def _wording(document: OfficialDocument) -> Iterator[Finding]:
    if document.number is not None:
        is_met = _NUMBER.fullmatch(document.number) is not None
        yield Finding("number_form", "7.2.5", "机关代字〔年份〕序号号", document.number, is_met)
    if document.signature.issued_on is not None:
        text = date_text(document.signature.issued_on)
        is_met = re.fullmatch(r"\d{4}年[1-9]\d?月[1-9]\d?日", text) is not None
        yield Finding("date_form", "7.3.5.4", "年月日不编虚位", text, is_met)
    count = character_count(document)
    yield Finding("length", "—", f"≤ {GENERAL_LIMIT}字", f"{count}字", count <= GENERAL_LIMIT)


def _fonts(pdf: bytes) -> Iterator[Finding]:
    for font in embedded_fonts(pdf):
        name = f"{font.name}（{font.standing.value}）"
        is_met = font.is_embedded and font.role is not None and font.standing.value != "substitute"
        yield Finding("font", "5.2.2", "嵌入规定字体或同类字体", name, is_met)
