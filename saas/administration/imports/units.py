"""Importing units (单位) and their attributes (单位属性)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.access.permissions import Permission
from saas.administration.imports.organisation import KnownUnit, Organisation, read_organisation
from saas.administration.imports.unit_columns import (
    ATTRIBUTE,
    attribute_columns,
    code_column,
    declared,
    since_column,
    table_value,
    unit_columns,
)
from saas.administration.imports.unit_rows import Draft, UnitRows
from saas.administration.imports.unit_tree import with_tree_errors
from saas.db import db
from saas.imports.handlers import Asking, Check, RowCheck
from saas.org.bulk import NewUnit, insert_units
from saas.org.bulk_changes import UnitChange, UnitMove, change_units, move_units
from saas.org.models import OrgUnit
from saas.org.queries import last_sort_order, list_unit_types
from saas.spreadsheets.columns import Column
from saas.spreadsheets.tables import Table
from saas.spreadsheets.writing import Row


def _references(organisation: Organisation, today: date) -> tuple[tuple[str, str], ...]:
    """The units that may have others below them: those of every level but the lowest."""
    lowest = max((each.level for each in organisation.types.values()), default=0)
    return tuple((each.code, each.reference) for each in organisation.listed(today) if each.type.level < lowest)


@dataclass(frozen=True)
class Units:
    """Units with where they stand: new ones, and what is different about known ones."""

    kind: str = "units"
    label: object = _l("单位")
    lead: object = _l("新建单位，修改名称、简称和属性，从某天起调整隶属。")
    permission: Permission = Permission.ORG_EDIT
    follow_up: tuple[object, str] | None = None

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        references = _references(read_organisation(asking), asking.today) if offers else ()
        return unit_columns(list_unit_types(), references)

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("代码相同的是同一个单位：表中有的就修改，没有的就新建；表中没有的单位不受影响。"),
            gettext("空着的格子不改动原有内容；要清除一项，请填“（清空）”。"),
            gettext("不填“调整日期”是更正现有登记；填了，变化自这天起生效。改变上级单位必须填“调整日期”。"),
            gettext("单位类型不能用导入修改，合并、拆分、撤销请在机构页面办理。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        organisation = read_organisation(asking)
        return [_unit_row(unit, organisation, asking.today) for unit in organisation.listed(asking.today)]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        organisation = read_organisation(asking, is_final=is_final)
        understood = UnitRows(table, organisation, asking.today)
        return Check(understood.checked(with_tree_errors(understood.drafts(), organisation)))

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        drafts: list[Draft] = [each.plan for each in rows]
        ids = {row.code: row.id for row in db.session.execute(select(OrgUnit.code, OrgUnit.id))}
        _set_up([each for each in drafts if each.unit is None], ids)
        _change([each for each in drafts if each.unit is not None], ids, asking.today)
        return {}


def _unit_row(unit: KnownUnit, organisation: Organisation, today: date) -> Row:
    parent = organisation.parent_on(unit.id, today)
    return {
        "code": unit.code,
        "name": unit.name,
        "short_name": unit.short_name or None,
        "type": unit.type.code,
        "parent": parent.reference if parent is not None else None,
        "valid_from": unit.valid_from,
        **_attribute_cells(unit),
    }


def _attribute_cells(unit: KnownUnit) -> Row:
    own = declared(unit.type).values()
    return {ATTRIBUTE + each.name: table_value(each, unit.attributes.get(each.name)) for each in own}


def _set_up(drafts: Sequence[Draft], ids: dict[str, uuid.UUID]) -> None:
    """Write new units and note their ids. A parent may be a row of the same file, above or below."""
    first = last_sort_order() + 1
    new = []
    for number, draft in enumerate(_parents_first(drafts)):
        assert draft.type is not None  # noqa: S101  (a row without is a mistake)
        assert draft.parent_code is not None  # noqa: S101  (as above)
        unit = NewUnit(
            code=draft.code,
            name=draft.fields["name"],
            unit_type_id=draft.type.id,
            parent_id=ids[draft.parent_code],
            valid_from=draft.begins_on,
            short_name=draft.fields.get("short_name", ""),
            attributes={key: value for key, value in draft.attributes.items() if value is not None},
            sort_order=first + number,
        )
        ids[draft.code] = unit.id
        new.append(unit)
    insert_units(new)


def _parents_first(drafts: Sequence[Draft]) -> list[Draft]:
    """In the order of the file, but each parent before its children."""
    by_code = {each.code: each for each in drafts}
    found: dict[str, Draft] = {}
    for draft in drafts:
        way_up = [draft]
        while way_up[-1].parent_code in by_code and way_up[-1].parent_code not in found:
            way_up.append(by_code[way_up[-1].parent_code or ""])
        for each in reversed(way_up):
            found.setdefault(each.code, each)
    return list(found.values())


def _change(drafts: Sequence[Draft], ids: Mapping[str, uuid.UUID], today: date) -> None:
    changes, moves = [], []
    for draft in drafts:
        assert draft.unit is not None  # noqa: S101  (the caller has chosen the known ones)
        since = draft.begins_on if isinstance(draft.row.values.get("since"), date) else None
        fields = {key: text for key, text in draft.fields.items() if text != getattr(draft.unit, key)}
        attributes = {
            key: value
            for key, value in draft.attributes.items()
            if value != draft.unit.attributes.get(key) or type(value) is not type(draft.unit.attributes.get(key))
        }
        if fields or attributes:
            changes.append(UnitChange(draft.unit.id, fields, attributes, since))
        if draft.moves and draft.parent_code is not None:
            moves.append(UnitMove(draft.unit.id, ids[draft.parent_code], draft.begins_on))
    change_units(changes, today)
    move_units(moves)


@dataclass(frozen=True)
class Attributes(Units):
    """Only the attributes of known units: the yearly figures."""

    kind: str = "attributes"
    label: object = _l("单位属性")
    lead: object = _l("修改已有单位的人口、户数等属性，可指定自哪天起。")

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        name = Column("shown_name", gettext("单位名称"), help=gettext("只供查看，不会改动"), aliases=(gettext("名称"),))
        return (code_column(), name, since_column(), *attribute_columns(list_unit_types()))

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("只改已有单位的属性，不新建单位，不改名称。"),
            gettext("空着的格子不改动原有内容；要清除一项，请填“（清空）”。没有数据不要填 0。"),
            gettext("不填“调整日期”是更正现有登记；填了，数据自这天起生效，以前各期仍按当时的数据。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        units = read_organisation(asking).listed(asking.today)
        return [
            {"code": unit.code, "shown_name": unit.name, **_attribute_cells(unit)}
            for unit in units
            if declared(unit.type)
        ]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        organisation = read_organisation(asking, is_final=is_final)
        understood = UnitRows(table, organisation, asking.today, creates=False)
        return Check(understood.checked(understood.drafts()))
