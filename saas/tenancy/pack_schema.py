"""The typed content of a configuration pack (配置包). Every row and table is frozen; unknown keys are refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from saas.tenancy.pack_files import looks_like_formula

SCHEMA_VERSION = 2
"""The newest layout of a pack that this program reads."""


def _not_a_formula(text: str) -> str:
    if looks_like_formula(text):
        raise ValueError("看起来像电子表格公式")
    return text


def _split(value: Any) -> Any:
    """Read `a|b|c` of a table cell as a list; what is no text is passed on."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split("|") if part.strip())
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_day(value: Any) -> Any:
    """Let only days through: the library would read bare numbers as moments since 1970."""
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise ValueError("不是日期，要写成 2026-03-05 的样子")
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError(f"不是日期：{value[:20]}，要写成 2026-03-05 的样子")
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_not_a_formula)]
ShortName = Annotated[str, StringConstraints(max_length=20), AfterValidator(_not_a_formula)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Words = Annotated[str, StringConstraints(max_length=80), AfterValidator(_not_a_formula)]
Note = Annotated[str, StringConstraints(max_length=500), AfterValidator(_not_a_formula)]
LoginName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^(\d{11})?$")]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_split)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_split)]
Day = Annotated[date, BeforeValidator(_iso_day)]
OptionalDay = Annotated[Day | None, BeforeValidator(_none_if_empty)]
OptionalCode = Annotated[Code | None, BeforeValidator(_none_if_empty)]
OptionalLoginName = Annotated[LoginName | None, BeforeValidator(_none_if_empty)]
RelativeMonth = Annotated[int, Field(ge=-36, le=0)]
"""A month counted from the current one: -1 is last month."""
RelativePeriod = Annotated[int, Field(ge=-36, le=0)]
"""A period counted from the current one in its own cadence: for a yearly scheme -1 is last year."""


class RoleName(StrEnum):
    """The roles that a post may carry. The values are stored: never rename one."""

    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDITOR = "auditor"  # 审计管理员
    OFFICE = "office"  # 主管办公室
    DEPARTMENT = "department"  # 部门
    LEADER = "leader"  # 领导
    TOWN_OFFICER = "town_officer"  # 乡镇（街道）经办人
    VILLAGE_CLERK = "village_clerk"  # 村（社区）填报员
    INSPECTOR = "inspector"  # 检查组


ADMIN_ROLES = frozenset({RoleName.SYSTEM_ADMIN, RoleName.SECURITY_ADMIN, RoleName.AUDITOR})
"""The three administrators (三员): one person holds at most one of them and nothing else beside it."""

Roles = Annotated[tuple[RoleName, ...], BeforeValidator(_split)]
"""A post without roles gives no rights: it is there for its name."""


class AttributeType(StrEnum):
    """What an attribute of a unit holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    YES_NO = "yes_no"
    CHOICE = "choice"


class PackPart(BaseModel):
    """Base of everything in a pack: frozen, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(PackPart):
    """One row of a table of the pack. `line` is where it stands in its file."""

    line: int = Field(ge=1, repr=False)


# pack.toml


class County(PackPart):
    """The suggestion for the county that the pack is applied to."""

    name: Name
    slug: Slug
    government: Name


class Branding(PackPart):
    """What the county's official documents carry (公文版头、版记)."""

    letterhead: Name  # 发文机关标志
    agency_code: Annotated[str, StringConstraints(min_length=1, max_length=20)]  # 机关代字
    seal: Annotated[str, StringConstraints(pattern=r"^(assets/[A-Za-z0-9_-]{1,60}\.png)?$")] = ""  # 印章图样
    issuing_unit: Code  # 发文机关
    signature_name: Name  # 落款
    printing_name: Words = ""  # 印发机关, empty: the same as signature_name
    addressees: Words = ""  # 主送机关
    copied_to: tuple[Name, ...] = ()  # 抄送机关
    bulletin_agency_code: str = ""  # 通报用机关代字, empty: the same as agency_code


class Calendar(PackPart):
    """How the county counts days."""

    time_zone: str = "Asia/Shanghai"
    week_starts_on: Literal["monday", "sunday"] = "monday"
    units_valid_from: Day
    reminder_days: Annotated[tuple[int, ...], Field(max_length=5)] = (3, 1)


class Notes(PackPart):
    """Where the content comes from, and what the pack leaves undetermined (未定)."""

    sources: tuple[Text, ...] = ()
    chosen: tuple[Text, ...] = ()
    undetermined: tuple[Text, ...] = ()


class PackHead(PackPart):
    """pack.toml: what the pack is."""

    schema_version: int = Field(alias="schema", ge=1)
    version: Annotated[str, StringConstraints(pattern=r"^\d{1,4}(\.\d{1,4}){0,2}$")]
    kind: Literal["county", "starter"]
    name: Slug
    title: Name
    description: Text
    topic: Name
    county: County | None = None
    branding: Branding | None = None
    calendar: Calendar
    notes: Notes = Notes()


# org/*.csv


class UnitTypeRow(Row):
    """A kind of unit. `parents` are the types under which it may stand; none: it is a root."""

    code: Code
    name: Name
    level: Annotated[int, Field(ge=1, le=20)]
    is_territorial: StrictBool
    parents: Codes = ()


class AttributeRow(Row):
    """One attribute that units of a type carry, with its unit of measure (计量单位)."""

    unit_type: Code
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Name
    type: AttributeType
    measure: ShortName = ""
    choices: Names = ()


AttributeValue = str | int | bool
"""A stored attribute. Decimals stay text, so that nothing is rounded on the way."""


class UnitRow(Row):
    """A unit and its parent in the administrative tree. An attribute that is absent is not recorded (未填)."""

    code: Code
    name: Name
    short_name: ShortName
    type: Code
    parent: OptionalCode
    attributes: dict[str, AttributeValue]


class PostRow(Row):
    """A post at a unit; `sort_order` is its place in lists."""

    unit: Code
    name: Name
    roles: Roles
    sort_order: Annotated[int, Field(ge=0, le=10_000)]


class PostRef(PackPart):
    """A post named as `unit code/post name`."""

    unit: Code
    name: Name


def _post_refs(value: Any) -> Any:
    parts = _split(value)
    if not isinstance(value, str):
        return value
    if any("/" not in part for part in parts):
        raise ValueError("岗位要写成“单位代码/岗位名称”，多个岗位用 | 分开")
    return tuple(dict(zip(("unit", "name"), part.split("/", 1), strict=True)) for part in parts)


class PersonRow(Row):
    """A person with an account and the posts held from a day on."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=30), AfterValidator(_not_a_formula)]
    login_name: LoginName
    posts: Annotated[tuple[PostRef, ...], BeforeValidator(_post_refs), Field(min_length=1)]
    starts_on: Day
    phone: Phone


class LinkRow(Row):
    """A tie across the tree (包片 …) from a person or a unit to a unit. `ends_on` is the first day without it."""

    kind: ShortName
    person: OptionalLoginName
    from_unit: OptionalCode
    to_unit: Code
    starts_on: Day
    ends_on: OptionalDay
    layer: ShortName = ""
    note: Note = ""
