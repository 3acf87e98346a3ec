"""What becomes of the posts, people, links and seats of units that end (岗位和人员的去向). Never commits.

Nothing changes before the day: appointments end and begin with it, and rights follow. A post that goes on is a new
post at the successor; the old one stays where it was, with those who held it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy import or_, select

from saas.accounts.appointments import refuse_losing_administrator
from saas.accounts.models import Appointment, Delegation
from saas.administration.reorganisation.journal import Journal
from saas.audit.services import HasId
from saas.bodies.models import Body, BodySeat
from saas.db import db, new_id, utc_now
from saas.domain.reorganisation import Outcome
from saas.org.bulk import add_template_posts
from saas.org.models import OrgUnit, Post, UnitFunction, UnitLink

NAME_LIMIT = 40


def hand_on(outcome: Outcome, journal: Journal, actor: HasId) -> None:
    """End, or move to the successors, what belonged to the units that end."""
    heirs = move_posts(outcome, journal)
    for post_id in outcome.posts:
        _move_appointments(outcome.effective_on, post_id, heirs.get(post_id), journal)
        _move_delegations(outcome.effective_on, post_id, heirs.get(post_id), journal, actor)
        _move_seats(outcome.effective_on, BodySeat.post_id, post_id, heirs.get(post_id), journal)
    for unit_id in outcome.closed:
        heir = sole_heir(outcome, unit_id)
        _move_seats(outcome.effective_on, BodySeat.unit_id, unit_id, heir, journal)
        _move_links(outcome.effective_on, unit_id, heir, journal)
        _move_functions(outcome.effective_on, unit_id, heir, journal)
        _end_bodies(outcome.effective_on, unit_id, journal)
    _add_usual_posts(outcome, journal)


def sole_heir(outcome: Outcome, unit_id: uuid.UUID) -> uuid.UUID | None:
    """The unit that takes everything over: after a merger or a conversion, not after a split."""
    heirs = outcome.successors_of(unit_id)
    return heirs[0] if len(heirs) == 1 else None


def free_name(name: str, origin: str, taken: set[str]) -> str:
    """The name of a post at the successor; where that has one of the name, it says where the post came from."""
    found, number = name, 1
    while found in taken:
        suffix = f"（原{origin}{'' if number == 1 else number}）"
        found, number = name[: NAME_LIMIT - len(suffix)] + suffix, number + 1
    return found


def new_post_names(outcome: Outcome) -> Mapping[uuid.UUID, str]:
    """What each post that goes on will be called at its successor."""
    posts = _posts(outcome.posts)
    taken: dict[uuid.UUID, set[str]] = {}
    heirs = {heir for heir in outcome.posts.values() if heir}
    for unit_id, name in db.session.execute(select(Post.unit_id, Post.name).where(Post.unit_id.in_(heirs))):
        taken.setdefault(unit_id, set()).add(name)
    found = {}
    for post_id, heir in outcome.posts.items():
        post = posts[post_id]
        if heir is not None:
            version = outcome.before.version_on(post.unit_id, outcome.effective_on)
            origin = version.short_name or version.name if version else ""
            found[post_id] = free_name(post.name, origin, taken.setdefault(heir, set()))
            taken[heir].add(found[post_id])
    return found


def _posts(post_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Post]:
    rows = db.session.scalars(select(Post).where(Post.id.in_(list(post_ids))).order_by(Post.id)).all()
    return {post.id: post for post in rows}


def move_posts(outcome: Outcome, journal: Journal) -> dict[uuid.UUID, Post]:
    """Set up the posts at the successors; by the post that each takes over from."""
    posts, names = _posts(outcome.posts), new_post_names(outcome)
    heirs = {}
    for post_id, name in names.items():
        old = posts[post_id]
        heirs[post_id] = Post(
            id=new_id(),
            unit_id=outcome.posts[post_id],
            name=name,
            roles=list(old.roles),
            sort_order=old.sort_order,
            is_active=True,
        )
    journal.add(*heirs.values())
    _keep_administrators(outcome, posts)
    return heirs


def _keep_administrators(outcome: Outcome, posts: Mapping[uuid.UUID, Post]) -> None:
    ended = [post_id for post_id, heir in outcome.posts.items() if heir is None]
    holders = db.session.execute(
        select(Appointment.user_id, Appointment.post_id).where(
            Appointment.post_id.in_(ended), _lasts(Appointment, outcome.effective_on)
        )
    ).all()
    roles = {role for _, post_id in holders for role in posts[post_id].roles}
    refuse_losing_administrator({user_id for user_id, _ in holders}, roles, outcome.effective_on)


def _lasts(model: Any, day: date) -> Any:
    return or_(model.ends_on.is_(None), model.ends_on > day)


def _lasting(model: Any, column: Any, value: uuid.UUID, day: date) -> Sequence[Any]:
    rows: Sequence[Any] = db.session.scalars(
        select(model).where(column == value, _lasts(model, day)).order_by(model.starts_on, model.id)
    ).all()
    return rows


def _follow(row: Any, day: date, journal: Journal, **changes: Any) -> None:
    """End a row on the day and begin its like with changes; one that begins later is changed itself."""
    if row.starts_on >= day:
        journal.change(row, **changes)
        return
    columns = (column.name for column in type(row).__table__.columns)
    values = {name: getattr(row, name) for name in columns if name not in {"tenant_id", "id", "version"}}
    values |= {"starts_on": day, **changes}
    journal.change(row, ends_on=day)
    journal.add(type(row)(id=new_id(), **values))


def _end(row: Any, day: date, journal: Journal) -> None:
    if row.starts_on >= day:
        journal.remove(row)
    else:
        journal.change(row, ends_on=day)


def _move_appointments(day: date, post_id: uuid.UUID, heir: Post | None, journal: Journal) -> None:
    for row in _lasting(Appointment, Appointment.post_id, post_id, day):
        if heir is None:
            _end(row, day, journal)
        else:
            _follow(row, day, journal, post_id=heir.id)


def _move_delegations(day: date, post_id: uuid.UUID, heir: Post | None, journal: Journal, actor: HasId) -> None:
    for row in _lasting(Delegation, Delegation.post_id, post_id, day):
        if row.revoked_at is not None:
            continue
        if heir is not None:
            _follow(row, day, journal, post_id=heir.id)
        elif row.starts_on < day:
            journal.change(row, ends_on=day)
        else:
            journal.change(row, revoked_at=utc_now(), revoked_by_id=actor.id)


def _move_seats(day: date, column: Any, holder: uuid.UUID, heir: Any, journal: Journal) -> None:
    heir_id = heir.id if isinstance(heir, Post) else heir
    for seat in _lasting(BodySeat, column, holder, day):
        if heir_id is None or _is_taken(BodySeat, day, body_id=seat.body_id, **{column.key: heir_id}):
            _end(seat, day, journal)
        else:
            _follow(seat, day, journal, **{column.key: heir_id})


def _is_taken(model: Any, day: date, **values: Any) -> bool:
    statement = select(model.id).where(_lasts(model, day)).limit(1)
    for name, value in values.items():
        column = getattr(model, name)
        statement = statement.where(column.is_(None) if value is None else column == value)
    return db.session.scalars(statement).first() is not None


def _move_links(day: date, unit_id: uuid.UUID, heir: uuid.UUID | None, journal: Journal) -> None:
    for column, other in ((UnitLink.unit_id, "linked_unit_id"), (UnitLink.linked_unit_id, "unit_id")):
        for link in _lasting(UnitLink, column, unit_id, day):
            ends = {"unit_id": link.unit_id, "linked_unit_id": link.linked_unit_id, "user_id": link.user_id}
            ends[column.key] = heir
            is_loop = heir is not None and ends[other] == heir
            if heir is None or is_loop or _is_taken(UnitLink, day, kind=link.kind, layer=link.layer, **ends):
                _end(link, day, journal)
            else:
                _follow(link, day, journal, **{column.key: heir})


def _move_functions(day: date, unit_id: uuid.UUID, heir: uuid.UUID | None, journal: Journal) -> None:
    for function in _lasting(UnitFunction, UnitFunction.unit_id, unit_id, day):
        if heir is None or _is_taken(UnitFunction, day, unit_id=heir, name=function.name):
            _end(function, day, journal)
        else:
            _follow(function, day, journal, unit_id=heir)


def _end_bodies(day: date, unit_id: uuid.UUID, journal: Journal) -> None:
    """The bodies of a unit end with it, and so do their seats."""
    for body in _lasting(Body, Body.unit_id, unit_id, day):
        if body.starts_on < day:
            journal.change(body, ends_on=day)
            for seat in _lasting(BodySeat, BodySeat.body_id, body.id, day):
                _end(seat, day, journal)


def _add_usual_posts(outcome: Outcome, journal: Journal) -> None:
    """Give new units the posts of their types that they did not take over."""
    created = {
        unit.id: unit.unit_type_id
        for unit in db.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(outcome.created)).order_by(OrgUnit.id))
    }
    if not created:
        return
    known = set(db.session.scalars(select(Post.id).where(Post.unit_id.in_(created))).all())
    add_template_posts(created)
    added = db.session.scalars(
        select(Post).where(Post.unit_id.in_(created), Post.id.not_in(known)).order_by(Post.id)
    ).all()
    journal.add(*added)


def summary_of_posts(outcome: Outcome) -> list[tuple[uuid.UUID, uuid.UUID, str, uuid.UUID | None, str]]:
    """For the preview: each post with its unit and name, the unit at which it goes on and what it is called there."""
    posts, names = _posts(outcome.posts), new_post_names(outcome)
    return [
        (post_id, posts[post_id].unit_id, posts[post_id].name, heir, names.get(post_id, gettext("终止")))
        for post_id, heir in outcome.posts.items()
    ]
