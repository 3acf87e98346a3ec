"""Flush right edges for Chinese text (两端对齐).

WeasyPrint justifies a line by stretching its spaces, and Chinese has none: a line with digits or a moved bracket would
end short of the type area (版心). Here the missing width is shared by all places between the Chinese characters of the
line, and by its spaces. Where a line may break (no ，。 at its start, no （《 at its end) is Pango's work and stays so.

Four internals of WeasyPrint are replaced, so `install` accepts exactly one version of it, and a test measures the
right edge of the lines of a produced page. Nothing is laid out twice: the line
keeps its breaks, only its boxes are widened, and the spacing is applied where WeasyPrint shapes the line for drawing
anyway. What it costs is the longer page description: a spacing beside every character.
"""

from __future__ import annotations

import re
from typing import Any

import weasyprint
from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline
from weasyprint.pdf.stream import Stream
from weasyprint.text import line_break

SUPPORTED_VERSION = "70.0"

# Han characters and radicals, kana, full-width forms, CJK punctuation, the dashes and quotes that Chinese sets full
# width, and the spaces that WeasyPrint itself would have stretched.
_EXPANDABLE = re.compile(
    "[\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff \u00a0]+"
)

_plain_set_text = line_break.Layout.set_text
_plain_show_text = Stream.show_text


def install() -> None:
    """Replace WeasyPrint's justification; a second call changes nothing.

    Raises RuntimeError for any other version than the one whose internals are known.
    """
    if weasyprint.__version__ != SUPPORTED_VERSION:
        raise RuntimeError(
            f"Chinese justification knows WeasyPrint {SUPPORTED_VERSION}, found {weasyprint.__version__}: "
            "compare the replaced functions before raising the version"
        )
    inline.count_expandable_spaces = _count_gaps
    inline.justify_line = _justify_line
    line_break.Layout.set_text = _set_text
    Stream.show_text = _show_text


def gaps(text: str) -> float:
    """Return how many times the extra spacing fits into a piece of text set by itself.

    Pango puts half of the spacing before and half after each spaced character, and drops what would stand outside
    the first and the last one.
    """
    count = float(sum(match.end() - match.start() for match in _EXPANDABLE.finditer(text)))
    if count and _EXPANDABLE.match(text[0]):
        count -= 0.5
    if count and _EXPANDABLE.match(text[-1]):
        count -= 0.5
    return count


def _count_gaps(box: Any) -> float:
    if isinstance(box, boxes.TextBox):
        return gaps(box.text)
    if isinstance(box, boxes.LineBox | boxes.InlineBox):
        return sum(_count_gaps(child) for child in box.children if child.is_in_normal_flow())
    return 0.0


def _justify_line(context: Any, line: Any, extra_width: float) -> None:
    count = _count_gaps(line)
    if count > 0:
        _spread(line, extra_width / count, 0.0)


def _spread(box: Any, spacing: float, advance: float) -> float:
    """Move and widen a box and what is in it; return how far the next box has to move."""
    if isinstance(box, boxes.TextBox):
        box.position_x += advance
        extra = spacing * gaps(box.text)
        if extra:
            box.justification_spacing = spacing
            box.pango_layout.justification_spacing = spacing
            box.width += extra
        return advance + extra
    if isinstance(box, boxes.LineBox | boxes.InlineBox):
        box.position_x += advance
        start = advance
        for child in box.children:
            if child.is_in_normal_flow():
                advance = _spread(child, spacing, advance)
        box.width += advance - start
        return advance
    box.translate(advance, 0)
    return advance


def _set_text(layout: Any, text: str, justify: bool = False) -> None:
    """Set the text as WeasyPrint does, then space its Chinese characters apart if the line is justified."""
    spacing = layout.justification_spacing
    if not (justify and spacing):
        _plain_set_text(layout, text, justify)
        return
    layout.justification_spacing = 0
    try:
        _plain_set_text(layout, text, justify)
    finally:
        layout.justification_spacing = spacing
    _add_spacing(layout, spacing)


def _add_spacing(layout: Any, spacing: float) -> None:
    pango, ffi = line_break.pango, line_break.ffi
    attributes = pango.pango_layout_get_attributes(layout.layout)
    if attributes == ffi.NULL:
        attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
    tracking = layout.style["letter_spacing"]
    units = int((spacing + (0 if tracking == "normal" else tracking)) * line_break.TO_UNITS)
    for match in _EXPANDABLE.finditer(layout.text):
        attribute = pango.pango_attr_letter_spacing_new(units)
        attribute.start_index = len(layout.text[: match.start()].encode())
        attribute.end_index = len(layout.text[: match.end()].encode())
        pango.pango_attr_list_change(attributes, attribute)
    pango.pango_layout_set_attributes(layout.layout, attributes)


def _show_text(stream: Any, text: str) -> None:
    """Write glyphs without the empty strings among them: after one, PDFium (and so Chrome) drops the last spacing."""
    _plain_show_text(stream, text.replace("<>", " "))
