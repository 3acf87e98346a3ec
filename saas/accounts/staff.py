"""Who acts in which posts of which units, delegates included: for telling the right people."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.queries import acting
from saas.db import db
from saas.org.models import Post


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody acts in a post of a unit."""

    unit_id: uuid.UUID
    user_id: uuid.UUID
    roles: frozenset[str]


def list_acting(on: date, unit_ids: Collection[uuid.UUID] | None = None) -> Sequence[Acting]:
    """Everybody who acts in a post on a day, by unit; of all units, or of some. One statement."""
    who = acting(on)
    statement = (
        select(Post.unit_id, who.c.user_id, Post.roles)
        .join(who, who.c.post_id == Post.id)
        .join(User, User.id == who.c.user_id)
        .where(Post.is_active, User.is_active)
        .order_by(Post.unit_id, who.c.user_id)
    )
    if unit_ids is not None:
        statement = statement.where(Post.unit_id.in_(unit_ids))
    return [Acting(unit_id, user_id, frozenset(roles)) for unit_id, user_id, roles in db.session.execute(statement)]


def with_roles(staff: Iterable[Acting], roles: Collection[Role]) -> Mapping[uuid.UUID, Sequence[uuid.UUID]]:
    """Those who act in one of some roles, by unit."""
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    wanted = {role.value for role in roles}
    for each in staff:
        if wanted & each.roles and each.user_id not in found[each.unit_id]:
            found[each.unit_id].append(each.user_id)
    return {unit_id: users for unit_id, users in found.items() if users}
