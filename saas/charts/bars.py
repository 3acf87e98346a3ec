"""Horizontal bars: progress of targets (目标进度) and rankings (排名)."""

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
    figure_text,
    length_text,
    number_text,
    share_of,
    shortened,
    text_width,
)
from saas.domain.amounts import ONE, ZERO, Amount

_ROOM_ABOVE = Decimal("1.08")  # the longest bar leaves a little of its track free
_TARGET_ROW = 56
_RANKING_ROW = 28
_BAR = 10


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target. `is_met` was decided elsewhere; None while it is not due. `maximum` is the end of the track."""

    label: str
    actual: Amount
    target: Amount
    measure: str = ""
    milestones: tuple[Decimal, ...] = ()
    is_met: bool | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RankingRow:
    """One unit. `rank` is the text before its name (名次); empty if it has none."""

    label: str
    amount: Amount
    rank: str = ""
    is_highlighted: bool = False


def target_progress(
    title: str, rows: Sequence[TargetRow], *, look: Look = PAGE, width: Length = WIDTH, places: int = 2
) -> Svg:
    """Draw a bar for each target with a tick at the target figure and small marks at its milestones (阶段目标).

    Where the actual figure lacks, or there is nothing to measure it by, the track is hatched.
    """
    if not rows:
        return empty_picture(title, width, look)
    description = "；".join(f"{row.label}：{_target_text(row, look, places)}" for row in rows)
    canvas = Canvas(title, description, width, len(rows) * _TARGET_ROW + 20, look)
    for number, row in enumerate(rows):
        _draw_target(canvas, row, Decimal(number * _TARGET_ROW), places)
    _draw_target_key(canvas, any(row.milestones for row in rows))
    return canvas.finished()


def _target_text(row: TargetRow, look: Look, places: int) -> str:
    actual = figure_text(row.actual, look, places=places)
    if row.target.is_determined:
        figures = f"{actual} / {number_text(row.target.known, places)} {row.measure}".strip()
    else:
        figures = f"{actual} {row.measure}".strip() + f" / {look.target_undetermined}"
    verdict = {True: look.is_met, False: look.is_not_met, None: ""}[row.is_met]
    return f"{figures} {verdict}".strip()


def _draw_target(canvas: Canvas, row: TargetRow, top: Decimal, places: int) -> None:
    look, width = canvas.look, canvas.width
    tone = {True: Tone.SUCCESS, False: Tone.DANGER, None: Tone.INFO}[row.is_met]
    words = _target_text(row, look, places)
    canvas.text(
        width, top + 14, words, anchor="end", colour=look.ink_soft if row.is_met is None else look.colours[tone]
    )
    canvas.text(0, top + 14, shortened(row.label, width - text_width(words) - 12))
    bar = top + 24
    whole = row.maximum or _whole(row)
    if row.actual.is_determined and (row.target.is_determined or row.maximum):
        canvas.rectangle(0, bar, width, _BAR, look.track, radius=3)
        filled = min(share_of(max(row.actual.known, ZERO), whole, width), width)
        canvas.rectangle(0, bar, filled, _BAR, look.colours[tone], radius=3, tip=f"{row.label} {words}")
    else:
        canvas.hatched(0, bar, width, _BAR, tip=f"{row.label} {words}")
    for milestone in row.milestones:
        _draw_milestone(canvas, share_of(milestone, whole, width), bar + _BAR + 2)
    if row.target.is_determined:
        at = min(share_of(max(row.target.known, ZERO), whole, width), width - 1)
        canvas.line(at, bar - 4, at, bar + _BAR + 4, look.ink, width=2)


def _whole(row: TargetRow) -> Decimal:
    return (max(row.actual.known, row.target.known, *row.milestones, ZERO) or ONE) * _ROOM_ABOVE


def _draw_milestone(canvas: Canvas, x: Decimal, y: Decimal) -> None:
    corners = f"M{length_text(x)} {length_text(y)}l4 6h-8z"
    canvas.path(corners, canvas.look.ink_soft, fill=True)


def _draw_target_key(canvas: Canvas, has_milestones: bool) -> None:
    look, base = canvas.look, canvas.height - 4
    canvas.line(3, base - 10, 3, base + 1, look.ink, width=2)
    canvas.text(10, base, look.target, colour=look.ink_soft, size=SMALL)
    if has_milestones:
        _draw_milestone(canvas, Decimal(58), base - 8)
        canvas.text(66, base, look.milestone, colour=look.ink_soft, size=SMALL)


def ranking_bars(
    title: str,
    rows: Sequence[RankingRow],
    *,
    measure: str = "",
    look: Look = PAGE,
    width: Length = WIDTH,
    places: int = 2,
) -> Svg:
    """Draw a bar for each unit in the order given. Negative amounts go to the left of the zero line."""
    if not rows:
        return empty_picture(title, width, look)
    figures = [figure_text(row.amount, look, measure=measure, places=places) for row in rows]
    description = "；".join(
        " ".join(part for part in (row.rank, row.label, figure) if part)
        for row, figure in zip(rows, figures, strict=True)
    )
    canvas = Canvas(title, description, width, len(rows) * _RANKING_ROW, look)
    names = [f"{row.rank} {row.label}".strip() for row in rows]
    left = min(max(text_width(name) for name in names) + 10, canvas.width * Decimal("0.4"))
    right = canvas.width - max(text_width(figure) for figure in figures) - 8
    scale = _Scale.over([row.amount.known for row in rows], left, right)
    for number, row in enumerate(rows):
        top = Decimal(number * _RANKING_ROW)
        canvas.text(0, top + 18, shortened(names[number], left - 6))
        canvas.text(canvas.width, top + 18, figures[number], anchor="end", colour=look.ink_soft)
        _draw_ranking_bar(canvas, row, top + 7, scale)
    return canvas.finished()


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value lies between `left` and `right`."""

    low: Decimal
    high: Decimal
    left: Decimal
    right: Decimal

    @classmethod
    def over(cls, values: Sequence[Decimal], left: Decimal, right: Decimal) -> _Scale:
        low, high = min([*values, ZERO]), max([*values, ZERO])
        return cls(low, high if high > low else low + ONE, left, right)

    def at(self, value: Decimal) -> Decimal:
        return self.left + share_of(value - self.low, self.high - self.low, self.right - self.left)


def _draw_ranking_bar(canvas: Canvas, row: RankingRow, top: Decimal, scale: _Scale) -> None:
    if not row.amount.is_determined:
        canvas.hatched(scale.left, top, scale.right - scale.left, 14, tip=row.label)
        return
    zero, end = scale.at(ZERO), scale.at(row.amount.known)
    tone = Tone.DANGER if row.amount.known < ZERO else (Tone.INFO if row.is_highlighted else Tone.NEUTRAL)
    canvas.rectangle(
        min(zero, end), top, max(abs(end - zero), ONE), 14, canvas.look.colours[tone], radius=2, tip=row.label
    )
    if row.is_highlighted:
        canvas.text(scale.left + 6, top + 12, "★", colour=canvas.look.paper, size=SMALL)
