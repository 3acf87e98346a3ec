"""Targets in words: what was measured, what was asked for, what is short. Rounding happens here and only here."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from saas.domain.deadlines import Deadline
from saas.domain.targets import Comparator, Kind, Number, Reading, Target

_SIGNS = {Comparator.AT_LEAST: "≥", Comparator.AT_MOST: "≤", Comparator.EQUALS: "="}
_PLAIN = {
    Comparator.ZERO: "零发生",
    Comparator.ALL: "全部",
    Comparator.DATE: "按期完成",
    Comparator.DOCUMENT: "印发文件",
}


def rounded_text(value: Number, decimals: int) -> str:
    """Return a number with so many decimals, half up (四舍五入), exactly computed: 79.995 → 80.00."""
    shifted = Fraction(value) * 10**decimals
    whole = (abs(shifted) + Fraction(1, 2)).__floor__()
    text = f"{Decimal(whole).scaleb(-decimals):f}"
    return f"-{text}" if shifted < 0 and whole else text


def plain_text(value: Number) -> str:
    """Return a figure as it was set, without superfluous zeros; a fraction that has no end is cut at six decimals."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    text = rounded_text(exact, 6).rstrip("0")
    return text.rstrip(".")


def figure_text(target: Target, value: Number) -> str:
    """Return a figure in the target's own terms: 80%, 1:4000, 每100000 2.8, 50 个."""
    if target.kind is Kind.PERCENT:
        return f"{plain_text(value)}%"
    if target.kind is Kind.RATIO:
        exact = Fraction(value)
        return f"1:{plain_text(1 / exact)}" if exact else "0"
    if target.kind is Kind.PER:
        return f"每{target.per} {plain_text(value)}{target.measure}"
    return f"{plain_text(value)}{target.measure}"


def measured_text(target: Target, reading: Reading, actual: Fraction | None) -> str:
    """Return what was measured, rounded for showing, with its parts if they are known."""
    if target.comparator in {Comparator.DATE, Comparator.DOCUMENT}:
        return "已完成" if actual else "未完成"
    if actual is None:
        return "未填"
    parts = ""
    if reading.numerator is not None and reading.denominator is not None:
        parts = f"{plain_text(reading.numerator)}/{plain_text(reading.denominator)} = "
    return parts + _rounded_figure(target, actual)


def _rounded_figure(target: Target, actual: Fraction) -> str:
    if target.kind is Kind.PERCENT:
        return f"{rounded_text(actual, target.decimals)}%"
    if target.kind is Kind.RATIO:
        return f"1:{rounded_text(1 / actual, target.decimals)}" if actual else "0"
    if target.kind is Kind.PER:
        return f"每{target.per} {rounded_text(actual, target.decimals)}{target.measure}"
    is_whole = actual.denominator == 1
    return f"{plain_text(actual) if is_whole else rounded_text(actual, target.decimals)}{target.measure}"


def requirement_text(target: Target, figure: Fraction | None, deadline: Deadline | None) -> str:
    """Return what is asked for: ≥ 80%，2021年12月31日."""
    text = _requirement(target, figure)
    return f"{text}，{deadline.text}" if deadline else f"{text}，期限待定"


def _requirement(target: Target, figure: Fraction | None) -> str:
    if target.comparator in _PLAIN:
        return _PLAIN[target.comparator]
    if target.comparator is Comparator.LEVEL:
        return f"达到{target.level}"
    if target.comparator is Comparator.DIRECTION:
        return _direction(target, figure)
    if figure is None:
        return "待定"
    if target.comparator is Comparator.RANK:
        return f"前 {plain_text(figure)} 名"
    if target.comparator is Comparator.RANGE:
        return f"{figure_text(target, figure)}—{figure_text(target, target.high or figure)}"
    sign = _SIGNS[target.comparator]
    if target.is_exclusive:
        sign = {"≥": ">", "≤": "<"}.get(sign, sign)
    return f"{sign} {figure_text(target, figure)}"


def _direction(target: Target, figure: Fraction | None) -> str:
    verb = "上升" if target.is_upward else "下降"
    base = f"较基数 {plain_text(target.baseline)} " if target.baseline is not None else "较基数"
    return f"{base}{verb}" + (f" {plain_text(figure)}% 以上" if figure is not None else "")


def shortfall_text(target: Target, shortfall: Fraction, *, is_counted: bool) -> str:
    """Return by how much it is behind or ahead: in things counted, otherwise in the figure's own terms."""
    word = "还差" if shortfall > 0 else "超出"
    if not shortfall:
        return "正好达到"
    measure = target.measure
    if not is_counted and target.kind is Kind.PERCENT:
        measure = "个百分点"
    return f"{word} {plain_text(abs(shortfall))} {measure}".rstrip()
