"""Drawing: a canvas on which shapes and words are put, and its colours. Lengths are in user units (px)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType
from xml.etree import ElementTree

from saas.domain.amounts import Amount, Standing, plain, rounded

WIDTH = Decimal(400)
TEXT = Decimal(13)
SMALL = Decimal(11)
HALF = Decimal("0.5")
_TENTH = Decimal("0.1")
_HATCH_STEP = Decimal(5)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Length = Decimal | int


class Tone(StrEnum):
    """What a colour says. It never says it alone: a word, a shape or a place says the same."""

    INFO = "info"  # 一般、进行中
    SUCCESS = "success"  # 达标、完成
    WARNING = "warning"  # 临近、迟报
    DANGER = "danger"  # 未达标、逾期
    NEUTRAL = "neutral"  # 其他
    ABSENT = "absent"  # 未定、未报、不适用: hatched


def _default_colours() -> Mapping[Tone, str]:
    return MappingProxyType(
        {
            Tone.INFO: "#1c5aa6",
            Tone.SUCCESS: "#1a7a48",
            Tone.WARNING: "#b36b00",
            Tone.DANGER: "#c3271f",
            Tone.NEUTRAL: "#8a96a6",
            Tone.ABSENT: "#667284",
        }
    )


@dataclass(frozen=True, slots=True)
class Look:
    """Colours, font and the few words of charts. Another language or a document in black and white passes its own."""

    colours: Mapping[Tone, str] = field(default_factory=_default_colours)
    ink: str = "#1a2433"
    ink_soft: str = "#4e5a6b"
    line: str = "#dbe1e9"
    track: str = "#e9ecf1"
    paper: str = "#ffffff"
    font_family: str = "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, sans-serif"
    undetermined: str = "未定"
    missing: str = "未报"
    not_applicable: str = "不适用"
    target: str = "目标"
    target_undetermined: str = "目标未定"
    milestone: str = "阶段目标"
    is_met: str = "达标"
    is_not_met: str = "未达标"
    nothing: str = "暂无数据"
    total: str = "合计"

    def word(self, standing: Standing) -> str:
        """Return the word for why there is no figure; empty if there is one."""
        return {
            Standing.UNDETERMINED: self.undetermined,
            Standing.MISSING: self.missing,
            Standing.NOT_APPLICABLE: self.not_applicable,
        }.get(standing, "")


PAGE = Look()


@dataclass(frozen=True, slots=True)
class Svg:
    """A finished picture. Templates print it as it is: everything in it was escaped when it was drawn."""

    markup: str

    def __html__(self) -> str:
        return self.markup

    def __str__(self) -> str:
        return self.markup


class Canvas:
    """One picture while it is being drawn. `title` and `description` are what a screen reader says."""

    def __init__(self, title: str, description: str, width: Length, height: Length, look: Look) -> None:
        self.look = look
        self.width, self.height = Decimal(width), Decimal(height)
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {length_text(width)} {length_text(height)}",
                "width": length_text(width),
                "height": length_text(height),
                "role": "img",
                "aria-label": _printable(title),
                "font-family": look.font_family,
                "font-size": length_text(TEXT),
            },
        )
        ElementTree.SubElement(self._root, "title").text = _printable(title)
        ElementTree.SubElement(self._root, "desc").text = _printable(description)

    def text(  # a word on a picture needs all of this
        self, x: Length, y: Length, words: str, *, anchor: str = "start", colour: str = "", size: Length = TEXT
    ) -> None:
        """Write words; `y` is the base line. `anchor`: start, middle or end."""
        attributes = {"x": length_text(x), "y": length_text(y), "fill": colour or self.look.ink}
        if anchor != "start":
            attributes["text-anchor"] = anchor
        if size != TEXT:
            attributes["font-size"] = length_text(size)
        ElementTree.SubElement(self._root, "text", attributes).text = _printable(words)

    def rectangle(
        self, x: Length, y: Length, width: Length, height: Length, colour: str, *, radius: Length = 0, tip: str = ""
    ) -> None:
        """Fill a rectangle; `tip` is shown when the pointer rests on it."""
        attributes = {"x": x, "y": y, "width": width, "height": height} | ({"rx": radius} if radius else {})
        self._shape("rect", attributes, {"fill": colour}, tip)

    def hatched(self, x: Length, y: Length, width: Length, height: Length, tip: str = "") -> None:
        """Draw a rectangle that says "no figure": an outline and slanted lines instead of a surface."""
        colour = self.look.colours[Tone.ABSENT]
        box = {"x": x, "y": y, "width": width, "height": height}
        outline = {"fill": self.look.paper, "stroke": colour, "stroke-width": "1", "stroke-dasharray": "3 2"}
        self._shape("rect", box, outline, tip)
        strokes = _slanted_lines(Decimal(x), Decimal(y), Decimal(width), Decimal(height))
        if strokes:
            self.path(strokes, colour, width=HALF)

    def line(
        self, x1: Length, y1: Length, x2: Length, y2: Length, colour: str, *, width: Length = 1, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        style = {"stroke": colour, "stroke-width": length_text(width)} | ({"stroke-dasharray": dash} if dash else {})
        self._shape("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, style)

    def path(self, steps: str, colour: str, *, width: Length = 0, fill: bool = False) -> None:
        """Draw a path: filled, or as a line of `width`."""
        style = {"fill": colour} if fill else {"fill": "none", "stroke": colour, "stroke-width": length_text(width)}
        self._shape("path", {}, {"d": steps} | style)

    def dot(self, x: Length, y: Length, radius: Length, colour: str, tip: str = "") -> None:
        """Draw a filled circle."""
        self._shape("circle", {"cx": x, "cy": y, "r": radius}, {"fill": colour}, tip)

    def ring(self, x: Length, y: Length, radius: Length, style: Mapping[str, str]) -> None:
        """Draw a circle's outline; `style` are further presentation attributes."""
        self._shape("circle", {"cx": x, "cy": y, "r": radius}, {"fill": "none", **style})

    def finished(self) -> Svg:
        """Return the picture."""
        return Svg(ElementTree.tostring(self._root, encoding="unicode"))

    def _shape(self, name: str, lengths: Mapping[str, Length], style: Mapping[str, str], tip: str = "") -> None:
        attributes = {key: length_text(value) for key, value in lengths.items()} | dict(style)
        shape = ElementTree.SubElement(self._root, name, attributes)
        if tip:
            ElementTree.SubElement(shape, "title").text = _printable(tip)


