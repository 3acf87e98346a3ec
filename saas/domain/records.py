"""Registers (台账): through which states a record goes, who moves it on, until when it is to be closed, what names it.

Read from and written to mappings; docs/registers.md describes the format. Days come in as arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from saas.domain.answers import NOT_APPLICABLE, Answers
from saas.domain.errors import FormatError, InvalidTransition
from saas.domain.fields import FILES, SILENT, Field, FieldType, FormDefinition, child_path
from saas.domain.filed import shown_answer
from saas.domain.form_memo import of_form
from saas.domain.masking import protected_fields
from saas.domain.periods import day_in_month, months_after
from saas.domain.reading import CODE, Reader, read, without_defaults
from saas.domain.working_days import WEEKDAYS, WorkCalendar, working_day_after

MAX_STATES, MAX_MOVES, MAX_DAYS, MAX_MONTHS = 20, 60, 3660, 120
TITLE_LENGTH = 60
_NAME = 20  # characters of the name of a state or of a move


class StateKind(StrEnum):
    """What a state means to lists and due dates. Stored in definitions: never rename a value."""

    OPEN = "open"  # 新登记，待办
    ACTIVE = "active"  # 办理中
    CLOSED = "closed"  # 已办结: nothing is due any more


class Who(StrEnum):
    """Who may move a record, besides roles. Stored in definitions: never rename a value."""

    KEEPER = "keeper"  # 登记单位的填报人
    RESPONSIBLE = "responsible"  # 责任单位、责任人
    SUPERIOR = "superior"  # 登记单位的上级


@dataclass(frozen=True, slots=True)
class DueRule:
    """Until when a record is to be closed (办结期限): so long after it was opened, or what a date says.

    Exactly one is given. A month after 31 January is the last day of February.
    """

    days: int | None = None
    working_days: int | None = None
    months: int | None = None
    field: str = ""  # the path of a date


@dataclass(frozen=True, slots=True)
class State:
    """A state of a record (状态). `due`: how long a record may stand in it (环节时限), whatever the whole may take."""

    code: str
    name: str
    kind: StateKind
    due: DueRule | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A step from one state to another (流转). `who`: members of Who, or codes of roles.

    `needs`: paths of the answers that must be there; `by_another`: not by the one who brought it into the state.
    """

    start: str
    end: str
    label: str
    who: tuple[str, ...] = (Who.KEEPER, Who.RESPONSIBLE)
    has_note: bool = False
    needs: tuple[str, ...] = ()
    by_another: bool = False


@dataclass(frozen=True, slots=True)
class States:
    """The states of a register, the first one being where records begin, and the moves between them."""

    states: tuple[State, ...]
    moves: tuple[Move, ...] = ()
    due: DueRule | None = None

    @property
    def initial(self) -> State:
        """Where a record begins."""
        return self.states[0]

    def state(self, code: str) -> State:
        """The state of a code; one that is not in the register any more counts as under way."""
        return next((each for each in self.states if each.code == code), State(code, code, StateKind.ACTIVE))

    def due_in(self, code: str) -> DueRule | None:
        """Until when a record in a state is to leave it, or else to be closed."""
        return self.state(code).due or self.due

    def follows_a_date(self, code: str) -> bool:
        """Whether a date of the form, and nobody else, says until when a record in a state is to be closed."""
        rule = self.due_in(code)
        return rule is not None and bool(rule.field)

    def codes(self, *kinds: StateKind) -> tuple[str, ...]:
        """The codes of the states of some kinds."""
        return tuple(each.code for each in self.states if each.kind in kinds)

    def moves_from(self, code: str) -> tuple[Move, ...]:
        """The moves that begin in a state, in the register's order."""
        return tuple(move for move in self.moves if move.start == code)


@dataclass(frozen=True, slots=True)
class Mover:
    """What somebody is to a record: one of its keepers, responsible for it, above its unit, in which roles."""

    is_keeper: bool = False
    is_responsible: bool = False
    is_superior: bool = False
    roles: Collection[str] = ()
    has_moved_last: bool = False  # brought it into the state in which it stands

    @property
    def works(self) -> bool:
        """Whether he works on the record: its keeper, or somebody who answers for it."""
        return self.is_keeper or self.is_responsible

    @property
    def may_assign(self) -> bool:
        """Whether he says who answers for the record (交办): those who work on it, and those above its unit."""
        return self.works or self.is_superior


def may_move(move: Move, mover: Mover) -> bool:
    """Whether a person may take a move, apart from what the record lacks."""
    if move.by_another and mover.has_moved_last:
        return False
    being = {Who.KEEPER: mover.is_keeper, Who.RESPONSIBLE: mover.is_responsible, Who.SUPERIOR: mover.is_superior}
    return any(being[Who(who)] if who in set(Who) else who in mover.roles for who in move.who)


