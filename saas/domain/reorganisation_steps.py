"""The steps of a reorganisation (机构调整): what is to happen to which unit. Written and read as plain mappings.

Units are named by their ids. A new unit carries its id in the step, so that later steps can name it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from saas.domain.errors import HierarchyError

Key: TypeAlias = uuid.UUID
PostChoices: TypeAlias = Mapping[Key, Key | None]


class StepKind(StrEnum):
    """What a step does. Stored in the database: never rename a value."""

    CREATE = "create"  # 新设
    RENAME = "rename"  # 更名
    MOVE = "move"  # 调整隶属
    MERGE = "merge"  # 合并
    SPLIT = "split"  # 拆分
    CHANGE_TYPE = "change_type"  # 改变类型（村改居、撤镇设街道）
    DISSOLVE = "dissolve"  # 撤销


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that comes to exist. `parent` None: it takes the place of the unit that it follows."""

    unit: Key
    code: str
    name: str
    type: str
    parent: Key | None = None
    short_name: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


Target: TypeAlias = Key | NewUnit


@dataclass(frozen=True, slots=True)
class Create:
    """A unit is set up under a parent (新设)."""

    new: NewUnit


@dataclass(frozen=True, slots=True)
class Rename:
    """A unit is called otherwise (更名)."""

    unit: Key
    name: str
    short_name: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Units come under another parent in one hierarchy (调整隶属)."""

    units: tuple[Key, ...]
    parent: Key
    hierarchy: str = "administrative"


@dataclass(frozen=True, slots=True)
class Merge:
    """Units become one (合并): an existing one, which may be among them, or a new one.

    `posts` says of each post of those that end where it goes on; None: it ends. Left out: to the successor.
    """

    units: tuple[Key, ...]
    into: Target
    posts: PostChoices = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """A unit becomes several (拆分), or with `keeps_unit` gives off others and goes on itself.

    `children` says under which successor each unit below comes, `posts` where each post goes on (None: it ends).
    """

    unit: Key
    into: tuple[Target, ...]
    children: Mapping[Key, Key] = field(default_factory=dict)
    posts: PostChoices = field(default_factory=dict)
    keeps_unit: bool = False


@dataclass(frozen=True, slots=True)
class ChangeType:
    """A unit becomes one of another type (村改居). With `new` it ends and a new unit follows it, else it goes on.

    Empty names keep what it is called.
    """

    unit: Key
    type: str
    name: str = ""
    short_name: str = ""
    new: NewUnit | None = None
    posts: PostChoices = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A unit ends without a successor (撤销). Units below it come under `children_to`; its posts end."""

    unit: Key
    children_to: Key | None = None


Step: TypeAlias = Create | Rename | Move | Merge | Split | ChangeType | Dissolve
_KINDS: Mapping[StepKind, type[Step]] = {
    StepKind.CREATE: Create,
    StepKind.RENAME: Rename,
    StepKind.MOVE: Move,
    StepKind.MERGE: Merge,
    StepKind.SPLIT: Split,
    StepKind.CHANGE_TYPE: ChangeType,
    StepKind.DISSOLVE: Dissolve,
}


def kind_of(step: Step) -> StepKind:
    """Return what a step does."""
    return next(kind for kind, made in _KINDS.items() if isinstance(step, made))


def units_named(step: Step) -> frozenset[Key]:
    """Every unit that a step names, new ones included: whoever may not change one of them may not take the step."""
    named: set[Key] = set()
    match step:
        case Create(new):
            named |= _of_new(new)
        case Rename(unit):
            named.add(unit)
        case Move(units, parent):
            named |= {*units, parent}
        case Merge(units, into, posts):
            named |= {*units, *_of_target(into)} | {each for each in posts.values() if each}
        case Split(unit, into, children, posts):
            named |= {unit, *children, *children.values()} | {each for each in posts.values() if each}
            named |= {each for target in into for each in _of_target(target)}
        case ChangeType(unit, new=new):
            named |= {unit} | (_of_new(new) if new else set())
        case Dissolve(unit, children_to):
            named |= {unit} | ({children_to} if children_to else set())
    return frozenset(named)


