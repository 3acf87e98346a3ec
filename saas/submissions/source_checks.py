"""Whether what a form is pre-filled from exists in this county: said on the page that publishes it (预填来源)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.db import db
from saas.domain.fields import Field
from saas.domain.fields import FormDefinition as Definition
from saas.domain.fields.prefilled import find_field, fits, prefilled
from saas.domain.prefill import Prefill, SourceKind, read_prefill
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.uses import Stake, register_stakes
from saas.org.queries import list_unit_types
from saas.registers.models import Register


def unknown_sources(_form: FormDefinition, definition: Definition) -> Iterator[Stake]:
    """The sources that say nothing in this county, one line each: their questions open empty. Three statements."""
    fields = prefilled(definition)
    wanted = {path: read_prefill(item.prefill) for path, item in fields.items()}
    checks = _Checks(wanted.values())
    for path, source in wanted.items():
        problem = checks.problem(source, fields[path])
        if problem:
            label = gettext("“%(label)s”的预填来源", label=fields[path].label)
            yield Stake(label, problem, gettext("发布后这一项打开时是空的，由填报人填写"))


class _Checks:
    """What there is in the county of what sources name. Each kind is read in one statement, if it is named."""

    def __init__(self, wanted: Iterable[Prefill]) -> None:
        codes: dict[SourceKind, set[str]] = {}
        for source in wanted:
            codes.setdefault(source.kind, set()).add(source.code)
        self.attributes = _attributes() if SourceKind.ATTRIBUTE in codes else {}
        self.forms = _published(codes[SourceKind.FORM]) if SourceKind.FORM in codes else {}
        self.registers = _registers(codes[SourceKind.REGISTER]) if SourceKind.REGISTER in codes else {}

    def problem(self, source: Prefill, item: Field) -> str:
        """Why a source says nothing, "" if it may."""
        if source.kind is SourceKind.ATTRIBUTE:
            return self._attribute(source, item)
        if source.kind is SourceKind.FORM:
            return _field_problem(self.forms.get(source.code), source, item, gettext("没有已发布的表单"))
        if source.kind is SourceKind.REGISTER:
            if source.code not in self.registers:
                return str(gettext("没有编码为“%(code)s”的台账", code=source.code))
            if source.path:
                return _field_problem(self.registers[source.code], source, item, "")
        return ""

    def _attribute(self, source: Prefill, item: Field) -> str:
        if source.code not in self.attributes:
            return str(gettext("没有单位属性“%(code)s”", code=source.code))
        measure = self.attributes[source.code]
        return str(gettext("计量单位不同")) if measure and item.measure and measure != item.measure else ""


def _field_problem(form: Definition | None, source: Prefill, item: Field, missing: str) -> str:
    """What is wrong with the field that a source names in a form; `missing` says that there is no such form."""
    if form is None:
        return f"{missing}“{source.code}”" if missing else ""
    if not source.path:  # how many reports came
        return ""
    found = find_field(form, source.path)
    if found is None:
        return str(gettext("“%(form)s”里没有字段“%(field)s”", form=form.name, field=source.path))
    if not fits(found[1], item):
        text = gettext("“%(form)s”的“%(field)s”类型或计量单位不同", form=form.name, field=found[1].label)
        return str(text)
    return ""


def _attributes() -> Mapping[str, str]:
    """The measures of the attributes that units of any type carry, by code."""
    types = list_unit_types()
    return {each["name"]: each.get("measure") or "" for unit_type in types for each in unit_type.attributes}


def _published(codes: Iterable[str]) -> Mapping[str, Definition]:
    rows = db.session.scalars(
        select(FormVersion)
        .join(FormDefinition, FormDefinition.id == FormVersion.form_id)
        .where(FormDefinition.code.in_(codes), FormVersion.status == VersionStatus.PUBLISHED)
        .options(joinedload(FormVersion.form))
        .order_by(FormDefinition.code)
    ).all()
    return {row.form.code: definition_of_version(row) for row in rows}


def _registers(codes: Iterable[str]) -> Mapping[str, Definition | None]:
    """The forms of the registers that there are, by the register's code; None before the form is published."""
    rows = db.session.execute(
        select(Register.code, FormVersion)
        .outerjoin(
            FormVersion,
            (FormVersion.form_id == Register.form_id) & (FormVersion.status == VersionStatus.PUBLISHED),
        )
        .where(Register.code.in_(codes))
        .order_by(Register.code)
    ).all()
    return {code: definition_of_version(version) if version else None for code, version in rows}


register_stakes("prefill", unknown_sources)
