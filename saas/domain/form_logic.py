"""What the expressions of a form mean to its answers (跳转、校验、计算): pure, the same for page, workbook and import.

`FormLogic` looks at answers by their path (`pool.emptied`, `homes[0].photo`) and says of each field whether it is
asked (`relevant`), what it amounts to (`calculation`), whether it must be answered (`required`), whether its answer
holds (`constraint`) and which choices it has (`choice_filter`). The meaning is XLSForm's: what is not relevant has no
answer for anybody else; a constraint is asked only of an answer that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from saas.domain.begun import NOTHING_BEGUN, Begun
from saas.domain.expressions import Value, output_references, to_number, to_text, to_truth
from saas.domain.fields import Choice, Field, FieldType, FormDefinition
from saas.domain.fields.checking import Spot, compiled, inner_repeat, list_spots, resolve, spots_by_name
from saas.domain.form_values import as_answer, as_value
from saas.domain.values import Refused, parse_value, row_choice

_MOST_PARSED = 20_000  # texts whose meaning a shape remembers
Rows = Mapping[str, Sequence[int]]  # the numbers of the rows of each repeat, by its path


class FormShape:
    """What of a form is the same whatever was answered. Whoever looks at many answers to one form makes it once."""

    def __init__(self, form: FormDefinition) -> None:
        self.form = form  # its fields are known by their ids, so it must live as long as this
        spots = list_spots(form)
        self.known = spots_by_name(spots)
        self.spots = {id(spot.field): spot for spot in spots}
        self.has_expressions = any(_uses_expressions(spot.field) for spot in spots)
        self.proven: Mapping[int, list[Field]] = _proven(spots)
        self._parsed: dict[tuple[int, str], Any] = {}

    def parsed(self, item: Field, typed: Sequence[str]) -> Any:
        """What `parse_value` makes of a text; of many answers most say what others have said before."""
        if len(typed) != 1:
            return parse_value(item, typed)
        key = id(item), typed[0]
        if key not in self._parsed:
            value = parse_value(item, typed)
            if len(self._parsed) >= _MOST_PARSED:
                return value
            self._parsed[key] = value
        return self._parsed[key]


class FormLogic:
    """A form with answers: ask it about any field at its path. Every value is computed once."""

    def __init__(
        self,
        form: FormDefinition | FormShape,
        answers: Mapping[str, Any],
        rows: Rows,
        now: datetime,
        begun: Begun = NOTHING_BEGUN,
    ) -> None:
        """`answers` by path, sound ones only; `now` on the county's clock, without a zone; `begun`: what was fixed."""
        self.now, self.begun = now, begun
        self._answers, self._rows = answers, rows
        shape = form if isinstance(form, FormShape) else FormShape(form)
        self._known, self._spots = shape.known, shape.spots
        self._values: dict[str, Value] = {}
        self._relevant: dict[str, bool] = {}
        self._offered: dict[tuple[object, ...], tuple[Choice, ...]] = {}
        self._has_expressions, self._proven = shape.has_expressions, shape.proven

    def is_relevant(self, item: Field, path: str) -> bool:
        """Whether a field is asked: its own condition holds and those of its groups and rows."""
        if not self._has_expressions:
            return True
        known = self._relevant.get(path)
        if known is None:
            spot = self._spots[id(item)]
            parent = _parent_path(path)
            is_inside = not spot.chain or self.is_relevant(spot.chain[-1], parent)
            known = self._relevant[path] = is_inside and self._holds(item, "relevant", path, default=True)
        return known

    def is_required(self, item: Field, path: str) -> bool:
        """Whether a field must be answered here; what proves an answer must be there with it."""
        return item.required or self._holds(item, "required_if", path, default=False) or bool(self.proves(item, path))

    def proves(self, item: Field, path: str) -> list[Field]:
        """The fields beside whose answers it has to prove (佐证): they say more than 0, no or not applicable."""
        asking = self._proven.get(id(item))
        if not asking:
            return []
        prefix = path[: len(path) - len(item.name)]
        return [each for each in asking if calls_for_evidence(self.value_at(each, prefix + each.name))]

    def breaks_constraint(self, item: Field, path: str) -> bool:
        """Whether the answer that is there does not hold."""
        return not self._holds(item, "constraint", path, default=True)

    def calculated(self, item: Field, path: str) -> Any:
        """What a calculation amounts to, as the field's type stores it; None for nothing."""
        expression = compiled(item, "calculation")
        if expression is None or not self.is_relevant(item, path):
            return None
        kept = self.kept(item, path) if expression.draws_anew else ""
        if to_text(kept) != "":
            return as_answer(item, kept)
        return as_answer(item, expression.evaluate(_Here(self, self._spots[id(item)], path, is_computing=True)))

    def computes(self, item: Field, path: str) -> bool:
        """Whether the answer is computed here: a calculation, or the first value of what nobody types."""
        return bool(item.calculation) or (bool(item.initial) and item.is_fixed and path not in self._answers)

    def computed(self, item: Field, path: str) -> Any:
        """What an answer that is computed amounts to; None for nothing."""
        return self.calculated(item, path) if item.calculation else self.first_value(item, path)

    def first_value(self, item: Field, path: str) -> Any:
        """What a question begins with (初始值), asked at the moment or not; None for what is no answer to it."""
        expression = compiled(item, "initial")
        if expression is None:
            return None
        value = expression.evaluate(_Here(self, self._spots[id(item)], path))
        if isinstance(value, datetime):
            value = value.replace(microsecond=0) if item.type is not FieldType.DATE else value.date()
        try:
            return parse_value(item, [to_text(value)])
        except Refused:
            return None

    def kept(self, item: Field, path: str) -> Value:
        """What was fixed of an answer when the report or the row was begun; empty for nothing."""
        text = self.begun.values.get(path, "")
        try:
            return as_value(parse_value(item, [text])) if text else ""
        except Refused:
            return ""

    def choices_of(self, item: Field, path: str) -> tuple[Choice, ...]:
        """The choices that are offered here (级联选项)."""
        if item.chosen_by:
            return self._rows_to_choose(item, path)
        expression = compiled(item, "choice_filter")
        if expression is None:
            return item.choices
        spot = self._spots[id(item)]
        return tuple(c for c in item.choices if to_truth(expression.evaluate(_Here(self, spot, path, c))))

    def _rows_to_choose(self, item: Field, path: str) -> tuple[Choice, ...]:
        """The rows of a repeat as choices, called by one of their answers, each once; rows without it are none."""
        source = self.find(item.chosen_by, self._spots[id(item)])
        if source is None:
            return ()
        here = _Here(self, self._spots[id(item)], path)
        key = (id(item), *here.depends_on(source, item.choice_filter))
        known = self._offered.get(key)
        if known is None:
            known = self._offered[key] = tuple(self._chosen_rows(item, here, source).values())
        return known

    def _chosen_rows(self, item: Field, here: _Here, source: Spot) -> dict[str, Choice]:
        expression = compiled(item, "choice_filter")
        found: dict[str, Choice] = {}
        for place in here.every_row(source):
            name = row_choice(item, to_text(self.value_at(source.field, place)))
            if not name or name in found:
                continue
            if expression is None or to_truth(expression.evaluate(replace(here, row=(source, place)))):
                found[name] = Choice(name, name)
        return found

    def row_count(self, item: Field, path: str) -> int | None:
        """How many rows a repeat has by its `repeat_count`; None if everybody adds as many as needed."""
        expression = compiled(item, "repeat_count")
        if expression is None:
            return None
        number = to_number(expression.evaluate(_Here(self, self._spots[id(item)], path)))
        return 0 if number.is_nan() or number < 0 else min(int(number), item.row_limit)

    def worded(self, item: Field, key: str, path: str) -> str:
        """A label or a message with the answers that it shows in place of `${name}`."""
        text: str = getattr(item, key)
        names = output_references(text)
        if not names:
            return text
        here = _Here(self, self._spots[id(item)], path)
        for name in dict.fromkeys(names):
            text = text.replace("${" + name + "}", here.shown(name)).replace("${ " + name + " }", here.shown(name))
        return text

    def value_at(self, item: Field, path: str) -> Value:
        """The answer of a field as expressions see it; empty where it is not relevant or not there."""
        known = self._values.get(path)
        if known is None:
            self._values[path] = ""  # what needs itself finds nothing; the form's check has refused such circles
            if not self.is_relevant(item, path):
                known = ""
            elif self.computes(item, path):
                known = as_value(self.computed(item, path))
            else:
                known = as_value(self._answers.get(path))
            self._values[path] = known
        return known

    def find(self, name: str, spot: Spot) -> Spot | None:
        """The field that a name means where it is written."""
        return resolve(name, spot, self._known)

    def holder_of(self, source: str) -> Field | None:
        """A field that has its choices from this source."""
        return next((spot.field for spot in self._spots.values() if spot.field.choices_from == source), None)

    def rows_of(self, path: str) -> Sequence[int]:
        """The numbers of the rows of a repeat."""
        return self._rows.get(path, ())

    def _holds(self, item: Field, key: str, path: str, *, default: bool) -> bool:
        expression = compiled(item, key)
        return to_truth(expression.evaluate(_Here(self, self._spots[id(item)], path))) if expression else default