def new_units(step: Step) -> tuple[NewUnit, ...]:
    """The units that a step sets up."""
    targets: tuple[Target | None, ...] = ()
    match step:
        case Create(new):
            targets = (new,)
        case Merge(into=into):
            targets = (into,)
        case Split(into=several):
            targets = several
        case ChangeType(new=changed):
            targets = (changed,)
    return tuple(target for target in targets if isinstance(target, NewUnit))


def _of_target(target: Target) -> set[Key]:
    return _of_new(target) if isinstance(target, NewUnit) else {target}


def _of_new(new: NewUnit) -> set[Key]:
    return {new.unit} | ({new.parent} if new.parent else set())


# --- writing and reading ----------------------------------------------------------------------------------------------


def step_to_mapping(step: Step) -> dict[str, Any]:
    """Return a step as JSON, read again to an equal one."""
    mapping: dict[str, Any] = {"kind": kind_of(step).value}
    for name in step.__dataclass_fields__:
        mapping[name] = _written(getattr(step, name))
    return mapping


def _written(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, NewUnit):
        return {name: _written(getattr(value, name)) for name in NewUnit.__dataclass_fields__}
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _written(each) for key, each in value.items()}
    return value


def step_from_mapping(mapping: Mapping[str, Any]) -> Step:
    """Read a step. Raise HierarchyError (`bad_step`) if it is not one."""
    try:
        kind = StepKind(mapping["kind"])
        step: Step = _READERS[kind](mapping)
        return step
    except (KeyError, ValueError, TypeError, AttributeError):
        raise HierarchyError("调整事项的内容不完整，请删除后重新添加", code="bad_step") from None


def _key(value: Any) -> Key:
    return uuid.UUID(str(value))


def _optional(value: Any) -> Key | None:
    return _key(value) if value else None


def _keys(values: Any) -> tuple[Key, ...]:
    return tuple(_key(value) for value in values)


def _choices(values: Mapping[str, Any]) -> dict[Key, Key | None]:
    return {_key(post): _optional(unit) for post, unit in values.items()}


def _new(mapping: Mapping[str, Any]) -> NewUnit:
    return NewUnit(
        unit=_key(mapping["unit"]),
        code=str(mapping["code"]),
        name=str(mapping["name"]),
        type=str(mapping["type"]),
        parent=_optional(mapping.get("parent")),
        short_name=str(mapping.get("short_name", "")),
        attributes=dict(mapping.get("attributes", {})),
    )


def _target(value: Any) -> Target:
    return _new(value) if isinstance(value, Mapping) else _key(value)


_READERS: Mapping[StepKind, Any] = {
    StepKind.CREATE: lambda each: Create(_new(each["new"])),
    StepKind.RENAME: lambda each: Rename(_key(each["unit"]), str(each["name"]), str(each.get("short_name", ""))),
    StepKind.MOVE: lambda each: Move(_keys(each["units"]), _key(each["parent"]), str(each["hierarchy"])),
    StepKind.MERGE: lambda each: Merge(_keys(each["units"]), _target(each["into"]), _choices(each["posts"])),
    StepKind.SPLIT: lambda each: Split(
        _key(each["unit"]),
        tuple(_target(one) for one in each["into"]),
        {_key(child): _key(parent) for child, parent in each["children"].items()},
        _choices(each["posts"]),
        each["keeps_unit"] is True,
    ),
    StepKind.CHANGE_TYPE: lambda each: ChangeType(
        _key(each["unit"]),
        str(each["type"]),
        str(each.get("name", "")),
        str(each.get("short_name", "")),
        _new(each["new"]) if each.get("new") else None,
        _choices(each.get("posts", {})),
    ),
    StepKind.DISSOLVE: lambda each: Dissolve(_key(each["unit"]), _optional(each.get("children_to"))),
}
