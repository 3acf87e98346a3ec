"""Applying the organisation of a pack: unit types, units, places, posts, people and links."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from saas.accounts.models import Appointment, User
from saas.accounts.passwords import hash_password
from saas.db import db, local_today, new_id
from saas.org import versions
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import OrgUnit, Post, UnitLink, UnitType
from saas.tenancy.packs import Organisation


@dataclass
class Directory:
    """What the rest of a pack refers to by code: ids of units, posts and people. `counts` says what was new."""

    types: dict[str, uuid.UUID] = field(default_factory=dict)
    units: dict[str, uuid.UUID] = field(default_factory=dict)
    posts: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def apply_organisation(
    organisation: Organisation, *, valid_from: date, first_password: str, must_change_password: bool
) -> Directory:
    """Create what is new, rename what is known by its code, leave alone what the pack does not name.

    A known unit is not moved: a move is a reorganisation with a date of its own. New accounts get `first_password`.
    """
    directory = Directory()
    _apply_types(organisation, directory)
    _apply_units(organisation, directory, valid_from)
    _apply_posts(organisation, directory)
    _apply_people(organisation, directory, first_password, must_change_password)
    _apply_links(organisation, directory)
    return directory


def _apply_types(organisation: Organisation, directory: Directory) -> None:
    known = {row.code: row for row in db.session.scalars(select(UnitType).order_by(UnitType.code))}
    for row in organisation.unit_types:
        unit_type = known.get(row.code)
        if unit_type is None:
            unit_type = UnitType(id=new_id(), code=row.code, name=row.name, level=row.level)
            db.session.add(unit_type)
            directory.count("unit_types")
        unit_type.name, unit_type.level, unit_type.is_territorial = row.name, row.level, row.is_territorial
        unit_type.parents = list(row.parents)
        unit_type.attributes = [
            {"name": a.name, "label": a.label, "type": a.type.value, "measure": a.measure, "choices": list(a.choices)}
            for a in organisation.attributes
            if a.unit_type == row.code
        ]
        directory.types[row.code] = unit_type.id
    db.session.flush()


def _apply_units(organisation: Organisation, directory: Directory, valid_from: date) -> None:
    known = {row.code: row for row in db.session.scalars(select(OrgUnit).order_by(OrgUnit.code))}
    new: list[NewUnit] = []
    for order, row in enumerate(organisation.units, start=1):
        unit = known.get(row.code)
        if unit is not None:
            directory.units[row.code], unit.sort_order = unit.id, order
            change = {"name": row.name, "short_name": row.short_name, "attributes": dict(row.attributes)}
            versions.correct_present(unit, local_today(), **change)
            continue
        new.append(
            NewUnit(
                code=row.code,
                name=row.name,
                short_name=row.short_name,
                unit_type_id=directory.types[row.type],
                parent_id=directory.units[row.parent] if row.parent else None,
                attributes=row.attributes,
                sort_order=order,
                valid_from=valid_from,
            )
        )
        directory.units[row.code] = new[-1].id
        directory.count("units")
    insert_units(new)


def _apply_posts(organisation: Organisation, directory: Directory) -> None:
    known = {(row.unit_id, row.name): row for row in db.session.scalars(select(Post).order_by(Post.id))}
    for row in organisation.posts:
        unit_id = directory.units[row.unit]
        post = known.get((unit_id, row.name))
        if post is None:
            post = Post(id=new_id(), unit_id=unit_id, name=row.name)
            db.session.add(post)
            directory.count("posts")
        post.roles, post.sort_order = [role.value for role in row.roles], row.sort_order
        directory.posts[row.unit, row.name] = post.id
    db.session.flush()


def _apply_people(
    organisation: Organisation, directory: Directory, first_password: str, must_change_password: bool
) -> None:
    known = {row.login_name: row for row in db.session.scalars(select(User).order_by(User.id))}
    held = {tuple(row) for row in db.session.execute(select(Appointment.post_id, Appointment.user_id))}
    is_new = [row for row in organisation.people if row.login_name not in known]
    password_hash = hash_password(first_password) if is_new else ""
    for row in is_new:
        user = User(
            id=new_id(),
            login_name=row.login_name,
            name=row.name,
            password_hash=password_hash,
            must_change_password=must_change_password,
        )
        db.session.add(user)
        known[row.login_name] = user
        directory.count("people")
    db.session.flush()
    for row in organisation.people:
        user = known[row.login_name]
        user.name, user.phone = row.name, row.phone
        directory.people[row.login_name] = user.id
        for ref in row.posts:
            post_id = directory.posts[ref.unit, ref.name]
            if (post_id, user.id) not in held:
                db.session.add(Appointment(post_id=post_id, user_id=user.id, starts_on=row.starts_on))
                directory.count("appointments")
    db.session.flush()


def _apply_links(organisation: Organisation, directory: Directory) -> None:
    keys = select(UnitLink.kind, UnitLink.unit_id, UnitLink.user_id, UnitLink.linked_unit_id)
    known = {tuple(row) for row in db.session.execute(keys)}
    for row in organisation.links:
        key = (
            row.kind,
            directory.units[row.to_unit],
            directory.people[row.person] if row.person else None,
            directory.units[row.from_unit] if row.from_unit else None,
        )
        if key not in known:
            kind, unit_id, user_id, linked_unit_id = key
            db.session.add(
                UnitLink(
                    kind=kind,
                    unit_id=unit_id,
                    user_id=user_id,
                    linked_unit_id=linked_unit_id,
                    starts_on=row.starts_on,
                    ends_on=row.ends_on,
                )
            )
            directory.count("links")
    db.session.flush()