def find_move(states: States, start: str, end: str) -> Move:
    """Return the move between two states, or raise InvalidTransition."""
    for move in states.moves_from(start):
        if move.end == end:
            return move
    raise InvalidTransition("不能从“{start}”转到“{end}”", start=states.state(start).name, end=states.state(end).name)


def missing_for(move: Move, form: FormDefinition, answers: Answers) -> tuple[str, ...]:
    """The labels of the answers that a move needs and that are not there."""
    fields = plain_fields(form)
    return tuple(fields[path].label for path in move.needs if path in fields and answer_at(answers, path) is None)


def due_day(rule: DueRule | None, opened_on: date, answers: Answers, calendar: WorkCalendar = WEEKDAYS) -> date | None:
    """Return the last day in time of a record, or None: nothing is due, or the date that says it is not filled."""
    if rule is None:
        return None
    if rule.days is not None:
        return opened_on + timedelta(days=rule.days)
    if rule.working_days is not None:
        return working_day_after(opened_on, rule.working_days, calendar)
    if rule.months is not None:
        first = months_after(opened_on, rule.months)
        return day_in_month(first.year, first.month, opened_on.day)
    answer = answer_at(answers, rule.field)
    return answer if isinstance(answer, date) else None


def due_after(states: States, move: Move, opened_on: date, today: date) -> tuple[DueRule | None, date] | None:
    """Return by which rule, counted from which day, a record is due that is moved today; None: its day stays.

    A state with a limit of its own counts from today; behind it the register's limit holds again.
    """
    before, after = states.state(move.start), states.state(move.end)
    if after.due is not None:
        return after.due, today
    return (states.due, opened_on) if before.due is not None else None


def is_overdue(due_on: date | None, kind: StateKind, today: date) -> bool:
    """Whether a record should have been closed (超期). The due day itself is in time."""
    return due_on is not None and kind is not StateKind.CLOSED and due_on < today


# --- answers of a record --------------------------------------------------------------------------------------------


@of_form
def plain_fields(form: FormDefinition) -> dict[str, Field]:
    """The questions of a form by path that have one answer in a record: those of a repeat have many."""
    return dict(_plain(form.fields, ""))


@of_form
def open_fields(form: FormDefinition) -> dict[str, Field]:
    """The same without what is protected: only these may name, sort and find records."""
    protected = protected_fields(form)
    return {path: item for path, item in plain_fields(form).items() if path not in protected}


