"""Who is looking: a signed-in person with the posts held today. This is what `current_user` is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from flask_login import UserMixin

from saas.access.permissions import Permission, Role, permits


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post held today: its roles hold for the unit and everything below it.

    `delegated_by` is the name of the holder who handed it over for some days (委托代办), "" for one's own post.
    """

    id: uuid.UUID
    name: str
    unit_id: uuid.UUID
    unit_name: str
    roles: frozenset[Role]
    delegated_by: str = ""
    delegated_by_id: uuid.UUID | None = None


class Viewer(UserMixin):
    """A signed-in person. Rights come from the posts; there is no right without a unit it holds for."""

    def __init__(
        self,
        *,
        user_id: uuid.UUID,
        name: str,
        must_change_password: bool,
        posts: tuple[HeldPost, ...],
        session_id: uuid.UUID | None = None,
    ) -> None:
        self.id = user_id
        self.name = name
        self.must_change_password = must_change_password
        self.posts = posts
        self.session_id = session_id

    def get_id(self) -> str:
        return str(self.id)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Every role of every post: opens a kind of page; which rows it shows is the query's matter."""
        return frozenset(role for post in self.posts for role in post.roles)

    def permits(self, permission: Permission) -> bool:
        return permits(self.roles, permission)

    def unit_ids(self, permission: Permission) -> tuple[uuid.UUID, ...]:
        """The units at whose subtrees this person holds the permission."""
        return tuple(dict.fromkeys(post.unit_id for post in self.posts if permits(post.roles, permission)))

    def units_with_role(self, role: Role) -> tuple[uuid.UUID, ...]:
        """The units of the posts that carry a role."""
        return tuple(dict.fromkeys(post.unit_id for post in self.posts if role in post.roles))

    @property
    def main_post(self) -> HeldPost | None:
        return self.posts[0] if self.posts else None
