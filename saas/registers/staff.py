"""Who works on the records of units: for telling them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from saas.access.permissions import roles_with
from saas.accounts.models import User
from saas.accounts.queries import acting
from saas.db import db
from saas.org.models import Post
from saas.registers.queries.visibility import WORK


def workers_at(unit_ids: Collection[uuid.UUID], on: date) -> Mapping[uuid.UUID, Sequence[uuid.UUID]]:
    """The people, delegates included, who work on records that each of some units answers for. One statement."""
    who = acting(on)
    rows = db.session.execute(
        select(Post.unit_id, Post.roles, who.c.user_id)
        .join(who, who.c.post_id == Post.id)
        .join(User, User.id == who.c.user_id)
        .where(Post.is_active, User.is_active, Post.unit_id.in_(unit_ids))
        .order_by(Post.unit_id, who.c.user_id)
    ).all()
    working = {role.value for permission in WORK for role in roles_with(permission)}
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for unit_id, roles, user_id in rows:
        if working & set(roles):
            found[unit_id].append(user_id)
    return found
