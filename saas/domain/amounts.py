"""Amounts (分数、金额) that may be certain, open, missing or not applicable: exact, and rounded once, when shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

# Quotients are carried with 40 digits and final totals are cut at 20 places, so that three thirds make exactly one and
# two units with the same score really tie. No real score differs by less.
WIDE = Context(prec=40, rounding=ROUND_HALF_UP)
_GRAIN = Decimal("1E-20")


class Standing(StrEnum):
    """How far an amount can be relied on. Stored in traces: never rename a value."""

    DETERMINED = "determined"  # 确定
    UNDETERMINED = "undetermined"  # 未定: the scheme or the county has not fixed a figure that is needed
    MISSING = "missing"  # 未报、未评: somebody has not delivered a figure yet
    NOT_APPLICABLE = "not_applicable"  # 不适用: nothing was asked of this unit


class Currency(StrEnum):
    """What a rule takes or gives. Stored in schemes: never rename a value."""

    POINTS = "points"  # 分
    YUAN = "yuan"  # 元


CURRENCY_NAMES = {Currency.POINTS: "分", Currency.YUAN: "元"}
STANDING_NAMES = {
    Standing.DETERMINED: "确定",
    Standing.UNDETERMINED: "未定",
    Standing.MISSING: "未报",
    Standing.NOT_APPLICABLE: "不适用",
}


class Amount(NamedTuple):
    """Points or yuan; a tuple, because there are so many.

    `value` is the part that is known; it is the whole amount only when `standing` is determined. Not applicable has no
    value at all. `reasons` say in Chinese why the amount is not determined.
    """

    standing: Standing
    value: Decimal | None
    reasons: tuple[str, ...] = ()

    @property
    def is_determined(self) -> bool:
        return self.standing is Standing.DETERMINED

    @property
    def known(self) -> Decimal:
        """The known part; zero when nothing is known. Never print it without the standing."""
        return ZERO if self.value is None else self.value


def determined(value: Decimal) -> Amount:
    """Return an amount that is known in full."""
    return Amount(Standing.DETERMINED, value)


def undetermined(*reasons: str, known: Decimal | None = None) -> Amount:
    """Return an amount (未定) that the scheme leaves open; `known` is the part that is certain."""
    return Amount(Standing.UNDETERMINED, known, reasons)


def missing(*reasons: str, known: Decimal | None = None) -> Amount:
    """Return an amount (未报) that waits for a figure; it is not zero."""
    return Amount(Standing.MISSING, known, reasons)


def not_applicable(*reasons: str) -> Amount:
    """Return "nothing was asked" (不适用), which is neither zero nor missing."""
    return Amount(Standing.NOT_APPLICABLE, None, reasons)


def total(amounts: Iterable[Amount]) -> Amount:
    """Add amounts up. What is not applicable drops out; what is open or missing makes the sum so, known part kept.

    Missing outweighs undetermined, because it is what somebody can do something about. Nothing but not-applicable
    amounts gives not applicable.
    """
    value: Decimal | None = None
    standing = Standing.NOT_APPLICABLE
    reasons: list[str] = []
    for amount in amounts:
        if amount.standing is Standing.NOT_APPLICABLE:
            continue
        if standing is not amount.standing:
            standing = worse(standing, amount.standing)
        if amount.reasons:
            reasons.extend(reason for reason in amount.reasons if reason not in reasons)
        if amount.value is not None:
            value = amount.value if value is None else value + amount.value
    return Amount(standing, value, tuple(reasons))


def plus(one: Amount, other: Amount) -> Amount:
    """Return the sum of two amounts; the same as `total`, quick where both are determined."""
    if one.standing is Standing.DETERMINED and other.standing is Standing.DETERMINED:
        return Amount(Standing.DETERMINED, one.known + other.known)
    if Standing.NOT_APPLICABLE in (one.standing, other.standing):
        return one if other.standing is Standing.NOT_APPLICABLE else other
    return total((one, other))


def worse(one: Standing, other: Standing) -> Standing:
    """Return the standing of a sum of two amounts with these standings."""
    return one if _WEIGHT[one] >= _WEIGHT[other] else other


_WEIGHT = {Standing.NOT_APPLICABLE: 0, Standing.DETERMINED: 1, Standing.UNDETERMINED: 2, Standing.MISSING: 3}


def settled(amount: Amount) -> Amount:
    """Return a final total as it is compared: without the dust of quotients."""
    if amount.value is None or (value := settle(amount.value)) is amount.value:
        return amount
    return Amount(amount.standing, value, amount.reasons)


def settle(value: Decimal) -> Decimal:
    """Return `value` without the dust of quotients that do not end, so that equal sums compare equal."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -20:
        return value.quantize(_GRAIN, context=WIDE)
    return value


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return the quotient with 40 digits. The divisor must not be zero."""
    return WIDE.divide(dividend, divisor)


def scaled(value: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return value × numerator ÷ denominator, multiplying first so that the result stays exact where it can."""
    return divide(WIDE.multiply(value, numerator), denominator)


def percent_of(value: Decimal, percent: Decimal) -> Decimal:
    """Return `percent` hundredths of `value`."""
    return scaled(value, percent, HUNDRED)


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up (四舍五入). The only rounding there is; it happens when a result is shown, never before."""
    return value.quantize(ONE.scaleb(-places), rounding=ROUND_HALF_UP, context=WIDE)


def plain(value: Decimal) -> str:
    """Write a number as people do: no exponent, no trailing zeros, `−` for minus, at most six places."""
    shown = rounded(value, 6) if _places(value) > 6 else value
    text = f"{shown:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "−")


def signed(value: Decimal) -> str:
    """Write a change with its sign: `+500`, `−30`, `0`."""
    return f"+{plain(value)}" if value > ZERO else plain(value)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def describe_amount(amount: Amount, currency: Currency, places: int = 2) -> str:
    """Write an amount for a document: `1,875.00 元`, `未定（已知部分 −30.00 元）`, `未报`, `不适用`."""
    if amount.standing is Standing.NOT_APPLICABLE:
        return STANDING_NAMES[amount.standing]
    figure = "" if amount.value is None else f"{rounded(amount.value, places):,f} {CURRENCY_NAMES[currency]}"
    figure = figure.replace("-", "−")
    if amount.is_determined:
        return figure
    return f"{STANDING_NAMES[amount.standing]}（已知部分 {figure}）" if figure else STANDING_NAMES[amount.standing]
