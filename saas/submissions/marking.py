"""Marking what looks odd in a report (疑点) when it is handed in. A mark never stands against handing in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.db import local_clock
from saas.domain.fields import Field, FormDefinition, iter_fields
from saas.domain.quality import Figures, Mark, MarkKind, comparable, figure_fields, figures, marks_of
from saas.forms.definitions import definition_of_version
from saas.local import plain_number
from saas.submissions.defining import definition_of
from saas.submissions.earlier import Filed, load_versions, reports_beside
from saas.submissions.models import Submission

MAX_EXPLANATION = 200
ALL = "*"  # the key under which all marks are explained at once


def find_marks(submission: Submission) -> tuple[Mark, ...]:
    """What looks odd in the stored answers now. One statement; none for a form without figures."""
    definition = definition_of(submission)
    fields = figure_fields(definition)
    if not fields:
        return marks_of(definition, submission.answers, now=local_clock())
    before, beside = reports_beside(submission)
    counted = counted_fields(fields, submission.form_version_id, [*before, *beside])
    past, peers = figures_of(counted, before), figures_of(counted, beside)
    return marks_of(definition, submission.answers, past, peers, now=local_clock())


def freeze_marks(submission: Submission, explanations: Mapping[str, str], marks: Sequence[Mark] | None = None) -> None:
    """Keep the marks with the report as it is handed in, each with what the unit says to it.

    `marks` where they were found together with those of other units.
    """
    said = {key_of(kept["kind"], kept["path"]): kept["explanation"] for kept in submission.marks} | dict(explanations)
    submission.marks = [
        {
            "path": mark.path,
            "kind": mark.kind.value,
            "facts": dict(mark.facts),
            "explanation": explanation_of(key_of(mark.kind, mark.path), said),
        }
        for mark in (find_marks(submission) if marks is None else marks)
    ]


def explanation_of(key: str, said: Mapping[str, str]) -> str:
    """What is said to a mark: to itself, or to all that nobody explained by themselves (统一说明)."""
    return (said.get(key, "").strip() or said.get(ALL, "").strip())[:MAX_EXPLANATION]


def key_of(kind: str, path: str) -> str:
    """The name under which a mark is explained: the same when the report is handed in again."""
    return f"{kind}:{path}"


def counted_fields(fields: Mapping[str, Field], own: uuid.UUID, filed: Sequence[Filed]) -> Counted:
    """Which figures of each version of the form may be compared with those of one. Others cost one statement."""
    others = {each.form_version_id for each in filed} - {own}
    versions = load_versions(others) if others else ()
    return {own: fields} | {each.id: comparable(fields, definition_of_version(each)) for each in versions}


Counted = Mapping[uuid.UUID, Mapping[str, Field]]


def figures_of(counted: Counted, filed: Sequence[Filed]) -> list[Figures]:
    """The figures of reports that may be compared."""
    return [figures(counted[each.form_version_id], each.answers) for each in filed]


# --- in words -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A mark as a page shows it."""

    key: str
    path: str
    label: str  # of the question, "" for the whole report
    words: str
    explanation: str


def show_found(form: FormDefinition, marks: Sequence[Mark], submission: Submission) -> list[ShownMark]:
    """Marks before handing in, with what was said to them the last time."""
    said = {key_of(kept["kind"], kept["path"]): kept["explanation"] for kept in submission.marks}
    return [_shown(form, mark, said.get(key_of(mark.kind, mark.path), "")) for mark in marks]


def show_frozen(form: FormDefinition, kept: Sequence[Mapping[str, Any]]) -> list[ShownMark]:
    """Marks as they were kept with the report."""
    return [
        _shown(form, Mark(each["path"], MarkKind(each["kind"]), each["facts"]), each["explanation"]) for each in kept
    ]


def _shown(form: FormDefinition, mark: Mark, explanation: str) -> ShownMark:
    fields = dict(iter_fields(form))
    path = mark.facts["at"] if mark.kind is MarkKind.CHECK else mark.path
    pattern, number = _without_rows(path)
    item = fields.get(pattern)
    label = item.label if item else ""
    if number:
        label = str(gettext("%(label)s（第 %(number)s 行）", label=label, number=number))
    words = mark_words(mark.kind, mark.facts, item.measure if item else "")
    return ShownMark(key_of(mark.kind, mark.path), path, label, words, explanation)


def _without_rows(path: str) -> tuple[str, int]:
    """The path of the question in the form, and the row it stands in, counted from 1; 0 outside of repeats."""
    head, opening, rest = path.rpartition("[")
    if not opening:
        return path, 0
    number, _, tail = rest.partition("]")
    return _without_rows(head)[0] + "[]" + tail, int(number) + 1


def mark_words(kind: MarkKind, facts: Mapping[str, str], measure: str = "") -> str:
    """What a mark says to a person."""
    if kind is MarkKind.CHECK:
        return facts["said"]
    shown = {key: plain_number(Decimal(value)) for key, value in facts.items()}
    if kind is MarkKind.EXPECTED:
        return str(_RANGES["low" in facts, "high" in facts]) % shown
    if kind is MarkKind.SCALE:
        times = Decimal(facts["times"])
        shown["factor"] = plain_number(times if times >= 1 else 1 / times)
        words = _SCALES["peers" in facts, times >= 1]
        return str(words) % shown + (str(_l("：%(measure)s")) % {"measure": measure} if measure else "")
    return str(_WORDS[kind]) % shown


_WORDS = {
    MarkKind.HISTORY: _l("超出本单位前 %(count)s 期的范围（%(low)s 至 %(high)s）"),
    MarkKind.OUTLIER: _l("与本单位前 %(count)s 期相差很大（多在 %(middle)s 上下）"),
    MarkKind.PEERS: _l("与 %(count)s 个同类单位相差很大（多在 %(middle)s 上下）"),
    MarkKind.SAME: _l("所填的 %(count)s 个数与上期完全相同"),
}
_RANGES = {  # by whether there is a lower and an upper limit
    (True, True): _l("不在常见范围 %(low)s 至 %(high)s 内"),
    (True, False): _l("低于常见的下限 %(low)s"),
    (False, True): _l("高于常见的上限 %(high)s"),
}
_SCALES = {  # by whether peers are compared with, and whether the figure is the larger one
    (False, True): _l("约为往期（%(middle)s 上下）的 %(factor)s 倍，请核对计量单位"),
    (False, False): _l("约为往期（%(middle)s 上下）的 %(factor)s 分之一，请核对计量单位"),
    (True, True): _l("约为 %(peers)s 个同类单位（%(middle)s 上下）的 %(factor)s 倍，请核对计量单位"),
    (True, False): _l("约为 %(peers)s 个同类单位（%(middle)s 上下）的 %(factor)s 分之一，请核对计量单位"),
}
