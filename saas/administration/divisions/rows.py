"""The rows of the wizard's pages: what the list says, what was ticked and typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from saas.divisions.planning import KnownUnit, Selection, kind_key
from saas.divisions.reading import TownRow, VillageRow
from saas.tenancy.pack_files import looks_like_formula

MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Row:
    """A town or village on a page. `known_name` is the name of the unit that the county has with this code."""

    code: str
    listed_name: str
    key: str
    name: str
    is_ticked: bool
    is_virtual: bool
    known_name: str = ""
    error: str = ""


def rows_of(rows: Sequence[TownRow | VillageRow], selection: Selection, known: Mapping[str, KnownUnit]) -> list[Row]:
    """The rows as the draft has them."""
    return [_row(row, selection.name_of(row), selection.takes(row), known) for row in rows]


def posted_rows(
    rows: Sequence[TownRow | VillageRow], form: MultiDict[str, str], known: Mapping[str, KnownUnit]
) -> list[Row]:
    """The rows as they were sent, each checked. The name of a row that is not ticked does not matter."""
    ticked = set(form.getlist("take"))
    if form.get("intent") in ("all", "none"):
        ticked = {row.code for row in rows} if form["intent"] == "all" else set()
    found = []
    for row in rows:
        name = form.get(f"name-{row.code}", row.proposed_name).strip()
        is_ticked = row.code in ticked
        error = _problem(name) if is_ticked and row.code not in known else ""
        found.append(_row(row, name if is_ticked or not _problem(name) else row.proposed_name, is_ticked, known, error))
    return found


def _row(row: TownRow | VillageRow, name: str, is_ticked: bool, known: Mapping[str, KnownUnit], error: str = "") -> Row:
    there = known.get(row.code)
    return Row(row.code, row.name, kind_key(row), name, is_ticked, row.is_virtual, there.name if there else "", error)


def _problem(name: str) -> str:
    if not name:
        return str(gettext("请填写名称"))
    if len(name) > MAX_NAME:
        return str(gettext("最多 %(n)s 字", n=MAX_NAME))
    if looks_like_formula(name):
        return str(gettext("不能以等号、加号等公式符号开头"))
    return ""