@dataclass(frozen=True, slots=True)
class _Here:
    """The place of a field, as its expressions see it (`saas.domain.expressions.Scope`)."""

    logic: FormLogic
    spot: Spot
    path: str
    choice: Choice | None = None
    row: tuple[Spot, str] | None = None  # of a repeat, while it is asked whether it is offered as a choice
    is_computing: bool = False  # the answer of the field itself
    _lots: Iterator[int] = field(default_factory=count)

    @property
    def itself(self) -> Value:
        if self.is_computing:
            return self.logic.kept(self.spot.field, self.path)
        return self.logic.value_at(self.spot.field, self.path)

    def draw(self) -> Value:
        return self.logic.begun.drawn(self.path, next(self._lots))

    @property
    def now(self) -> datetime:
        return self.logic.now

    @property
    def position(self) -> int:
        inner, _, rest = self.path.rpartition("[")
        if not inner:
            return 1
        numbers = list(self.logic.rows_of(inner))
        number = int(rest.partition("]")[0])
        return numbers.index(number) + 1 if number in numbers else len(numbers) + 1

    def value(self, name: str) -> Value:
        found = self.logic.find(name, self.spot)
        if found is None:
            return ""
        if self.row is not None and any(each is inner_repeat(self.row[0]) for each in found.chain):
            return _Here(self.logic, *self.row).value_of(found)
        return self.value_of(found)

    def value_of(self, found: Spot) -> Value:
        """The answer of a field, or its answers in every row."""
        paths, is_several = self._paths(found, self._shared_rows(found))
        if found.field.type is FieldType.REPEAT:
            return [Decimal(1) for path in paths for _ in self.logic.rows_of(path)]
        values = [self.logic.value_at(found.field, path) for path in paths]
        return values if is_several else (values[0] if values else "")

    def every_row(self, target: Spot) -> list[str]:
        """The places of a field in every row of its repeat, also where this field stands in one of them."""
        return self._paths(target, self._outer_rows(target))[0]

    def _outer_rows(self, target: Spot) -> dict[int, int]:
        """The rows that this field stands in together with the repeat of the target."""
        repeat = inner_repeat(target)
        return {depth: row for depth, row in self._shared_rows(target).items() if target.chain[depth] is not repeat}

    def depends_on(self, source: Spot, condition: str) -> tuple[object, ...]:
        """The rows of this field that decide which rows of the source it offers; its own place if that is unclear."""
        if "." in condition or "(" in condition:  # `.` and position(..), or a function that may look at the place
            return (self.path,)
        rows = self._outer_rows(source)
        for name in output_references(condition):
            target = self.logic.find(name, self.spot)
            if target is not None and not any(each is inner_repeat(source) for each in target.chain):
                rows |= self._shared_rows(target)
        return tuple(sorted(rows.items()))

    def _paths(self, target: Spot, shared: Mapping[int, int]) -> tuple[list[str], bool]:
        """The places of a field: in this row where both stand in it, else in every row."""
        paths, is_several = [""], False
        for depth, container in enumerate(target.chain):
            paths = [f"{path}.{container.name}" if path else container.name for path in paths]
            if container.type is not FieldType.REPEAT:
                continue
            if depth in shared:
                paths = [f"{path}[{shared[depth]}]" for path in paths]
            else:
                is_several = True
                paths = [f"{path}[{number}]" for path in paths for number in self.logic.rows_of(path)]
        name = target.field.name
        return [f"{path}.{name}" if path else name for path in paths], is_several

    def _shared_rows(self, target: Spot) -> dict[int, int]:
        """The rows that this field and the target stand in together, by depth."""
        found: dict[int, int] = {}
        steps = self.path.split(".")
        for depth, (mine, other) in enumerate(zip(self.spot.chain, target.chain, strict=False)):
            if mine is not other:
                break
            _, bracket, number = steps[depth].partition("[")
            if bracket:
                found[depth] = int(number.rstrip("]"))
        return found

    def row_value(self, name: str, places: Sequence[tuple[str, int]]) -> Value:
        found = self.logic.find(name, self.spot)
        spots = [(self.logic.find(repeat, self.spot), position) for repeat, position in places]
        asked = {id(spot.field): position for spot, position in spots if spot is not None}
        if found is None or not any(id(container) in asked for container in found.chain):
            return ""
        shared, path = self._shared_rows(found), ""
        for depth, container in enumerate(found.chain):
            path = f"{path}.{container.name}" if path else container.name
            if container.type is FieldType.REPEAT:
                numbers = list(self.logic.rows_of(path))
                position = asked.get(id(container), 0)
                row = numbers[position - 1] if 1 <= position <= len(numbers) else None
                row = shared.get(depth) if id(container) not in asked else row
                if row is None:
                    return ""
                path = f"{path}[{row}]"
        return self.logic.value_at(found.field, f"{path}.{found.field.name}")

    def column(self, name: str) -> str:
        if self.choice is None:
            return ""
        return {"name": self.choice.name, "label": self.choice.label}.get(name) or self.choice.columns.get(name, "")

    def listed(self, code: str) -> Sequence[Mapping[str, str]]:
        holder = self.logic.holder_of(f"list:{code}")
        return [{"name": each.name, "label": each.label, **each.columns} for each in holder.choices] if holder else []

    def label(self, field: str, choice: str) -> str:
        found = self.logic.find(field, self.spot)
        return found.field.label_of(choice) if found else choice

    def shown(self, name: str) -> str:
        """The answer of a field as people read it."""
        value = self.value(name)
        found = self.logic.find(name, self.spot)
        if found is not None and found.field.choices:
            return "、".join(found.field.label_of(part) for part in to_text(value).split())
        return to_text(value)


