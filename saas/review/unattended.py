"""Cases at which nobody can decide any more (无人办理): led on where a way leads on, else told to who can help.

Never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from itertools import chain

from saas.access.permissions import Permission, roles_with
from saas.accounts.staff import list_acting, with_roles
from saas.notifications.services import notify_once
from saas.review import queries
from saas.review.models import ReviewCase
from saas.review.services import current_step, lead_on_by_itself

KIND = "reminder"
HELPERS = roles_with(Permission.ORG_EDIT)  # who appoints people to posts


def look_after_unattended(today: date) -> int:
    """Lead every such case on, and tell once of each that stays; return how many stay.

    Whoever sent it learns why nothing happens, and whoever appoints people that a post waits for somebody.
    """
    staying = [case for case in queries.list_unattended(today) if not lead_on_by_itself(case)]
    if staying:
        helpers = set(chain.from_iterable(with_roles(list_acting(today), HELPERS).values()))
        for case in staying:
            _tell(case, helpers)
    return len(staying)


def _tell(case: ReviewCase, helpers: Iterable[uuid.UUID]) -> None:
    step = current_step(case)
    if step is None:
        return
    asked = case.seats.get(step.code, ())
    posts = "、".join(f"{seat['unit']}{seat['name']}" for seat in asked) or "没有这样的岗位"
    title = f"无人办理：{case.title}停在“{step.name}”（{posts}），请安排任职人员"[:200]
    key = f"unattended/{case.id}/{step.code}"
    notify_once([case.started_by_id], KIND, title, f"/cases/{case.id}", key=key)
    notify_once(set(helpers) - {case.started_by_id}, KIND, title, _unit_path(case, asked), key=key)


def _unit_path(case: ReviewCase, asked: Iterable[dict[str, str]]) -> str:
    """The page of the unit whose post waits for somebody."""
    posts = queries.list_posts_by_id([uuid.UUID(seat["post"]) for seat in asked])
    return f"/units/{posts[0].unit_id if posts else case.unit_id}"
