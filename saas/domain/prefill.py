"""Where the first value of a question comes from (预填): the words of the field key `prefill`. Pure grammar.

    attribute:CODE              an attribute of the unit, as it was on the period's last day
    unit:name | code | parent   the unit's name, its code, the name of its superior unit
    period:start | end | label  the period's first and last day, what it is called
    last, last:FIELD            the same question, or another one, in this collection's last report (结转)
    form:CODE.FIELD             the newest report of another form, of a period that ends no later than this one
    form:CODE.sum(FIELD)        a figure of all its reports of this period, added up; form:CODE.count(): how many came
    register:CODE.count[STATE]  records of a register that the unit keeps, as they are; also .opened and .closed
                                (within the period), .open (on its last day), .sum(FIELD)[STATE]

A report counts once it is handed in and until it is sent back. A source that says nothing leaves the question empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from saas.domain.errors import DomainError


class PrefillError(DomainError):
    """What is written under `prefill` is none of the sources."""

    code = "bad_prefill"


class SourceKind(StrEnum):
    """What kind of place a value comes from. Stored with the answers: never rename a value."""

    ATTRIBUTE = "attribute"
    UNIT = "unit"
    PERIOD = "period"
    LAST = "last"
    FORM = "form"
    REGISTER = "register"


class RegisterFigure(StrEnum):
    """What is counted of a register; `count` and `sum` also of reports."""

    COUNT = "count"  # records there are, in a state where one is named
    OPENED = "opened"  # opened within the period
    CLOSED = "closed"  # closed within the period
    OPEN = "open"  # not closed at the end of the period's last day
    SUM = "sum"  # of a figure of the records


UNIT_FACTS = ("name", "code", "parent")
PERIOD_FACTS = ("start", "end", "label")
ADVICE = (
    "写 attribute:属性、unit:name（code、parent）、period:start（end、label）、last、last:字段、form:表单.字段、"
    "form:表单.sum(字段)、form:表单.count()、register:台账.count[状态]（opened、closed、open、sum(字段)）之一"
)

_FIELD = r"[^\W\d_][\w-]*(?:\.[^\W\d_][\w-]*)*|_[\w-]+"
_ATTRIBUTE = re.compile(r"attribute:(?P<code>[A-Za-z][\w-]{0,63})")
_UNIT = re.compile(rf"unit:(?P<code>{'|'.join(UNIT_FACTS)})")
_PERIOD = re.compile(rf"period:(?P<code>{'|'.join(PERIOD_FACTS)})")
_LAST = re.compile(rf"last(?::(?P<path>{_FIELD}))?")
_FORM = re.compile(rf"form:(?P<code>[a-z][a-z0-9_]{{0,63}})\.(?P<path>{_FIELD})")
_REPORTS = re.compile(rf"form:(?P<code>[a-z][a-z0-9_]{{0,63}})\.(?P<figure>count|sum)\((?P<path>(?:{_FIELD})?)\)")
_REGISTER = re.compile(
    rf"register:(?P<code>[a-z][a-z0-9_]{{0,63}})\.(?P<figure>count|opened|closed|open|sum)"
    rf"(?:\((?P<path>{_FIELD})\))?(?:\[(?P<state>[\w-]{{1,64}})\])?"
)
_PATTERNS = (
    (SourceKind.ATTRIBUTE, _ATTRIBUTE),
    (SourceKind.UNIT, _UNIT),
    (SourceKind.PERIOD, _PERIOD),
    (SourceKind.LAST, _LAST),
    (SourceKind.FORM, _FORM),
    (SourceKind.FORM, _REPORTS),
    (SourceKind.REGISTER, _REGISTER),
)


@dataclass(frozen=True, slots=True)
class Prefill:
    """One source. `code` names the attribute, the fact, the form or the register; `path` a field there.

    A form without a `figure` is its newest report, with one all its reports within the period.
    """

    kind: SourceKind
    code: str = ""
    path: str = ""
    figure: RegisterFigure | None = None
    state: str = ""


def read_prefill(text: str) -> Prefill:
    """Return the source that a form's key `prefill` names. Raise PrefillError if it is none."""
    text = text.strip()
    for kind, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            return _source(kind, found, text)
    raise PrefillError("不认识的预填来源“{text}”", text=text)


def _source(kind: SourceKind, found: re.Match[str], text: str) -> Prefill:
    named = {key: value or "" for key, value in found.groupdict().items()}
    figure = RegisterFigure(named["figure"]) if named.get("figure") else None
    source = Prefill(kind, named.get("code", ""), named.get("path", ""), figure, named.get("state", ""))
    if figure is not None and (figure is RegisterFigure.SUM) is not bool(source.path):
        raise PrefillError("“{text}”里 sum 要写字段，其他的不写字段", text=text)
    if source.state and figure not in {RegisterFigure.COUNT, RegisterFigure.SUM}:
        raise PrefillError("“{text}”里只有 count 和 sum 可以写状态", text=text)
    return source
