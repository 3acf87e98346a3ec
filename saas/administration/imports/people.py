"""Importing people and their accounts (人员账号). Which posts they hold is the system administrator's matter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.access.permissions import Permission
from saas.accounts.bulk import NewPerson, create_people
from saas.accounts.models import User
from saas.audit.services import AuditAction, record
from saas.db import db
from saas.domain.emails import MAX_LENGTH as MAX_EMAIL
from saas.domain.emails import is_email, masked_email
from saas.domain.errors import Message, message
from saas.imports.handlers import Asking, Check, Difference, RowCheck, RowState
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.tables import Table, TableRow
from saas.spreadsheets.writing import Row
from saas.tenancy.pack_files import looks_like_formula

LOGIN_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
PHONE = re.compile(r"\d{11}")
MAX_NAME = 40
_Seen = dict[str, tuple[str, tuple[str | None, str | None, str | None]]]  # login name → cell, and what it said


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """Somebody as a row describes them. None: not said."""

    login_name: str
    name: str | None
    phone: str | None
    email: str | None
    user: User | None


def login_column() -> Column:
    return Column(
        "login_name",
        gettext("账号"),
        Kind.CODE,
        is_required=True,
        max_length=32,
        help=gettext("登录用，小写字母开头。账号相同的就是同一个人"),
        example="zhangming",
        aliases=(gettext("登录名"), gettext("账号名")),
    )


def masked(phone: str) -> str:
    """A phone number as lists show it."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else ("****" if phone else "")


@dataclass(frozen=True)
class People:
    """People: known by their login names."""

    kind: str = "people"
    label: object = _l("人员账号")
    lead: object = _l("登记人员和账号，修改姓名、手机和邮箱。任职由系统管理员用“任职”导入，可用同一份表。")
    permission: Permission = Permission.ACCOUNT_EDIT
    follow_up: tuple[object, str] | None = (_l("首次密码表"), "first_passwords.show")

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        return (
            login_column(),
            Column(
                "name",
                gettext("姓名"),
                is_required=True,
                is_cell_optional=True,
                max_length=MAX_NAME,
                example=gettext("张明"),
            ),
            Column(
                "phone",
                gettext("手机"),
                Kind.CODE,
                max_length=20,
                aliases=(gettext("手机号"), gettext("手机号码"), gettext("联系电话")),
                help=gettext("11 位数字，请把这一列设为“文本”格式"),
                example="13800000000",
            ),
            Column(
                "email",
                gettext("邮箱"),
                max_length=MAX_EMAIL,
                aliases=(gettext("电子邮箱"), gettext("电子邮件"), "e-mail"),
                help=gettext("用于邮件提醒，本人可以修改或关闭"),
                example="zhangming@example.org",
            ),
        )

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("账号相同的是同一个人：有的就修改，没有的就登记；表中没有的人不受影响，停用请在账号页面办理。"),
            gettext("一个人有几个岗位的，可以有几行：姓名、手机、邮箱写一样的内容。"),
            gettext("导入后可下载一次首次密码表，逐人告知；本人首次登录须改密码。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        users = db.session.scalars(
            select(User).where(User.login_name.is_not(None)).order_by(User.name, User.login_name)
        ).all()
        return [
            {
                "login_name": user.login_name,
                "name": user.name,
                "phone": user.phone or None,
                "email": user.email or None,
            }
            for user in users
        ]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        statement = select(User).where(User.login_name.is_not(None)).order_by(User.id)
        rows = db.session.scalars(statement.with_for_update() if is_final else statement).all()
        users = {user.login_name: user for user in rows}
        seen: _Seen = {}
        found = []
        for row in table.rows:
            errors = dict(row.errors)
            plan = _plan(row, users, errors)
            is_repeated = _check_repeated(table, row, plan, seen, errors)
            found.append(_row_check(row, plan, errors, is_repeated))
        return Check(found)

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        plans: list[PersonPlan] = [each.plan for each in rows]
        new = [
            NewPerson(plan.name or "", plan.login_name, plan.phone or "", plan.email or "")
            for plan in plans
            if plan.user is None
        ]
        created = create_people(new, actor=asking.viewer)
        for plan in plans:
            if plan.user is not None:
                _edit(plan.user, plan, asking)
        return {"accounts": [str(user.id) for user in created]}


