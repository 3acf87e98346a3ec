"""Importing records of a register (台账导入): new ones, and by their numbers changed ones.

One handler serves every register; which one stands in the subject, `register:<id>`. What is protected shows masked in
what the file would change, and a masked text that comes back changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.imports.handlers import Asking, Check, Link, RowCheck, Subject
from saas.registers import queries
from saas.registers.models import Register
from saas.registers.tables.checking import Checking
from saas.registers.tables.columns import answer_columns, own_columns
from saas.registers.tables.known import KnownRegister, load_register
from saas.registers.tables.writing import write_records
from saas.spreadsheets.columns import Column
from saas.spreadsheets.tables import Table
from saas.spreadsheets.writing import Row

KIND = "registers"
_PREFIX = "register:"


def subject_of(register: Register) -> str:
    """How imports and exports name a register."""
    return f"{_PREFIX}{register.id}"


def _register(asking: Asking) -> Register:
    """The register that is asked for, or NoResultFound (404) if the viewer may not write into it."""
    try:
        register_id = uuid.UUID(asking.subject.removeprefix(_PREFIX))
    except ValueError:
        raise NoResultFound("no such register") from None
    register = queries.get_register(register_id, asking.viewer)
    queries.own_keeping_units(register, asking.viewer)
    return register


@dataclass(frozen=True)
class RegisterRecords:
    """Records: known by their numbers."""

    kind: str = KIND
    label: object = _l("台账记录")
    lead: object = _l("登记新的记录，或按编号修改已有的记录。")
    permission: Permission = Permission.SUBMISSION_EDIT
    follow_up: tuple[object, str] | None = None

    def subject(self, asking: Asking) -> Subject:
        register = _register(asking)
        home = Link("registers.register", {"register_id": register.id})
        export = Link("registers.export", {"register_id": register.id})
        lead = gettext("登记新的记录，或按编号修改已有的记录。先核对，确认后才写入。")
        return Subject(register.name, register.name, home, lead=lead, export=export)

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        register = _register(asking)
        known = load_register(register, asking.viewer)
        units = [f"{unit.code} {unit.name}" for unit in known.units]
        has_due = known.states.due is None or not known.states.due.field
        return (*own_columns(known.states, units, has_due=has_due), *answer_columns(known.form))

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("编号留空的是新登记；填了编号的，修改那条记录。空格不改动原来的内容，要清空的填“（清空）”。"),
            gettext("表中没有的记录不受影响。照片、附件和表中表请在系统里填写。"),
            gettext("遮盖的个人信息（如 张**）原样交回的不改动；要修改的填写完整内容。敏感个人信息请在记录页面修改。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        return load_register(_register(asking), asking.viewer).rows()

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        known = load_register(_register(asking), asking.viewer, is_final=is_final)
        checking = Checking(known)
        return Check([checking.row(row) for row in table.rows])

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        known: KnownRegister = load_register(_register(asking), asking.viewer)
        return write_records(known, [each.plan for each in rows], actor=asking.viewer)
