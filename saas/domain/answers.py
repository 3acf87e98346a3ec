"""Answers (填报内容): from what a browser posted to exact values, or to one message for each wrong field.

Empty (missing), 0 and “not applicable” (不适用) are three things all the way: None, Decimal(0), NOT_APPLICABLE.
What was typed is never changed and never lost: `Parsed.raw` is exactly what came in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from saas.domain.begun import NOTHING_BEGUN, Begun
from saas.domain.errors import Message, message
from saas.domain.expressions.values import plain_number, to_text
from saas.domain.fields import MAX_ROWS, Field, FieldType, FormDefinition, child_path
from saas.domain.form_logic import FormLogic, FormShape
from saas.domain.values import Refused, Value, parse_value


class NotApplicable(Enum):
    """The answer “不适用”. One value, so that it can be told from None and from 0 everywhere."""

    NOT_APPLICABLE = "not_applicable"


NOT_APPLICABLE = NotApplicable.NOT_APPLICABLE
_NO_MOMENT = datetime(1970, 1, 1)
NOT_APPLICABLE_SUFFIX = ":na"  # of the input that declares it
BEGUN_SUFFIX = ":once"  # of the input that carries what was fixed when the report or the row was begun

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
    form: FormDefinition,
    raw: Raw,
    *,
    known: Mapping[str, str] | None = None,
    is_draft: bool = False,
    now: datetime | None = None,
    shape: FormShape | None = None,
    begun: Begun = NOTHING_BEGUN,
) -> Parsed:
    """Read what was posted for a form.

    `known` gives the values of read-only fields by path, as they would be typed; without one the default counts. A
    draft may leave required fields empty, rows unfilled and constraints broken, and keeps what is not asked at the
    moment; wrong values are reported all the same. Names that are not in the form are ignored. Only sound values are
    in the answers. `now` is the county's clock, for expressions that ask what day it is.
    `shape` is that of the form, if it was made already; `begun` what was fixed when the report was begun.
    """
    collected = _Collected(raw, known or {}, begun.values, read=shape.parsed if shape else parse_value)
    collected.fields(form.fields, "")
    logic = FormLogic(shape or form, collected.answers, collected.rows, now or _NO_MOMENT, begun)
    judged = _Judged(collected, logic, is_draft, {})
    answers = judged.fields(form.fields, "")
    return Parsed(answers, judged.errors, raw)


def logic_of(
    form: FormDefinition,
    raw: Raw,
    now: datetime,
    known: Mapping[str, str] | None = None,
    begun: Begun = NOTHING_BEGUN,
) -> FormLogic:
    """What the expressions of a form mean to what was typed so far: for showing it."""
    collected = _Collected(raw, known or {}, begun.values, keeps_blank_rows=True)
    collected.fields(form.fields, "")
    return FormLogic(form, collected.answers, collected.rows, now, begun)


@dataclass(slots=True)
class _Collected:
    """Every sound value by its path, every refusal by its path, and the numbers of the rows of each repeat."""

    raw: Raw
    known: Mapping[str, str]
    begun: Mapping[str, str] = field(default_factory=dict)
    keeps_blank_rows: bool = False
    read: Callable[[Field, Sequence[str]], Value | None] = parse_value
    answers: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, Message] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def fields(self, fields: Sequence[Field], parent: str) -> None:
        for item in fields:
            path = child_path(parent, item.name)
            if item.type is FieldType.GROUP:
                self.fields(item.fields, path)
            elif item.type is FieldType.REPEAT:
                numbers = row_numbers(self.raw, path)
                self.rows[path] = [each for each in numbers if self.keeps_blank_rows or not self.is_blank(path, each)]
                for number in self.rows[path]:
                    self.fields(item.fields, f"{path}[{number}]")
            elif item.is_question and not item.calculation:
                self.question(item, path)

    def is_blank(self, path: str, number: int) -> bool:
        prefix = f"{path}[{number}]."
        return not any(
            text.strip()
            for name, texts in self.raw.items()
            if name.startswith(prefix) and not name.endswith(BEGUN_SUFFIX)
            for text in texts
        )

    def question(self, item: Field, path: str) -> None:
        if item.is_fixed:
            if item.initial and path not in self.known and path not in self.begun:
                return  # its first value is computed with the others
            typed = [self.known.get(path, self.begun.get(path, "") if item.initial else item.default)]
        elif item.not_applicable and any(self.raw.get(path + NOT_APPLICABLE_SUFFIX, ())):
            self.answers[path] = NOT_APPLICABLE
            return
        else:
            typed = list(self.raw.get(path, ()))
        try:
            self.answers[path] = self.read(item, typed)
        except Refused as refused:
            self.refusals[path] = refused.message


@dataclass(frozen=True, slots=True)
class _Judged:
    """The answers as the form's expressions leave them, and what stands against handing them in."""

    collected: _Collected
    logic: FormLogic
    is_draft: bool
    errors: dict[str, Message]

    def fields(self, fields: Sequence[Field], parent: str) -> Answers:
        answers: Answers = {}
        for item in fields:
            path = child_path(parent, item.name)
            is_asked = self.logic.is_relevant(item, path)
            if item.type is FieldType.NOTE or (not is_asked and not self.is_draft):
                if item.type is not FieldType.NOTE:
                    answers[item.name] = _nothing(item)
                continue
            if item.type is FieldType.GROUP:
                answers[item.name] = self.fields(item.fields, path)
            elif item.type is FieldType.REPEAT:
                answers[item.name] = self.rows(item, path, is_asked=is_asked)
            else:
                answers[item.name] = self.question(item, path, is_asked=is_asked)
        return answers

    def rows(self, item: Field, path: str, *, is_asked: bool) -> list[Answers]:
        numbers = self.collected.rows.get(path, [])
        if len(numbers) > item.row_limit:
            text = "“{label}”最多填 {limit} 行"
            self.errors[path] = message("too_many_rows", text, label=item.label, limit=item.row_limit)
            return []
        wanted = self.logic.row_count(item, path)
        if not self.is_draft and wanted is not None and len(numbers) != wanted:
            text = "“{label}”应填 {wanted} 行，现填 {count} 行"
            self.errors[path] = message("wrong_rows", text, label=item.label, wanted=wanted, count=len(numbers))
        elif not self.is_draft and len(numbers) < item.min_count:
            text = "“{label}”至少填 {limit} 行"
            self.errors[path] = message("too_few_rows", text, label=item.label, limit=item.min_count)
        rows = [self.fields(item.fields, f"{path}[{number}]") for number in numbers]
        if not self.is_draft:
            for child in item.fields:
                if child.unique:
                    self.refuse_same(child, path, dict(zip(numbers, rows, strict=True)))
        return rows

    def refuse_same(self, child: Field, path: str, rows: Mapping[int, Answers]) -> None:
        """Say beside the later one of two rows that they have the same answer. Nothing and 不适用 are no answers."""
        seen: dict[Any, int] = {}
        for place, (number, row) in enumerate(rows.items(), start=1):
            answer = row.get(child.name)
            if answer is None or answer is NOT_APPLICABLE:
                continue
            first = seen.setdefault(answer, place)
            if first != place:
                said = message("same_row", "“{label}”与第 {first} 行相同", label=child.label, first=first)
                self.errors.setdefault(f"{path}[{number}].{child.name}", said)

    def question(self, item: Field, path: str, *, is_asked: bool) -> Value | NotApplicable | None:
        if self.logic.computes(item, path):
            return self.computed(item, path, is_asked=is_asked)
        if path in self.collected.refusals:
            if is_asked:
                self.errors[path] = self.collected.refusals[path]
            return None
        value: Value | NotApplicable | None = self.collected.answers.get(path)
        if self.is_draft or not is_asked:
            return value
        if value is None:
            if self.logic.is_required(item, path):
                self.lacks(item, path)
        elif value is not NOT_APPLICABLE:
            self.check(item, path, value)
        return value

    def computed(self, item: Field, path: str, *, is_asked: bool) -> Value | None:
        """What nobody types. A draft keeps what was fixed, also while it is not asked."""
        value: Value | None = self.logic.computed(item, path)
        if value is None and self.is_draft and not is_asked:
            return to_text(self.logic.kept(item, path)) or None
        return value

    def lacks(self, item: Field, path: str) -> None:
        """Say that an answer is missing; of what should prove another answer, say it beside both."""
        proven = self.logic.proves(item, path)
        text = item.required_message or ("请上传“{proven}”的佐证材料" if proven else "请填写“{label}”")
        names = "、".join(each.label for each in proven)
        self.errors[path] = message("required", _literal(text, item.required_message), label=item.label, proven=names)
        prefix = path[: len(path) - len(item.name)]
        for each in proven:
            text = "“{label}”需附佐证材料，请在“{evidence}”上传"
            said = message("no_evidence", text, label=each.label, evidence=item.label)
            self.errors.setdefault(prefix + each.name, said)

    def check(self, item: Field, path: str, value: Any) -> None:
        if item.choice_filter or item.chosen_by:
            offered = {choice.name for choice in self.logic.choices_of(item, path)}
            if not set(value if isinstance(value, tuple) else (value,)) <= offered:
                text = "“{label}”的选项与前面的回答不符，请重新选择"
                self.errors[path] = message("filtered_choice", text, label=item.label)
        if item.constraint and self.logic.breaks_constraint(item, path):
            own = self.logic.worded(item, "constraint_message", path)
            text = own or "“{label}”不符合要求：{rule}"
            self.errors[path] = message("constraint", _literal(text, own), label=item.label, rule=item.constraint)


