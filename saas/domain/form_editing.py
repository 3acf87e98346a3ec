"""Editing a form definition step by step (设计表单): every step leaves a complete, readable form.

Fields are addressed by their path without row numbers: `pool.emptied`, `households.house_number`; "" is the form
itself. A step that is not possible raises FormError with the path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from saas.domain.errors import FormError
from saas.domain.fields import CONTAINERS, SELECTS, Choice, Demand, Field, FieldType, FormDefinition

Fields = tuple[Field, ...]
YES_NO = (Choice("yes", "是"), Choice("no", "否"), Choice("na", "不适用"))
CHECKLIST, CHECKLIST_ITEM, CHECK = "checklist", "checklist_item", "check"  # ready-made blocks of the builder
NEVER = "false()"  # the condition of a check that was not put together yet


def find_field(form: FormDefinition, path: str) -> Field:
    """Return the field at a path, or raise FormError."""
    fields = form.fields
    found: Field | None = None
    for name in path.split("."):
        found = next((item for item in fields if item.name == name), None)
        if found is None:
            raise FormError(path, "没有这个字段", code="unknown_field")
        fields = found.fields
    if found is None:
        raise FormError(path, "没有这个字段", code="unknown_field")
    return found


def names_in_use(form: FormDefinition) -> frozenset[str]:
    """Return every field name of the form, at any depth."""

    def walk(fields: Fields) -> set[str]:
        return {item.name for item in fields} | {name for item in fields for name in walk(item.fields)}

    return frozenset(walk(form.fields))


def unused_name(form: FormDefinition) -> str:
    """Return a field name that no field has: q1, q2 …"""
    used = names_in_use(form)
    return next(name for number in range(1, len(used) + 2) if (name := f"q{number}") not in used)


_PLACEHOLDERS = frozenset({"新问题", "选项一", "选项二", "必须有的项目", "建议有的项目", "不得有的项目"})


def is_placeholder(label: str) -> bool:
    """Whether a question or a choice is still called as it was when it was added."""
    return label in _PLACEHOLDERS


def new_field(kind: FieldType, name: str, label: str) -> Field:
    """Return a field of a type with the least that makes it complete: choices for a choice, a question for a group."""
    if kind in SELECTS:
        return Field(kind, name, label, choices=(Choice("c1", "选项一"), Choice("c2", "选项二")))
    if kind in CONTAINERS:
        return Field(kind, name, label, fields=(Field(FieldType.TEXT, f"{name}_1", "新问题"),))
    if kind is FieldType.CALCULATE:
        return Field(kind, name, label, calculation="0")
    return Field(kind, name, label)


def new_block(kind: str, name: str, label: str) -> Field:
    """Return a new field of a type, or a ready-made block: a checklist with one item of each demand, or one item."""
    if kind == CHECKLIST_ITEM:
        return checklist_item(name, label, Demand.MUST)
    if kind == CHECK:
        return Field(FieldType.NOTE, name, label, mark=True, relevant=NEVER)
    if kind != CHECKLIST:
        return new_field(FieldType(kind), name, label)
    items = (
        checklist_item(f"{name}_1", "必须有的项目", Demand.MUST),
        checklist_item(f"{name}_2", "建议有的项目", Demand.SHOULD),
        checklist_item(f"{name}_3", "不得有的项目", Demand.FORBIDDEN),
    )
    return Field(FieldType.GROUP, name, label, fields=items)


def checklist_item(name: str, label: str, demand: Demand) -> Field:
    """Return an item of a checklist: yes, no or not applicable, and it must be answered."""
    return Field(FieldType.SELECT_ONE, name, label, required=True, choices=YES_NO, demand=demand)


def add_field(form: FormDefinition, parent: str, item: Field) -> FormDefinition:
    """Append a field to the form, or to a group or repeat."""
    return _change(form, parent, lambda fields: (*fields, item))


def remove_field(form: FormDefinition, path: str) -> FormDefinition:
    """Take a field out. A form, a group and a repeat keep at least one field."""
    parent, name = _split(form, path)

    def without(fields: Fields) -> Fields:
        kept = tuple(item for item in fields if item.name != name)
        if not kept:
            raise FormError(path, "至少要保留一个问题；不需要整个分组时请删除分组", code="last_field")
        return kept

    return _change(form, parent, without)


def move_field(form: FormDefinition, path: str, by: int) -> FormDefinition:
    """Move a field so many places down (negative: up) among its neighbours; beyond the ends it stays at the end."""
    parent, name = _split(form, path)

    def moved(fields: Fields) -> Fields:
        place = next(number for number, item in enumerate(fields) if item.name == name)
        rest = [item for item in fields if item.name != name]
        rest.insert(max(0, min(place + by, len(rest))), fields[place])
        return tuple(rest)

    return _change(form, parent, moved)


def places_for(form: FormDefinition, path: str) -> tuple[tuple[str, int], ...]:
    """Where a field may be put: groups and repeats outside of it ("" is the form), and the place among its neighbours.

    Places are counted from 0 without the field itself; the one where it stands is among them.
    """
    find_field(form, path)
    found: list[tuple[str, int]] = []

    def walk(fields: Fields, parent: str) -> None:
        others = [item for item in fields if f"{parent}.{item.name}".lstrip(".") != path]
        for place, item in enumerate(others):
            found.append((parent, place))
            if item.type in CONTAINERS:
                walk(item.fields, f"{parent}.{item.name}".lstrip("."))
        found.append((parent, len(others)))

    walk(form.fields, "")
    return tuple(found)


def put_field(form: FormDefinition, path: str, parent: str, place: int) -> FormDefinition:
    """Put a field into a group or repeat, or the form itself (""), at a place among those that are there.

    Raises FormError if it would stand in itself, or would leave a group empty.
    """
    item, (former, name) = find_field(form, path), _split(form, path)
    if f"{parent}.".startswith(f"{path}."):
        raise FormError(path, "不能放到它自己里面", code="not_a_group")
    if former != parent and any(each.name == name for each in _fields_in(form, parent)):
        raise FormError(path, "那里已有字段名相同的问题，请先改字段名", code="duplicate")

    def put(fields: Fields) -> Fields:
        others = [each for each in fields if each is not item]
        others.insert(max(0, min(place, len(others))), item)
        return tuple(others)

    if former == parent:
        return _change(form, parent, put)
    return _change(remove_field(form, path), parent, put)


def _fields_in(form: FormDefinition, parent: str) -> Fields:
    return find_field(form, parent).fields if parent else form.fields


def _split(form: FormDefinition, path: str) -> tuple[str, str]:
    find_field(form, path)
    parent, _, name = path.rpartition(".")
    return parent, name


def _change(form: FormDefinition, parent: str, change: Callable[[Fields], Fields]) -> FormDefinition:
    if not parent:
        return replace(form, fields=change(form.fields))
    if find_field(form, parent).type not in CONTAINERS:
        raise FormError(parent, "这里不能放问题", code="not_a_group")
    return replace(form, fields=_inside(form.fields, parent.split("."), change))


def _inside(fields: Fields, names: list[str], change: Callable[[Fields], Fields]) -> Fields:
    head, rest = names[0], names[1:]
    return tuple(
        replace(item, fields=_inside(item.fields, rest, change) if rest else change(item.fields))
        if item.name == head
        else item
        for item in fields
    )
