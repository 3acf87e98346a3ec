"""What schema 2 added to packs: posts by type, further trees, functions, kinds of ties, named cohorts and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StringConstraints, model_validator

from saas.tenancy.pack_schema import (
    Code,
    Codes,
    Day,
    Name,
    Names,
    Note,
    OptionalCode,
    OptionalDay,
    PackPart,
    Roles,
    Row,
    ShortName,
)

Words = Annotated[str, StringConstraints(max_length=200)]
Duty = Annotated[str, StringConstraints(max_length=2000)]


class PostTemplateRow(Row):
    """A post that every unit of a type has (岗位模板)."""

    unit_type: Code
    name: Name
    roles: Roles
    sort_order: Annotated[int, Field(ge=0, le=10_000)]


class HierarchyRow(Row):
    """A tree beside the administrative one (网格、党组织、条线), or another definition of one."""

    code: Code
    name: Name
    purpose: Literal["administrative", "grid", "party", "line", "other"]
    alternative_to: OptionalCode = None
    note: Note = ""
    starts_on: OptionalDay = None
    ends_on: OptionalDay = None


class PlacementRow(Row):
    """Where a unit stands in such a tree. No parent: at its top. `ends_on` is the first day without it."""

    hierarchy: Code
    unit: Code
    parent: OptionalCode = None
    starts_on: Day
    ends_on: OptionalDay = None


class FunctionRow(Row):
    """A function that a unit is responsible for (职能)."""

    unit: Code
    function: ShortName
    starts_on: Day


class LinkKindRow(Row):
    """A kind of tie across the tree (包片、挂点 …) and whom it must cover."""

    name: ShortName
    from_people: StrictBool
    from_units: StrictBool
    from_types: Codes = ()
    to_types: Codes = ()
    layers: Names = ()
    covers_targets: StrictBool
    covers_sources: StrictBool
    note: Note = ""


# cohorts.toml


class CohortTable(PackPart):
    """A set of units with a name (单位名册). The domain reads `definition`; `ends_on` is the first day after it."""

    code: Code
    name: Name
    note: Note = ""
    starts_on: Day | None = None
    ends_on: Day | None = None
    definition: Mapping[str, Any]

    @model_validator(mode="after")
    def _ends_after_start(self) -> CohortTable:
        if self.starts_on is not None and self.ends_on is not None and self.ends_on <= self.starts_on:
            raise ValueError("的结束日期不晚于开始日期")
        return self


# bodies.toml


class BodyKindName(StrEnum):
    """What a body is. The values are stored: never rename one."""

    LEADING_GROUP = "leading_group"  # 领导小组
    OFFICE = "office"  # 办公室
    WORK_GROUP = "work_group"  # 工作组、专班
    COMMITTEE = "committee"  # 委员会
    OTHER = "other"  # 其他


class SeatRoleName(StrEnum):
    """What a seat is in its body. The values are stored: never rename one."""

    ADVISER = "adviser"  # 顾问、指导员
    HEAD = "head"  # 组长、主任
    EXECUTIVE_DEPUTY = "executive_deputy"  # 常务副组长
    DEPUTY = "deputy"  # 副组长、副主任
    SECRETARY = "secretary"  # 秘书长、秘书
    MEMBER = "member"  # 成员、委员
    LIAISON = "liaison"  # 联络员


class SeatTable(PackPart):
    """A seat: `by` says how it is filled, and exactly what that needs is given.

    `post` is a post's name at the body's own unit in a template, and `unit/post name` in a body.
    """

    role: SeatRoleName
    by: Literal["post", "unit", "function", "description", "outsider"]
    post: Annotated[str, StringConstraints(max_length=130)] = ""
    unit: Code | None = None
    function: ShortName = ""
    wording: Words = ""
    title: ShortName = ""
    field_of_work: Words = ""
    is_lead: bool = False

    @model_validator(mode="after")
    def _filled_as_said(self) -> SeatTable:
        needed = {"description": "wording", "outsider": "wording"}.get(self.by, self.by)
        for key in ("post", "unit", "function", "wording"):
            if bool(getattr(self, key)) is not (key == needed):
                raise ValueError(f'是 by = "{self.by}" 的席位，要写且只写 {needed}')
        return self


class BodyTemplateTable(PackPart):
    """A body that every unit of some types has by default (默认工作组)."""

    code: Code
    name: Name
    kind: BodyKindName
    parent: Code | None = None
    unit_types: Annotated[tuple[Code, ...], Field(min_length=1)]
    duty: Duty = ""
    rules: Mapping[str, Any] = Field(default_factory=dict)
    seats: tuple[SeatTable, ...] = ()


class BodyTable(PackPart):
    """A body of one unit (议事协调机构). `host_unit` is where an office is located (办公室设在…)."""

    code: Code
    name: Name
    kind: BodyKindName
    unit: Code
    parent: Code | None = None
    host_unit: Code | None = None
    duty: Duty = ""
    by_strokes: bool = False
    starts_on: Day | None = None
    ends_on: Day | None = None
    rules: Mapping[str, Any] = Field(default_factory=dict)
    seats: tuple[SeatTable, ...] = ()
