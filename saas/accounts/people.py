"""People and their accounts, as the security administrator keeps them (账号管理)."""

from __future__ import annotations

from dataclasses import dataclass

from saas.accounts import queries, services
from saas.accounts.appointments import refuse_losing_administrator
from saas.accounts.models import User
from saas.accounts.passwords import hash_password
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.errors import DomainError, NotAllowed
from saas.tenancy.quotas import QuotaReached, max_users


def create_person(*, name: str, login_name: str, phone: str, actor: HasId, email: str = "") -> tuple[User, str]:
    """Register a person. Return the person and the first password, which is shown once.

    Without a login name the person has no account: holds posts and seats, but cannot sign in. The password is "" then.
    """
    user = User(name=name, login_name=None, phone=phone, email=email, password_hash=None)
    db.session.add(user)
    db.session.flush()
    password = _open_account(user, login_name) if login_name else ""
    record(AuditAction.ACCOUNT_CREATED, user, actor=actor, login_name=login_name)
    db.session.flush()
    return user, password


def _open_account(user: User, login_name: str) -> str:
    _refuse_taken(login_name, user)
    refuse_more_accounts(1)
    password = services.first_password()
    user.login_name, user.password_hash, user.must_change_password = login_name, hash_password(password), True
    return password


def _refuse_taken(login_name: str, user: User) -> None:
    found = queries.find_account(login_name)
    if found is not None and found.id != user.id:
        raise DomainError("账号“{login_name}”已被使用，请换一个", code="login_taken", login_name=login_name)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What is to be known of a person. `phone`, `email` None: as it is."""

    name: str
    login_name: str
    phone: str | None
    email: str | None = None


def edit_person(user: User, change: PersonChange, *, actor: HasId) -> str:
    """Change a person's name, login name or phone. Return the first password if this opened an account, else "".

    A person with an account keeps one: it can be renamed and disabled, not taken away. Raises DomainError.
    """
    if user.login_name is not None and not change.login_name:
        raise DomainError("已有账号的人员不能去掉账号，可以停用", code="login_missing")
    password, fields = "", []
    if change.name != user.name:
        user.name = change.name
        fields.append("姓名")
    if change.login_name and change.login_name != user.login_name:
        fields.append("账号")
        if user.login_name is None:
            password = _open_account(user, change.login_name)
        else:
            _refuse_taken(change.login_name, user)
            user.login_name = change.login_name
            services.end_sessions(user)
    if change.phone is not None and change.phone != user.phone:
        user.phone = change.phone
        fields.append("手机号")
    if change.email is not None and change.email != user.email:
        user.email = change.email
        fields.append("邮箱")
    if fields:
        record(AuditAction.ACCOUNT_EDITED, user, actor=actor, fields=fields, login_name=user.login_name or "")
    db.session.flush()
    return password


def set_email(user: User, email: str, *, has_reminders: bool, actor: HasId) -> None:
    """Set one's own e-mail address, and whether reminders go there."""
    fields = ["邮箱"] if email != user.email else []
    if has_reminders != user.has_email_reminders:
        fields.append("邮件提醒")
    user.email, user.has_email_reminders = email, has_reminders
    if fields:
        record(AuditAction.ACCOUNT_EDITED, user, actor=actor, fields=fields, login_name=user.login_name or "")
    db.session.flush()


def reveal_phone(user: User, *, reason: str, actor: HasId) -> str:
    """Return the whole phone number of a person; that it was looked at stays on record."""
    record(AuditAction.PHONE_VIEWED, user, actor=actor, user=user.name, reason=reason)
    return user.phone


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
    if not user.is_active and user.login_name is not None:
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
    if user.login_name is None:
        raise NotAllowed("{name}没有账号", code="no_account", name=user.name)
    if user.id == actor.id:
        raise NotAllowed("请在“我的账号”中修改自己的密码")
    return services.reset_password(user, actor=actor)