def _nothing(item: Field) -> Any:
    """What a field holds that is not asked: no answer, no rows."""
    if item.type is FieldType.GROUP:
        return {child.name: _nothing(child) for child in item.fields if child.type is not FieldType.NOTE}
    return [] if item.type is FieldType.REPEAT else None


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


def plain_answer(answer: Value) -> str:
    """One answer as it would be typed."""
    stored = _store(answer)
    return " ".join(stored) if isinstance(stored, list) else str(stored)


def _store(answer: Value | NotApplicable | None) -> Any:
    if answer is None or type(answer) is int or type(answer) is str:  # as most of them are
        return answer
    if answer is NOT_APPLICABLE:
        return dict(_STORED_NOT_APPLICABLE)
    if isinstance(answer, tuple):
        return list(answer)
    if isinstance(answer, Decimal):
        return plain_number(answer)
    if isinstance(answer, time):
        return answer.isoformat("minutes" if not answer.second else "seconds")
    if isinstance(answer, datetime):
        return answer.isoformat("T", "minutes" if not answer.second else "seconds")
    return answer.isoformat() if isinstance(answer, date) else answer


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


_RESTORED: Mapping[FieldType, Callable[[str], Value]] = {
    FieldType.DECIMAL: Decimal,
    FieldType.RANGE: Decimal,
    FieldType.DATE: date.fromisoformat,
    FieldType.TIME: time.fromisoformat,
    FieldType.DATETIME: datetime.fromisoformat,
}


def _restore(item: Field, value: Any) -> Value | NotApplicable | None:
    if value is None:
        return None
    if value == _STORED_NOT_APPLICABLE:
        return NOT_APPLICABLE
    if item.type is FieldType.INTEGER:
        return int(value)
    reader = _RESTORED.get(item.type)
    if reader is not None:
        restored: Value = reader(value)
        return restored
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
    raw: dict[str, Sequence[str]] = {}
    begin_fields(form.fields, "", known or {}, raw)
    return {path: list(texts) for path, texts in raw.items()}


def begin_fields(fields: Sequence[Field], parent: str, known: Mapping[str, str], raw: dict[str, Sequence[str]]) -> None:
    """Put what some fields show at first into `raw`."""
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            begin_fields(item.fields, path, known, raw)
        elif item.type is FieldType.REPEAT:
            for number in range(item.min_count):
                begin_fields(item.fields, f"{path}[{number}]", known, raw)
        elif item.is_question:
            raw[path] = [known.get(path, item.default)]
