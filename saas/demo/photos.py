"""Drawn scenes instead of photos: a road, houses, trees, a bin. Nobody is in them."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw

from saas.demo.draws import Draw

WIDTH, HEIGHT, HORIZON = 640, 480, 210
SCENES = 8
_SKIES = ("#b9d7ea", "#cfe0e8", "#a8cbe3", "#dfe6e6")
_HILLS = ("#7f9f7a", "#6d8f74", "#8fa883")
_FIELDS = ("#a9b665", "#8fae5f", "#c2b563")
_WALLS = ("#efe9dc", "#e4dccb", "#f3efe6")
_ROOFS = ("#7c4a3a", "#5d5f66", "#8a5a44")


@cache
def draw_scene(number: int) -> bytes:
    """Return scene `number` (0 to SCENES − 1) as a JPEG."""
    draw = Draw("scene", number)
    image = Image.new("RGB", (WIDTH, HEIGHT), draw.pick(_SKIES))
    pen = ImageDraw.Draw(image)
    for shift in range(0, WIDTH, 160):
        top = HORIZON - draw.between(30, 90)
        pen.polygon([(shift - 120, HORIZON), (shift + 60, top), (shift + 260, HORIZON)], fill=draw.pick(_HILLS))
    pen.rectangle([0, HORIZON, WIDTH, HEIGHT], fill=draw.pick(_FIELDS))
    pen.polygon([(290, HORIZON), (330, HORIZON), (520, HEIGHT), (120, HEIGHT)], fill="#b8b4ab")
    pen.line([(310, HORIZON), (320, HEIGHT)], fill="#f4f1e8", width=3)
    for left in (30, 150, 430, 540):
        _house(pen, left + draw.between(-12, 12), HORIZON + draw.between(0, 36), draw)
    for left in (15, 250, 400, 600):
        _tree(pen, left, HORIZON + draw.between(30, 70))
    _bin(pen, 150 + draw.between(0, 30), HEIGHT - 120)
    if draw.is_hit(50):
        _litter(pen, draw)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _house(pen: ImageDraw.ImageDraw, left: int, bottom: int, draw: Draw) -> None:
    pen.rectangle([left, bottom - 48, left + 78, bottom + 6], fill=draw.pick(_WALLS))
    pen.polygon([(left - 8, bottom - 48), (left + 39, bottom - 82), (left + 86, bottom - 48)], fill=draw.pick(_ROOFS))
    pen.rectangle([left + 30, bottom - 26, left + 46, bottom + 6], fill="#6b5344")
    pen.rectangle([left + 8, bottom - 36, left + 22, bottom - 22], fill="#8fb3c7")


def _tree(pen: ImageDraw.ImageDraw, left: int, bottom: int) -> None:
    pen.rectangle([left, bottom - 40, left + 8, bottom], fill="#6b4f3a")
    pen.ellipse([left - 24, bottom - 92, left + 32, bottom - 30], fill="#4f7d4c")


def _bin(pen: ImageDraw.ImageDraw, left: int, top: int) -> None:
    for shift, colour in ((0, "#2f7d4f"), (52, "#5b5f66")):
        pen.rectangle([left + shift, top, left + shift + 42, top + 62], fill=colour)
        pen.rectangle([left + shift - 3, top - 8, left + shift + 45, top], fill="#3b3f44")


def _litter(pen: ImageDraw.ImageDraw, draw: Draw) -> None:
    for _ in range(14):
        left, top = draw.between(380, 560), draw.between(380, 455)
        pen.ellipse([left, top, left + draw.between(5, 14), top + draw.between(3, 7)], fill="#f5f3ee")
