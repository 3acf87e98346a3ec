"""One unit's rows of a workbook held against the form and against what is there.

An empty cell is no answer, 0 is 0, 不适用 is neither. What is missing before a report may be handed in is a hint, not a
mistake: a draft may wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from saas.domain.answers import (
    NOT_APPLICABLE,
    NOT_APPLICABLE_SUFFIX,
    Answers,
    answers_from_stored,
    canonical_answers,
    parse_answers,
    plain_answer,
)
from saas.domain.errors import Message, message
from saas.domain.fields import FILES, Field, FieldType, FormDefinition, iter_fields
from saas.domain.fields.checking import compiled
from saas.domain.filed import shown_answer
from saas.domain.form_logic import FormShape
from saas.forms.once import begun_in_stored
from saas.imports.handlers import Difference, RowCheck, RowState
from saas.spreadsheets.columns import Column, Value
from saas.spreadsheets.tables import TableRow
from saas.submissions import queries
from saas.submissions.prefilling import Sources, origins_from
from saas.submissions.tables.layout import outer_of
from saas.submissions.tables.nesting import RowPlaces, kept_in_rows, without_rows
from saas.submissions.tables.reading import FormTable
from saas.submissions.tables.scope import TableScope, TableUnit
from saas.submissions.tables.words import answer_of, inner_rows

INCOMPLETE: Final = frozenset({"required", "too_few_rows", "wrong_rows"})  # what only stands against handing in
ROW = ""  # the column of what is said about a whole row


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written for one unit. `definition` is that of its own version."""

    scope: TableScope
    unit: TableUnit
    definition: FormDefinition
    answers: Mapping[str, Any]  # canonical
    is_handed_in: bool
    origins: Mapping[str, Any] = field(default_factory=dict)  # of pre-filled answers, for a report that is begun


@dataclass(slots=True)
class Entry:
    """The rows of one unit: its own, if the file has one, and those of its repeats in their order."""

    unit: TableUnit
    row: TableRow | None = None
    inner: dict[str, list[TableRow]] = field(default_factory=dict)

    @property
    def first(self) -> TableRow:
        return self.row or next(rows[0] for rows in self.inner.values() if rows)


