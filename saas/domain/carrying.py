"""Carrying answers over from one version of a form to another (答案转入新版): what stays, and what is lost.

An answer goes where its field went. What the new version could not take as an answer, or would understand differently,
is not carried: it is listed with what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from saas.domain.answers import NOT_APPLICABLE_SUFFIX, Answers, Parsed, raw_from_answers
from saas.domain.compatibility import Pair, compare_forms, match_fields
from saas.domain.fields import SELECTS, FormDefinition, asked_path, iter_fields
from saas.domain.filed import answer_rows

_ROW = re.compile(r"\[[0-9]+\]")
Raw = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that the new version does not take: its question, and what stood there."""

    path: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Answers in the new version, and what was lost on the way."""

    answers: Answers
    lost: tuple[Lost, ...] = ()


def carry_over(
    old: FormDefinition, new: FormDefinition, answers: Mapping[str, Any], parse: Callable[[Raw], Parsed]
) -> Carried:
    """Return the answers of `old` as answers of `new`. `parse` reads what was typed as a draft of the new version."""
    pairs, typed, went = _carried_pairs(old, new), Raw(), dict[str, str]()
    raw = raw_from_answers(old, dict(answers))
    lost = set[str]()
    for path, texts in raw.items():
        name = path.removesuffix(NOT_APPLICABLE_SUFFIX)
        pair = pairs.get(asked_path(name))
        kept = _still_offered(pair, texts) if pair is not None else []
        if kept != texts:
            lost.add(name)
        if pair is not None and kept:
            went[name] = _with_rows(pair.new_path, name)
            typed[went[name] + path.removeprefix(name)] = kept
    parsed = parse(typed)
    lost |= {name for name, target in went.items() if target in parsed.errors}
    asked = {path for path, item in iter_fields(old) if item.is_asked and not item.read_only}
    rows = [row for row in answer_rows(old, dict(answers)) if row.path in lost and asked_path(row.path) in asked]
    return Carried(parsed.answers, tuple(Lost(row.path, row.label, row.text) for row in rows))


def _carried_pairs(old: FormDefinition, new: FormDefinition) -> dict[str, Pair]:
    """Where the answers of the old version go, by their path there."""
    anew = {finding.path for finding in compare_forms(old, new) if finding.is_asked_anew}
    return {pair.old_path: pair for pair in match_fields(old, new) if pair.new_path not in anew}


def _still_offered(pair: Pair, texts: list[str]) -> list[str]:
    if pair.new.type not in SELECTS or pair.new.choices_from:
        return texts
    offered = {choice.name for choice in pair.new.choices}
    return [text for text in texts if text in offered]


def _with_rows(pattern: str, name: str) -> str:
    """The path in the new version with the row numbers of the old one: `homes[].people` of `houses[2].number`."""
    rows = iter(_ROW.findall(name))
    return re.sub(r"\[\]", lambda _: next(rows), pattern)
