"""What the rows of a table of units would do: found row by row, then across the file (codes twice, cycles)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext

from saas.administration.imports.organisation import KnownUnit, Organisation
from saas.administration.imports.unit_columns import ATTRIBUTE, declared, is_same, shown, stored_attribute_value
from saas.domain.errors import Message, message
from saas.imports.handlers import Difference, RowCheck, RowState
from saas.org.models import UnitType
from saas.org.services import may_stand_under
from saas.spreadsheets.tables import Table, TableRow
from saas.tenancy.pack_files import looks_like_formula

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
EARLIEST, LATEST = date(1949, 10, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as it is understood so far."""

    row: TableRow
    code: str
    unit: KnownUnit | None  # None: it would be a new one
    type: UnitType | None
    parent_code: str | None  # None: not said
    begins_on: date  # of the new unit, or of the change
    fields: Mapping[str, str]
    attributes: Mapping[str, Any]
    moves: bool = False
    errors: Mapping[str, Message] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.code} {self.fields.get('name') or (self.unit.name if self.unit else '')}".strip()


class UnitRows:
    """Understands rows against the organisation as it is."""

    def __init__(self, table: Table, organisation: Organisation, today: date, *, creates: bool = True) -> None:
        self.table, self.organisation, self.today, self.creates = table, organisation, today, creates
        self.new_names = {row.text("code"): row.text("name") for row in table.rows if row.text("code")}
        self.seen: dict[str, str] = {}
        self.labels = {column.name: column.label for column in table.columns}
        words = (gettext("单位类型"), gettext("上级单位"), gettext("设立日期"), gettext("自何日起"))
        self.type_label, self.parent_label, self.begun_label, self.since_label = words
        self.declared = {each.id: declared(each) for each in organisation.types.values()}

    def drafts(self) -> list[Draft]:
        return [self._draft(row) for row in self.table.rows]

    def _draft(self, row: TableRow) -> Draft:
        errors = dict(row.errors)
        code = row.text("code")
        unit = self.organisation.by_code.get(code)
        self._check_code(row, code, unit, errors)
        if unit is None and not self.creates:
            errors.setdefault("code", message("no_unit", "没有代码或名称为“{text}”的单位", text=code))
            return Draft(row, code, None, None, None, self.today, {}, {}, errors=errors)
        fields = self._names(row, unit, errors)
        unit_type = self._type(row, unit, errors)
        begins_on = self._begins_on(row, unit, errors)
        parent_code = self._parent(row, unit, unit_type, begins_on, errors)
        attributes = self._attributes(row, unit, unit_type, errors)
        moves = self._moves(unit, parent_code, row, begins_on, errors)
        return Draft(row, code, unit, unit_type, parent_code, begins_on, fields, attributes, moves, errors)

    def _check_code(self, row: TableRow, code: str, unit: KnownUnit | None, errors: dict[str, Message]) -> None:
        if "code" in errors:
            return
        if CODE.fullmatch(code) is None:
            errors["code"] = message("bad_code", "代码只能用字母、数字、下划线和连字符，最多 40 个字符")
        elif code in self.seen:
            errors["code"] = message("code_twice", "代码“{code}”与 {cell} 重复", code=code, cell=self.seen[code])
        elif unit is not None and unit.is_closed(self.today):
            errors["code"] = message("closed", "“{name}”已撤销，代码不能再用", name=unit.name)
        elif unit is not None and unit.id not in self.organisation.editable:
            errors["code"] = message("not_yours", "“{name}”不在您的管理范围内", name=unit.name)
        self.seen.setdefault(code, self.table.address(row, "code"))

    def _names(self, row: TableRow, unit: KnownUnit | None, errors: dict[str, Message]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in ("name", "short_name"):
            text = row.text(name)
            if text and looks_like_formula(text):
                errors[name] = message("formula", "不能以等号、加号等公式符号开头")
            elif text or (name == "short_name" and name in row.cleared):
                found[name] = " ".join(text.split())
        if unit is None and "name" not in found and "name" not in errors:
            errors["name"] = message("missing", "请填写“{label}”", label=gettext("单位名称"))
        return found

    def _type(self, row: TableRow, unit: KnownUnit | None, errors: dict[str, Message]) -> UnitType | None:
        code = row.text("type")
        if unit is not None:
            if code and code != unit.type.code:
                errors["type"] = message(
                    "type_fixed", "现在是“{type}”。改变类型请在“机构调整”中办理，不能用导入修改", type=unit.type.name
                )
            return unit.type
        if not code and "type" not in errors:
            errors["type"] = message("missing_new", "新单位请填写“{label}”", label=gettext("单位类型"))
        return self.organisation.types.get(code)

    def _begins_on(self, row: TableRow, unit: KnownUnit | None, errors: dict[str, Message]) -> date:
        since, begins = row.values.get("since"), row.values.get("valid_from")
        if unit is None:
            day = begins if isinstance(begins, date) else self.today
            if not EARLIEST <= day <= LATEST:
                errors["valid_from"] = message("day_far", "日期 {text} 不在合理范围内", text=day.isoformat())
            return day
        if isinstance(begins, date) and begins != unit.valid_from:
            errors["valid_from"] = message(
                "begun", "已登记自 {day} 设立，不能用导入修改", day=unit.valid_from.isoformat()
            )
        if isinstance(since, date):
            is_sound = unit.valid_from <= since <= LATEST and (unit.valid_to is None or since < unit.valid_to)
            if not is_sound:
                errors["since"] = message("not_then", "该单位在 {day} 不存在", day=since.isoformat())
            return since
        return self.today

    def _parent(
        self,
        row: TableRow,
        unit: KnownUnit | None,
        unit_type: UnitType | None,
        begins_on: date,
        errors: dict[str, Message],
    ) -> str | None:
        text = row.text("parent")
        if not text:
            if unit is None and "parent" not in errors:
                errors["parent"] = message("missing_new", "新单位请填写“{label}”", label=gettext("上级单位"))
            return None
        found = self.organisation.resolve(text, self.new_names)
        if isinstance(found, Message):
            errors["parent"] = found
            return None
        if found == row.text("code"):
            errors["parent"] = message("own_parent", "单位不能是自己的上级")
            return None
        self._check_known_parent(found, unit, unit_type, begins_on, errors)
        return found

    def _check_known_parent(
        self,
        code: str,
        unit: KnownUnit | None,
        unit_type: UnitType | None,
        begins_on: date,
        errors: dict[str, Message],
    ) -> None:
        parent = self.organisation.by_code.get(code)
        present = self.organisation.parent_on(unit.id, begins_on) if unit is not None else None
        if parent is None or (present is not None and present.id == parent.id):
            return
        if parent.id not in self.organisation.editable:
            errors["parent"] = message("not_yours", "“{name}”不在您的管理范围内", name=parent.name)
        elif parent.is_closed(begins_on):
            errors["parent"] = message("closed_parent", "“{name}”届时已撤销", name=parent.name)
        elif begins_on < parent.valid_from:
            errors["parent"] = message(
                "parent_later", "“{name}”自 {day} 起才设立", name=parent.name, day=parent.valid_from.isoformat()
            )
        elif unit_type is not None and not may_stand_under(unit_type, parent.type):
            errors["parent"] = message(
                "wrong_parent_type", "{type}不能设在{above}之下", type=unit_type.name, above=parent.type.name
            )

    def _moves(
        self,
        unit: KnownUnit | None,
        parent_code: str | None,
        row: TableRow,
        begins_on: date,
        errors: dict[str, Message],
    ) -> bool:
        """Whether the row puts an existing unit under another parent: only from a day on."""
        if unit is None or parent_code is None:
            return False
        present = self.organisation.parent_on(unit.id, begins_on)
        if present is not None and present.code == parent_code:
            return False
        if present is None:
            errors["parent"] = message("is_root", "最上级单位没有上级，不能填写")
            return False
        if row.values.get("since") is None:
            errors["parent"] = message(
                "move_without_day",
                "现在的上级是“{name}”。要调整隶属请填写“调整日期”，或在机构页面办理",
                name=present.name,
            )
        elif "since" not in errors and not self._can_move(unit, begins_on):
            errors["since"] = message("move_too_early", "调整日期应晚于现隶属关系的开始日期")
        return True

    def _can_move(self, unit: KnownUnit, on: date) -> bool:
        return any(
            place.starts_on < on and (place.ends_on is None or on < place.ends_on)
            for place in self.organisation.places.get(unit.id, ())
        )

    def _attributes(
        self, row: TableRow, unit: KnownUnit | None, unit_type: UnitType | None, errors: dict[str, Message]
    ) -> dict[str, Any]:
        """Stored values by attribute; None where one is taken away. Empty cells say nothing."""
        own = self.declared[unit_type.id] if unit_type is not None else {}
        found: dict[str, Any] = {}
        for name, value in row.values.items():
            if not name.startswith(ATTRIBUTE):
                continue
            attribute = own.get(name)
            if attribute is None:
                if value is not None and unit_type is not None:
                    errors[name] = message("not_carried", "“{type}”没有这项属性", type=unit_type.name)
            elif name in row.cleared:
                found[attribute.name] = None
            elif value is not None:
                stored = stored_attribute_value(attribute, value)
                if isinstance(stored, Message):
                    errors[name] = stored
                elif isinstance(stored, str) and attribute.type.value == "text" and looks_like_formula(stored):
                    errors[name] = message("formula", "不能以等号、加号等公式符号开头")
                else:
                    found[attribute.name] = stored
        return found

    def checked(self, drafts: Sequence[Draft]) -> list[RowCheck]:
        """The drafts as they are shown and applied."""
        found = []
        for each in drafts:
            differences = self._differences(each)
            found.append(RowCheck(each.row, each.label, _state(each, differences), differences, each.errors, each))
        return found

    def _differences(self, draft: Draft) -> tuple[Difference, ...]:
        if draft.errors:
            return ()
        unit = draft.unit
        found = []
        for name, text in draft.fields.items():
            old = getattr(unit, name) if unit is not None else ""
            if text != old:
                found.append(Difference(self.labels[name], old, text))
        found += self._place_differences(draft)
        for attribute in self.declared[draft.type.id].values() if draft.type else ():
            if attribute.name in draft.attributes:
                old = unit.attributes.get(attribute.name) if unit is not None else None
                new = draft.attributes[attribute.name]
                if not is_same(attribute, old, new):
                    found.append(Difference(attribute.label, shown(attribute, old), shown(attribute, new)))
        if found and unit is not None and isinstance(draft.row.values.get("since"), date):
            found.append(Difference(self.since_label, "", draft.begins_on.isoformat()))
        return tuple(found)

    def _place_differences(self, draft: Draft) -> list[Difference]:
        if draft.unit is None:
            kind = draft.type.name if draft.type else ""
            return [
                Difference(self.type_label, "", kind),
                Difference(self.parent_label, "", self._reference(draft.parent_code)),
                Difference(self.begun_label, "", draft.begins_on.isoformat()),
            ]
        if not draft.moves:
            return []
        present = self.organisation.parent_on(draft.unit.id, draft.begins_on)
        new = self._reference(draft.parent_code)
        return [Difference(self.parent_label, present.reference if present else "", new)]

    def _reference(self, code: str | None) -> str:
        known = self.organisation.by_code.get(code or "")
        return known.reference if known else f"{code} {self.new_names.get(code or '', '')}".strip()


def _state(draft: Draft, differences: Sequence[Difference]) -> RowState:
    if draft.errors:
        return RowState.BAD
    if draft.unit is None:
        return RowState.NEW
    return RowState.CHANGED if differences else RowState.SAME
