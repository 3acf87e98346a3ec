"""Which questions of a form score something: a scheme takes answers to questions that are named like its rules."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.db import db
from saas.domain.scheme_reading import scheme_from_mapping
from saas.forms.models import FormDefinition, VersionStatus
from saas.forms.uses import FieldUse, register_field_uses
from saas.submissions.models import Collection


def scheme_uses(form: FormDefinition) -> Iterable[FieldUse]:
    """The rules of schemes in use whose self-scores come from a collection of the form. One statement."""
    versions = db.session.scalars(
        select(SchemeVersion)
        .join(AssessmentScheme, AssessmentScheme.id == SchemeVersion.scheme_id)
        .join(Collection, Collection.id == AssessmentScheme.collection_id)
        .where(Collection.form_id == form.id, AssessmentScheme.is_active, SchemeVersion.status != VersionStatus.DRAFT)
        .options(joinedload(SchemeVersion.scheme))
        .order_by(SchemeVersion.scheme_id, SchemeVersion.number)
    ).all()
    newest = {version.scheme_id: version for version in versions}
    for version in newest.values():
        for rule in scheme_from_mapping(version.definition).rules:
            if rule.facts_of is None:
                yield FieldUse(rule.code, _l("考核方案"), f"{version.scheme.name}·{rule.label}")


register_field_uses("assessment", scheme_uses)
