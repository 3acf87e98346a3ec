"""Which posts are asked at each step of a route, and who acts in them today."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from saas.accounts.queries import Acting, ActingIn, list_acting_at
from saas.db import db, local_today
from saas.domain.hierarchy import Tree
from saas.domain.routes import Route, units_of_step
from saas.org.models import OrgUnit
from saas.org.queries import list_types_above

Seats = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Seating:
    """The posts asked at each step, by the step's code, as a case keeps them; and who acts in these posts today."""

    seats: Seats
    acting: Sequence[Acting]


def seating(route: Route, unit: OrgUnit, listed: Sequence[uuid.UUID] = ()) -> Seating:
    """Find the seats of a unit's thing in the tree as it stands today. `listed`: the units that it names itself."""
    units = _units_of_steps(route, unit, listed)
    rows = list_acting_at({unit_id for found in units.values() for unit_id in found}, local_today())
    posts = list({row.post_id: row for row in rows}.values())
    seats = {
        step.code: [
            seat_of(post)
            for post in posts
            if post.unit_id in units[step.code]
            and (post.name == step.who.post if step.who.post else step.who.role in post.roles)
        ]
        for step in route.steps
    }
    return Seating(seats, acting_in(rows))


def seat_of(post: ActingIn) -> dict[str, str]:
    """A post as a case keeps it among its seats."""
    return {"post": str(post.post_id), "name": post.name, "unit": post.unit_name}


def acting_in(rows: Iterable[ActingIn]) -> list[Acting]:
    """Who acts in posts, without the vacant ones."""
    return [Acting(row.post_id, row.user_id, row.for_id) for row in rows if row.user_id]


def _units_of_steps(route: Route, unit: OrgUnit, listed: Sequence[uuid.UUID]) -> dict[str, Collection[uuid.UUID]]:
    chain = [(unit.id, unit.unit_type.code), *list_types_above(unit.id, local_today())]
    above = [unit_id for unit_id, _type in chain[1:]]
    tree = Tree(dict(zip([unit_id for unit_id, _type in chain], [*above, None], strict=True)))
    codes = _units_by_code(route)
    return {
        step.code: units_of_step(step.who, unit.id, tree, types=dict(chain), codes=codes, listed=listed)
        for step in route.steps
    }


def _units_by_code(route: Route) -> dict[str, uuid.UUID]:
    codes = [step.who.at.partition(":")[2] for step in route.steps if step.who.at.startswith("unit:")]
    rows = db.session.execute(select(OrgUnit.code, OrgUnit.id).where(OrgUnit.code.in_(codes))).all() if codes else []
    return {row.code: row.id for row in rows}
