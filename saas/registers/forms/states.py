"""The rows of the page that edits a register's states: what was typed, and back to what the domain reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from saas.domain.records import MAX_MOVES, MAX_STATES, DueRule, States, Who

LENGTHS = ("days", "working_days", "months")
DUE_KINDS = ("", *LENGTHS, "field")


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state as it is typed. Its code stays what it was: records stand in it."""

    code: str
    name: str = ""
    kind: str = "active"
    due_kind: str = ""
    due_number: str = ""


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move as it is typed."""

    start: str = ""
    end: str = ""
    label: str = ""
    who: tuple[str, ...] = (Who.KEEPER.value, Who.RESPONSIBLE.value)
    note: bool = False
    by_another: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatesPage:
    """Everything on the page. A row without a name is no row."""

    states: Sequence[StateRow]
    moves: Sequence[MoveRow]
    due_kind: str = ""
    due_number: str = ""
    due_field: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    def mapping(self) -> dict[str, Any]:
        """What is typed as docs/registers.md writes it; the domain says what is wrong with it."""
        states = [_state(each) for each in self.states if each.name]
        moves = [_move(each) for each in self.moves if each.label]
        found: dict[str, Any] = {"states": states, "moves": moves}
        if self.due_kind == "field":
            found["due"] = {"field": self.due_field}
        elif self.due_kind:
            found["due"] = _length(self.due_kind, self.due_number)
        return found


def _state(row: StateRow) -> dict[str, Any]:
    found: dict[str, Any] = {"code": row.code, "name": row.name, "kind": row.kind}
    return found | ({"due": _length(row.due_kind, row.due_number)} if row.due_kind else {})


def _length(kind: str, number: str) -> dict[str, Any]:
    return {kind: int(number) if number.isascii() and number.isdigit() else number}


def _move(row: MoveRow) -> dict[str, Any]:
    found: dict[str, Any] = {"from": row.start, "to": row.end, "label": row.label, "who": list(row.who)}
    found |= {"note": row.note, "by_another": row.by_another, "needs": list(row.needs)}
    return found


def page_of(states: States) -> StatesPage:
    """The states of a register as the page shows them."""
    return StatesPage(
        [StateRow(each.code, each.name, each.kind.value, *_typed(each.due)) for each in states.states],
        [
            MoveRow(
                each.start, each.end, each.label, tuple(map(str, each.who)), each.has_note, each.by_another, each.needs
            )
            for each in states.moves
        ],
        *_typed(states.due),
        states.due.field if states.due is not None else "",
    )


def _typed(due: DueRule | None) -> tuple[str, str]:
    """A limit as the page shows it: its kind and its number."""
    if due is None or due.field:
        return "" if due is None else "field", ""
    return next((kind, str(number)) for kind in LENGTHS if (number := getattr(due, kind)) is not None)


def read_page(typed: MultiDict[str, str]) -> StatesPage:
    """Read what was sent; `add` asks for one more row of a kind."""
    states = [_state_row(typed, number) for number in range(MAX_STATES) if f"state-{number}-code" in typed]
    moves = [_move_row(typed, number) for number in range(MAX_MOVES) if f"move-{number}-label" in typed]
    if typed.get("add", "") == "state" and len(states) < MAX_STATES:
        states.append(StateRow(_unused({each.code for each in states})))
    if typed.get("add", "") == "move" and len(moves) < MAX_MOVES:
        moves.append(MoveRow())
    due_kind = typed.get("due_kind", "")
    return StatesPage(
        states,
        moves,
        due_kind if due_kind in DUE_KINDS else "",
        typed.get("due_number", "").strip(),
        typed.get("due_field", ""),
    )


def _state_row(typed: MultiDict[str, str], number: int) -> StateRow:
    prefix = f"state-{number}-"
    due_kind = typed.get(prefix + "due_kind", "")
    return StateRow(
        typed.get(prefix + "code", ""),
        typed.get(prefix + "name", "").strip(),
        typed.get(prefix + "kind", ""),
        due_kind if due_kind in LENGTHS else "",
        typed.get(prefix + "due_number", "").strip(),
    )


def _move_row(typed: MultiDict[str, str], number: int) -> MoveRow:
    prefix = f"move-{number}-"
    return MoveRow(
        typed.get(prefix + "from", ""),
        typed.get(prefix + "to", ""),
        typed.get(prefix + "label", "").strip(),
        tuple(dict.fromkeys(typed.getlist(prefix + "who"))),
        prefix + "note" in typed,
        prefix + "another" in typed,
        tuple(dict.fromkeys(typed.getlist(prefix + "needs"))),
    )


def _unused(codes: set[str]) -> str:
    return next(code for number in range(1, len(codes) + 2) if (code := f"state_{number}") not in codes)
