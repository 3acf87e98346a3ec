"""Which registers, and which questions filled in from registers, use the fields of a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.db import db
from saas.domain.fields import form_from_mapping, iter_fields
from saas.domain.prefill import PrefillError, SourceKind, read_prefill
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.uses import FieldUse, register_field_uses
from saas.registers.models import Register


def register_uses(form: FormDefinition) -> Iterable[FieldUse]:
    """The registers that list or protect a field of the form, and the questions that add one of them up."""
    registers = db.session.scalars(
        select(Register).where(Register.form_id == form.id, Register.is_active).order_by(Register.name, Register.id)
    ).all()
    for register in registers:
        for name in sorted({*_texts(register.layout), *_texts(register.access)}):
            yield FieldUse(name, _l("台账"), register.name)
    if registers:
        yield from _added_up({register.code for register in registers})


def _added_up(codes: set[str]) -> Iterator[FieldUse]:
    versions: Sequence[FormVersion] = db.session.scalars(
        select(FormVersion)
        .where(FormVersion.status != VersionStatus.RETIRED)
        .order_by(FormVersion.form_id, FormVersion.number)
    ).all()
    for version in versions:
        if "register:" not in str(version.definition):
            continue
        for _, item in iter_fields(form_from_mapping(version.definition)):
            try:
                source = read_prefill(item.prefill) if item.prefill else None
            except PrefillError:
                continue
            if source is not None and source.kind is SourceKind.REGISTER and source.code in codes and source.path:
                yield FieldUse(source.path, _l("预填"), f"{version.form.name}·{item.label}")


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


register_field_uses("registers", register_uses)
