"""The posts, people, seats and ties that a reorganisation touches. Reads only."""

from __future__ import annotations

import uuid

from flask_babel import gettext
from sqlalchemy import or_, select

from saas.accounts.models import Appointment, Delegation, User
from saas.administration.reorganisation.handing_on import sole_heir, summary_of_posts
from saas.administration.reorganisation.impact_lines import Line, Section, ids, lasts, name_of
from saas.administration.reorganisation.impact_units import describe_units
from saas.bodies.models import Body, BodySeat
from saas.db import db
from saas.domain.reorganisation import Outcome
from saas.org.models import OrgUnit, Post, UnitFunction, UnitLink


def units(outcome: Outcome) -> Section:
    """What becomes of the units."""
    lines = [
        Line(each.text, each.note, "org.show" if each.exists else "", {"unit_id": each.unit_id} if each.exists else {})
        for each in describe_units(outcome)
    ]
    return Section("units", gettext("单位"), gettext("自生效之日起，之前的记录不变。"), lines)


def posts(outcome: Outcome) -> Section:
    """Posts with their holders, and where they go on."""
    holders: dict[uuid.UUID, list[str]] = {}
    rows = db.session.execute(
        select(Appointment.post_id, User.name)
        .join(User, User.id == Appointment.user_id)
        .where(Appointment.post_id.in_(ids(outcome.posts)), lasts(Appointment, outcome))
        .order_by(User.name)
    )
    for post_id, name in rows:
        holders.setdefault(post_id, []).append(name)
    lines = []
    for post_id, unit_id, name, heir, called in summary_of_posts(outcome):
        text = f"{name_of(outcome, unit_id)} {name}（{'、'.join(holders.get(post_id, [])) or gettext('空缺')}）"
        goes = (
            gettext("转到%(unit)s %(post)s", unit=name_of(outcome, heir), post=called)
            if heir
            else gettext("终止，任职到生效之日为止")
        )
        lines.append(Line(text, goes))
    lead = gettext("任职在生效之日终止或转入新岗位，权限随之变化；之前不变。")
    return Section("posts", gettext("岗位和任职人员"), lead, lines)


def delegations(outcome: Outcome) -> Section:
    """Delegations of these posts."""
    giver = User.__table__.alias("giver")
    rows = db.session.execute(
        select(Post.name, giver.c.name, User.name, Delegation.ends_on)
        .join(Post, Post.id == Delegation.post_id)
        .join(giver, giver.c.id == Delegation.from_user_id)
        .join(User, User.id == Delegation.to_user_id)
        .where(Delegation.post_id.in_(ids(outcome.posts)), lasts(Delegation, outcome), Delegation.revoked_at.is_(None))
        .order_by(Delegation.starts_on, Delegation.id)
    )
    lines = [
        Line(
            gettext("%(post)s：%(giver)s 委托 %(taker)s", post=post, giver=one, taker=other),
            f"{gettext('原到期')} {ends_on}",
        )
        for post, one, other, ends_on in rows
    ]
    return Section("delegations", gettext("委托代办"), gettext("随岗位转移或终止。"), lines)


def seats(outcome: Outcome) -> Section:
    """Seats in bodies, and bodies of units that end."""
    rows = db.session.execute(
        select(Body.id, Body.name, BodySeat.title, BodySeat.unit_id, Post.name)
        .join(Body, Body.id == BodySeat.body_id)
        .outerjoin(Post, Post.id == BodySeat.post_id)
        .where(
            or_(BodySeat.post_id.in_(ids(outcome.posts)), BodySeat.unit_id.in_(ids(outcome.closed))),
            lasts(BodySeat, outcome),
        )
        .order_by(Body.sort_order, Body.code, BodySeat.sort_order, BodySeat.id)
    )
    lines = [
        Line(f"{body}{f' {title}' if title else ''}", post or (name_of(outcome, unit_id) if unit_id else ""))
        for _, body, title, unit_id, post in rows
    ]
    own = db.session.scalars(
        select(Body.name).where(Body.unit_id.in_(ids(outcome.closed)), lasts(Body, outcome)).order_by(Body.code)
    )
    lines += [Line(name, gettext("随单位终止")) for name in own]
    return Section("seats", gettext("议事协调机构的席位"), gettext("席位随岗位或承接单位转移，没有承接的终止。"), lines)


def links(outcome: Outcome) -> Section:
    """Ties and functions."""
    other = OrgUnit.__table__.alias("other")
    rows = db.session.execute(
        select(UnitLink.kind, OrgUnit.name, User.name, other.c.name, UnitLink.unit_id, UnitLink.linked_unit_id)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .outerjoin(User, User.id == UnitLink.user_id)
        .outerjoin(other, other.c.id == UnitLink.linked_unit_id)
        .where(
            or_(UnitLink.unit_id.in_(ids(outcome.closed)), UnitLink.linked_unit_id.in_(ids(outcome.closed))),
            lasts(UnitLink, outcome),
        )
        .order_by(UnitLink.kind, OrgUnit.sort_order, OrgUnit.code, UnitLink.id)
    )
    lines = []
    for kind, unit, person, linked, unit_id, linked_id in rows:
        closed = unit_id if unit_id in outcome.closed else linked_id
        heir = sole_heir(outcome, closed) if closed else None
        goes = gettext("转到%(unit)s", unit=name_of(outcome, heir)) if heir else gettext("终止")
        lines.append(Line(f"{kind}：{person or linked} → {unit}", goes))
    functions = db.session.scalars(
        select(UnitFunction)
        .where(UnitFunction.unit_id.in_(ids(outcome.closed)), lasts(UnitFunction, outcome))
        .order_by(UnitFunction.name, UnitFunction.id)
    )
    for each in functions:
        heir = sole_heir(outcome, each.unit_id)
        goes = gettext("转到%(unit)s", unit=name_of(outcome, heir)) if heir else gettext("终止")
        lines.append(
            Line(gettext("职能：%(name)s（%(unit)s）", name=each.name, unit=name_of(outcome, each.unit_id)), goes)
        )
    return Section("links", gettext("联系和职能"), gettext("合并、改制的由承接单位接续，拆分、撤销的终止。"), lines)
