"""Who works on the records of units: for telling them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from saas.access.permissions import roles_with
from saas.accounts.staff import list_acting, with_roles
from saas.registers.queries.visibility import WORK

WORKING = frozenset(role for permission in WORK for role in roles_with(permission))


def workers_at(unit_ids: Collection[uuid.UUID], on: date) -> Mapping[uuid.UUID, Sequence[uuid.UUID]]:
    """The people, delegates included, who work on records that each of some units answers for. One statement."""
    return with_roles(list_acting(on, unit_ids), WORKING)
