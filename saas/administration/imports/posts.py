"""Importing posts (岗位): which roles a post at a unit carries."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from saas.access.permissions import ROLE_LABELS, Permission, Role
from saas.accounts import appointments
from saas.administration.imports.organisation import Organisation, read_organisation
from saas.db import db, local_today, new_id
from saas.domain.errors import DomainError, Message, message
from saas.imports.handlers import Asking, Check, Difference, RowCheck, RowState
from saas.org import services
from saas.org.models import Post
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.tables import Table, TableRow
from saas.spreadsheets.writing import Row
from saas.tenancy.pack_files import looks_like_formula
from saas.tenancy.scope import bound_tenant_id

MAX_NAME = 80
MAX_ORDER = 9_999


@dataclass(frozen=True, slots=True)
class PostPlan:
    """A post as a row describes it."""

    unit_id: uuid.UUID
    name: str
    roles: tuple[str, ...] | None  # None: not said
    sort_order: int | None
    post: Post | None


def unit_column(asking: Asking, *, offers: bool) -> Column:
    """The column that says at which unit."""
    units = read_organisation(asking).listed(asking.today) if offers else []
    return Column(
        "unit",
        gettext("单位"),
        Kind.REFERENCE,
        is_required=True,
        choices=tuple((each.code, each.reference) for each in units),
        help=gettext("填单位代码，或从列表中选"),
        example=units[-1].reference if units else "",
        aliases=(gettext("单位代码"), gettext("所在单位"), gettext("单位名称")),
    )


def unit_of_row(row: TableRow, organisation: Organisation, asking: Asking, errors: dict[str, Message]) -> Any:
    """The unit that a row names, or None after noting what is wrong."""
    if "unit" in errors:
        return None
    code = organisation.resolve(row.text("unit"))
    if isinstance(code, Message):
        errors["unit"] = code
        return None
    unit = organisation.by_code[code]
    if unit.id not in organisation.editable:
        errors["unit"] = message("not_yours", "“{name}”不在您的管理范围内", name=unit.name)
    elif unit.is_closed(asking.today):
        errors["unit"] = message("closed", "“{name}”已撤销", name=unit.name)
    return unit


def read_posts(organisation: Organisation, *, is_final: bool = False) -> Mapping[tuple[uuid.UUID, str], Post]:
    """Every post of the units that may be changed, by unit and name."""
    statement = select(Post).where(Post.unit_id.in_(organisation.editable)).order_by(Post.sort_order, Post.name)
    rows = db.session.scalars(statement.with_for_update() if is_final else statement).all()
    return {(post.unit_id, post.name): post for post in rows}


@dataclass(frozen=True)
class Posts:
    """Posts: known by their unit and name."""

    kind: str = "posts"
    label: object = _l("岗位")
    lead: object = _l("在单位设置岗位，修改岗位的角色和次序。")
    permission: Permission = Permission.ORG_EDIT
    follow_up: tuple[object, str] | None = None

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        roles = tuple((role.value, str(ROLE_LABELS[role])) for role in Role)
        return (
            unit_column(asking, offers=offers),
            Column(
                "name",
                gettext("岗位名称"),
                is_required=True,
                max_length=MAX_NAME,
                example=gettext("填报员"),
                aliases=(gettext("岗位"),),
            ),
            Column(
                "roles",
                gettext("角色"),
                Kind.CHOICES,
                choices=roles,
                help=gettext("决定任职的人能做什么。系统、安全、审计三个管理员只能单独设岗"),
                example=str(ROLE_LABELS[Role.VILLAGE_CLERK]),
            ),
            Column("sort_order", gettext("次序"), Kind.INTEGER, help=gettext("数小的排在前面"), example="1"),
        )

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("同一单位同名的岗位是同一个岗位：有的就修改，没有的就新设；表中没有的岗位不受影响。"),
            gettext("空着的格子不改动原有内容；要让岗位不带任何角色，请填“（清空）”。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        organisation = read_organisation(asking)
        posts = read_posts(organisation)
        order = {unit.id: number for number, unit in enumerate(organisation.listed(asking.today))}
        mine = sorted((post for post in posts.values() if post.unit_id in order), key=lambda post: order[post.unit_id])
        return [
            {
                "unit": organisation.units[post.unit_id].reference,
                "name": post.name,
                "roles": tuple(post.roles) or None,
                "sort_order": post.sort_order,
            }
            for post in mine
            if post.is_active
        ]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        organisation = read_organisation(asking)
        posts = read_posts(organisation, is_final=is_final)
        seen: dict[tuple[uuid.UUID, str], str] = {}
        found = []
        for row in table.rows:
            errors = dict(row.errors)
            unit = unit_of_row(row, organisation, asking, errors)
            name = " ".join(row.text("name").split())
            key = (unit.id if unit else uuid.UUID(int=0), name)
            if unit is not None and name and key in seen:
                errors.setdefault("name", message("post_twice", "与 {cell} 重复", cell=seen[key]))
            seen.setdefault(key, table.address(row, "name"))
            found.append(self._row(row, unit, name, posts.get(key), errors))
        return Check(found)

    def _row(self, row: TableRow, unit: Any, name: str, post: Post | None, errors: dict[str, Message]) -> RowCheck:
        if looks_like_formula(name):
            errors["name"] = message("formula", "不能以等号、加号等公式符号开头")
        if post is not None and not post.is_active:
            errors["name"] = message("retired", "这个岗位已停用，请先在机构页面启用")
        plan = PostPlan(unit.id if unit else uuid.UUID(int=0), name, _roles(row), _order(row, errors), post)
        if plan.roles is not None and "roles" not in errors:
            _check_roles(plan, errors)
        label = f"{unit.name if unit else ''} {name}".strip()
        if errors:
            return RowCheck(row, label, RowState.BAD, errors=errors)
        differences = _differences(plan)
        state = RowState.NEW if post is None else RowState.CHANGED if differences else RowState.SAME
        return RowCheck(row, label, state, differences, plan=plan)

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        plans: list[PostPlan] = [each.plan for each in rows]
        new = [
            {
                "tenant_id": bound_tenant_id(),
                "id": new_id(),
                "unit_id": plan.unit_id,
                "name": plan.name,
                "roles": sorted(plan.roles or ()),
                "sort_order": plan.sort_order or 0,
                "is_active": True,
                "version": 1,
            }
            for plan in plans
            if plan.post is None
        ]
        if new:
            db.session.execute(insert(Post), new)
        for plan in plans:
            if plan.post is not None:
                _edit(plan.post, plan, asking)
        return {}


def _roles(row: TableRow) -> tuple[str, ...] | None:
    value = row.values.get("roles")
    return () if "roles" in row.cleared else value if isinstance(value, tuple) else None


def _order(row: TableRow, errors: dict[str, Message]) -> int | None:
    value = row.values.get("sort_order")
    if not isinstance(value, int):
        return None
    if not 0 <= value <= MAX_ORDER:
        errors["sort_order"] = message("bad_order", "次序是 0 到 {n} 的整数", n=MAX_ORDER)
    return value


def _check_roles(plan: PostPlan, errors: dict[str, Message]) -> None:
    """The three administrators are disjoint, for the post and for whoever holds it."""
    roles = [Role(role) for role in plan.roles or ()]
    try:
        if plan.post is None:
            appointments.refuse_conflicting_roles(roles)
        elif sorted(plan.roles or ()) != sorted(plan.post.roles):
            appointments.check_new_roles(plan.post, roles, local_today())
    except DomainError as error:
        errors["roles"] = error.message


def _differences(plan: PostPlan) -> tuple[Difference, ...]:
    found = []
    old_roles = sorted(plan.post.roles) if plan.post is not None else []
    if plan.roles is not None and sorted(plan.roles) != old_roles:
        found.append(Difference(gettext("角色"), _shown_roles(old_roles), _shown_roles(sorted(plan.roles))))
    old_order = plan.post.sort_order if plan.post is not None else 0
    if plan.sort_order is not None and plan.sort_order != old_order:
        found.append(Difference(gettext("次序"), str(old_order), str(plan.sort_order)))
    return tuple(found)


def _shown_roles(roles: Sequence[str]) -> str:
    return "、".join(str(ROLE_LABELS[Role(role)]) for role in roles)


def _edit(post: Post, plan: PostPlan, asking: Asking) -> None:
    roles = [Role(role) for role in (post.roles if plan.roles is None else plan.roles)]
    order = post.sort_order if plan.sort_order is None else plan.sort_order
    services.edit_post(post, name=post.name, roles=roles, sort_order=order, actor=asking.viewer)
