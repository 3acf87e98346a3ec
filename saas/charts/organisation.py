"""The organisation chart (机构图): boxes with lines from above, names of a crowded last row written downwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.charts.svg import PAGE, SMALL, TEXT, Canvas, Look, Svg, empty_picture, text_width

_MARGIN, _GAP, _ROW_GAP = Decimal(12), Decimal(10), Decimal(36)
_LINE, _PAD = Decimal(18), Decimal(8)
_COLUMN = Decimal(18)  # of names written downwards
_LINE_CHARACTERS, _COLUMN_CHARACTERS = 9, 11
_CROWDED = 4  # from as many siblings without children on, names are written downwards


@dataclass(frozen=True, slots=True)
class Box:
    """A unit on the chart with those below it that are shown. `more`: how many below it are not."""

    name: str
    children: tuple[Box, ...] = ()
    more: int = 0


@dataclass(slots=True)
class _Placed:
    box: Box
    lines: tuple[str, ...]
    is_downwards: bool
    children: list[_Placed]
    width: Decimal
    height: Decimal
    span: Decimal = Decimal(0)
    x: Decimal = Decimal(0)  # of its middle
    y: Decimal = Decimal(0)


def count_leaves(box: Box) -> int:
    """How many boxes of the chart have nothing below them: that is how wide it becomes."""
    return sum(count_leaves(child) for child in box.children) or 1


def split_pages(root: Box, most: int) -> list[Box]:
    """Spread what stands right below the root over pages of at most `most` columns, each with the root on top.

    A single branch that is wider than that has a page of its own.
    """
    pages: list[list[Box]] = [[]]
    room = most
    for child in root.children:
        wide = count_leaves(child)
        if pages[-1] and wide > room:
            pages.append([])
            room = most
        pages[-1].append(child)
        room -= wide
    return [Box(root.name, tuple(children), root.more) for children in pages]


def organisation_chart(root: Box, *, title: str, description: str, look: Look = PAGE) -> Svg:
    """Draw a chart. `title` and `description` are what a screen reader says."""
    if not root.name:
        return empty_picture(title, 400, look)
    placed = _measured(root, sibling_count=1)
    _spread(placed, _MARGIN)
    _stack([placed], _MARGIN + _LINE)
    everything = list(_all(placed))
    width = placed.span + 2 * _MARGIN
    height = max(each.y + each.height for each in everything) + _MARGIN
    width = max(width, text_width(title, TEXT) + 2 * _MARGIN)
    canvas = Canvas(title, description, width, height, look)
    for each in everything:
        _draw_lines(canvas, each)
    for each in everything:
        _draw_box(canvas, each)
    return canvas.finished()


def _measured(box: Box, sibling_count: int) -> _Placed:
    is_downwards = not box.children and sibling_count >= _CROWDED
    if is_downwards:
        columns = _cut(box.name, _COLUMN_CHARACTERS)
        width = _COLUMN * len(columns) + _PAD
        height = max(len(column) for column in columns) * (TEXT + 2) + 2 * _PAD
        return _Placed(box, columns, True, [], width, height)
    lines = _cut(box.name, _LINE_CHARACTERS)
    width = max(text_width(line) for line in lines) + 2 * _PAD + 4
    children = [_measured(child, len(box.children)) for child in box.children]
    return _Placed(box, lines, False, children, width, _LINE * len(lines) + _PAD)


def _cut(name: str, most: int) -> tuple[str, ...]:
    """Cut a name into parts of about equal length, none longer than `most` characters."""
    count = -(-len(name) // most)
    size = -(-len(name) // count)
    return tuple(name[start : start + size] for start in range(0, len(name), size))


def _spread(placed: _Placed, left: Decimal) -> None:
    """Give each box the middle of what stands below it, from the left."""
    below = Decimal(0)
    for child in placed.children:
        if below:
            below += _GAP
        _spread(child, left + below)
        below += child.span
    placed.span = max(below, placed.width)
    if placed.children and placed.width > below:
        for child in placed.children:
            _shift(child, (placed.width - below) / 2)
    placed.x = left + placed.span / 2


def _shift(placed: _Placed, by: Decimal) -> None:
    for each in _all(placed):
        each.x += by


def _stack(row: Sequence[_Placed], top: Decimal) -> None:
    """Give each row of boxes the same height above the next."""
    if not row:
        return
    for each in row:
        each.y = top
    tallest = max(each.height for each in row)
    _stack([child for each in row for child in each.children], top + tallest + _ROW_GAP)


def _all(placed: _Placed) -> Iterator[_Placed]:
    yield placed
    for child in placed.children:
        yield from _all(child)


def _draw_lines(canvas: Canvas, placed: _Placed) -> None:
    if not placed.children:
        return
    foot = placed.y + placed.height
    middle = placed.children[0].y - _ROW_GAP / 2
    colour = canvas.look.ink_soft
    canvas.line(placed.x, foot, placed.x, middle, colour)
    first, last = placed.children[0].x, placed.children[-1].x
    canvas.line(min(first, placed.x), middle, max(last, placed.x), middle, colour)
    for child in placed.children:
        canvas.line(child.x, middle, child.x, child.y, colour)


def _draw_box(canvas: Canvas, placed: _Placed) -> None:
    left, top = placed.x - placed.width / 2, placed.y
    canvas.rectangle(left, top, placed.width, placed.height, canvas.look.ink_soft, radius=3, tip=placed.box.name)
    canvas.rectangle(left + 1, top + 1, placed.width - 2, placed.height - 2, canvas.look.paper, radius=2)
    if placed.is_downwards:
        _write_downwards(canvas, placed, left, top)
    else:
        for number, line in enumerate(placed.lines, start=1):
            canvas.text(placed.x, top + _LINE * number - 2, line, anchor="middle")
    if placed.box.more:
        words = f"+{placed.box.more}"
        canvas.text(
            placed.x, top + placed.height + SMALL + 2, words, anchor="middle", size=SMALL, colour=canvas.look.ink_soft
        )


def _write_downwards(canvas: Canvas, placed: _Placed, left: Decimal, top: Decimal) -> None:
    """Write columns from right to left, one character below the other."""
    for number, column in enumerate(placed.lines):
        x = left + placed.width - _PAD / 2 - _COLUMN * number - _COLUMN / 2
        for place, character in enumerate(column, start=1):
            canvas.text(x, top + _PAD + (TEXT + 2) * place - 3, character, anchor="middle")
