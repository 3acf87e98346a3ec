"""Answers (填报内容): from what a browser posted to exact values, or to one message for each wrong field.

Empty (missing), 0 and “not applicable” (不适用) are three things all the way: None, Decimal(0), NOT_APPLICABLE.
What was typed is never changed and never lost: `Parsed.raw` is exactly what came in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from saas.domain.errors import Message, message
from saas.domain.fields import MAX_ROWS, Field, FieldType, FormDefinition, child_path
from saas.domain.values import Refused, Value, parse_value


class NotApplicable(Enum):
    """The answer “不适用”. One value, so that it can be told from None and from 0 everywhere."""

    NOT_APPLICABLE = "not_applicable"


NOT_APPLICABLE = NotApplicable.NOT_APPLICABLE
NOT_APPLICABLE_SUFFIX = ":na"  # of the input that declares it

Answer: TypeAlias = "Value | NotApplicable | None | dict[str, Any] | list[dict[str, Any]]"
Answers: TypeAlias = dict[str, Any]
Raw: TypeAlias = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of a post: the answers that are sound, the messages by field path, and what was typed."""

    answers: Answers
    errors: Mapping[str, Message] = field(default_factory=dict)
    raw: Raw = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether it may be submitted."""
        return not self.errors


def parse_answers(
    form: FormDefinition, raw: Raw, *, known: Mapping[str, str] | None = None, is_draft: bool = False
) -> Parsed:
    """Read what was posted for a form.

    `known` gives the values of read-only fields by path, as they would be typed; without one the default counts. A
    draft may leave required fields empty and rows unfilled; wrong values are reported all the same. Names that are not
    in the form are ignored. Only sound values are in the answers.
    """
    parsing = _Parsing(raw, known or {}, is_draft, {})
    answers = parsing.fields(form.fields, "")
    return Parsed(answers, parsing.errors, raw)


@dataclass(frozen=True, slots=True)
class _Parsing:
    raw: Raw
    known: Mapping[str, str]
    is_draft: bool
    errors: dict[str, Message]

    def fields(self, fields: Sequence[Field], parent: str) -> Answers:
        answers: Answers = {}
        for item in fields:
            path = child_path(parent, item.name)
            if item.type is FieldType.GROUP:
                answers[item.name] = self.fields(item.fields, path)
            elif item.type is FieldType.REPEAT:
                answers[item.name] = self.rows(item, path)
            elif item.is_question:
                answers[item.name] = self.question(item, path)
        return answers

    def rows(self, item: Field, path: str) -> list[Answers]:
        numbers = [number for number in row_numbers(self.raw, path) if not self.is_blank(path, number)]
        if len(numbers) > item.row_limit:
            text = "“{label}”最多填 {limit} 行"
            self.errors[path] = message("too_many_rows", text, label=item.label, limit=item.row_limit)
            return []
        if len(numbers) < item.min_count and not self.is_draft:
            text = "“{label}”至少填 {limit} 行"
            self.errors[path] = message("too_few_rows", text, label=item.label, limit=item.min_count)
        return [self.fields(item.fields, f"{path}[{number}]") for number in numbers]

    def is_blank(self, path: str, number: int) -> bool:
        prefix = f"{path}[{number}]."
        return not any(text.strip() for name, texts in self.raw.items() if name.startswith(prefix) for text in texts)

    def question(self, item: Field, path: str) -> Value | NotApplicable | None:
        if item.read_only:
            typed = [self.known.get(path, item.default)]
        elif item.not_applicable and any(self.raw.get(path + NOT_APPLICABLE_SUFFIX, ())):
            return NOT_APPLICABLE
        else:
            typed = list(self.raw.get(path, ()))
        try:
            value = parse_value(item, typed)
        except Refused as refused:
            self.errors[path] = refused.message
            return None
        if value is None and item.required and not self.is_draft:
            text = item.required_message or "请填写“{label}”"
            self.errors[path] = message("required", _literal(text, item.required_message), label=item.label)
        return value


def _literal(text: str, own: str) -> str:
    """Return a form's own sentence with its braces kept: it is not a pattern."""
    return text.replace("{", "{{").replace("}", "}}") if own else text


def row_numbers(raw: Raw, path: str) -> list[int]:
    """Return the numbers of the rows that were posted for a repeat, in order. Holes are allowed."""
    pattern = re.compile(re.escape(path) + r"\[([0-9]{1,4})\]\.")
    found = {int(match[1]) for name in raw if (match := pattern.match(name))}
    return sorted(found)[: MAX_ROWS * 2]


