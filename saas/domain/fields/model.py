"""Form definitions (表单定义): what a form asks, in XLSForm's words, as frozen data.

Read from and written to mappings (TOML in packs, JSON in the database); docs/form-format.md describes them. What an
expression means to an answer is computed in `saas.domain.form_logic`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

MAX_FIELDS, MAX_DEPTH, MAX_CHOICES, MAX_ROWS = 1000, 5, 1000, 500
_ROW = re.compile(r"\[[0-9]+\]")  # the number of a row of a repeat
TEXT_LENGTH = 2000  # of an answer, when the form does not say
FROM_REPEAT = "repeat:"  # of `choices_from`: what was answered in the rows of a repeat


class FieldType(StrEnum):
    """XLSForm's types. Stored in definitions: never rename a value."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    TIME = "time"
    DATETIME = "datetime"
    RANGE = "range"
    RANK = "rank"
    GEOPOINT = "geopoint"
    ACKNOWLEDGE = "acknowledge"
    IMAGE = "image"
    FILE = "file"
    CALCULATE = "calculate"
    HIDDEN = "hidden"
    NOTE = "note"
    GROUP = "begin_group"
    REPEAT = "begin_repeat"


class Sensitivity(StrEnum):
    """How an answer is protected (GB/T 35273). Stored in definitions: never rename a value."""

    NONE = ""
    PERSONAL = "personal"  # 个人信息: masked for those whose work does not need it
    SENSITIVE = "sensitive"  # 敏感个人信息: masked for all until they say what for, and every reading is recorded


class Mask(StrEnum):
    """How much of a protected answer shows while it is masked. Stored in definitions: never rename a value."""

    NONE = ""  # by the sensitivity: nothing of it
    NAME = "name"  # 张**
    PHONE = "phone"  # 138****0000
    IDENTITY = "identity"  # 身份证号, the first six and the last four
    ADDRESS = "address"  # without the house number
    ALL = "all"


class Demand(StrEnum):
    """What a checklist item asks for (001 R60). Stored in definitions: never rename a value."""

    NONE = ""
    MUST = "must"  # 必须有
    SHOULD = "should"  # 建议有
    FORBIDDEN = "forbidden"  # 不得有


SELECTS = frozenset({FieldType.SELECT_ONE, FieldType.SELECT_MULTIPLE, FieldType.RANK})
CONTAINERS = frozenset({FieldType.GROUP, FieldType.REPEAT})
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.RANGE})
FILES = frozenset({FieldType.IMAGE, FieldType.FILE})
SILENT = frozenset({FieldType.CALCULATE, FieldType.HIDDEN})  # asked of nobody: computed, or carried along
EXPRESSIONS = ("relevant", "constraint", "required_if", "calculation", "initial", "choice_filter", "repeat_count")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose: `name` is stored, `label` is shown; `columns` are what a `choice_filter` may ask of it."""

    name: str
    label: str
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)  # by language


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form (字段). What a key means and which types take it: docs/form-format.md."""

    type: FieldType
    name: str
    label: str
    hint: str = ""
    required: bool = False
    required_message: str = ""
    constraint_message: str = ""
    read_only: bool = False
    default: str = ""
    appearance: str = ""
    not_applicable: bool = False
    measure: str = ""
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    decimals: int | None = None
    max_length: int = TEXT_LENGTH
    list_name: str = ""
    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()
    min_count: int = 0
    max_count: int | None = None
    step: Decimal | None = None  # of a range
    relevant: str = ""
    constraint: str = ""
    required_if: str = ""
    calculation: str = ""
    initial: str = ""  # what the first value is computed from, when the report or the row is begun
    choice_filter: str = ""
    repeat_count: str = ""
    prefill: str = ""
    evidence: str = ""
    demand: Demand = Demand.NONE
    sensitivity: Sensitivity = Sensitivity.NONE
    mask: Mask = Mask.NONE
    expected_minimum: Decimal | None = None
    expected_maximum: Decimal | None = None
    total: bool = False
    unique: bool = False  # no two rows of the repeat that it stands in have the same answer
    choices_from: str = ""
    locked: bool = False
    mark: bool = False  # of a note: what it says looks odd (疑点), `saas.domain.cross_checks`
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # language → label, hint …

    @property
    def is_asked(self) -> bool:
        """Whether somebody answers it: a calculation and a hidden field are questions that nobody sees."""
        return self.is_question and self.type not in SILENT and not self.calculation

    @property
    def is_fixed(self) -> bool:
        """Whether the answer never comes from the browser, although it is not computed anew each time."""
        return self.read_only or self.type is FieldType.HIDDEN

    @property
    def is_question(self) -> bool:
        """Whether it takes an answer itself (a note and a group do not)."""
        return self.type not in CONTAINERS and self.type is not FieldType.NOTE

    @property
    def chosen_by(self) -> str:
        """The field whose answers in the rows of a repeat are the choices; empty for every other field."""
        return self.choices_from.removeprefix(FROM_REPEAT) if self.choices_from.startswith(FROM_REPEAT) else ""

    @property
    def row_limit(self) -> int:
        """How many rows of a repeat, or photos of an image, are taken at most."""
        if self.type in FILES:
            return self.max_count or 1
        return min(self.max_count or MAX_ROWS, MAX_ROWS)

    def label_of(self, choice: str) -> str:
        """Return the label of a choice; a name that is not in the list is shown as it is."""
        return next((item.label for item in self.choices if item.name == choice), choice)


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """A form as data. `choice_lists` are the named lists that its fields share."""

    code: str
    name: str
    fields: tuple[Field, ...]
    description: str = ""
    default_language: str = ""
    choice_lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    locked: bool = False  # by a pack: a county changes nothing in it


def child_path(parent: str, name: str, row: int | None = None) -> str:
    """Return the path of a field inside a group, or inside row `row` of a repeat: `pool.emptied`, `homes[0].photo`."""
    prefix = parent if row is None else f"{parent}[{row}]"
    return f"{prefix}.{name}" if prefix else name


def asked_path(path: str) -> str:
    """Return the path under which `iter_fields` yields the field of an answer: `homes[0].photo` → `homes[].photo`."""
    return _ROW.sub("[]", path)


def iter_fields(form: FormDefinition) -> Iterator[tuple[str, Field]]:
    """Yield every field with its path, parents first. Fields of a repeat stand under `repeat[]`."""
    yield from _walk(form.fields, "")


def _walk(fields: Sequence[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        path = child_path(parent, item.name)
        yield path, item
        yield from _walk(item.fields, f"{path}[]" if item.type is FieldType.REPEAT else path)


def count_fields(form: FormDefinition) -> int:
    """Return how many answers the form asks of a unit (填报负担).

    Notes, groups and read-only fields ask nothing. A repeat counts with its least number of rows, but at least once.
    """
    return sum(_burden(item) for item in form.fields)


def _burden(item: Field) -> int:
    if item.type in CONTAINERS:
        rows = max(item.min_count, 1) if item.type is FieldType.REPEAT else 1
        return rows * sum(_burden(child) for child in item.fields)
    return int(item.is_asked and not item.read_only)