def calls_for_evidence(value: Value) -> bool:
    """Whether an answer is one that has to be proven: it is there, and is not 0, no or not applicable."""
    if isinstance(value, Decimal):
        return value != 0
    return to_text(value) not in {"", "0", "no", "na"}


def _proven(spots: Sequence[Spot]) -> dict[int, list[Field]]:
    """By the field that proves: the fields beside it that ask for it."""
    asking = [spot for spot in spots if spot.field.evidence]
    found: dict[int, list[Field]] = {}
    for spot in spots if asking else ():
        beside = [each.field for each in asking if each.field.evidence == spot.field.name and each.chain == spot.chain]
        if beside:
            found[id(spot.field)] = beside
    return found


def reacts_to_answers(form: FormDefinition) -> bool:
    """Whether what a form shows depends on what was answered, so that the page must look again after a change."""
    return any(_reacts(spot.field) for spot in list_spots(form))


def _reacts(item: Field) -> bool:
    shown = item.relevant or item.calculation or item.choice_filter or item.repeat_count or item.required_if
    return bool(shown or item.chosen_by or item.evidence or item.total or output_references(item.label))


def _uses_expressions(item: Field) -> bool:
    return bool(item.relevant or item.calculation or item.initial)


def _parent_path(path: str) -> str:
    """The path of the group or repeat that a field stands in, without the row."""
    parent = path.rpartition(".")[0]
    return parent.rpartition("[")[0] if parent.endswith("]") else parent