# --- storing -----------------------------------------------------------------------------------------------------

_STORED_NOT_APPLICABLE = {"not_applicable": True}


def canonical_answers(form: FormDefinition, answers: Answers) -> dict[str, Any]:
    """Return the answers as JSON-able content that is the same for equal answers: for storing and for the digest.

    Every question of the form appears, in the form's order. Numbers are text without superfluous zeros, days ISO text,
    missing is null, not applicable is {"not_applicable": true}.
    """
    return _canonical(form.fields, answers)


def _canonical(fields: Sequence[Field], answers: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for item in fields:
        answer = answers.get(item.name)
        if item.type is FieldType.GROUP:
            content[item.name] = _canonical(item.fields, answer or {})
        elif item.type is FieldType.REPEAT:
            content[item.name] = [_canonical(item.fields, row) for row in answer or []]
        elif item.is_question:
            content[item.name] = _store(answer)
    return content


def _store(answer: Value | NotApplicable | None) -> Any:
    if answer is NOT_APPLICABLE:
        return dict(_STORED_NOT_APPLICABLE)
    if isinstance(answer, tuple):
        return list(answer)
    if isinstance(answer, Decimal):
        return plain_number(answer)
    return answer.isoformat() if isinstance(answer, date) else answer


def plain_number(number: Decimal) -> str:
    """Return a number without exponent and without superfluous zeros: 12.50 → 12.5, 1E+2 → 100, -0 → 0."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def answers_from_stored(form: FormDefinition, stored: Mapping[str, Any]) -> Answers:
    """Return the answers that `canonical_answers` stored. Questions that were not stored are missing."""
    return _restore_fields(form.fields, stored)


def _restore_fields(fields: Sequence[Field], stored: Mapping[str, Any]) -> Answers:
    answers: Answers = {}
    for item in fields:
        value = stored.get(item.name)
        if item.type is FieldType.GROUP:
            answers[item.name] = _restore_fields(item.fields, value or {})
        elif item.type is FieldType.REPEAT:
            answers[item.name] = [_restore_fields(item.fields, row) for row in value or []]
        elif item.is_question:
            answers[item.name] = _restore(item, value)
    return answers


def _restore(item: Field, value: Any) -> Value | NotApplicable | None:
    if value is None:
        return None
    if value == _STORED_NOT_APPLICABLE:
        return NOT_APPLICABLE
    if item.type is FieldType.INTEGER:
        return int(value)
    if item.type is FieldType.DECIMAL:
        return Decimal(value)
    if item.type is FieldType.DATE:
        return date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else str(value)


def raw_from_answers(form: FormDefinition, answers: Answers) -> dict[str, list[str]]:
    """Return the answers as a browser would post them, to fill the form again."""
    raw: dict[str, list[str]] = {}
    _type_fields(form.fields, answers, "", raw)
    return raw


def _type_fields(fields: Sequence[Field], answers: Mapping[str, Any], parent: str, raw: dict[str, list[str]]) -> None:
    for item in fields:
        path, answer = child_path(parent, item.name), answers.get(item.name)
        if item.type is FieldType.GROUP:
            _type_fields(item.fields, answer or {}, path, raw)
        elif item.type is FieldType.REPEAT:
            for number, row in enumerate(answer or []):
                _type_fields(item.fields, row, f"{path}[{number}]", raw)
        elif answer is NOT_APPLICABLE:
            raw[path + NOT_APPLICABLE_SUFFIX] = ["1"]
        elif answer is not None:
            stored = _store(answer)
            raw[path] = stored if isinstance(stored, list) else [str(stored)]


def initial_raw(form: FormDefinition, known: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Return what an empty form shows at first: what is known by path, else defaults, and a repeat's least rows."""
    raw: dict[str, list[str]] = {}
    _start_fields(form.fields, "", known or {}, raw)
    return raw


def _start_fields(fields: Sequence[Field], parent: str, known: Mapping[str, str], raw: dict[str, list[str]]) -> None:
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            _start_fields(item.fields, path, known, raw)
        elif item.type is FieldType.REPEAT:
            for number in range(item.min_count):
                _start_fields(item.fields, f"{path}[{number}]", known, raw)
        elif item.is_question:
            raw[path] = [known.get(path, item.default)]
