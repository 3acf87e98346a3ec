"""Lines over time: the trend of a unit (走势) and the small one beside a name. Gaps in the data stay gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby

from saas.charts.svg import (
    HALF,
    PAGE,
    SMALL,
    WIDTH,
    Canvas,
    Length,
    Look,
    Svg,
    Tone,
    empty_picture,
    figure_text,
    length_text,
    number_text,
    share_of,
    text_width,
)
from saas.domain.amounts import ONE, ZERO, Amount, Standing

_TOP, _PLOT, _FOOT = Decimal(24), Decimal(120), Decimal(24)
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a trend: its short name and what is known of it."""

    label: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class _Axis:
    """The vertical scale: from `low` to `high` in whole steps."""

    low: Decimal
    high: Decimal
    step: Decimal

    @classmethod
    def over(cls, values: Sequence[Decimal]) -> _Axis:
        lowest, highest = min(values), max(values)
        step = _round_step((highest - lowest) / 3 or abs(highest) / 10 or ONE)
        low = (lowest / step).to_integral_value(ROUND_FLOOR) * step
        high = (highest / step).to_integral_value(ROUND_CEILING) * step
        return cls(low, high if high > low else low + step, step)

    def marks(self) -> Iterator[Decimal]:
        mark = self.low
        while mark <= self.high:
            yield mark
            mark += self.step

    def height(self, value: Decimal, plot: Length) -> Decimal:
        return share_of(value - self.low, self.high - self.low, plot)


def _round_step(rough: Decimal) -> Decimal:
    """Return 1, 2 or 5 times a power of ten, the first that is not below `rough`."""
    power = ONE.scaleb(rough.adjusted())
    return next(step * power for step in _STEPS if step * power >= rough)


def trend(
    title: str,
    points: Sequence[Point],
    *,
    target: Amount | None = None,
    measure: str = "",
    look: Look = PAGE,
    width: Length = WIDTH,
    places: int = 2,
) -> Svg:
    """Draw a unit's figures over the periods, and the target as a dashed line.

    Periods without a figure (未报、未定、不适用) leave the line open and are hatched with their word.
    """
    values = [point.amount.known for point in points if point.amount.is_determined]
    if not points or not values:
        return empty_picture(title, width, look)
    if target is not None and target.is_determined:
        values.append(target.known)
    description = "；".join(
        f"{point.label}：{figure_text(point.amount, look, measure=measure, places=places)}" for point in points
    )
    canvas = Canvas(title, description, width, _TOP + _PLOT + _FOOT, look)
    axis = _Axis.over(values)
    left = _draw_axis(canvas, axis, measure)
    pitch = (canvas.width - left) / len(points)
    places_on_page = [left + pitch * (number + HALF) for number in range(len(points))]
    _draw_periods(canvas, points, places_on_page, pitch)
    _draw_gaps(canvas, points, places_on_page, pitch)
    if target is not None and target.is_determined:
        _draw_target_line(canvas, axis, target.known, left, places)
    _draw_line(canvas, axis, points, places_on_page, places)
    return canvas.finished()


def _draw_axis(canvas: Canvas, axis: _Axis, measure: str) -> Decimal:
    """Draw the scale and return where the plot begins."""
    look, marks = canvas.look, list(axis.marks())
    left = max(text_width(number_text(mark), SMALL) for mark in marks) + 8
    for mark in marks:
        y = _TOP + _PLOT - axis.height(mark, _PLOT)
        canvas.line(left, y, canvas.width, y, look.line)
        canvas.text(left - 6, y + 4, number_text(mark), anchor="end", colour=look.ink_soft, size=SMALL)
    if measure:
        canvas.text(0, 11, measure, colour=look.ink_soft, size=SMALL)
    return left


def _draw_periods(canvas: Canvas, points: Sequence[Point], xs: Sequence[Decimal], pitch: Decimal) -> None:
    widest = max(text_width(point.label, SMALL) for point in points) + 4
    every = max(1, int((widest / pitch).to_integral_value(ROUND_CEILING)))
    for number, (point, x) in enumerate(zip(points, xs, strict=True)):
        if (len(points) - 1 - number) % every == 0:
            canvas.text(x, canvas.height - 6, point.label, anchor="middle", colour=canvas.look.ink_soft, size=SMALL)


