"""The registers of a pack (registers/*.toml): read, and checked against the forms that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import StringConstraints

from saas.domain.cohorts import Cohort, cohort_from_mapping
from saas.domain.errors import FormatError
from saas.domain.fields import FormDefinition
from saas.domain.record_access import AccessRules, access_from_mapping
from saas.domain.records import States
from saas.domain.register_layout import (
    RegisterLayout,
    check_register,
    register_layout_from_mapping,
    states_from_table,
)
from saas.tenancy.pack_errors import build_toml
from saas.tenancy.pack_files import Problems, TomlFile
from saas.tenancy.pack_schema import Code, Name, PackPart, RoleName
from saas.tenancy.pack_source import Source, check_file_name, read_with, toml_path

FOLDER = "registers"
Line = Annotated[str, StringConstraints(max_length=500)]


class RegisterTable(PackPart):
    """A register (台账) as written; its tables (`cohort`, `states`, `access`, `layout`) are read by the domain."""

    code: Code
    name: Name
    description: Line = ""
    form: Code
    owner_unit: Code | None = None
    purpose: Line = ""
    cohort: Mapping[str, Any]
    states: Mapping[str, Any] | str = "ordinary"
    access: Mapping[str, Any] = {}
    layout: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class PackRegister:
    """A register of the pack with its tables read."""

    source: Source
    table: RegisterTable
    cohort: Cohort
    states: States
    access: AccessRules
    layout: RegisterLayout


def read_register(source: TomlFile, problems: Problems) -> PackRegister | None:
    """Read a file of registers/, or note what is wrong with it."""
    table = build_toml(RegisterTable, source, source.mapping, problems)
    if table is None:
        return None
    check_file_name(source, table.code, problems)
    cohort = read_with(cohort_from_mapping, table.cohort, source, problems, ("cohort",))
    states = read_with(states_from_table, table.states, source, problems)
    access = read_with(access_from_mapping, table.access, source, problems, ("access",))
    layout = read_with(register_layout_from_mapping, table.layout, source, problems)
    if cohort is None or states is None or access is None or layout is None:
        return None
    return PackRegister(Source(source), table, cohort, states, access, layout)


def check_against_form(entry: PackRegister, form: FormDefinition, problems: Problems) -> None:
    """Note what of a register does not fit its form: fields that it does not ask, a due day that is no date."""
    try:
        check_register(form, entry.states, entry.access, entry.layout, [role.value for role in RoleName])
    except FormatError as error:
        place = entry.source.at(*toml_path(error.path))
        advice = error.advice or "请对照文档改正"
        problems.add(place.file, str(error.message), advice, line=place.line, path=place.path)
