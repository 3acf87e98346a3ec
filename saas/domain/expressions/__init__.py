"""Expressions of forms (表达式): XLSForm's, parsed by an XPath library, evaluated over answers with exact numbers."""

from saas.domain.expressions.parsing import (
    Expression,
    ExpressionError,
    compile_expression,
    looked_up,
    output_references,
)
from saas.domain.expressions.values import NOT_A_NUMBER, Scope, Value, to_number, to_text, to_truth

__all__ = [
    "NOT_A_NUMBER",
    "Expression",
    "ExpressionError",
    "Scope",
    "Value",
    "compile_expression",
    "looked_up",
    "output_references",
    "to_number",
    "to_text",
    "to_truth",
]
