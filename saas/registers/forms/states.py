"""The rows of the page that edits a register's states: what was typed, and back to what the domain reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from saas.domain.records import MAX_MOVES, MAX_STATES, States, Who

DUE_KINDS = ("", "days", "working_days", "field")


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state as it is typed. Its code stays what it was: records stand in it."""

    code: str
    name: str = ""
    kind: str = "active"


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
        states = [{"code": each.code, "name": each.name, "kind": each.kind} for each in self.states if each.name]
        moves = [_move(each) for each in self.moves if each.label]
        found: dict[str, Any] = {"states": states, "moves": moves}
        if self.due_kind == "field":
            found["due"] = {"field": self.due_field}
        elif self.due_kind:
            number = self.due_number
            found["due"] = {self.due_kind: int(number) if number.isascii() and number.isdigit() else number}
        return found


def _move(row: MoveRow) -> dict[str, Any]:
    found: dict[str, Any] = {"from": row.start, "to": row.end, "label": row.label, "who": list(row.who)}
    found |= {"note": row.note, "by_another": row.by_another, "needs": list(row.needs)}
    return found


def page_of(states: States) -> StatesPage:
    """The states of a register as the page shows them."""
    due = states.due
    kind = "" if due is None else "field" if due.field else "days" if due.days is not None else "working_days"
    number = "" if due is None else str(due.days if due.days is not None else due.working_days or "")
    return StatesPage(
        [StateRow(each.code, each.name, each.kind.value) for each in states.states],
        [
            MoveRow(
                each.start, each.end, each.label, tuple(map(str, each.who)), each.has_note, each.by_another, each.needs
            )
            for each in states.moves
        ],
        kind,
        number if kind != "field" else "",
        due.field if due is not None else "",
    )


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
    return StateRow(
        typed.get(prefix + "code", ""), typed.get(prefix + "name", "").strip(), typed.get(prefix + "kind", "")
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
