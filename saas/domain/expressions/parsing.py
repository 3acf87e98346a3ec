"""Reading an expression: XLSForm's `${name}` notation over XPath, refused where it could not be evaluated here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from elementpath.exceptions import ElementPathError
from elementpath.tdop import Parser
from elementpath.xpath1 import XPath1Parser

from saas.domain.errors import DomainError
from saas.domain.expressions import operators
from saas.domain.expressions.functions import FUNCTIONS, UNSUPPORTED, Function
from saas.domain.expressions.lots import LOTS
from saas.domain.expressions.values import Scope, Value

MAX_LENGTH, MAX_DEPTH = 4000, 60
ANY_NAME = "*"  # among the columns: they are not known where the expression is read
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_NAME = re.compile(r"[^\W\d][\w-]*")
_LITERALS = frozenset({"(string)"})
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_FUNCTION_PREFIX = "jr:choice-name"
_LOOKED_UP = re.compile(r"""pulldata\(\s*(["'])([\w.-]+?)(?:\.csv)?\1""")
_CALL = re.compile(r"(?<![\w$-])([A-Za-z][\w-]*)\s*\(")
_WORDS = frozenset({"and", "or", "div", "mod"})  # operators, before a bracket


class ExpressionError(DomainError):
    """An expression that cannot be read or is not supported; the message says what to do."""

    code = "bad_expression"


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names` are the fields that it refers to; `text` is what was written.

    `draws`: something is drawn by lot; `draws_anew`: outside of `once(..)`, so that each evaluation draws again.
    """

    text: str
    names: frozenset[str]
    _root: Any = field(repr=False, compare=False)
    draws: bool = False
    draws_anew: bool = False
    has_once: bool = False

    @property
    def keeps(self) -> bool:
        """Whether the first value is to be kept for the next evaluation."""
        return self.draws or self.has_once

    def evaluate(self, scope: Scope) -> Value:
        """Return the value where `scope` stands. Pure: the same scope gives the same value."""
        value: Value = self._root.evaluate(scope)
        return value


class _Parser(XPath1Parser):
    """XPath 1.0 with XLSForm's functions. Its tokens are its own: the library's parser stays as it is."""

    def parse(self, source: str) -> Any:
        """Read only: the library would also evaluate once, to find mistakes of types that our values do not have."""
        return Parser.parse(self, source)


def _token(base: type[Any], evaluate: Callable[[Any, Any], Value]) -> type[Any]:
    return type(base.__name__, (base,), {"evaluate": evaluate})


def _prepare() -> None:
    table = _Parser.symbol_table
    for symbol in operators.EVALUATE:
        table[symbol] = _token(table[symbol], operators.EVALUATE[symbol])
    for symbol, function in FUNCTIONS.items():
        if symbol in table:  # one of the library's own: ours counts
            table[symbol] = type(f"_{symbol}", (table[symbol],), {"nargs": function.arguments})
        else:
            _Parser.function(symbol, nargs=function.arguments)
        table[symbol] = _token(table[symbol], _calling(function))
    _Parser.build()


def _calling(function: Function) -> Callable[[Any, Any], Value]:
    if function.takes_tokens:
        return lambda token, scope: function.call(scope, *token)
    return lambda token, scope: function.call(scope, *(argument.evaluate(scope) for argument in token))


_prepare()


@lru_cache(maxsize=4096)
def compile_expression(text: str, columns: frozenset[str] = frozenset()) -> Expression:
    """Read an expression. Raise ExpressionError if it is none, is too long, or asks what is not supported here.

    `columns` are the bare names that a `choice_filter` may use: the columns of its list of choices. With `*` among
    them every name may be one.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError("表达式超过 {limit} 个字符", limit=MAX_LENGTH)
    names: set[str] = set()
    source = _with_variables(text, names)
    try:
        _refuse_unsupported(source)
        root = _Parser().parse(source)
    except (ElementPathError, RecursionError, ValueError, TypeError) as error:
        raise ExpressionError("表达式写得不对：{reason}", reason=_reason(error)) from None
    _check(root, 0, frozenset(names), columns)
    calls = frozenset(_calls(root, within_once=False))
    draws, draws_anew = bool(LOTS & {name for name, _ in calls}), any(name in LOTS and not kept for name, kept in calls)
    return Expression(text, frozenset(names), root, draws, draws_anew, any(name == "once" for name, _ in calls))


def _calls(token: Any, *, within_once: bool) -> Iterator[tuple[str, bool]]:
    """The functions that keep or draw, and whether each stands in `once(..)`."""
    if token.symbol in LOTS or token.symbol == "once":
        yield token.symbol, within_once
    if token.symbol != "$":
        for child in token:
            yield from _calls(child, within_once=within_once or token.symbol == "once")


def _refuse_unsupported(source: str) -> None:
    """Say of functions that other programs have what to do instead; what is no function of anybody is a mistake."""
    for word in _CALL.findall("".join(_QUOTED.split(source)[::2])):
        if word in UNSUPPORTED:
            raise ExpressionError("暂不支持函数“{word}”：{why}", word=word, why=UNSUPPORTED[word])
        if word not in FUNCTIONS and word not in _WORDS:
            raise ExpressionError("没有函数“{word}”", word=word)


def _with_variables(text: str, names: set[str]) -> str:
    """`${name}` as a variable of XPath. Inside quotes it stays what it is: a name given to a function."""
    parts = _QUOTED.split(text)
    for index in range(0, len(parts), 2):
        parts[index] = _REFERENCE.sub(lambda found: _variable(found[1], names), parts[index])
        parts[index] = parts[index].replace(_FUNCTION_PREFIX, "jr-choice-name")
    return "".join(parts)


def _variable(name: str, names: set[str]) -> str:
    if name.startswith("last-saved#"):
        raise ExpressionError("暂不支持“{name}”：上一份的值请用预填（last:字段）", name=name)
    if not _NAME.fullmatch(name):
        raise ExpressionError("字段名“{name}”不合规", name=name)
    names.add(name)
    return f" ${name} "  # apart from what stands beside it: a hyphen may be part of a name


def looked_up(text: str) -> frozenset[str]:
    """The codes of the shared lists in which an expression looks something up."""
    return frozenset(found[1] for found in _LOOKED_UP.findall(text))


def output_references(text: str) -> list[str]:
    """The names of the fields that a label shows: `${name}` in running text."""
    return _REFERENCE.findall(text)


def _check(token: Any, depth: int, names: frozenset[str], columns: frozenset[str]) -> None:
    """Refuse whatever is not in the lists of what can be evaluated here."""
    if depth > MAX_DEPTH:
        raise ExpressionError("表达式嵌套超过 {limit} 层", limit=MAX_DEPTH)
    symbol = token.symbol
    if symbol == "$" and token[0].value not in names:
        raise ExpressionError("引用字段请写成 ${{{word}}}", word=str(token[0].value))
    if symbol == "(name)" and (token.value in columns or ANY_NAME in columns):
        return
    if symbol == "(name)":
        text = "不认识“{word}”：引用字段请写成 ${{{word}}}，文字请加引号"
        raise ExpressionError(text, code="bare_name", word=str(token.value))
    if symbol not in _LITERALS and symbol not in operators.EVALUATE and symbol not in FUNCTIONS and symbol != "..":
        raise ExpressionError("暂不支持“{word}”：请用 ${{字段名}} 引用字段", word=symbol)
    if symbol != "$":  # what stands behind it is a name
        for child in token:
            _check(child, depth + 1, names, columns)


def _reason(error: Exception) -> str:
    text = str(error).rpartition("] ")[2] or str(error)
    return text[:120]