def _draw_gaps(canvas: Canvas, points: Sequence[Point], xs: Sequence[Decimal], pitch: Decimal) -> None:
    for standing, group in groupby(zip(points, xs, strict=True), key=lambda pair: pair[0].amount.standing):
        if standing is Standing.DETERMINED:
            continue
        run = [x for _, x in group]
        left, right = run[0] - pitch / 2 + 2, run[-1] + pitch / 2 - 2
        word = canvas.look.word(standing)
        canvas.hatched(left, _TOP, right - left, _PLOT, tip=word)
        middle, room = (left + right) / 2, text_width(word, SMALL) + 4
        canvas.rectangle(middle - room / 2, _TOP + _PLOT / 2 - 9, room, 18, canvas.look.paper, radius=2)
        canvas.text(middle, _TOP + _PLOT / 2 + 4, word, anchor="middle", colour=canvas.look.ink_soft, size=SMALL)


def _draw_target_line(canvas: Canvas, axis: _Axis, target: Decimal, left: Decimal, places: int) -> None:
    look, y = canvas.look, _TOP + _PLOT - axis.height(target, _PLOT)
    canvas.line(left, y, canvas.width, y, look.ink_soft, dash="5 3")
    words = f"{look.target} {number_text(target, places)}"
    canvas.text(canvas.width, y - 5, words, anchor="end", colour=look.ink_soft, size=SMALL)


def _draw_line(canvas: Canvas, axis: _Axis, points: Sequence[Point], xs: Sequence[Decimal], places: int) -> None:
    colour = canvas.look.colours[Tone.INFO]
    for run in _runs(points, xs):
        spots = [(x, _TOP + _PLOT - axis.height(point.amount.known, _PLOT)) for point, x in run]
        if len(spots) > 1:
            canvas.path(_polyline(spots), colour, width=2)
        for (point, _), (x, y) in zip(run, spots, strict=True):
            canvas.dot(x, y, 3, colour, tip=f"{point.label} {number_text(point.amount.known, places)}")
    last, x = next(pair for pair in reversed(list(zip(points, xs, strict=True))) if pair[0].amount.is_determined)
    words = number_text(last.amount.known, places)
    middle = min(x, canvas.width - text_width(words) / 2)
    canvas.text(middle, _TOP + _PLOT - axis.height(last.amount.known, _PLOT) - 8, words, anchor="middle")


def _runs(points: Sequence[Point], xs: Sequence[Decimal]) -> Iterator[list[tuple[Point, Decimal]]]:
    """Return the stretches of neighbouring periods that have a figure."""
    for is_determined, group in groupby(zip(points, xs, strict=True), key=lambda pair: pair[0].amount.is_determined):
        if is_determined:
            yield list(group)


def _polyline(spots: Sequence[tuple[Decimal, Decimal]]) -> str:
    return "M" + "L".join(f"{length_text(x)} {length_text(y)}" for x, y in spots)


def sparkline(title: str, points: Sequence[Point], *, look: Look = PAGE, width: Length = 96) -> Svg:
    """Draw a small trend for a table cell: the line, a dot at its end, a dash on the ground where a figure lacks."""
    description = "；".join(f"{point.label}：{figure_text(point.amount, look)}" for point in points) or look.nothing
    canvas = Canvas(title, description, width, 24, look)
    if not points:
        return canvas.finished()
    pitch = canvas.width / len(points)
    xs = [pitch * (number + HALF) for number in range(len(points))]
    values = [point.amount.known for point in points if point.amount.is_determined]
    low, high = (min(values), max(values)) if values else (ZERO, ONE)
    for point, x in zip(points, xs, strict=True):
        if not point.amount.is_determined:
            canvas.line(x - 3, 22, x + 3, 22, look.colours[Tone.ABSENT], dash="2 1")
    spots: list[tuple[Decimal, Decimal]] = []
    for run in _runs(points, xs):
        spots = [(x, 19 - share_of(point.amount.known - low, (high - low) or ONE, 14)) for point, x in run]
        if len(spots) > 1:
            canvas.path(_polyline(spots), look.colours[Tone.INFO], width=Decimal("1.5"))
        else:
            canvas.dot(*spots[0], Decimal("1.5"), look.colours[Tone.INFO])
    if spots:
        canvas.dot(*spots[-1], Decimal("2.5"), look.colours[Tone.INFO])
    return canvas.finished()
