"""Importing appointments (任职): who holds which post, from when and until when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.access.permissions import ROLE_LABELS, Permission, Role, roles_conflict
from saas.accounts import appointments
from saas.accounts.models import Appointment, User
from saas.administration.imports.organisation import read_organisation
from saas.administration.imports.people import login_column
from saas.administration.imports.posts import read_posts, unit_column, unit_of_row
from saas.db import db
from saas.domain.errors import DomainError, Message, message
from saas.imports.handlers import Asking, Check, Difference, RowCheck, RowState
from saas.org.models import Post
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.tables import Table, TableRow
from saas.spreadsheets.writing import Row


@dataclass(frozen=True, slots=True)
class AppointmentPlan:
    """A row as it is understood: somebody takes up a post, or an appointment ends."""

    user: User
    post: Post
    starts_on: date
    ends_on: date | None
    known: Appointment | None


@dataclass(slots=True)
class _Holding:
    """Who holds what, and what the rows so far would add."""

    of: dict[uuid.UUID, list[tuple[Post, date, date | None, Appointment | None]]]

    def lasting(self, user: User, starts_on: date) -> list[tuple[Post, date, date | None, Appointment | None]]:
        return [each for each in self.of.get(user.id, ()) if each[2] is None or each[2] > starts_on]


@dataclass(frozen=True)
class Appointments:
    """Appointments: known by person, unit and post."""

    kind: str = "appointments"
    label: object = _l("任职")
    lead: object = _l("安排人员任职，登记免职日期。人员须先由安全管理员登记账号。")
    permission: Permission = Permission.ORG_EDIT
    follow_up: tuple[object, str] | None = None

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        return (
            login_column(),
            Column("shown_name", gettext("姓名"), help=gettext("只供查看，不会改动"), example=gettext("张明")),
            unit_column(asking, offers=offers),
            Column(
                "post", gettext("岗位"), is_required=True, aliases=(gettext("岗位名称"),), example=gettext("填报员")
            ),
            Column("starts_on", gettext("任职日期"), Kind.DAY, help=gettext("不填为导入当天"), example="2026-03-01"),
            Column("ends_on", gettext("免职日期"), Kind.DAY, help=gettext("不再任职的第一天；仍在任的不填")),
        )

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("一行是一个人的一项任职；有几个岗位就写几行。表中没有的任职不受影响。"),
            gettext("不能给自己任职；系统、安全、审计三个管理员只能单独担任。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        organisation = read_organisation(asking)
        held = _appointments([post.id for post in read_posts(organisation).values() if post.is_active])
        found: list[Row] = []
        for each in held:
            if each.ends_on is None or each.ends_on > asking.today:
                found.append(
                    {
                        "login_name": each.user.login_name,
                        "shown_name": each.user.name,
                        "unit": organisation.units[each.post.unit_id].reference,
                        "post": each.post.name,
                        "starts_on": each.starts_on,
                        "ends_on": each.ends_on,
                    }
                )
        return [row for row in found if row["login_name"]]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        organisation = read_organisation(asking)
        posts = read_posts(organisation, is_final=is_final)
        users = {user.login_name: user for user in db.session.scalars(select(User).order_by(User.id))}
        holding = _holding([user.id for user in users.values()])
        found = []
        for row in table.rows:
            errors = dict(row.errors)
            unit = unit_of_row(row, organisation, asking, errors)
            user = users.get(row.text("login_name").lower())
            post = posts.get((unit.id, " ".join(row.text("post").split()))) if unit else None
            _check_found(row, user, post, errors)
            plan = _plan(row, user, post, asking, holding, errors)
            label = f"{user.name if user else row.text('login_name')} · {unit.name if unit else ''}{row.text('post')}"
            found.append(_row_check(row, plan, label, errors))
        return Check(found)

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        for each in rows:
            plan: AppointmentPlan = each.plan
            known = plan.known
            if known is None:
                known = appointments.appoint(plan.user, plan.post, plan.starts_on, actor=asking.viewer)
                known.post = plan.post
            if plan.ends_on is not None and known.ends_on != plan.ends_on:
                appointments.end_appointment(known, plan.ends_on, actor=asking.viewer)
        return {}


def _appointments(post_ids: Sequence[uuid.UUID]) -> Sequence[Appointment]:
    return db.session.scalars(
        select(Appointment)
        .where(Appointment.post_id.in_(post_ids))
        .options(joinedload(Appointment.user), joinedload(Appointment.post))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()


def _holding(user_ids: Sequence[uuid.UUID]) -> _Holding:
    rows = db.session.scalars(
        select(Appointment)
        .join(Post, Post.id == Appointment.post_id)
        .where(Appointment.user_id.in_(user_ids), Post.is_active)
        .options(joinedload(Appointment.post))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()
    holding = _Holding({})
    for each in rows:
        holding.of.setdefault(each.user_id, []).append((each.post, each.starts_on, each.ends_on, each))
    return holding


def _check_found(row: TableRow, user: User | None, post: Post | None, errors: dict[str, Message]) -> None:
    if user is None:
        errors.setdefault("login_name", message("no_account", "没有这个账号，请安全管理员先登记"))
    if post is None and "unit" not in errors:
        errors.setdefault("post", message("no_post", "该单位没有这个岗位，请先导入或新设岗位"))
    elif post is not None and not post.is_active:
        errors.setdefault("post", message("retired", "岗位已停用，不能任职"))


def _plan(
    row: TableRow,
    user: User | None,
    post: Post | None,
    asking: Asking,
    holding: _Holding,
    errors: dict[str, Message],
) -> AppointmentPlan | None:
    if user is None or post is None or errors:
        return None
    starts, ends = row.values.get("starts_on"), row.values.get("ends_on")
    ends_on = ends if isinstance(ends, date) else None
    known = next((each for each in holding.of.get(user.id, ()) if _is_meant(each, post, starts, asking.today)), None)
    starts_on = starts if isinstance(starts, date) else known[1] if known is not None else asking.today
    if ends_on is not None and ends_on <= starts_on:
        errors["ends_on"] = message("bad_dates", "免职日期应晚于任职日期{day}", day=starts_on.isoformat())
        return None
    if known is not None:
        return _known_plan(AppointmentPlan(user, post, starts_on, ends_on, known[3]), known, errors)
    plan = AppointmentPlan(user, post, starts_on, ends_on, None)
    _check_new(plan, holding, asking, errors)
    if not errors:
        holding.of.setdefault(user.id, []).append((post, starts_on, ends_on, None))
    return plan


def _is_meant(
    held: tuple[Post, date, date | None, Appointment | None], post: Post, starts: object, today: date
) -> bool:
    """Whether a row speaks of this appointment: that of its day, or without a day the one that lasts."""
    if held[0].id != post.id:
        return False
    return held[1] == starts if isinstance(starts, date) else held[2] is None or held[2] > today


def _known_plan(
    plan: AppointmentPlan,
    known: tuple[Post, date, date | None, Appointment | None],
    errors: dict[str, Message],
) -> AppointmentPlan:
    if plan.known is None:
        errors["login_name"] = message("appointment_twice", "这项任职在上面的行里已经有了")
    elif plan.ends_on is not None and plan.ends_on != known[2]:
        if known[2] is not None and known[2] <= plan.ends_on:
            errors["ends_on"] = message("ended", "这项任职已登记到 {day} 为止", day=known[2].isoformat())
        else:
            _check_end(plan, errors)
    return plan


def _check_end(plan: AppointmentPlan, errors: dict[str, Message]) -> None:
    try:
        appointments.refuse_losing_administrator([plan.user.id], plan.post.roles, plan.ends_on or plan.starts_on)
    except DomainError as error:
        errors["ends_on"] = error.message


def _check_new(plan: AppointmentPlan, holding: _Holding, asking: Asking, errors: dict[str, Message]) -> None:
    if plan.user.id == asking.viewer.id:
        errors["login_name"] = message("own_post", "不能给自己任职")
        return
    lasting = holding.lasting(plan.user, plan.starts_on)
    if any(post.id == plan.post.id for post, *_ in lasting):
        errors["post"] = message("already_holds", "{name}已担任这个岗位", name=plan.user.name)
        return
    roles = {Role(role) for post in (*(each[0] for each in lasting), plan.post) for role in post.roles}
    if roles_conflict(roles):
        held = "、".join(str(ROLE_LABELS[role]) for role in sorted(roles))
        errors["post"] = message(
            "roles_conflict", "管理员只能单独担任：{name}会同时具有{held}", name=plan.user.name, held=held
        )


def _row_check(row: TableRow, plan: AppointmentPlan | None, label: str, errors: dict[str, Message]) -> RowCheck:
    if errors or plan is None:
        return RowCheck(row, label, RowState.BAD, errors=errors)
    differences = []
    if plan.known is None:
        differences.append(Difference(gettext("任职日期"), "", plan.starts_on.isoformat()))
    old = plan.known.ends_on if plan.known is not None else None
    if plan.ends_on is not None and plan.ends_on != old:
        differences.append(Difference(gettext("免职日期"), old.isoformat() if old else "", plan.ends_on.isoformat()))
    state = RowState.NEW if plan.known is None else RowState.CHANGED if differences else RowState.SAME
    return RowCheck(row, label, state, tuple(differences), plan=plan)
