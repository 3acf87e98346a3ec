"""Who else answers for a record (责任、协办): units and persons, who then see it and work on it."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.accounts.models import User
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.errors import DomainError
from saas.notifications.services import notify
from saas.org.models import OrgUnit
from saas.registers.models import RecordLink, RegisterRecord
from saas.registers.services.records import add_event
from saas.registers.staff import workers_at

LINK_ROLES: Mapping[str, object] = {
    "responsible": _l("责任"),
    "supporting": _l("协办"),
    "contact": _l("联系"),
}
MAX_LINKS = 50
NOTICE = "register"


def link_record(
    subject: RegisterRecord, *, actor: HasId, role: str, unit: OrgUnit | None = None, user: User | None = None
) -> bool:
    """Let a unit or a person answer for a record, and tell them; return False if they do so already.

    A second role of the same one replaces the first.
    """
    linked = unit or user
    if linked is None or (unit is not None and user is not None) or role not in LINK_ROLES:
        raise DomainError("请选择单位或人员，以及承担的责任", code="bad_link")
    present = db.session.scalars(
        select(RecordLink).where(RecordLink.record_id == subject.id).order_by(RecordLink.id).with_for_update()
    ).all()
    same = next((each for each in present if linked.id in (each.unit_id, each.user_id)), None)
    if same is not None and same.role == role:
        return False
    if same is None and len(present) >= MAX_LINKS:
        raise DomainError("一条记录最多关联 {limit} 个单位和人员", code="too_many", limit=MAX_LINKS)
    if same is not None:
        same.role = role
    else:
        link = RecordLink(record_id=subject.id, unit_id=unit.id if unit else None, user_id=user.id if user else None)
        link.role = role
        db.session.add(link)
    db.session.flush()
    _note(subject, linked.name, role, actor, is_added=True)
    _tell(subject, unit, user, actor)
    return True


def unlink_record(subject: RegisterRecord, link: RecordLink, name: str, *, actor: HasId) -> None:
    """Let a unit or a person, who is called `name`, no longer answer for a record."""
    role = link.role
    db.session.delete(link)
    db.session.flush()
    _note(subject, name, role, actor, is_added=False)


def _note(subject: RegisterRecord, name: str, role: str, actor: HasId, *, is_added: bool) -> None:
    change = {"role": role, "name": name, "added": is_added}
    add_event(subject, "linked", actor=actor, changes={"link": change})
    record(AuditAction.RECORD_LINKED, subject, actor=actor, number=subject.number, **change)


def _tell(subject: RegisterRecord, unit: OrgUnit | None, user: User | None, actor: HasId) -> None:
    people = workers_at([unit.id], local_today()).get(unit.id, []) if unit is not None else [user.id] if user else []
    title = f"“{subject.register.name}”第{subject.number}号记录交由您办理：{subject.title or subject.unit.name}"
    notify([each for each in people if each != actor.id], NOTICE, title, f"/registers/records/{subject.id}")
