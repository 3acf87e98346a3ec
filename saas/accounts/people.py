"""People and their accounts, as the security administrator keeps them (账号管理)."""

from __future__ import annotations

from saas.accounts import queries, services
from saas.accounts.appointments import refuse_losing_administrator
from saas.accounts.models import User
from saas.accounts.passwords import hash_password
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.errors import DomainError, NotAllowed
from saas.tenancy.quotas import QuotaReached, max_users


def create_person(*, name: str, login_name: str, phone: str, actor: HasId) -> tuple[User, str]:
    """Register a person with an account. Return the person and the first password, which is shown once."""
    if queries.find_account(login_name) is not None:
        raise DomainError("账号“{login_name}”已被使用，请换一个", code="login_taken", login_name=login_name)
    refuse_more_accounts(1)
    password = services.first_password()
    user = User(name=name, login_name=login_name, phone=phone, password_hash=hash_password(password))
    db.session.add(user)
    record(AuditAction.ACCOUNT_CREATED, user, actor=actor, login_name=login_name)
    db.session.flush()
    return user, password


def refuse_more_accounts(count: int) -> None:
    """Raise QuotaReached if the county may not have so many more accounts in use. Imports ask once for all of them."""
    limit = max_users()
    if limit is None or count < 1:
        return
    used = queries.count_accounts_in_use()
    if used + count > limit:
        raise QuotaReached(
            "本县（区）最多可有{limit}个在用账号，现有{used}个，不能再增加{count}个。"
            "请停用不再使用的账号，或联系平台运维人员调整配额",
            limit=limit,
            used=used,
            count=count,
        )


def enable(user: User, *, actor: HasId) -> None:
    """Put an account back into use, if the county may have one more."""
    if not user.is_active:
        refuse_more_accounts(1)
    services.set_active(user, True, actor=actor)


def disable(user: User, *, actor: HasId) -> None:
    """Take the account out of use at once. Not one's own, and not that of the last administrator of a kind."""
    if user.id == actor.id:
        raise NotAllowed("不能停用自己的账号")
    today = local_today()
    roles = {role for post in queries.list_held_posts(user.id, today) for role in post.roles}
    refuse_losing_administrator([user.id], roles, today)
    services.set_active(user, False, actor=actor)


def reset(user: User, *, actor: HasId) -> str:
    """Give a new first password, which is shown once. One's own is changed on one's own page instead."""
    if user.id == actor.id:
        raise NotAllowed("请在“我的账号”中修改自己的密码")
    return services.reset_password(user, actor=actor)
