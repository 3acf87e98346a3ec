"""What a pack would change, in words (差异): grouped by kind, with the old and the new value of every field."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.access.permissions import ROLE_LABELS, Role
from saas.accounts.models import User
from saas.bodies.models import Body
from saas.forms.models import FormDefinition
from saas.org.models import Hierarchy, OrgUnit, Post, UnitType
from saas.packs.county import County
from saas.packs.ledger import MODELS as _MODELS
from saas.packs.ledger import SECRET, Change, Model, Remark, from_journal, stored_form
from saas.packs.services import Proposal
from saas.plans.models import Plan
from saas.review.models import Route
from saas.submissions.models import Collection

MOST_LINES = 40  # of one thing that changes
MOST_CHARACTERS = 160  # of a value

KINDS: Mapping[str, Any] = {
    "tenant_settings": _l("县级设置"),
    "unit_type": _l("单位类型"),
    "org_unit": _l("单位"),
    "hierarchy": _l("层级体系"),
    "placement": _l("隶属关系"),
    "unit_function": _l("职能"),
    "post_template": _l("岗位模板"),
    "post": _l("岗位"),
    "user": _l("人员"),
    "appointment": _l("任职"),
    "link_kind": _l("联系方式"),
    "unit_link": _l("联系"),
    "named_cohort": _l("单位名册"),
    "body_template": _l("默认工作组"),
    "body": _l("议事协调机构"),
    "body_seat": _l("机构成员"),
    "route": _l("审批流程"),
    "choice_list": _l("公用选项"),
    "form_definition": _l("表单"),
    "form_version": _l("表单版本"),
    "plan": _l("实施方案"),
    "target": _l("目标"),
    "collection": _l("填报任务"),
    "register": _l("台账"),
    "assessment_scheme": _l("考核方案"),
    "scheme_version": _l("考核方案版本"),
}
"""The kinds of things in the order of a page. Tables that are not here are part of one that is."""
_PART_OF = {
    "unit_version": "org_unit",
    "plan_section": "plan",
    "plan_stage": "plan",
    "plan_attachment": "plan",
    "plan_task": "plan",
    "plan_task_part": "plan",
    "plan_task_unit": "plan",
}
_FIELDS: Mapping[str, Any] = {
    "name": _l("名称"),
    "short_name": _l("简称"),
    "title": _l("标题"),
    "level": _l("层级"),
    "is_territorial": _l("属地"),
    "parents": _l("可设在"),
    "attributes": _l("属性"),
    "roles": _l("角色"),
    "sort_order": _l("顺序"),
    "phone": _l("电话"),
    "definition": _l("内容"),
    "status": _l("状态"),
    "owner_unit_id": _l("制表单位"),
    "legal_basis": _l("填报依据"),
    "expires_on": _l("有效期"),
    "starts_on": _l("开始日期"),
    "ends_on": _l("结束日期"),
    "cadence": _l("周期"),
    "cohort": _l("单位范围"),
    "window": _l("填报时间"),
    "route_id": _l("审批流程"),
    "form_id": _l("表单"),
    "plan_id": _l("方案"),
    "collection_id": _l("填报任务"),
    "states": _l("状态和流转"),
    "purpose": _l("用途"),
    "choices": _l("选项"),
    "source": _l("来源"),
    "access": _l("字段权限"),
    "layout": _l("列表和纸质表样"),
    "unit_id": _l("单位"),
    "parent_id": _l("上级"),
    "host_unit_id": _l("设在"),
    "responsible_unit_id": _l("责任单位"),
    "measure": _l("计量单位"),
    "due_on": _l("期限"),
    "duty": _l("职责"),
    "seats": _l("成员"),
    "rules": _l("组成规则"),
    "note": _l("说明"),
    "basis": _l("制定依据"),
    "goals": _l("总体目标"),
    "topic": _l("主题"),
    "letterhead": _l("发文机关标志"),
    "issuing_unit_name": _l("落款"),
    "printing_unit_name": _l("印发机关"),
    "agency_code": _l("机关代字"),
    "copied_to": _l("抄送"),
    "addressees": _l("主送"),
    "countersign_units": _l("会签单位"),
    "details": _l("其他设置"),
    "pack_name": _l("配置包"),
    "pack_digest": _l("配置包摘要"),
    "layers": _l("层次"),
}
_NAMED: Sequence[tuple[Model, str]] = (
    (OrgUnit, "name"),
    (UnitType, "name"),
    (Hierarchy, "name"),
    (Post, "name"),
    (User, "name"),
    (Body, "name"),
    (Route, "name"),
    (FormDefinition, "name"),
    (Plan, "title"),
    (Collection, "name"),
)
_UNTOLD = frozenset({"search_key", "digest", "published_at", "published_by_id", *SECRET})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of something that changes."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is new, changes or goes; `fields` only where something changes."""

    label: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The things of one kind."""

    kind: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """What a page or a terminal shows about a pack beside a county."""

    new: tuple[Group, ...]
    changed: tuple[Group, ...]
    removed: tuple[Group, ...]
    kept: tuple[Group, ...]
    conflicts: tuple[Group, ...]
    same: tuple[tuple[str, int], ...]

    @property
    def is_empty(self) -> bool:
        """Whether applying would change nothing."""
        return not (self.new or self.changed or self.removed or self.conflicts)

    def lines(self) -> Iterator[str]:
        """The description for a terminal, one line a thing."""
        for mark, groups in (("+", self.new), ("~", self.changed), ("-", self.removed), ("=", self.kept)):
            yield from _lines(mark, groups)
        yield from _lines("!", self.conflicts)
        if self.is_empty:
            yield "nothing new"


def _lines(mark: str, groups: Iterable[Group]) -> Iterator[str]:
    for group in groups:
        for entry in group.entries:
            yield f"{mark} {group.kind} {entry.label}"
            for field in entry.fields:
                yield f"    {field.name}: {field.old} -> {field.new}"


def describe_proposal(proposal: Proposal) -> Description:
    """Word what a pack would change."""
    ledger = proposal.ledger
    names = _names(proposal.county, ledger.changes)
    described = describe_changes(ledger.changes, names)
    same: dict[str, set[str]] = {}
    touched = {(_PART_OF.get(change.table, change.table), change.label) for change in ledger.changes}
    for table, label in ledger.same:
        if (table, label) not in touched and table in KINDS:
            same.setdefault(table, set()).add(label)
    return Description(
        *described,
        kept=_remarks(ledger.kept),
        conflicts=_remarks(ledger.conflicts),
        same=tuple((str(KINDS[table]), len(same[table])) for table in KINDS if table in same),
    )


def describe_journal(changes: Sequence[Mapping[str, Any]], county: County) -> tuple[tuple[Group, ...], ...]:
    """Word the journal of an application: what was new, what changed, what went."""
    read = [
        Change(
            each["table"],
            uuid.UUID(each["id"]),
            each["label"],
            None if each["before"] is None else from_journal(_MODELS[each["table"]], each["before"]),
            None if each["after"] is None else from_journal(_MODELS[each["table"]], each["after"]),
        )
        for each in changes
    ]
    return describe_changes(read, _names(county, read))


def describe_changes(
    changes: Sequence[Change], names: Mapping[uuid.UUID, str]
) -> tuple[tuple[Group, ...], tuple[Group, ...], tuple[Group, ...]]:
    """Word changes: new, changed and removed things by kind. What is part of something new is not told by itself."""
    new: dict[str, dict[str, Entry]] = {}
    changed: dict[str, dict[str, list[FieldChange]]] = {}
    removed: dict[str, dict[str, Entry]] = {}
    fresh = {(change.table, change.label) for change in changes if change.before is None}
    for change in changes:
        table = _PART_OF.get(change.table, change.table)
        if change.former is not None or (change.table in _PART_OF and (table, change.label) not in fresh):
            fields = changed.setdefault(_whole(table), {}).setdefault(change.label, [])
            fields += [field for field in _field_changes(change, names) if field not in fields]
        elif change.table in _PART_OF or _is_part_of_new(change, fresh):
            continue
        elif change.before is None:
            new.setdefault(table, {})[change.label] = Entry(change.label)
        elif change.after is None:
            removed.setdefault(table, {})[change.label] = Entry(change.label)
        else:
            changed.setdefault(_whole(table), {}).setdefault(change.label, []).extend(_field_changes(change, names))
    entries = {
        table: {label: Entry(label, tuple(fields[:MOST_LINES])) for label, fields in found.items()}
        for table, found in changed.items()
    }
    return _groups(new), _groups(entries), _groups(removed)


def _whole(table: str) -> str:
    return {"form_version": "form_definition", "scheme_version": "assessment_scheme"}.get(table, table)


def _is_part_of_new(change: Change, fresh: set[tuple[str, str]]) -> bool:
    """The first version of a new form, the place of a new unit, the seats of a new body."""
    above = {"form_version": "form_definition", "scheme_version": "assessment_scheme"}
    above |= {"placement": "org_unit", "body_seat": "body"}
    return (above.get(change.table, ""), change.label) in fresh


def _groups(found: Mapping[str, Mapping[str, Entry]]) -> tuple[Group, ...]:
    return tuple(Group(str(KINDS[table]), tuple(found[table].values())) for table in KINDS if table in found)


def _remarks(remarks: Iterable[Remark]) -> tuple[Group, ...]:
    found: dict[str, list[Entry]] = {}
    for each in remarks:
        table = _PART_OF.get(each.table, each.table)
        found.setdefault(table, []).append(Entry(f"{each.label}：{each.text}"))
    return tuple(Group(str(KINDS[table]), tuple(found[table])) for table in KINDS if table in found)


# --- fields ------------------------------------------------------------------------------------------------------


def _names(county: County, changes: Iterable[Change]) -> dict[uuid.UUID, str]:
    """What ids mean to a reader."""
    names = {row["id"]: row[column] for model, column in _NAMED for row in county.rows(model)}
    names.update({change.id: change.label for change in changes if change.before is None})
    return names


def _field_changes(change: Change, names: Mapping[uuid.UUID, str]) -> list[FieldChange]:
    if change.table in _PART_OF and change.table != "unit_version":
        return [FieldChange(gettext("正文、任务和阶段"), "", gettext("按配置包重写"))]
    before, after = change.former or change.before or {}, change.after or {}
    found: list[FieldChange] = []
    for key in after:
        if key in _UNTOLD or key not in before or (change.former is not None and key != "definition"):
            continue
        name = str(_FIELDS.get(key, key))
        for path, old, new in differences(stored_form(before[key]), stored_form(after[key])):
            found.append(FieldChange(f"{name}{path}", _worded(key, old, names), _worded(key, new, names)))
    return found


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ, as deep as they are alike in shape. Lists of tables are matched by name or code."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if old.get(key) != new.get(key):
                yield from differences(old.get(key), new.get(key), f"{path}.{key}")
    elif _are_tables(old) and _are_tables(new):
        yield from differences(_by_key(old), _by_key(new), path)
        if list(_by_key(old)) != list(_by_key(new)) and set(_by_key(old)) == set(_by_key(new)):
            yield path, list(_by_key(old)), list(_by_key(new))
    elif old != new:
        yield path, old, new


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and _key(each) for each in value)


def _key(table: Mapping[str, Any]) -> str:
    return str(table.get("name") or table.get("code") or "")


def _by_key(tables: list[dict[str, Any]]) -> dict[str, Any]:
    return {f"[{_key(each)}]": each for each in tables}


def _worded(key: str, value: Any, names: Mapping[uuid.UUID, str]) -> str:
    if value is None or value == "":
        return str(gettext("（无）"))
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if key == "roles" and isinstance(value, list):
        return "、".join(str(ROLE_LABELS[Role(each)]) for each in value)
    if isinstance(value, str) and key.endswith("_id"):
        return names.get(uuid.UUID(value), value)
    if isinstance(value, dict) and _key(value):
        return str(value.get("label") or value.get("title") or _key(value))
    if isinstance(value, list):
        return "、".join(_worded("", each, names) for each in value)[:MOST_CHARACTERS] or str(gettext("（无）"))
    return str(value)[:MOST_CHARACTERS]