def _slanted_lines(x: Decimal, y: Decimal, width: Decimal, height: Decimal) -> str:
    """Return the path of the lines a + b = constant inside a rectangle, so that nothing needs to be clipped."""
    steps = []
    along = _HATCH_STEP
    while along < width + height:
        start = (x + max(Decimal(0), along - height), y + min(along, height))
        end = (x + min(along, width), y + max(Decimal(0), along - width))
        steps.append(f"M{length_text(start[0])} {length_text(start[1])}L{length_text(end[0])} {length_text(end[1])}")
        along += _HATCH_STEP
    return "".join(steps)


def empty_picture(title: str, width: Length, look: Look) -> Svg:
    """Return the picture of nothing, which says so."""
    canvas = Canvas(title, look.nothing, width, 48, look)
    canvas.text(Decimal(width) / 2, 28, look.nothing, anchor="middle", colour=look.ink_soft)
    return canvas.finished()


def figure_text(amount: Amount, look: Look, *, measure: str = "", places: int = 2) -> str:
    """Return how an amount is written on a picture: the figure with its measure, or the word for its absence."""
    if not amount.is_determined:
        return look.word(amount.standing)
    return number_text(amount.known, places) + (f" {measure}" if measure else "")


def number_text(value: Decimal, places: int = 2) -> str:
    """Return a number rounded half up to at most `places`, without trailing zeros."""
    return plain(rounded(value, places))


def text_width(words: str, size: Length = TEXT) -> Decimal:
    """Estimate how wide words are: a Chinese character is as wide as high, a Latin one a little over half."""
    wide = sum(1 for character in words if unicodedata.east_asian_width(character) in "WFA")
    return Decimal(size) * (wide + (len(words) - wide) * Decimal("0.58"))


def shortened(words: str, room: Length, size: Length = TEXT) -> str:
    """Cut words to the room they have; the ellipsis shows it."""
    if text_width(words, size) <= room:
        return words
    while words and text_width(words + "…", size) > room:
        words = words[:-1]
    return words + "…"


def share_of(part: Decimal, whole: Decimal, length: Length) -> Decimal:
    """Return `part` of `whole` on a scale `length` long; nothing of nothing is nothing."""
    return Decimal(length) * part / whole if whole else Decimal(0)


def length_text(value: Length) -> str:
    """Return a length as SVG writes it: at most one decimal place."""
    return plain(Decimal(value).quantize(_TENTH, rounding=ROUND_HALF_UP)).replace("−", "-")


def _printable(words: str) -> str:
    return _UNPRINTABLE.sub("", words)