@dataclass(frozen=True)
class File:
    """One file for one table, with what is the same for all of its units."""

    table: FormTable
    scope: TableScope
    hands_in: bool
    now: datetime

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns of questions."""
        return [each for each in self.table.columns if not each.name.startswith("@")]

    @cached_property
    def present(self) -> frozenset[str]:
        """The names of the columns that the file has."""
        return frozenset(name for place in self.table.places.values() for name in place.columns)


def says_something(row: TableRow) -> bool:
    """Whether anything stands in the cells of the questions."""
    return bool(row.errors or row.cleared or row.not_applicable) or any(
        value not in (None, ()) for name, value in row.values.items() if not name.startswith("@")
    )


class FormInFile:
    """One version of a form against the columns of a file."""

    def __init__(self, definition: FormDefinition, file: File) -> None:
        self.definition, self.shape = definition, FormShape(definition)
        self.items: dict[str, Field] = dict(iter_fields(definition))
        self.has_first_values = any(item.default or item.prefill for item in self.items.values())
        self.has_conditions = any(item.relevant for item in self.items.values())
        present = [each.name for each in file.columns if each.name in file.present]
        self.main = [name for name in present if "[]" not in name]
        self.read = {name for name in present if name in self.items}
        self.inner = {
            path: [name for name in present if outer_of(name) == path] for path in set(file.table.repeat_of.values())
        }
        self.outside = {
            path
            for path, item in self.items.items()
            if item.is_question and not item.calculation and path not in self.read
        }
        self.shown = [(self.items[name], name.split(".")) for name in self.main if name in self.items]
        repeats = [path for path, item in self.items.items() if item.type is FieldType.REPEAT]
        self.read_repeats = [path for path in repeats if file.table.has_repeat(path)]
        self.keeps = bool(self.outside) or len(self.read_repeats) < len(repeats)

    def kept(self, raw: Mapping[str, list[str]], places: RowPlaces) -> dict[str, list[str]]:
        """Of what is there, what the file does not speak of."""
        kept = kept_in_rows(raw, places, self.read_repeats, self.read)
        for path, texts in raw.items():
            if path.removesuffix(NOT_APPLICABLE_SUFFIX) in self.outside:
                kept[path] = texts
        return kept

    def files_in_rows(self, raw: Mapping[str, list[str]]) -> int:
        """How many photos and files stand in rows of repeats."""
        files = {path for path, item in self.items.items() if item.type in FILES and "[]" in path}
        return sum(len(texts) for path, texts in raw.items() if without_rows(path) in files) if files else 0


class Judged:
    """One unit's rows held against the form and against what is there."""

    def __init__(self, file: File, form: FormInFile, entry: Entry, sources: Sources | None) -> None:
        self.sources = sources
        self.file, self.form, self.entry, self.unit = file, form, entry, entry.unit
        self.errors: dict[tuple[str, int], dict[str, Message]] = {}
        self.hints: dict[str, Message] = {}
        self.typed: list[tuple[str, str, TableRow]] = []  # path, column, row: what has an answer in the file
        self.canonical: dict[str, Any] = {}
        self.answers: Answers = {}
        self.places = RowPlaces(entry.inner, form.read_repeats, self.raw_before)

    def judge(self) -> None:
        raw = self.raw()
        known = self.sources.known() if self.sources else queries.known_values(self.unit.unit)
        form = self.form
        begun = begun_in_stored(form.definition, self.same_rows())
        parsed = parse_answers(form.definition, raw, known=known, now=self.file.now, shape=form.shape, begun=begun)
        self.answers = parsed.answers
        for path, said in sorted(parsed.errors.items(), key=lambda pair: pair[1].code == "constraint"):
            self.say(path, said)
        if self.form.has_conditions:
            self.refuse_not_asked(parsed.errors)
        if self.sources:
            self.mention_followed(raw)
        self.canonical = canonical_answers(self.form.definition, self.answers)

    def same_rows(self) -> dict[str, Any]:
        """What is stored, without the repeats of which the file has more or fewer rows: their rows begin anew."""
        stored = self.unit.filed.answers if self.unit.filed else {}
        inner = self.entry.inner
        changed = {
            path.partition("[]")[0] for path, rows in inner.items() if len(rows) != len(inner_rows(stored, path))
        }
        return {name: each for name, each in stored.items() if name not in changed}

    def raw(self) -> dict[str, list[str]]:
        """The answers as a browser would post them."""
        raw: dict[str, list[str]] = {}
        for row, name, said in self.places.errors:
            self.error(row, name, said)
        if self.form.keeps:
            before = self.raw_before()
            raw |= self.form.kept(before, self.places)
            self.mention_lost(before, raw)
        if self.entry.row is not None:
            self.take(self.entry.row, self.form.main, raw)
        elif self.unit.filed is not None:  # only its repeats are in the file
            raw |= {path: texts for path, texts in self.raw_before().items() if "[" not in path}
        for repeat, rows in self.entry.inner.items():
            for row in rows:
                place = self.places.of(row)
                if place is not None:
                    self.take(row, self.form.inner[repeat], raw, place)
        return raw

    def mention_lost(self, before: Mapping[str, list[str]], kept: Mapping[str, list[str]]) -> None:
        """Photos cannot stand in a workbook: whoever takes a row out should know that they go with it."""
        lost = self.form.files_in_rows(before) - self.form.files_in_rows(kept)
        if lost:
            self.hint(ROW, message("files_lost", "有 {n} 张照片或文件会随去掉的行一起去掉", n=lost))

    def raw_before(self) -> dict[str, list[str]]:
        return self.file.scope.shown_raw(self.unit, self.sources)

    def take(self, row: TableRow, names: Sequence[str], raw: dict[str, list[str]], place: str = "") -> None:
        for name in names:
            path = f"{place}.{name.rpartition('[].')[2]}" if place else name
            if name in row.errors:
                self.error(row, name, row.errors[name])
            elif name in row.not_applicable:
                raw[f"{path}{NOT_APPLICABLE_SUFFIX}"] = ["1"]
                self.typed.append((path, name, row))
            elif (value := row.values.get(name)) is not None and value != ():
                if name not in self.form.items:
                    said = message("not_in_version", "本单位的草稿所用的表单版本没有这一项，请清空")
                    self.error(row, name, said)
                    continue
                raw[path] = typed_texts(value)
                self.typed.append((path, name, row))

    def say(self, path: str, said: Message) -> None:
        """Put what the form says beside the cell that it is about, or beside the row."""
        name, row = self.place_of(path)
        if said.code in INCOMPLETE:
            if row is self.entry.first or name == ROW:
                self.hint(name, said)
            else:
                self.hint(
                    ROW, message("inner_hint", "{sheet}第 {n} 行：{said}", sheet=row.sheet, n=row.number, said=said)
                )
        elif name not in self.errors.get((row.sheet, row.number), {}) and not self.follows(said, path, row):
            self.error(row, name, said)

    def follows(self, said: Message, path: str, row: TableRow) -> bool:
        """Whether a rule may be broken only because a cell that it looks at could not be read: that one is told."""
        wrong = {name.rpartition(".")[2] for name in self.errors.get((row.sheet, row.number), ())}
        expression = compiled(self.form.items[without_rows(path)], "constraint") if said.code == "constraint" else None
        return expression is not None and not wrong.isdisjoint(expression.names)

    def place_of(self, path: str) -> tuple[str, TableRow]:
        row = self.places.row_at(path) or self.entry.first
        column = without_rows(path)
        return (column if column in self.file.table.places[row.sheet].columns else ROW), row

    def refuse_not_asked(self, errors: Mapping[str, Message]) -> None:
        """An answer to a question that the other answers leave out is a contradiction: nobody would see it vanish."""
        for path, name, row in self.typed:
            item = self.form.items[name]
            if path in errors or item.calculation or item.read_only or self.answer(path) is not None:
                continue
            said = "按本行其他内容，“{label}”不用填：请清空，或改正前面的内容"
            self.error(row, name, message("not_asked", said, label=item.label))

    def mention_followed(self, raw: Mapping[str, Sequence[str]]) -> None:
        """What follows its source is not changed by a file, and nobody should think that it was."""
        for path, name, row in self.typed:
            answer = self.answer(path)
            if not self.form.items[name].read_only or row is not self.entry.first:
                continue
            if answer is None or plain_answer(answer) != " ".join(raw[path]):
                self.hint(name, message("followed", "这一项由系统带出（{now}），改动不会写入", now=answer or "空"))

    def answer(self, path: str) -> Any:
        return answer_of(self.answers, path)

    def error(self, row: TableRow, name: str, said: Message) -> None:
        _join(self.errors.setdefault((row.sheet, row.number), {}), name, said)

    def hint(self, name: str, said: Message) -> None:
        _join(self.hints, name, said)

    # --- against what is there --------------------------------------------------------------------------------------

    def of_unit(self, bad_inner: Sequence[TableRow]) -> RowCheck:
        """What becomes of the unit as a whole. It stands at its own row, or at the first row of its repeats."""
        first, unit = self.entry.first, self.unit
        before = unit.filed.answers if unit.filed is not None else None
        is_same = not self.errors and (
            before == self.canonical or (not unit.may_fill and self.says_nothing_new(before))
        )
        hands_in = self.file.hands_in and not self.hints and not self.errors and self.may_hand_in()
        if is_same and not hands_in:
            return RowCheck(first, unit.name, RowState.SAME)
        against = self.against()
        if against is not None and not self.errors and not is_same:
            self.error(first, ROW, against)
        errors = dict(self.errors.get((first.sheet, first.number), {}))
        if bad_inner and not errors:
            places = "、".join(f"{row.sheet}第 {row.number} 行" for row in bad_inner[:5])
            errors[ROW] = message("inner_bad", "本单位的其他行有错误（{places}），改正后一起写入", places=places)
        if errors:
            hints = {name: said for name, said in self.hints.items() if name not in errors}
            return RowCheck(first, unit.name, RowState.BAD, errors=errors, hints=hints)
        if against is not None:
            return RowCheck(first, unit.name, RowState.SAME)
        return RowCheck(
            first,
            unit.name,
            RowState.CHANGED if unit.filed is not None else RowState.NEW,
            tuple(self.differences(before or {}, hands_in=hands_in)),
            plan=Plan(self.file.scope, unit, self.form.definition, self.canonical, hands_in, self.origins()),
            hints=self.hints,
        )

    def is_untouched(self) -> bool:
        """Whether nobody has added anything to what stood in the template of a report that was not begun."""
        unit, form = self.unit, self.form
        if unit.filed is not None or self.errors:
            return False
        if not form.has_first_values and form.items.keys().isdisjoint(unit.unit.attributes):
            return False
        first = self.file.scope.first_answers(unit)
        return all(answer_of(first, path) == self.answer(path) for path, _, _ in self.typed)

    def origins(self) -> Mapping[str, Any]:
        """Where the pre-filled answers of a report that is begun come from."""
        return origins_from(self.sources, self.sources.offers()) if self.sources and not self.unit.filed else {}

    def says_nothing_new(self, before: Mapping[str, Any] | None) -> bool:
        """Whether all that is in the file is there already. What is hidden from the viewer was not in the template."""
        old = answers_from_stored(self.form.definition, before) if before is not None else {}
        return all(answer_of(old, path) == self.answer(path) for path, _, _ in self.typed)

    def may_hand_in(self) -> bool:
        return self.unit.may_fill and self.file.scope.problem_of(self.unit) is None

    def against(self) -> Message | None:
        """Why nothing may be written for the unit, or None."""
        unit, scope = self.unit, self.file.scope
        if not unit.may_fill:
            return message("not_filler", "您不为“{unit}”填报，只能看", unit=unit.name)
        problem = scope.problem_of(unit)
        if problem is not None:
            return problem
        known = self.file.table.stamp.get(f"draft:{unit.unit.code}")
        is_ours = bool(self.file.table.stamp)
        if is_ours and unit.filed is not None and known != str(unit.filed.version):
            return message(
                "stale_draft",
                "下载模板以后，“{unit}”的草稿已在系统里改动。请重新下载模板，在最新内容上修改",
                unit=unit.name,
            )
        return None

    def differences(self, before: Mapping[str, Any], *, hands_in: bool) -> Iterator[Difference]:
        """What would change, by the columns of the file; the rows of a repeat by their number."""
        old = answers_from_stored(self.form.definition, before) if before else None
        for item, steps in self.form.shown:
            now = _at(self.answers, steps)
            was = _at(old, steps) if old is not None else None
            if was != now:
                yield Difference(item.label, _shown(item, was) if was is not None else "", _shown(item, now))
        for repeat in self.form.read_repeats:
            rows, earlier = inner_rows(self.canonical, repeat), inner_rows(before, repeat)
            if rows != earlier:
                count = len(earlier)
                yield Difference(self.form.items[repeat].label, f"{count} 条" if count else "", f"{len(rows)} 条")
        if hands_in:
            yield Difference("报送", "", "写入后直接报送")


def _at(answers: Mapping[str, Any], steps: Sequence[str]) -> Any:
    found: Any = answers
    for step in steps:
        found = found.get(step) if found is not None else None
    return found


def _join(messages: dict[str, Message], name: str, said: Message) -> None:
    if name in messages:
        said = message(said.code, "{first}；{second}", first=messages[name], second=said)
    messages[name] = said


def _shown(item: Field, answer: Any) -> str:
    if answer is None:
        return ""
    return "不适用" if answer is NOT_APPLICABLE else shown_answer(item, answer)


def typed_texts(value: Value) -> list[str]:
    """A value of a cell as a browser would post it."""
    if type(value) is int or type(value) is str:  # as nearly all of them are
        return [str(value)]
    match value:
        case bool():
            return ["OK"] if value else []
        case tuple():
            return list(value)
        case Decimal():
            return [f"{value:f}"]
        case date():
            return [value.isoformat()]
        case _:
            return [str(value)]
