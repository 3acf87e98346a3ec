"""Reading forms and their versions. A form belongs to the whole county: whoever may see forms sees all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Select, false, func, select

from saas.access.permissions import Permission
from saas.db import db
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.org.models import OrgUnit


class Looking(Protocol):
    """Who looks: a signed-in person."""

    @property
    def id(self) -> uuid.UUID: ...

    def unit_ids(self, permission: Permission) -> tuple[uuid.UUID, ...]: ...


@dataclass(frozen=True, slots=True)
class FormRow:
    """One line of the list of forms."""

    form: FormDefinition
    owner_name: str
    published_number: int | None
    draft_number: int | None


def _visible_to(viewer: Looking) -> Select[FormDefinition]:
    statement = select(FormDefinition)
    return statement if viewer.unit_ids(Permission.FORM_VIEW) else statement.where(false())


def list_forms(viewer: Looking) -> Sequence[FormRow]:
    """Every form with the numbers of its published version and of its draft, by name."""
    number = func.max(FormVersion.number)
    statement = (
        _visible_to(viewer)
        .outerjoin(FormVersion, FormVersion.form_id == FormDefinition.id)
        .outerjoin(OrgUnit, OrgUnit.id == FormDefinition.owner_unit_id)
        .add_columns(
            func.coalesce(OrgUnit.name, ""),
            number.filter(FormVersion.status == VersionStatus.PUBLISHED),
            number.filter(FormVersion.status == VersionStatus.DRAFT),
        )
        .group_by(FormDefinition.tenant_id, FormDefinition.id, OrgUnit.name)
        .order_by(FormDefinition.name, FormDefinition.id)
    )
    return [FormRow(*row) for row in db.session.execute(statement).all()]


def get_form(form_id: uuid.UUID, viewer: Looking) -> FormDefinition:
    """Return a form, or raise NoResultFound (404)."""
    return db.session.scalars(_visible_to(viewer).where(FormDefinition.id == form_id)).one()


def list_versions(form_id: uuid.UUID) -> Sequence[FormVersion]:
    """The versions of a form, the newest first."""
    return db.session.scalars(
        select(FormVersion).where(FormVersion.form_id == form_id).order_by(FormVersion.number.desc())
    ).all()


def get_version(form_id: uuid.UUID, number: int, viewer: Looking) -> FormVersion:
    """Return one version of a form, or raise NoResultFound (404)."""
    forms = _visible_to(viewer).with_only_columns(FormDefinition.id)
    return db.session.scalars(
        select(FormVersion).where(
            FormVersion.form_id == form_id, FormVersion.form_id.in_(forms), FormVersion.number == number
        )
    ).one()


def find_published_version(form_id: uuid.UUID) -> FormVersion | None:
    """The version that is filled now, or None if the form was never published."""
    return published_versions([form_id]).get(form_id)


def published_versions(form_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, FormVersion]:
    """The version that is filled now, by form."""
    rows = db.session.scalars(
        select(FormVersion)
        .where(FormVersion.form_id.in_(set(form_ids)), FormVersion.status == VersionStatus.PUBLISHED)
        .order_by(FormVersion.number)
    ).all()
    return {version.form_id: version for version in rows}


def find_draft(form_id: uuid.UUID) -> FormVersion | None:
    """The version that is being designed, or None."""
    return db.session.scalars(
        select(FormVersion).where(FormVersion.form_id == form_id, FormVersion.status == VersionStatus.DRAFT)
    ).one_or_none()


def list_published_forms() -> Sequence[FormDefinition]:
    """Forms in use that have a published version, by name: those that a collection may ask for."""
    published = select(FormVersion.form_id).where(FormVersion.status == VersionStatus.PUBLISHED)
    return db.session.scalars(
        select(FormDefinition)
        .where(FormDefinition.is_active, FormDefinition.id.in_(published))
        .order_by(FormDefinition.name, FormDefinition.id)
    ).all()
