"""Units as a list with filters (单位列表), as far as the viewer may look and change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.administration.org.tree import matching
from saas.db import db
from saas.domain.cohorts import Cohort
from saas.org.bulk_editing import MAX_UNITS
from saas.org.cohorts import members_on
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import exists_on, find_unit_by_code, subtree_ids

PAGE = 100
UPPER_LEVELS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list, as they stand in the address."""

    type: str = ""
    under: str = ""
    cohort: str = ""
    words: str = ""

    def as_arguments(self) -> Mapping[str, Any]:
        """The filters that are set, for addresses and hidden fields."""
        pairs = {"type": self.type, "under": self.under, "cohort": self.cohort, "words": self.words}
        return {key: value for key, value in pairs.items() if value}


def list_upper_units(on: date) -> Sequence[OrgUnit]:
    """The units of the two upper levels, for choosing whose subordinates to see."""
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(exists_on(on), UnitType.level <= UPPER_LEVELS, UnitType.is_territorial)
        .order_by(UnitType.level, OrgUnit.sort_order, OrgUnit.code)
    ).all()


def list_page(wanted: Wanted, on: date, page: int) -> tuple[Sequence[OrgUnit], int]:
    """One page of the units that the filters leave, and how many there are."""
    rows = db.session.execute(
        select(OrgUnit, func.count().over())
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(*_conditions(wanted, on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def list_chosen(wanted: Wanted, ticked: Sequence[uuid.UUID] | None, viewer: Viewer, on: date) -> Sequence[OrgUnit]:
    """The ticked units, or with None everything that the filters leave; only those that the viewer may change."""
    own = OrgUnit.id.in_(subtree_ids(viewer.unit_ids(Permission.ORG_EDIT), on))
    conditions = _conditions(wanted, on) if ticked is None else [OrgUnit.id.in_(ticked), exists_on(on)]
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(own, *conditions)
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(MAX_UNITS + 1)
    ).all()


def _conditions(wanted: Wanted, on: date) -> list[ColumnElement[bool]]:
    conditions = [exists_on(on)]
    if wanted.type:
        conditions.append(UnitType.code == wanted.type)
    if wanted.words:
        conditions.append(matching(wanted.words))
    if wanted.under:
        above = find_unit_by_code(wanted.under)
        conditions.append(OrgUnit.id.in_(subtree_ids([above.id] if above else [], on)))
    if wanted.cohort:
        belong, _unknown = members_on(Cohort(cohorts=(wanted.cohort,)), on)
        conditions.append(OrgUnit.id.in_([unit.id for unit in belong]))
    return conditions
