"""What is wrong across the rows of a table of units: parents that are not sound, circles, moves that cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from saas.administration.imports.organisation import Organisation
from saas.administration.imports.unit_rows import Draft
from saas.domain.errors import Message, message
from saas.org.services import may_stand_under

_CYCLE = message("cycle", "上下级成环：沿着上级往上又回到了这个单位")


def with_tree_errors(drafts: Sequence[Draft], organisation: Organisation) -> list[Draft]:
    """The drafts with the mistakes that only the whole file shows."""
    new = {each.code: each for each in drafts if each.unit is None}
    found = _cycles_of_new(new)
    for draft in drafts:
        if draft.code not in found and draft.parent_code in new:
            error = _under_new(draft, new[draft.parent_code])
            if error is not None:
                found[draft.code] = error
    found |= _cycles_of_moves(drafts, organisation)
    marked = [_marked(each, found.get(each.code)) for each in drafts]
    return _below_bad(marked)


def _marked(draft: Draft, error: Message | None) -> Draft:
    if error is None or "parent" in draft.errors:
        return draft
    return replace(draft, errors={**draft.errors, "parent": error})


def _cycles_of_new(new: Mapping[str, Draft]) -> dict[str, Message]:
    """New units whose way up comes back to themselves."""
    found: dict[str, Message] = {}
    sound: set[str] = set()
    for code in new:
        path: list[str] = []
        here: str | None = code
        while here is not None and here in new and here not in sound and here not in path:
            path.append(here)
            here = new[here].parent_code
        if here in path:
            found |= dict.fromkeys(path[path.index(here) :], _CYCLE)
        sound.update(path)
    return found


def _under_new(draft: Draft, parent: Draft) -> Message | None:
    """What stands against a parent that the same file sets up."""
    if draft.begins_on < parent.begins_on:
        return message("parent_later", "“{name}”自 {day} 起才设立", name=parent.label, day=parent.begins_on.isoformat())
    if draft.type is not None and parent.type is not None and not may_stand_under(draft.type, parent.type):
        return message("wrong_parent_type", "{type}不能设在{above}之下", type=draft.type.name, above=parent.type.name)
    return None


def _cycles_of_moves(drafts: Sequence[Draft], organisation: Organisation) -> dict[str, Message]:
    """Moved units that would come to stand below themselves, all moves of the file until then taken together."""
    moves = {each.code: each for each in drafts if each.moves and not each.errors}
    found: dict[str, Message] = {}
    for code, draft in moves.items():
        here, seen = draft.parent_code, {code}
        while here is not None and here not in seen:
            seen.add(here)
            here = _parent_code(here, draft.begins_on, moves, organisation)
        if here is not None:
            found[code] = _CYCLE
    return found


def _parent_code(code: str, on: date, moves: Mapping[str, Draft], organisation: Organisation) -> str | None:
    move = moves.get(code)
    if move is not None and move.begins_on <= on:
        return move.parent_code
    unit = organisation.by_code.get(code)
    parent = organisation.parent_on(unit.id, on) if unit is not None else None
    return parent.code if parent is not None else None


def _below_bad(drafts: Sequence[Draft]) -> list[Draft]:
    """A row under a new unit that has mistakes cannot be applied without it."""
    bad = {each.code for each in drafts if each.errors and each.unit is None}
    parents = {each.code: each.parent_code for each in drafts if each.unit is None or each.moves}
    marked = []
    for draft in drafts:
        if draft.errors or draft.code not in parents:
            marked.append(draft)
            continue
        here, steps = parents[draft.code], 0
        while here is not None and here not in bad and steps <= len(parents):
            here, steps = parents.get(here), steps + 1
        error = message("parent_bad", "上级单位“{code}”所在的行有错误", code=here) if here in bad else None
        marked.append(_marked(draft, error))
    return marked
