"""A form as tables: its questions as the columns of one sheet, each of its repeats as a further sheet.

What a workbook cannot carry (photos, computed and read-only answers) is left out of what is filled in and stays as it
is in the draft. A repeat inside another has its own sheet, whose rows say to which row of the other they belong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from saas.domain.fields import FILES, NUMBERS, Field, FieldType, FormDefinition, child_path
from saas.forms.table_kinds import KINDS
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.limits import MAX_TEXT
from saas.spreadsheets.writing import sheet_name

UNIT_CODE, UNIT_NAME, STANDING, ABOVE = "@code", "@name", "@standing", "@above"  # no path begins like this
MAIN, NOTES = "填报表", "填写说明"
_USUAL = 12  # what an example says where the form does not forbid it
RESERVED = frozenset({MAIN, NOTES, "选项", "模板信息"})


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A question as a column. `path` is that of its answer, inside a repeat `homes[].number`; `groups` the labels of
    the groups it stands in, the outermost first; `head` what stands right above its cells.
    """

    path: str
    field: Field
    groups: tuple[str, ...]
    head: str
    column: Column

    @property
    def inner_path(self) -> str:
        """The path within the row of its repeat."""
        return self.path.rpartition("[].")[2]


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The questions outside repeats (`repeat` is ""), or those of one repeat, as a sheet.

    `outer_label` is what the repeat around it is called, if there is one. `has_numbers`: its rows are known by number,
    because others belong to them or a sheet does not carry all of them.
    """

    name: str
    label: str
    columns: tuple[FormColumn, ...]
    repeat: str = ""
    outer_label: str = ""
    has_numbers: bool = False

    @property
    def depth(self) -> int:
        """How many rows of group heads stand above the heads."""
        return max((len(each.groups) for each in self.columns), default=0)

    @property
    def keys(self) -> tuple[Column, ...]:
        """The columns by which rows of repeats find each other."""
        outer = Column(
            outer_key(self.repeat),
            f"{self.outer_label}序号",
            Kind.CODE,
            help=f"这一行属于“{self.outer_label}”表里的哪一行，写那一行的序号",
            example="1",
        )
        number = Column(
            number_key(self.repeat),
            f"{self.label}序号",
            Kind.CODE,
            help="同一单位内不重复：1、2、3……已有的行请保留原来的序号",
            example="1",
        )
        return (*((outer,) if self.outer_label else ()), *((number,) if self.has_numbers else ()))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A question that the tables do not carry, and why."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class FormTables:
    """A form as sheets; `repeats` in the order of the form."""

    main: FormSheet
    repeats: tuple[FormSheet, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def sheets(self) -> tuple[FormSheet, ...]:
        """Every sheet that has columns, or rows to which others belong."""
        return tuple(each for each in (self.main, *self.repeats) if each.columns or each.has_numbers)


def outer_key(repeat: str) -> str:
    """The column that says to which row of the repeat around it a row belongs."""
    return f"@outer:{repeat}"


def number_key(repeat: str) -> str:
    """The column with the number by which a row of a repeat is known."""
    return f"@number:{repeat}"


def outer_of(repeat: str) -> str:
    """The path of the repeat around one, `homes` for `homes[].members`; empty if there is none."""
    return repeat.rpartition("[].")[0]


def form_tables(definition: FormDefinition, *, is_filed: bool = False) -> FormTables:
    """The tables of a form: what can be filled in, or with `is_filed` everything that was."""
    gathering = _Gathering(is_filed)
    main = gathering.sheet(MAIN, definition.name, definition.fields, "", "")
    names, labels = [*RESERVED], dict[str, str]()
    repeats = []
    while gathering.repeats:
        item, path = gathering.repeats.pop(0)
        name, labels[path] = _free_name(item.label, names), item.label
        names.append(name)
        sheet = gathering.sheet(name, item.label, item.fields, f"{path}[]", path)
        repeats.append(replace(sheet, outer_label=labels.get(outer_of(path), "")))
    return FormTables(main, tuple(repeats), tuple(gathering.left_out))


def _free_name(label: str, taken: Sequence[str]) -> str:
    name = sheet_name(label)
    number = 2
    while name in taken:
        name = f"{sheet_name(label)[:28]}{number}"
        number += 1
    return name


class _Gathering:
    """The columns of a form, and what is left out of them on the way."""

    def __init__(self, is_filed: bool) -> None:
        self.is_filed = is_filed
        self.repeats: list[tuple[Field, str]] = []
        self.left_out: list[LeftOut] = []

    def sheet(self, name: str, label: str, fields: Sequence[Field], parent: str, repeat: str) -> FormSheet:
        inner_before, left_out_before = self.repeats, len(self.left_out)
        self.repeats = []
        leaves = list(self.leaves(fields, parent, ()))
        has_numbers = bool(repeat) and bool(self.repeats or len(self.left_out) > left_out_before)
        self.repeats += inner_before  # what is inside stands right after what it is inside of
        heads = _heads([(item.label, groups) for _, item, groups in leaves])
        labels = Counter(item.label for _, item, _ in leaves)
        columns = tuple(
            FormColumn(path, item, groups, head, _column(path, item, head, groups, is_alone=labels[item.label] == 1))
            for (path, item, groups), head in zip(leaves, heads, strict=True)
        )
        return FormSheet(name, label, columns, repeat, has_numbers=has_numbers)

    def leaves(
        self, fields: Sequence[Field], parent: str, groups: tuple[str, ...]
    ) -> Iterator[tuple[str, Field, tuple[str, ...]]]:
        for item in fields:
            path = child_path(parent, item.name)
            if item.type is FieldType.GROUP:
                yield from self.leaves(item.fields, path, (*groups, item.label) if item.label else groups)
            elif item.type is FieldType.REPEAT:
                self.repeats.append((item, path))
            elif item.is_question and self.takes(item, groups):
                yield path, item, groups

    def takes(self, item: Field, groups: tuple[str, ...]) -> bool:
        if self.is_filed:
            return item.type is not FieldType.HIDDEN
        if item.type in FILES:
            self.left_out.append(LeftOut("·".join((*groups, item.label)), "照片和文件请在系统里上传"))
        return item.is_asked and item.type not in FILES and (not item.read_only or bool(item.prefill))


def _heads(leaves: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """What stands above each column: its label; where several have the same, with the groups that tell them apart."""
    labels = Counter(label for label, _ in leaves)
    below = Counter((groups[-1:], label) for label, groups in leaves)
    whole = Counter((groups, label) for label, groups in leaves)
    depth = max((len(groups) for _, groups in leaves), default=0)
    numbers: Counter[str] = Counter()
    heads = []
    for label, groups in leaves:
        is_told_apart = bool(groups) and len(groups) == depth and below[groups[-1:], label] == 1
        if labels[label] == 1 or is_told_apart:
            heads.append(label)
            continue
        full = "·".join((*groups, label)) if whole[groups, label] == 1 else label
        numbers[full] += 1
        heads.append(full if numbers[full] == 1 else f"{full}{numbers[full]}")
    return heads


def _column(path: str, item: Field, head: str, groups: tuple[str, ...], *, is_alone: bool) -> Column:
    """A question as a column that is found, read and explained. What an answer may be is the form's to say."""
    return Column(
        path,
        head if is_alone or not groups or head != item.label else f"{groups[-1]}{head}",
        _kind(item),
        choices=tuple((choice.name, choice.label) for choice in item.choices),
        help=_help(item),
        example=_example(item),
        max_length=MAX_TEXT,
        aliases=(path,),
        measure=item.measure,
        may_not_apply=item.not_applicable,
    )


