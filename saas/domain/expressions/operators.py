"""The operators of expressions, over the tokens of the XPath library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Any

from saas.domain.expressions.values import NOT_A_NUMBER, Scope, Value, compare, to_number, to_truth

PRECISION = 34


def exact(action: Callable[[], Decimal]) -> Decimal:
    """Compute with 34 digits. What has no result (a division by zero) is not a number."""
    with localcontext() as context:
        context.prec = PRECISION
        try:
            return action()
        except (DivisionByZero, InvalidOperation, Overflow):
            return NOT_A_NUMBER


def _arithmetic(token: Any, scope: Scope) -> Value:
    if len(token) == 1:
        number = to_number(token[0].evaluate(scope))
        return number if token.symbol == "+" or number.is_nan() else exact(lambda: -number)
    left, right = to_number(token[0].evaluate(scope)), to_number(token[1].evaluate(scope))
    if left.is_nan() or right.is_nan():
        return NOT_A_NUMBER
    actions: Mapping[str, Callable[[], Decimal]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "div": lambda: left / right,
        "mod": lambda: left % right,
    }
    return exact(actions[token.symbol])


def _comparison(token: Any, scope: Scope) -> Value:
    return compare(token.symbol, token[0].evaluate(scope), token[1].evaluate(scope))


def _and(token: Any, scope: Scope) -> Value:
    return to_truth(token[0].evaluate(scope)) and to_truth(token[1].evaluate(scope))


def _or(token: Any, scope: Scope) -> Value:
    return to_truth(token[0].evaluate(scope)) or to_truth(token[1].evaluate(scope))


def _in_brackets(token: Any, scope: Scope) -> Value:
    value: Value = token[0].evaluate(scope)
    return value


def _variable(token: Any, scope: Scope) -> Value:
    return scope.value(str(token[0].value))


def _itself(token: Any, scope: Scope) -> Value:
    return scope.itself


def _literal_number(token: Any, scope: Scope) -> Value:
    return Decimal(str(token.value))


def _column(token: Any, scope: Scope) -> Value:
    return scope.column(str(token.value))


EVALUATE: Mapping[str, Callable[[Any, Any], Value]] = {
    **dict.fromkeys(("+", "-", "*", "div", "mod"), _arithmetic),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), _comparison),
    "and": _and,
    "or": _or,
    "(": _in_brackets,
    "$": _variable,
    ".": _itself,
    **dict.fromkeys(("(integer)", "(decimal)", "(float)"), _literal_number),
    "(name)": _column,
}
