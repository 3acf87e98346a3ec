"""A report over the tree: figures added up as the organisation was then, or as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from flask_babel import gettext
from sqlalchemy import select

from saas.access.permissions import Permission
from saas.administration.reports.figures import Source, figures_of_attribute, figures_of_period
from saas.db import db
from saas.domain.organisation import Organisation
from saas.domain.periods import Period
from saas.domain.reorganisation import Following, Succession
from saas.domain.reorganisation_steps import Key
from saas.domain.roll_up import Figure, Home, Row, RowKind, Table, homes_now, homes_then, roll_up
from saas.forms.queries import Looking
from saas.org.models import UnitSuccession
from saas.org.reorganising import load_organisation


class Structure(StrEnum):
    """Whose tree a report is shown in."""

    THEN = "then"  # 当时口径
    NOW = "now"  # 现行口径


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row with its name as printed, and what its figure is made of where that is not plain."""

    row: Row
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. `tree_of` is the day whose tree it shows; `is_partial`: only units that the viewer sees."""

    structure: Structure
    tree_of: date
    rows: Sequence[ReportRow]
    table: Table
    is_partial: bool

    def down_to(self, depth: int | None) -> Sequence[ReportRow]:
        """The rows down to a depth; None: all."""
        return [each for each in self.rows if depth is None or each.row.depth <= depth]

    @property
    def deepest(self) -> int:
        """The depth of the lowest rows."""
        return max((each.row.depth for each in self.rows), default=0)


def make_report(
    source: Source, period: Period | None, day: date, structure: Structure, viewer: Looking, today: date
) -> Report:
    """Return the figures of a period, or of a day for an attribute, in the tree of then or of now.

    A period that has not ended is shown in the tree of today. The viewer sees the units that count, today, for units
    at or below the viewer's posts. The number of statements does not grow with the number of units.
    """
    organisation = load_organisation()
    on = min(period.end, today) if period else day
    figures = figures_of_period(source, period, on) if period else figures_of_attribute(source, organisation, on)
    now = homes_now(organisation, list_successions(), list(organisation.units), on, today)
    reach = _reach(organisation, viewer, today)
    if reach is not None:
        figures = [figure for figure in figures if _anchor(now[figure.unit]) in reach]
    return _report(organisation, figures, structure, on, today, now, reach)


def _report(
    organisation: Organisation,
    figures: Sequence[Figure],
    structure: Structure,
    on: date,
    today: date,
    now: Mapping[Key, Home],
    reach: frozenset[Key] | None,
) -> Report:
    tree_of = on if structure is Structure.THEN else today
    parents = _parents(organisation, tree_of)
    if reach is not None:
        within = {unit for unit in parents if _anchor(now[unit]) in reach}
        parents = {unit: parent if parent in within else None for unit, parent in parents.items() if unit in within}
    homes = now
    if structure is Structure.THEN:
        homes = homes_then(organisation, [figure.unit for figure in figures], on)
    homes = {unit: _within(home, parents) for unit, home in homes.items()}
    table = roll_up(figures, homes, parents)
    rows = [_named(organisation, row, tree_of, on) for row in table.rows]
    return Report(structure, tree_of, rows, table, reach is not None)


def _within(home: Home, parents: Mapping[Key, Key | None]) -> Home:
    """A home whose row is not in the tree that is shown becomes a row of its own."""
    if home.kind is RowKind.UNIT and home.unit not in parents:
        return Home(RowKind.ENDED, home.unit, None)
    return home if home.parent in parents else replace(home, parent=None)


def list_successions() -> list[Succession]:
    """Which unit followed which."""
    rows = db.session.execute(
        select(
            UnitSuccession.predecessor_id, UnitSuccession.successor_id, UnitSuccession.kind, UnitSuccession.effective_on
        ).order_by(UnitSuccession.effective_on, UnitSuccession.id)
    )
    return [Succession(one, other, Following(kind.value), day) for one, other, kind, day in rows]


def _parents(organisation: Organisation, day: date) -> dict[Key, Key | None]:
    """The tree of a day, in the county's order."""
    parents = organisation.tree_on(day).parents
    return {unit: parents[unit] for unit in organisation.units if unit in parents}


def _reach(organisation: Organisation, viewer: Looking, today: date) -> frozenset[Key] | None:
    """The units at or below the viewer's posts today; None where that is everything."""
    tree = organisation.tree_on(today)
    roots = viewer.unit_ids(Permission.SUBMISSION_VIEW)
    if set(tree.roots) <= set(roots):
        return None
    return frozenset(unit for root in roots for unit in tree.subtree(root))


def _anchor(home: Home) -> Key | None:
    """The unit of today that decides who may see a figure."""
    return home.unit if home.kind is RowKind.UNIT else home.parent


def _named(organisation: Organisation, row: Row, tree_of: date, on: date) -> ReportRow:
    if row.kind is RowKind.OWN:
        return ReportRow(row, gettext("%(unit)s（本级）", unit=organisation.name_of(row.unit, tree_of)))
    if row.kind is RowKind.BEFORE_SPLIT:
        name = organisation.name_of(row.unit, on)
        return ReportRow(row, gettext("%(unit)s（拆分前）", unit=name), gettext("拆分后的单位无法分摊，单独列出"))
    if row.kind is RowKind.ENDED:
        name = organisation.name_of(row.unit, on)
        return ReportRow(row, gettext("%(unit)s（已撤销）", unit=name), gettext("没有承接单位，单独列出"))
    others = [organisation.name_of(unit, on) for unit in row.sources if unit != row.unit]
    note = gettext("含%(units)s", units="、".join(others)) if others else ""
    return ReportRow(row, organisation.name_of(row.unit, tree_of), note)
