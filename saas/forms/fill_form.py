"""A form as it is filled: a tree of plain nodes for `templates/forms/_fields.html`, from what was typed so far."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from saas.domain.answers import BEGUN_SUFFIX, NOT_APPLICABLE_SUFFIX, Raw, logic_of, plain_answer, row_numbers
from saas.domain.begun import NOTHING_BEGUN, Begun, fixes_values, keeps_first
from saas.domain.checklists import is_broken
from saas.domain.expressions.values import plain_number
from saas.domain.fields import FILES, NUMBERS, SILENT, Field, FieldType, FormDefinition, child_path
from saas.domain.first_values import with_new_rows
from saas.domain.form_logic import FormLogic
from saas.domain.form_totals import sum_of, totalled
from saas.forms.once import sealed

Known: TypeAlias = "Mapping[str, str] | None"

_KINDS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "integer",
    FieldType.DECIMAL: "decimal",
    FieldType.DATE: "date",
    FieldType.SELECT_ONE: "select_one",
    FieldType.SELECT_MULTIPLE: "select_multiple",
    FieldType.TIME: "time",
    FieldType.DATETIME: "datetime",
    FieldType.RANGE: "decimal",
    FieldType.RANK: "rank",
    FieldType.GEOPOINT: "text",
    FieldType.ACKNOWLEDGE: "acknowledge",
    FieldType.IMAGE: "image",
    FieldType.FILE: "file",
    FieldType.NOTE: "note",
}
LIVE = frozenset({"new", "new-front"})  # XLSForm: the photo is taken now, not chosen from the gallery
LONG_LIST = 30  # with more choices a single one is searched for


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands beside the fields: messages by path, remarks such as last period's answer, photos by path.

    `more_rows` says for which repeats an empty row is shown at the end. `origins` are where pre-filled answers came
    from, `questions` what a reviewer asked about an answer. What is fixed when the report is begun is carried along for
    `place`, the name of the report; `begun` is what was fixed so far.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    more_rows: frozenset[str] = frozenset()
    origins: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    place: str = ""
    begun: Begun = NOTHING_BEGUN


def field_id(path: str) -> str:
    """Return the HTML id of a field's input."""
    plain = "".join(letter if letter.isascii() else f"u{ord(letter):x}" for letter in path.lower())
    return "q-" + re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")


def fill_nodes(
    form: FormDefinition, raw: Raw, around: Surroundings | None = None, *, now: datetime, known: Known = None
) -> list[dict[str, Any]]:
    """Return the nodes of a form: questions, notes, groups and repeats with their rows, in order.

    What is not asked at the moment is left out; what was typed there is kept in nodes of kind `kept`. `now` is the
    county's clock and `known` what it knows of the unit, for the form's expressions.
    """
    around = around or Surroundings()
    raw, more = with_new_rows(form, raw, around.more_rows, now, known, around.begun)
    around = replace(around, more_rows=frozenset(more), place=around.place if fixes_values(form) else "")
    return _Filling(raw, around, logic_of(form, raw, now, known, around.begun)).nodes(form.fields, "")


