"""How scores are spread (得分分布): one column a band, and hatched ones for units without a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.charts.svg import (
    PAGE,
    SMALL,
    WIDTH,
    Canvas,
    Length,
    Look,
    Svg,
    Tone,
    empty_picture,
    number_text,
    share_of,
)
from saas.domain.amounts import Amount, Standing

_PLOT = 130
_HEAD = 22
_FOOT = 24


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    count: int
    is_absent: bool = False


def score_distribution(
    title: str,
    scores: Sequence[Amount],
    cuts: Sequence[Decimal],
    *,
    look: Look = PAGE,
    width: Length = WIDTH,
) -> Svg:
    """Count the scores in the bands between `cuts` (ascending) and draw a column for each.

    A band holds its lower cut and not its upper one: with cuts 60 and 80 a score of 60 is in 60–80. Units whose score
    is missing, undetermined or not applicable have columns of their own and are in no band.
    """
    if not scores:
        return empty_picture(title, width, look)
    columns = [*_bands(scores, cuts), *_absent(scores, look)]
    description = "；".join(f"{column.label}：{column.count}" for column in columns)
    canvas = Canvas(title, description, width, _HEAD + _PLOT + _FOOT, look)
    highest = Decimal(max(column.count for column in columns))
    pitch = canvas.width / len(columns)
    for number, column in enumerate(columns):
        _draw_column(canvas, column, pitch * number, pitch, highest)
    canvas.line(0, _HEAD + _PLOT, canvas.width, _HEAD + _PLOT, look.ink_soft)
    return canvas.finished()


def _bands(scores: Sequence[Amount], cuts: Sequence[Decimal]) -> list[_Column]:
    values = [score.known for score in scores if score.is_determined]
    if not cuts:
        return [_Column("", len(values))]
    texts = [number_text(cut) for cut in cuts]
    labels = [
        f"<{texts[0]}",
        *(f"{low}–{high}" for low, high in zip(texts, texts[1:], strict=False)),
        f"≥{texts[-1]}",
    ]
    counts = [0] * len(labels)
    for value in values:
        counts[sum(1 for cut in cuts if value >= cut)] += 1
    return [_Column(label, count) for label, count in zip(labels, counts, strict=True)]


def _absent(scores: Sequence[Amount], look: Look) -> list[_Column]:
    kinds = (Standing.MISSING, Standing.UNDETERMINED, Standing.NOT_APPLICABLE)
    counts = ((kind, sum(1 for score in scores if score.standing is kind)) for kind in kinds)
    return [_Column(look.word(kind), count, is_absent=True) for kind, count in counts if count]


def _draw_column(canvas: Canvas, column: _Column, left: Decimal, pitch: Decimal, highest: Decimal) -> None:
    look, middle, bar = canvas.look, left + pitch / 2, pitch * Decimal("0.64")
    height = share_of(Decimal(column.count), highest, _PLOT)
    top = _HEAD + _PLOT - height
    tip = f"{column.label} {column.count}"
    if column.count and column.is_absent:
        canvas.hatched(middle - bar / 2, top, bar, height, tip=tip)
    elif column.count:
        canvas.rectangle(middle - bar / 2, top, bar, height, look.colours[Tone.INFO], tip=tip)
    canvas.text(middle, top - 5, str(column.count), anchor="middle")
    canvas.text(middle, canvas.height - 7, column.label, anchor="middle", colour=look.ink_soft, size=SMALL)
