"""Finding the unit or the person that somebody names: by name, short name, code or pinyin."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from saas.accounts.models import User
from saas.db import db, local_today
from saas.domain.errors import DomainError
from saas.org.models import OrgUnit
from saas.org.queries import exists_on

_SHOWN = 6


def unit_named(text: str) -> OrgUnit:
    """The one unit of today that is meant. Raises DomainError where it is nobody or several, naming them."""
    text = text.strip()
    today = local_today()
    exact = or_(OrgUnit.name == text, OrgUnit.short_name == text, OrgUnit.code == text)
    letters = text.lower().replace(" ", "")
    near = OrgUnit.name.contains(text, autoescape=True)
    if letters.isascii() and letters.isalnum():
        near = or_(near, OrgUnit.search_key.startswith(letters, autoescape=True))
    for condition in (exact, near):
        statement = select(OrgUnit).where(condition, exists_on(today)).order_by(OrgUnit.sort_order, OrgUnit.code)
        found = db.session.scalars(statement.limit(_SHOWN + 1)).all() if text else []
        if len(found) == 1:
            return found[0]
        if found:
            raise DomainError(
                "“{text}”对应多个单位：{names}；请写全称或编码", code="several", text=text, names=_units(found)
            )
    raise DomainError("找不到单位“{text}”", code="unknown_unit", text=text)


def _units(found: Sequence[OrgUnit]) -> str:
    return "、".join(f"{unit.name}（{unit.code}）" for unit in found[:_SHOWN])


def person_named(text: str) -> User:
    """The one active person that is meant, by name or login name. Raises DomainError where it is nobody or several."""
    text = text.strip()
    statement = select(User).where(User.is_active, or_(User.name == text, User.login_name == text)).order_by(User.id)
    found = db.session.scalars(statement.limit(_SHOWN + 1)).all() if text else []
    if len(found) == 1:
        return found[0]
    if found:
        raise DomainError("有 {count} 人叫“{text}”，请写登录名", code="several", text=text, count=len(found))
    raise DomainError("找不到人员“{text}”", code="unknown_person", text=text)