@dataclass(frozen=True, slots=True)
class _Filling:
    raw: Raw
    around: Surroundings
    logic: FormLogic

    def nodes(self, fields: Sequence[Field], parent: str) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = []
        for item in fields:
            path = child_path(parent, item.name)
            if not self.logic.is_relevant(item, path):
                nodes += self.kept(item, path)
            elif item.type is FieldType.GROUP:
                nodes.append(self.box("group", item, path) | {"nodes": self.nodes(item.fields, path)})
            elif item.type is FieldType.REPEAT:
                nodes.append(self.repeat(item, path))
            else:
                nodes += self.carried(item, path) if self.around.place else []
                nodes += [self.question(item, path)] if item.type not in SILENT else []
        return nodes

    def carried(self, item: Field, path: str) -> list[dict[str, Any]]:
        """What was fixed of a question when the report or the row was begun: it goes with the page."""
        if not keeps_first(item):
            return []
        value = self.logic.computed(item, path) if self.logic.computes(item, path) else None
        text = plain_answer(value) if value is not None else self.around.begun.values.get(path, "")
        if not text and item.calculation:
            return []
        pairs = [(path + BEGUN_SUFFIX, sealed(self.around.place, path, text))]
        return [{"kind": "kept", "name": path, "pairs": pairs}]

    def kept(self, item: Field, path: str) -> list[dict[str, Any]]:
        """What was typed where nothing is asked now: it comes back when it is asked again."""
        typed = {
            name: texts
            for name, texts in self.raw.items()
            if name in {path, path + NOT_APPLICABLE_SUFFIX, path + BEGUN_SUFFIX}
            or name.startswith((path + ".", path + "["))
        }
        pairs = [(name, text) for name, texts in typed.items() for text in texts if text]
        return [{"kind": "kept", "name": path, "pairs": pairs}] if pairs else []

    def box(self, kind: str, item: Field, path: str) -> dict[str, Any]:
        label = self.logic.worded(item, "label", path)
        return {"kind": kind, "label": label, "hint": item.hint, "id": field_id(path), "name": path}

    def repeat(self, item: Field, path: str) -> dict[str, Any]:
        numbers, fixed = row_numbers(self.raw, path), self.logic.row_count(item, path)
        wanted = max(item.min_count, len(numbers) + (path in self.around.more_rows), fixed or 0)
        following = (numbers[-1] + 1) if numbers else 0
        numbers += [following + step for step in range(wanted - len(numbers))]
        rows = [
            {
                "title": f"{item.label} {place}",
                "id": field_id(f"{path}[{number}]"),
                "remove": f"{path}[{number}]" if fixed is None or place > fixed else "",
                "nodes": self.nodes(item.fields, f"{path}[{number}]"),
            }
            for place, number in enumerate(numbers, start=1)
        ]
        return self.box("repeat", item, path) | {
            "rows": rows,
            "columns": _columns(item),
            "totals": self.totals(item, path, numbers),
            "error": self.around.errors.get(path, ""),
            "can_add": fixed is None and len(rows) < item.row_limit,
        }

    def totals(self, item: Field, path: str, numbers: Sequence[int]) -> dict[str, tuple[str, str]]:
        """Label and sum of each column that has one, by its path inside a row, as typed so far."""
        found = {}
        for inner, column in totalled(item):
            total = sum_of([self.logic.value_at(column, f"{path}[{number}].{inner}") for number in numbers])
            text = "—" if total is None else f"{plain_number(total)} {column.measure}".strip()
            found[inner] = (column.label, text)
        return found

    def question(self, item: Field, path: str) -> dict[str, Any]:
        typed = self.typed(item, path)
        is_long = item.type is FieldType.TEXT and item.appearance == "multiline"
        several = item.type in {FieldType.SELECT_MULTIPLE, FieldType.RANK}
        choices = self.logic.choices_of(item, path)
        return {
            "kind": "odd" if item.mark else "long_text" if is_long else _KINDS[item.type],
            "name": path,
            "column": item.name,
            "id": field_id(path),
            "label": self.logic.worded(item, "label", path),
            "hint": _hint(item),
            "value": [part for text in typed for part in text.split()] if several else (typed[0] if typed else ""),
            "error": self.around.errors.get(path, ""),
            "note": self.around.notes.get(path, ""),
            "required": self.logic.is_required(item, path),
            "readonly": item.read_only or bool(item.calculation),
            "measure": item.measure,
            "choices": [(choice.name, choice.label) for choice in choices],
            "is_from_outside": bool(item.choices_from),
            "is_searched": item.type is FieldType.SELECT_ONE and len(choices) > LONG_LIST,
            "demand": item.demand.value,
            "is_broken": bool(item.demand) and is_broken(item.demand, typed[0] if typed else None),
            "sensitivity": item.sensitivity.value,
            "evidence": bool(item.evidence),
            "is_live": item.type is FieldType.IMAGE and item.appearance in LIVE,
            "origin": self.around.origins.get(path, ""),
            "questions": self.around.questions.get(path, ()),
            "max_length": item.max_length if item.type is FieldType.TEXT else None,
            "limits": {"maxlength": item.max_length} if item.type is FieldType.TEXT else {},
            "photos": list(self.around.photos.get(path, ())),
            "max_count": item.row_limit if item.type in FILES else None,
            "not_applicable": bool(self.raw.get(path + NOT_APPLICABLE_SUFFIX)) if item.not_applicable else None,
        }

    def typed(self, item: Field, path: str) -> list[str]:
        """What stands in the input: what was typed, or what the calculation amounts to at the moment."""
        if not self.logic.computes(item, path):
            return list(self.raw.get(path, ()))
        computed = self.logic.computed(item, path)
        return [] if computed is None else [plain_answer(computed)]


def _columns(item: Field) -> list[dict[str, Any]]:
    """The columns of a repeat that is shown as a table; none where it is not, or its rows hold more than questions."""
    shown = [each for each in item.fields if each.type not in SILENT and not each.mark]
    if item.appearance != "table" or not all(each.is_question for each in shown):
        return []
    return [
        {
            "name": each.name,
            "label": each.label,
            "is_required": each.required,
            "demand": each.demand.value,
            "sensitivity": each.sensitivity.value,
        }
        for each in shown
    ]


def _hint(item: Field) -> str:
    """Return the hint with the range that is taken, so that nobody has to find it out by a refusal."""
    if item.type not in NUMBERS or (item.minimum is None and item.maximum is None):
        return item.hint
    if item.minimum is not None and item.maximum is not None:
        limits = f"{item.minimum}–{item.maximum}"
    elif item.minimum is not None:
        limits = f"不小于 {item.minimum}"
    else:
        limits = f"不大于 {item.maximum}"
    return f"{item.hint}（{limits}）" if item.hint else limits