def _plain(fields: Sequence[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _plain(item.fields, path)
        elif item.is_question and item.type is not FieldType.HIDDEN:
            yield path, item


def answer_at(answers: Mapping[str, Any], path: str) -> Any:
    """The answer of a path that does not lead into a repeat; None if there is none."""
    found: Any = answers
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def text_at(form: FormDefinition, answers: Answers, path: str) -> str:
    """An answer in words, "" if there is none."""
    item, answer = plain_fields(form).get(path), answer_at(answers, path)
    if item is None or answer is None:
        return ""
    return "不适用" if answer is NOT_APPLICABLE else shown_answer(item, answer)


def record_title(form: FormDefinition, answers: Answers, path: str = "") -> str:
    """What lists call a record: the answer of the title's field, else the first text, never a protected one; or ""."""
    fields = open_fields(form)
    texts = [each for each, item in fields.items() if item.type is FieldType.TEXT and item.is_asked]
    for candidate in [path, *texts]:
        if candidate in fields and (title := text_at(form, answers, candidate).strip()):
            line = " ".join(title.split())
            return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"
    return ""


def found_by(form: FormDefinition, answers: Answers) -> tuple[str, ...]:
    """The words by which a record is found: what is not protected, in the form's order."""
    skipped = FILES | SILENT | {FieldType.ACKNOWLEDGE}
    fields = {path: item for path, item in open_fields(form).items() if item.type not in skipped}
    return tuple(text for path in fields if (text := text_at(form, answers, path)) and text != "不适用")


# --- reading and writing --------------------------------------------------------------------------------------------

_STATE_KEYS, _DUE_KEYS = {"code", "name", "kind", "due"}, {"days", "working_days", "months", "field"}
_MOVE_KEYS = {"from", "to", "label", "who", "note", "needs", "by_another"}
_WHO = (Who.KEEPER.value, Who.RESPONSIBLE.value)


def states_from_mapping(mapping: Mapping[str, Any]) -> States:
    """Read the states of a register; nothing at all means the ordinary ones. Raise FormatError if they are no use."""
    if not mapping:
        return ORDINARY
    reader = read(mapping, "states", FormatError, {"states", "moves", "due"})
    states = tuple(_state(child) for child in reader.children("states"))
    codes = [each.code for each in states]
    if not states or len(states) > MAX_STATES:
        raise reader.fail("states", "状态应有 1 到 {limit} 个", code="wrong_count", limit=MAX_STATES)
    _refuse_repeated(reader, codes, "状态编码“{value}”重复")
    _refuse_repeated(reader, [each.name for each in states], "状态名称“{value}”重复")
    if states[0].kind is StateKind.CLOSED:
        raise reader.fail("states", "第一个状态是新登记时的状态，不能是办结", code="closed_at_first")
    moves = tuple(_move(child, codes) for child in reader.children("moves"))
    if len(moves) > MAX_MOVES:
        raise reader.fail("moves", "流转最多 {limit} 条", code="wrong_count", limit=MAX_MOVES)
    _refuse_repeated(reader, [f"{each.start} → {each.end}" for each in moves], "流转“{value}”重复")
    found = States(states, moves, _due(reader))
    _refuse_unreachable(reader, found)
    return found


def _state(reader: Reader) -> State:
    reader.refuse_unknown(_STATE_KEYS)
    kind, due = reader.choice("kind", StateKind), _due(reader)
    if due is not None and (kind is StateKind.CLOSED or due.field):
        advice = "办结的状态不写；日期栏写在整个台账的 due 里"
        raise reader.fail("due", "这个状态不能这样限定时限", code="bad_due", advice=advice)
    return State(reader.code("code"), reader.text("name", max_length=_NAME), kind, due)


def _move(reader: Reader, codes: Collection[str]) -> Move:
    reader.refuse_unknown(_MOVE_KEYS)
    start, end = reader.code("from"), reader.code("to")
    for key, code in (("from", start), ("to", end)):
        if code not in codes:
            raise reader.fail(key, "没有编码为“{value}”的状态", code="unknown_state", value=code)
    if start == end:
        raise reader.fail("to", "流转应通向另一个状态", code="same_state")
    who = reader.texts("who") or _WHO
    wrong = next((each for each in who if not CODE.fullmatch(each)), None)
    if wrong is not None:
        raise reader.fail("who", "编码“{value}”不合规", code="bad_code", value=wrong)
    label = reader.text("label", max_length=_NAME)
    note, by_another = reader.truth("note", False), reader.truth("by_another", False)
    return Move(start, end, label, who, note, reader.texts("needs"), by_another)


def _due(around: Reader) -> DueRule | None:
    if not around.mapping.get("due"):
        return None
    reader = around.child("due")
    reader.refuse_unknown(_DUE_KEYS)
    if len(reader.mapping) != 1:
        raise reader.fail("", "办结期限只写一种", code="wrong_count", advice="days、working_days、months 或 field")
    return DueRule(
        reader.whole("days", low=0, high=MAX_DAYS),
        reader.whole("working_days", low=0, high=MAX_DAYS),
        reader.whole("months", low=1, high=MAX_MONTHS),
        reader.text("field", ""),
    )


def _refuse_repeated(reader: Reader, values: Sequence[str], text: str) -> None:
    repeated = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if repeated is not None:
        raise reader.fail("", text, code="duplicate", value=repeated)


def _refuse_unreachable(reader: Reader, states: States) -> None:
    reached, waiting = set[str](), [states.initial.code]
    while waiting:
        code = waiting.pop()
        if code not in reached:
            reached.add(code)
            waiting += [move.end for move in states.moves_from(code)]
    lost = next((each for each in states.states if each.code not in reached), None)
    if lost is not None:
        raise reader.fail("moves", "没有流转能到达状态“{name}”", code="unreachable", name=lost.name)


def states_to_mapping(states: States) -> dict[str, Any]:
    """Return the mapping of the states: JSON-able, without what is ordinary, read again to an equal value."""
    mapping: dict[str, Any] = {
        "states": [_state_to_mapping(each) for each in states.states],
        "moves": [_move_to_mapping(move) for move in states.moves],
    }
    return mapping | _due_to_mapping(states.due)


def _state_to_mapping(state: State) -> dict[str, Any]:
    return {"code": state.code, "name": state.name, "kind": state.kind.value} | _due_to_mapping(state.due)


def _due_to_mapping(due: DueRule | None) -> dict[str, Any]:
    if due is None:
        return {}
    keys = {"days": due.days, "working_days": due.working_days, "months": due.months, "field": due.field}
    return {"due": {key: value for key, value in keys.items() if value is not None and value != ""}}


def _move_to_mapping(move: Move) -> dict[str, Any]:
    mapping: dict[str, Any] = {"from": move.start, "to": move.end, "label": move.label, "who": list(map(str, move.who))}
    more = {"note": move.has_note, "needs": list(move.needs), "by_another": move.by_another}
    return mapping | without_defaults(more, {"note": False, "needs": [], "by_another": False})


_OPEN, _DONE = State("open", "在办", StateKind.OPEN), State("closed", "已办结", StateKind.CLOSED)
_ALL = (Who.KEEPER, Who.RESPONSIBLE, Who.SUPERIOR)
ORDINARY = States(
    (_OPEN, _DONE), (Move("open", "closed", "办结"), Move("closed", "open", "重新办理", _ALL, has_note=True))
)