def _plan(row: TableRow, users: Mapping[str | None, User], errors: dict[str, Message]) -> PersonPlan:
    login_name = row.text("login_name").lower()
    user = users.get(login_name)
    if "login_name" not in errors and user is None and LOGIN_NAME.fullmatch(login_name) is None:
        errors["login_name"] = message(
            "bad_login", "账号用小写字母开头，只含小写字母、数字、点、下划线和连字符，2 到 32 个字符"
        )
    name = " ".join(row.text("name").split()) or None
    if name and looks_like_formula(name):
        errors["name"] = message("formula", "不能以等号、加号等公式符号开头")
    if name is None and user is None:
        errors.setdefault("name", message("missing", "请填写“{label}”", label=gettext("姓名")))
    phone = "" if "phone" in row.cleared else row.text("phone") or None
    if phone and PHONE.fullmatch(phone) is None:
        errors["phone"] = message("bad_phone", "手机应为 11 位数字")
    email = "" if "email" in row.cleared else row.text("email") or None
    if email and not is_email(email):
        errors["email"] = message("bad_email", "请填写一个电子邮箱地址")
    return PersonPlan(login_name, name, phone, email, user)


def _check_repeated(
    table: Table,
    row: TableRow,
    plan: PersonPlan,
    seen: _Seen,
    errors: dict[str, Message],
) -> bool:
    """Whether the person stands further up already: with the same words that is a second post, else a mistake."""
    if not plan.login_name or errors:
        return False
    if plan.login_name not in seen:
        seen[plan.login_name] = (table.address(row, "login_name"), (plan.name, plan.phone, plan.email))
        return False
    cell, said = seen[plan.login_name]
    if said != (plan.name, plan.phone, plan.email):
        errors["login_name"] = message("person_twice", "与 {cell} 是同一个账号，姓名、手机或邮箱却不同", cell=cell)
    return True


def _row_check(row: TableRow, plan: PersonPlan, errors: dict[str, Message], is_repeated: bool) -> RowCheck:
    label = f"{plan.name or (plan.user.name if plan.user else '')}（{plan.login_name}）"
    if errors:
        return RowCheck(row, label, RowState.BAD, errors=errors)
    differences = () if is_repeated else _differences(plan)
    if is_repeated or (plan.user is not None and not differences):
        return RowCheck(row, label, RowState.SAME, plan=plan)
    return RowCheck(row, label, RowState.NEW if plan.user is None else RowState.CHANGED, differences, plan=plan)


def _differences(plan: PersonPlan) -> tuple[Difference, ...]:
    user = plan.user
    old_name, old_phone, old_email = (user.name, user.phone, user.email) if user is not None else ("", "", "")
    found = []
    if plan.name is not None and plan.name != old_name:
        found.append(Difference(gettext("姓名"), old_name, plan.name))
    if plan.phone is not None and plan.phone != old_phone:
        found.append(Difference(gettext("手机"), masked(old_phone), masked(plan.phone)))
    if plan.email is not None and plan.email != old_email:
        found.append(Difference(gettext("邮箱"), masked_email(old_email), masked_email(plan.email)))
    return tuple(found)


def _edit(user: User, plan: PersonPlan, asking: Asking) -> None:
    if plan.name is not None:
        user.name = plan.name
    if plan.phone is not None:
        user.phone = plan.phone
    if plan.email is not None:
        user.email = plan.email
    record(AuditAction.ACCOUNT_CHANGED, user, actor=asking.viewer, login_name=user.login_name)
