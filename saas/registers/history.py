"""A record's history in words: what changed from what to what, as its reader may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.domain.fields import FILES, SELECTS, Field, FieldType, FormDefinition, iter_fields
from saas.domain.record_access import FieldAccess, general_path
from saas.domain.records import States
from saas.registers.protection import changes_for
from saas.registers.queries import Event
from saas.registers.services import LINK_ROLES

KIND_LABELS: Mapping[str, object] = {
    "opened": _l("登记"),
    "imported": _l("导入登记"),
    "changed": _l("修改内容"),
    "moved": _l("流转"),
    "due": _l("调整期限"),
    "linked": _l("责任变更"),
    "renewed": _l("改用新版表单"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One answer before and after, in words; "" where there was none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event in words."""

    kind: str
    title: str
    who: str
    at: datetime
    note: str
    changes: tuple[Change, ...] = ()


def history_of(events: Sequence[Event], form: FormDefinition, states: States, access: FieldAccess) -> list[HistoryLine]:
    """The events as lines, in the order given. What the reader may not see is masked or left out."""
    fields = dict(iter_fields(form))
    lines = []
    for each in events:
        event = each.event
        changes = tuple(_changes(changes_for(event.changes, access), event.changes, fields))
        title = _title(event.kind, event.state_before, event.state_after, event.changes, states)
        who = each.actor_name or gettext("系统")
        lines.append(HistoryLine(event.kind, title, who, event.happened_at, event.note, changes))
    return lines


def _title(kind: str, before: str, after: str, changes: Mapping[str, Any], states: States) -> str:
    label = str(KIND_LABELS.get(kind, kind))
    if kind == "moved":
        return f"{states.state(before).name} → {states.state(after).name}"
    link = changes.get("link")
    if kind == "linked" and isinstance(link, Mapping):
        role = LINK_ROLES.get(str(link.get("role")), "")
        words = _l("增加%(role)s：%(name)s") if link.get("added") else _l("取消%(role)s：%(name)s")
        return str(words) % {"role": role, "name": link.get("name", "")}
    return label


def _changes(shown: Mapping[str, Any], whole: Mapping[str, Any], fields: Mapping[str, Field]) -> list[Change]:
    found = []
    for path, change in shown.items():
        if path == "link" or not isinstance(change, Mapping):
            continue
        item = fields.get(general_path(path))
        label = gettext("办结期限") if path == "due_on" and item is None else _label(path, item)
        is_masked = change != whole.get(path)
        before, after = change.get("before"), change.get("after")
        found.append(Change(label, _text(item, before, is_masked), _text(item, after, is_masked)))
    return found


def _label(path: str, item: Field | None) -> str:
    if item is None:
        return path
    row = path.rpartition("[")[2].partition("]")[0] if "[" in path else ""
    return str(gettext("%(label)s（第%(row)s条）", label=item.label, row=int(row) + 1)) if row else item.label


def _text(item: Field | None, stored: Any, is_masked: bool) -> str:
    """A stored answer in words."""
    if stored is None or stored == []:
        return ""
    if is_masked or item is None:
        return str(stored)
    if isinstance(stored, Mapping):
        return str(gettext("不适用"))
    if item.type in FILES:
        return str(gettext("%(count)s 个文件", count=len(stored)))
    if item.type in SELECTS:
        return "、".join(item.label_of(str(name)) for name in (stored if isinstance(stored, list) else [stored]))
    if item.type is FieldType.ACKNOWLEDGE:
        return str(gettext("已确认"))
    return f"{stored} {item.measure}" if item.measure else str(stored)
