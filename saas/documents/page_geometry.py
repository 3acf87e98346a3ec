"""Where things stand on the pages of a PDF: lines of text with their face and size, and ruled lines, in millimetres.

Measured from the upper left corner of the sheet, in the file as it was produced; nothing is taken from the template.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pypdfium2.raw as pdfium

from saas.documents.pdfium import open_pdf

MM_PER_POINT = 25.4 / 72

_SAME_LINE_MM = 1.2


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of characters is set: the face asked for, its size in points, its colour as red, green, blue."""

    family: str
    size: float
    colour: tuple[int, int, int]
    is_upright: bool


@dataclass(frozen=True, slots=True)
class Char:
    """One character: its advance from `left` to `right`, its ink from `ink_top` to `ink_bottom`, and its baseline."""

    text: str
    style: Style
    left: float
    right: float
    ink_top: float
    ink_bottom: float
    baseline: float


@dataclass(frozen=True)
class Line:
    """Characters on one baseline, from left to right, without spaces."""

    chars: tuple[Char, ...]

    @cached_property
    def text(self) -> str:
        return "".join(char.text for char in self.chars)

    @property
    def style(self) -> Style:
        return self.chars[0].style

    @property
    def baseline(self) -> float:
        return self.chars[0].baseline

    @property
    def left(self) -> float:
        return self.chars[0].left

    @property
    def right(self) -> float:
        return self.chars[-1].right

    @property
    def ink_top(self) -> float:
        return min(char.ink_top for char in self.chars)

    @property
    def ink_bottom(self) -> float:
        return max(char.ink_bottom for char in self.chars)


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal ruled line at least half the text width long."""

    left: float
    right: float
    top: float
    bottom: float
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class PageGeometry:
    """One page. Of a sheet laid across only the size is read: its text is a table."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...] = field(default=())
    rules: tuple[Rule, ...] = field(default=())

    @property
    def is_landscape(self) -> bool:
        return self.width > self.height


def read_pages(pdf: bytes) -> tuple[PageGeometry, ...]:
    """Return the geometry of every page. Raises pypdfium2.PdfiumError for what is not a PDF."""
    pages = []
    with open_pdf(pdf) as opened:
        for number, page in enumerate(opened, start=1):
            width, height = (length * MM_PER_POINT for length in page.get_size())
            if width > height:
                pages.append(PageGeometry(number, width, height))
                continue
            lines = tuple(_lines(_chars(page, height)))
            pages.append(PageGeometry(number, width, height, lines, tuple(_rules(page, width, height))))
            page.close()
    return tuple(pages)


def _chars(page: Any, height: float) -> Iterator[Char]:
    text_page = page.get_textpage()
    raw = text_page.raw
    styles: dict[int | None, Style] = {}
    for index in range(text_page.count_chars()):
        text = chr(pdfium.FPDFText_GetUnicode(raw, index))
        if text.isspace() or text == "\x00":
            continue
        run = pdfium.FPDFText_GetTextObject(raw, index)
        address = ctypes.cast(run, ctypes.c_void_p).value
        if address not in styles:
            styles[address] = _style(raw, index, run)
        left, _, right, _ = text_page.get_charbox(index, loose=True)
        _, ink_bottom, _, ink_top = text_page.get_charbox(index)
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        yield Char(
            text,
            styles[address],
            left * MM_PER_POINT,
            right * MM_PER_POINT,
            height - ink_top * MM_PER_POINT,
            height - ink_bottom * MM_PER_POINT,
            height - y.value * MM_PER_POINT,
        )
    text_page.close()


def _style(raw: Any, index: int, run: Any) -> Style:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(raw, index, matrix)
    scale = (matrix.c**2 + matrix.d**2) ** 0.5
    name = ctypes.create_string_buffer(256)
    pdfium.FPDFFont_GetBaseFontName(pdfium.FPDFTextObj_GetFont(run), name, len(name))
    return Style(
        name.value.decode(errors="replace").partition("+")[2],
        pdfium.FPDFText_GetFontSize(raw, index) * scale,
        _fill_colour(run),
        is_upright=abs(matrix.b) < 1e-6,
    )


def _fill_colour(thing: Any) -> tuple[int, int, int]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha)
    return red.value, green.value, blue.value


def _lines(chars: Iterable[Char]) -> Iterator[Line]:
    """Gather upright characters into lines, from the top of the page to its foot."""
    current: list[Char] = []
    for char in sorted((char for char in chars if char.style.is_upright), key=lambda char: char.baseline):
        if current and char.baseline - current[0].baseline > _SAME_LINE_MM:
            yield Line(tuple(sorted(current, key=lambda char: char.left)))
            current = []
        current.append(char)
    if current:
        yield Line(tuple(sorted(current, key=lambda char: char.left)))


def _rules(page: Any, width: float, height: float) -> Iterator[Rule]:
    for path in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = (length * MM_PER_POINT for length in path.get_bounds())
        if right - left > width / 2 and top - bottom < 1:
            yield Rule(left, right, height - top, height - bottom, _fill_colour(path.raw))
