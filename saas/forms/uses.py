"""Who uses the fields of a form, and what a new version touches (谁在用这张表).

Features above register what they know: other forms fill in from it, registers list it, schemes score it, collections
ask for it. The page that publishes a version shows what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.db import db
from saas.domain.fields import FormDefinition as Definition
from saas.domain.fields import form_from_mapping, iter_fields
from saas.domain.prefill import PrefillError, SourceKind, read_prefill
from saas.forms.models import FormDefinition, FormVersion, VersionStatus


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One use of a field: by what kind of thing, and which one. `field` is its path without row marks, or its name."""

    field: str
    kind: object
    title: str


@dataclass(frozen=True, slots=True)
class Stake:
    """Something that a new version touches as a whole: what it is, how much of it, and what happens to it."""

    label: object
    figure: str
    meaning: object = ""


UseFinder = Callable[[FormDefinition], Iterable[FieldUse]]
StakeFinder = Callable[[FormDefinition, Definition], Iterable[Stake]]
_uses: dict[str, UseFinder] = {}
_stakes: dict[str, StakeFinder] = {}


def register_field_uses(feature: str, finder: UseFinder) -> None:
    """Let a feature say which fields of a form it uses. It takes a fixed number of statements."""
    _uses[feature] = finder


def register_stakes(feature: str, finder: StakeFinder) -> None:
    """Let a feature say what a new definition of a form touches. It takes a fixed number of statements."""
    _stakes[feature] = finder


def list_field_uses(form: FormDefinition) -> Mapping[str, Sequence[FieldUse]]:
    """Every use of the form's fields that a feature knows of, by field."""
    found: dict[str, list[FieldUse]] = {}
    for feature in sorted(_uses):
        for use in _uses[feature](form):
            found.setdefault(use.field, []).append(use)
    return found


def uses_of(path: str, uses: Mapping[str, Sequence[FieldUse]]) -> list[FieldUse]:
    """The uses of one field by its path: by users that name it by its path, or by its name alone."""
    plain = path.replace("[]", "")
    return list(dict.fromkeys([*uses.get(plain, ()), *uses.get(plain.rpartition(".")[2], ())]))


def list_stakes(form: FormDefinition, definition: Definition) -> Sequence[Stake]:
    """What publishing a definition touches, as the features say."""
    return [stake for feature in sorted(_stakes) for stake in _stakes[feature](form, definition)]


def _prefilled_forms(form: FormDefinition) -> Iterable[FieldUse]:
    """Other forms whose questions are filled in from this one, in versions that are asked or being designed."""
    versions = db.session.scalars(
        select(FormVersion)
        .where(FormVersion.form_id != form.id, FormVersion.status != VersionStatus.RETIRED)
        .order_by(FormVersion.form_id, FormVersion.number)
    ).all()
    for version in versions:
        if "form:" in str(version.definition):
            yield from _from_form(version, form.code)


def _from_form(version: FormVersion, code: str) -> Iterable[FieldUse]:
    for _, item in iter_fields(form_from_mapping(version.definition)):
        try:
            source = read_prefill(item.prefill) if item.prefill else None
        except PrefillError:
            continue
        if source is not None and (source.kind, source.code) == (SourceKind.FORM, code) and source.path:
            yield FieldUse(source.path, _l("预填"), f"{version.form.name}·{item.label}")


register_field_uses("forms", _prefilled_forms)
