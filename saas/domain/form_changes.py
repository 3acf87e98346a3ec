"""What a new version of a form changes (版本比对), and which changes part it from the data of the version before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from saas.domain.fields import Field, FormDefinition, iter_fields


class ChangeKind(StrEnum):
    """What happened to a field."""

    ADDED = "added"  # 新增
    REMOVED = "removed"  # 删除
    TYPE_CHANGED = "type_changed"  # 类型变化
    MADE_REQUIRED = "made_required"  # 改为必填
    CHOICE_REMOVED = "choice_removed"  # 去掉选项
    RANGE_NARROWED = "range_narrowed"  # 取值范围收窄
    REWORDED = "reworded"  # 文字调整


# After these, figures of both versions cannot simply be set side by side.
_PARTS_DATA = frozenset(
    {ChangeKind.REMOVED, ChangeKind.TYPE_CHANGED, ChangeKind.CHOICE_REMOVED, ChangeKind.RANGE_NARROWED}
)


@dataclass(frozen=True, slots=True)
class FormChange:
    """One change: the field's path and label, and what in particular."""

    kind: ChangeKind
    path: str
    label: str
    detail: str = ""

    @property
    def parts_data(self) -> bool:
        """Whether data of the two versions can no longer be compared for this field."""
        return self.kind in _PARTS_DATA


def form_changes(old: FormDefinition, new: FormDefinition) -> tuple[FormChange, ...]:
    """Return what differs from `old` to `new`: by path, removed fields first, then in the order of the new form."""
    before, after = dict(iter_fields(old)), dict(iter_fields(new))
    removed = [FormChange(ChangeKind.REMOVED, path, item.label) for path, item in before.items() if path not in after]
    changed: list[FormChange] = []
    for path, item in after.items():
        if path not in before:
            detail = "必填" if item.required else ""
            changed.append(FormChange(ChangeKind.ADDED, path, item.label, detail))
        else:
            changed.extend(_differences(path, before[path], item))
    return (*removed, *changed)


def _differences(path: str, old: Field, new: Field) -> Iterator[FormChange]:
    if old.type is not new.type:
        yield FormChange(ChangeKind.TYPE_CHANGED, path, new.label)
        return
    if new.required and not old.required:
        yield FormChange(ChangeKind.MADE_REQUIRED, path, new.label)
    kept = {choice.name for choice in new.choices}
    gone = "、".join(choice.label for choice in old.choices if choice.name not in kept)
    if gone:
        yield FormChange(ChangeKind.CHOICE_REMOVED, path, new.label, gone)
    if _is_narrower(old, new):
        yield FormChange(ChangeKind.RANGE_NARROWED, path, new.label)
    if (old.label, old.hint, old.measure) != (new.label, new.hint, new.measure):
        yield FormChange(ChangeKind.REWORDED, path, new.label, old.label if old.label != new.label else "")


def _is_narrower(old: Field, new: Field) -> bool:
    def tightened(before: Any, now: Any, is_lower: bool) -> bool:
        if now is None:
            return False
        return before is None or (now > before if is_lower else now < before)

    return (
        tightened(old.minimum, new.minimum, is_lower=True)
        or tightened(old.maximum, new.maximum, is_lower=False)
        or new.max_length < old.max_length
    )
