"""Rows of the organisation through time, of bodies, delegations, imports and applied packs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Appointment, Delegation, User
from saas.bodies.models import Body, BodyKind, BodyMeeting, BodySeat, BodyTemplate, SeatBy, SeatRole
from saas.db import db, local_today, new_id
from saas.imports.models import DataImport
from saas.org.models import (
    LinkKind,
    NamedCohort,
    OrgUnit,
    PostTemplate,
    Reorganisation,
    SuccessionKind,
    UnitFunction,
    UnitSuccession,
)
from saas.packs.models import PackApplication


def rows_of_the_organisation(word: str, actor: User, root: OrgUnit, village: OrgUnit) -> list[Any]:
    """At least one row for every table of these features; every text carries the county's word."""
    today = local_today()
    reorganisation = Reorganisation(
        id=new_id(), title=f"撤并{word}", reason=f"人口减少{word}", effective_on=today, created_by_id=actor.id
    )
    template = BodyTemplate(id=new_id(), code="default", name=f"默认组{word}", kind=BodyKind.WORK_GROUP)
    body = Body(
        id=new_id(),
        unit_id=root.id,
        code="group",
        name=f"领导小组{word}",
        kind=BodyKind.LEADING_GROUP,
        template_id=template.id,
        starts_on=today,
    )
    db.session.add_all([reorganisation, template])
    db.session.flush()
    db.session.add(body)
    db.session.flush()
    seat = BodySeat(
        body_id=body.id, role=SeatRole.MEMBER, filled_by=SeatBy.OUTSIDER, wording=f"某公司{word}", starts_on=today
    )
    meeting = BodyMeeting(
        body_id=body.id, held_on=today, topic=f"议题{word}", entitled=5, present=3, recorded_by_id=actor.id
    )
    return [
        seat,
        meeting,
        UnitFunction(unit_id=village.id, name=f"宣传{word}", starts_on=today),
        UnitSuccession(
            predecessor_id=village.id,
            successor_id=root.id,
            reorganisation_id=reorganisation.id,
            kind=SuccessionKind.MERGED,
            effective_on=today,
        ),
        PostTemplate(unit_type_id=village.unit_type_id, name=f"书记{word}", roles=["village_clerk"]),
        LinkKind(name=f"包联{word}"),
        NamedCohort(code="pilot", name=f"试点{word}", definition={"units": [village.code]}, starts_on=today),
        DataImport(kind="units", file_name=f"单位{word}.xlsx", created_by_id=actor.id),
        DataImport(
            kind="divisions",
            file_name=f"区划{word}",
            created_by_id=actor.id,
            details={"county": "130102", "left_out": [], "names": {"130102001": f"街道{word}"}, "types": {}},
        ),
        PackApplication(number=99, name="some-pack", title=f"配置包{word}", digest="0" * 64),
        _delegation(word, actor),
    ]


def _delegation(word: str, actor: User) -> Delegation:
    today = local_today()
    post_id = db.session.scalars(select(Appointment.post_id).where(Appointment.user_id == actor.id)).first()
    other = db.session.scalars(select(User.id).where(User.id != actor.id).order_by(User.id)).first()
    return Delegation(
        post_id=post_id,
        from_user_id=actor.id,
        to_user_id=other,
        starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=2),
        reason=f"学习{word}",
    )