def _kind(item: Field) -> Kind:
    if item.chosen_by:  # what the rows are called stands elsewhere in the file: the form's own check compares
        return Kind.TEXTS if item.type is FieldType.SELECT_MULTIPLE else Kind.TEXT
    return KINDS.get(item.type, Kind.TEXT)


def _help(item: Field) -> str:
    demanded = "必填" if item.required else "按情况必填" if item.required_if else ""
    asked = "符合前面的条件时才填" if item.relevant else ""
    return "。".join(part.rstrip("。") for part in (demanded, item.hint, _range(item), asked) if part)


def _range(item: Field) -> str:
    low, high = item.minimum, item.maximum
    places = f"最多 {item.decimals} 位小数" if item.decimals else ""
    if low is not None and high is not None:
        return "，".join(part for part in (f"{low} 到 {high}", places) if part)
    bound = f"不小于 {low}" if low is not None else f"不大于 {high}" if high is not None else ""
    return "，".join(part for part in (bound, places) if part)


def _example(item: Field) -> str:
    if item.choices:
        several = item.type in (FieldType.SELECT_MULTIPLE, FieldType.RANK)
        return "、".join(choice.label for choice in item.choices[: 2 if several else 1])
    if item.type in NUMBERS:
        return _example_number(item)
    return {
        FieldType.DATE: "2026-03-05",
        FieldType.TIME: "09:30",
        FieldType.DATETIME: "2026-03-05 09:30",
        FieldType.GEOPOINT: "31.23 121.47",
        FieldType.ACKNOWLEDGE: "是",
    }.get(item.type, "按实际填写")


def _example_number(item: Field) -> str:
    """A number that the question would take."""
    low, high = item.minimum, item.maximum
    if isinstance(low, Decimal) and low > 0:
        return str(low)
    return str(high) if isinstance(high, Decimal) and high < _USUAL else str(_USUAL)


def unit_columns(*, is_required: bool, key: str = UNIT_CODE, has_above: bool = False) -> tuple[Column, ...]:
    """The columns that say whose row it is: the one by which a unit is known must be there."""
    columns = [
        Column(
            UNIT_CODE,
            "单位代码",
            Kind.CODE,
            is_required=is_required and key == UNIT_CODE,
            is_cell_optional=True,
            example="370101001",
            aliases=("代码", "行政区划代码"),
        ),
        Column(
            UNIT_NAME,
            "单位名称",
            is_required=is_required and key == UNIT_NAME,
            is_cell_optional=True,
            example="柳塘村",
            aliases=("单位", "填报单位", "村名", "村（社区）", "名称"),
        ),
        Column(STANDING, "填报状态", example=""),
    ]
    if has_above:
        columns.insert(2, Column(ABOVE, "上级单位", example="青石镇"))
    return tuple(columns)
