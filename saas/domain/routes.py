"""Routes (审批流程): the steps through which a thing goes, as data. docs/route-format.md describes the format.

A route names no persons. Which units a step means is resolved on the day, in that day's tree; how a case moves through
the steps is in `progress`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from saas.domain.errors import FormatError
from saas.domain.hierarchy import Tree, ancestor_of_type
from saas.domain.reading import CODE, Reader, read, without_defaults

K = TypeVar("K", bound=Hashable)

AUTHOR = "author"  # where a return may always lead, unless a step says otherwise
LISTED_UNITS = "listed_units"
MAX_STEPS = 20
_PLAIN_PLACES = frozenset({"own", "own_parent", LISTED_UNITS})


class StepKind(StrEnum):
    """What deciding means at a step."""

    REVIEW = "review"  # 审核
    COUNTERSIGN = "countersign"  # 会签
    APPROVE = "approve"  # 批准
    SIGN = "sign"  # 签批
    ACCEPT = "accept"  # 验收


class StepMode(StrEnum):
    """How many of a step's seats must decide."""

    ANY = "any"  # one is enough
    ALL = "all"  # all, in parallel
    IN_ORDER = "in_order"  # all, one after another


class AfterReturn(StrEnum):
    """Where a resubmitted thing continues."""

    START = "start"  # 从头开始
    SAME_STEP = "same_step"  # 直送退回环节


@dataclass(frozen=True, slots=True)
class Who:
    """Who decides: holders of a role, or of a post by its name, at a place. Exactly one of role and post is given."""

    at: str
    role: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step (环节). `may_return_to` is None (the author and every earlier step) or the codes allowed."""

    code: str
    name: str
    kind: StepKind
    who: Who
    mode: StepMode = StepMode.ANY
    may_return_to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Steps in order, and two decisions of the county about them."""

    code: str
    name: str
    steps: tuple[Step, ...]
    allows_same_person: bool = False
    after_return: AfterReturn = AfterReturn.START

    def return_targets(self, index: int) -> tuple[str, ...]:
        """Return the codes to which step `index` may return a thing, the author first."""
        possible = (AUTHOR, *(step.code for step in self.steps[:index]))
        allowed = self.steps[index].may_return_to
        return possible if allowed is None else tuple(code for code in possible if code in allowed)

    def index_of(self, code: str) -> int:
        """Return the place of a step."""
        return next(index for index, step in enumerate(self.steps) if step.code == code)


def route_from_mapping(mapping: Mapping[str, Any]) -> Route:
    """Read a route. Raise FormatError with the path of the first mistake."""
    reader = read(mapping, "", FormatError, {"code", "name", "allows_same_person", "after_return", "steps"})
    steps: list[Step] = []
    for child in reader.children("steps"):
        steps.append(_step(child, [step.code for step in steps]))
    if not 1 <= len(steps) <= MAX_STEPS:
        raise reader.fail("steps", "环节应有 1 到 {limit} 个", code="bad_steps", limit=MAX_STEPS)
    return Route(
        reader.code("code"),
        reader.text("name"),
        tuple(steps),
        reader.truth("allows_same_person", False),
        reader.choice("after_return", AfterReturn, AfterReturn.START),
    )


def _step(reader: Reader, earlier: Sequence[str]) -> Step:
    reader.refuse_unknown({"code", "name", "kind", "who", "mode", "may_return_to"})
    code = reader.code("code")
    if code == AUTHOR or code in earlier:
        raise reader.fail("code", "环节编码“{value}”重复或被保留", code="duplicate", value=code)
    return Step(
        code,
        reader.text("name"),
        reader.choice("kind", StepKind),
        _who(reader.child("who")),
        reader.choice("mode", StepMode, StepMode.ANY),
        _return_targets(reader, earlier),
    )


def _return_targets(reader: Reader, earlier: Sequence[str]) -> tuple[str, ...] | None:
    if "may_return_to" not in reader.mapping:
        return None
    targets = reader.texts("may_return_to")
    for target in targets:
        if target != AUTHOR and target not in earlier:
            raise reader.fail("may_return_to", "“{target}”不是前面的环节", code="unknown_step", target=target)
    return targets


def _who(reader: Reader) -> Who:
    reader.refuse_unknown({"at", "role", "post"})
    who = Who(reader.text("at"), reader.text("role", ""), reader.text("post", ""))
    if bool(who.role) == bool(who.post):
        raise reader.fail("role", "role 与 post 应写且只写一个", code="wrong_type")
    kind, _, value = who.at.partition(":")
    if who.at not in _PLAIN_PLACES and not (kind in {"ancestor", "unit"} and CODE.fullmatch(value)):
        advice = "own、own_parent、ancestor:类型、unit:编码、listed_units"
        raise reader.fail("at", "不认识的位置“{at}”", code="unknown_value", advice=advice, at=who.at)
    return who


def route_to_mapping(route: Route) -> dict[str, Any]:
    """Return the mapping of a route: JSON-able, without defaults, read again to an equal route."""
    mapping = {
        "code": route.code,
        "name": route.name,
        "allows_same_person": route.allows_same_person,
        "after_return": route.after_return.value,
        "steps": [_step_to_mapping(step) for step in route.steps],
    }
    return without_defaults(mapping, {"allows_same_person": False, "after_return": "start"})


def _step_to_mapping(step: Step) -> dict[str, Any]:
    who = {"role": step.who.role, "post": step.who.post, "at": step.who.at}
    mapping = {
        "code": step.code,
        "name": step.name,
        "kind": step.kind.value,
        "who": without_defaults(who, {"role": "", "post": ""}),
        "mode": step.mode.value,
        "may_return_to": None if step.may_return_to is None else list(step.may_return_to),
    }
    return without_defaults(mapping, {"mode": "any", "may_return_to": None})


def units_of_step(
    who: Who,
    unit: K,
    tree: Tree[K],
    *,
    types: Mapping[K, str],
    codes: Mapping[str, K],
    listed: Sequence[K] = (),
) -> tuple[K, ...]:
    """Return the units whose post holders decide: `unit` is the one that the thing belongs to.

    `types` gives each unit's type, `codes` each unit by its code, `listed` the units that the thing itself lists. No
    unit found gives an empty result: the step is stuck, except that `listed_units` without any is passed over.
    """
    kind, _, value = who.at.partition(":")
    found: K | None
    if who.at == LISTED_UNITS:
        return tuple(dict.fromkeys(listed))
    if kind == "unit":
        found = codes.get(value)
    elif kind == "ancestor":
        found = ancestor_of_type(tree, unit, value, types)
    else:
        found = unit if kind == "own" else tree.parent_of(unit)
    return () if found is None else (found,)
