"""How a whole divides (状态构成): a stacked bar or a ring, each with a key that names every part with its count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.charts.svg import (
    PAGE,
    WIDTH,
    Canvas,
    Length,
    Look,
    Svg,
    Tone,
    empty_picture,
    length_text,
    share_of,
    text_width,
)

_BAR = 22
_ROW = 24
_PI = Decimal("3.14159265358979")


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole. Parts of the tone `absent` (未报、未定、不适用) are hatched."""

    label: str
    count: int
    tone: Tone = Tone.NEUTRAL


def stacked_bar(title: str, shares: Sequence[Share], *, look: Look = PAGE, width: Length = WIDTH) -> Svg:
    """Draw one bar divided in proportion, and its key below."""
    total = sum(share.count for share in shares)
    if not total:
        return empty_picture(title, width, look)
    rows = _key_rows(shares, Decimal(width))
    canvas = Canvas(title, _description(shares), width, _BAR + 10 + len(rows) * _ROW, look)
    left = Decimal(0)
    for share in shares:
        length = share_of(Decimal(share.count), Decimal(total), canvas.width)
        _draw_part(canvas, share, left, length)
        left += length
    for number, row in enumerate(rows):
        for share, x in row:
            _draw_key(canvas, share, x, Decimal(_BAR + 12 + number * _ROW))
    return canvas.finished()


def donut(title: str, shares: Sequence[Share], *, look: Look = PAGE, width: Length = WIDTH) -> Svg:
    """Draw a ring divided in proportion with the total in the middle, and its key at the right."""
    total = sum(share.count for share in shares)
    if not total:
        return empty_picture(title, width, look)
    height = max(130, len(shares) * _ROW + 8)
    canvas = Canvas(title, _description(shares), width, height, look)
    middle, radius = Decimal(height) / 2, Decimal(46)
    centre = Decimal(66)
    start = Decimal(0)
    for share in shares:
        length = share_of(Decimal(share.count), Decimal(total), 2 * _PI * radius)
        canvas.ring(
            centre, middle, radius, _arc(start, length, radius, canvas.look.colours[share.tone], centre, middle)
        )
        if share.tone is Tone.ABSENT and share.count:
            # Thin white spokes make the part look hatched.
            canvas.ring(centre, middle, radius, _spokes(start, length, radius, look.paper, centre, middle))
        start += length
    canvas.text(centre, middle + 2, str(total), anchor="middle", size=22)
    canvas.text(centre, middle + 18, look.total, anchor="middle", size=11, colour=look.ink_soft)
    top = middle - Decimal(len(shares) * _ROW) / 2
    for number, share in enumerate(shares):
        _draw_key(canvas, share, Decimal(150), top + number * _ROW + 4)
    return canvas.finished()


def _arc(start: Decimal, length: Decimal, radius: Decimal, colour: str, x: Decimal, y: Decimal) -> dict[str, str]:
    """Return the attributes of a piece of the ring: one dash of the circle's outline, from the top clockwise."""
    rest = 2 * _PI * radius - length
    return {
        "stroke": colour,
        "stroke-width": "22",
        "stroke-dasharray": f"{length_text(length)} {length_text(rest)}",
        "stroke-dashoffset": length_text(-start),
        "transform": f"rotate(-90 {length_text(x)} {length_text(y)})",
    }


def _spokes(start: Decimal, length: Decimal, radius: Decimal, colour: str, x: Decimal, y: Decimal) -> dict[str, str]:
    count = int(length // 5)
    dashes = "0 3 " + "2 3 " * count if count else "0 1"
    rest = 2 * _PI * radius - 5 * count - 3 if count else 2 * _PI * radius
    return _arc(start, length, radius, colour, x, y) | {"stroke-dasharray": f"{dashes}0 {length_text(rest)}"}


def _description(shares: Sequence[Share]) -> str:
    return "；".join(f"{share.label}：{share.count}" for share in shares)


def _draw_part(canvas: Canvas, share: Share, left: Decimal, length: Decimal) -> None:
    if not share.count:
        return
    tip = f"{share.label} {share.count}"
    if share.tone is Tone.ABSENT:
        canvas.hatched(left, 0, length, _BAR, tip=tip)
        return
    canvas.rectangle(left, 0, max(length - 1, Decimal(1)), _BAR, canvas.look.colours[share.tone], tip=tip)
    if length > text_width(str(share.count)) + 6:
        canvas.text(left + length / 2, 16, str(share.count), anchor="middle", colour=canvas.look.paper)


def _key_width(share: Share) -> Decimal:
    return 18 + text_width(f"{share.label} {share.count}") + 16


def _key_rows(shares: Sequence[Share], width: Decimal) -> list[list[tuple[Share, Decimal]]]:
    """Return the lines of the key: what fits beside one another, with the place of each."""
    rows: list[list[tuple[Share, Decimal]]] = [[]]
    x = Decimal(0)
    for share in shares:
        if rows[-1] and x + _key_width(share) > width:
            rows.append([])
            x = Decimal(0)
        rows[-1].append((share, x))
        x += _key_width(share)
    return rows


def _draw_key(canvas: Canvas, share: Share, x: Decimal, y: Decimal) -> None:
    if share.tone is Tone.ABSENT:
        canvas.hatched(x, y, 12, 12)
    else:
        canvas.rectangle(x, y, 12, 12, canvas.look.colours[share.tone])
    canvas.text(x + 18, y + 11, f"{share.label} {share.count}")
