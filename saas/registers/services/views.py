"""Saved views of a register (常用视图): a filter with its columns and order under a name, one's own or shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from saas.audit.services import HasId
from saas.db import db
from saas.domain.errors import DomainError
from saas.registers.models import Register, RegisterView

MAX_VIEWS = 30


def save_view(
    register: Register, name: str, query: Mapping[str, Sequence[str]], *, is_shared: bool, actor: HasId
) -> RegisterView:
    """Keep a filter under a name; one's own view of that name is replaced. Nobody else's changes."""
    name = name.strip()
    if not 1 <= len(name) <= 20:
        raise DomainError("请填写视图名称，最多 20 字", code="bad_name")
    own = select(RegisterView).where(RegisterView.register_id == register.id, RegisterView.owner_id == actor.id)
    view = db.session.scalars(own.where(RegisterView.name == name)).first()
    if view is None:
        count = db.session.scalars(select(func.count()).select_from(own.subquery())).one()
        if count >= MAX_VIEWS:
            raise DomainError("每人每个台账最多保存 {limit} 个视图", code="too_many", limit=MAX_VIEWS)
        view = RegisterView(register_id=register.id, owner_id=actor.id, name=name)
        db.session.add(view)
    view.query, view.is_shared = {key: list(values) for key, values in query.items()}, is_shared
    db.session.flush()
    return view


def delete_view(view: RegisterView) -> None:
    """Forget a view. The caller has checked that it is the actor's own."""
    db.session.delete(view)
    db.session.flush()
