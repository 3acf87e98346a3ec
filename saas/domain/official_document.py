"""An official document (公文) as content: what it says, independent of where that came from and of how it is set.

The parts and their names are those of GB/T 9704-2012 chapter 7; `saas/documents/pdf.py` sets them on the page.
The canonical JSON of a document is what a signature freezes, and its digest is what the verify page compares.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from saas.domain.canonical_json import canonical_json, digest
from saas.domain.errors import FormatError

NUMERALS = "零一二三四五六七八九"


class DocumentKind(StrEnum):
    """Which document this is (文种). Stored: never rename a value."""

    NOTICE = "notice"  # 通知, usually forwarding (印发) a plan
    BULLETIN = "bulletin"  # 通报
    REPORT = "report"  # 报告, to a superior
    REQUEST = "request"  # 请示, to a superior
    GENERIC = "generic"  # any other


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class ListMarker(StrEnum):
    NUMBER = "number"  # 1. 2. 3.
    NONE = "none"


class TextSize(StrEnum):
    """The size of a table's text: 四号 14 pt, 小四 12 pt, 五号 10.5 pt."""

    NORMAL = "normal"
    SMALL = "small"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Heading:
    """A numbered heading, level 1 to 4: 一、 （一） 1. （1）. `body` continues in the same paragraph (接排)."""

    level: int
    text: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, two characters in. `lead` opens it in 楷体, for instance 「责任单位：」."""

    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list whose items are paragraphs of their own."""

    items: tuple[str, ...]
    marker: ListMarker = ListMarker.NUMBER


@dataclass(frozen=True, slots=True)
class Column:
    """A table column. `width` is its share of the table; only the proportion between columns counts."""

    width: Decimal
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell. Its text stands in the column's alignment, in a header always centred."""

    text: str
    colspan: int = 1
    rowspan: int = 1
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Header rows are repeated on every page; `total` is the last row (合计)."""

    columns: tuple[Column, ...]
    header: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    caption: str = ""
    note: str = ""
    size: TextSize = TextSize.SMALL


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart made by our own code. `svg` carries its own colours; `width` is a percentage of the text width."""

    svg: str
    caption: str
    width: Decimal = Decimal(100)


Block: TypeAlias = Heading | Paragraph | ListBlock | Table | Figure


@dataclass(frozen=True, slots=True)
class Letterhead:
    """发文机关标志: the organ's full or standard short name, followed by 「文件」 unless it stands alone."""

    issuer: str
    has_document_word: bool = True

    @property
    def text(self) -> str:
        return self.issuer + ("文件" if self.has_document_word else "")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """What a notice forwards (印发件): it starts a page of its own and carries no attachment number."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """附件: 「附件1」 on line 1 of a new page, the title on line 3. `is_landscape` lays a wide table across."""

    title: str
    blocks: tuple[Block, ...]
    is_landscape: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """发文机关署名 and 成文日期. A sealed copy leaves the place of the seal over name and date."""

    issuer: str
    issued_on: date | None
    is_sealed: bool = True


@dataclass(frozen=True, slots=True)
class Imprint:
    """版记: whom copies go to (抄送), who printed it (印发机关) and when."""

    printed_by: str
    printed_on: date | None
    copied_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What the code on the last page says: the address of the verify page and the digest it will compare."""

    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """One official document. `number` is None until it is signed; such a copy is a draft and says so.

    `undetermined` names the figures that are still open (未定); `words` are terms that a title line must not cut.
    """

    kind: DocumentKind
    letterhead: Letterhead
    agency_code: str
    number: str | None
    title: str
    addressees: tuple[str, ...]
    blocks: tuple[Block, ...]
    signature: Signature
    enclosure: Enclosure | None = None
    attachments: tuple[Attachment, ...] = ()
    note: str = ""
    imprint: Imprint | None = None
    verification: Verification | None = None
    copy_number: str = ""
    secrecy_level: str = ""
    urgency: str = ""
    signatories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()

    @property
    def is_draft(self) -> bool:
        return self.number is None

    @property
    def is_ascending(self) -> bool:
        """Whether it goes to a superior (上行文): only then does a signatory's name stand in the head."""
        return self.kind in {DocumentKind.REPORT, DocumentKind.REQUEST}


def date_text(day: date) -> str:
    """Return 成文日期 as the standard writes it: full year, no leading zeros, Arabic digits."""
    return f"{day.year}年{day.month}月{day.day}日"


def number_text(agency_code: str, year: int, number: int) -> str:
    """Return 发文字号, for instance 清政发〔2026〕3号: hexagonal brackets, no 第, no leading zero.

    Raises ValueError for a year that is not four digits or a number below 1.
    """
    if not 1000 <= year <= 9999 or number < 1:
        raise ValueError(f"no document number for year {year} and sequence {number}")
    return f"{agency_code}〔{year}〕{number}号"


def chinese_numeral(number: int) -> str:
    """Return 1 to 99 in Chinese figures: 一, 十, 十一, 二十一."""
    if not 1 <= number <= 99:
        raise ValueError(f"headings are counted from 1 to 99, not {number}")
    tens, ones = divmod(number, 10)
    head = {0: "", 1: "十"}.get(tens, NUMERALS[tens] + "十")
    return head + (NUMERALS[ones] if ones else "")


def heading_label(level: int, number: int) -> str:
    """Return the number that stands before a heading (结构层次序数)."""
    labels = {
        1: f"{chinese_numeral(number)}、",
        2: f"（{chinese_numeral(number)}）",
        3: f"{number}.",
        4: f"（{number}）",
    }
    return labels[min(max(level, 1), 4)]


def heading_labels(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return one label per block, empty for what is not a heading. A higher heading starts the lower ones again."""
    counts = [0, 0, 0, 0]
    labels = []
    for block in blocks:
        if not isinstance(block, Heading):
            labels.append("")
            continue
        level = min(max(block.level, 1), 4)
        counts[level - 1] += 1
        counts[level:] = [0] * (4 - level)
        labels.append(heading_label(level, counts[level - 1]))
    return tuple(labels)


def to_json(document: OfficialDocument) -> str:
    """Return the canonical JSON of the document: the frozen data of a signed version."""
    return canonical_json(document)


def content_digest(document: OfficialDocument) -> str:
    """Return the SHA-256 of the document without its verification mark, which is made from it."""
    return digest(replace(document, verification=None))


def from_json(text: str) -> OfficialDocument:
    """Return the document that `to_json` wrote. Raises FormatError saying where the text does not fit."""
    try:
        value = json.loads(text)
    except ValueError:
        raise FormatError("", "公文数据不是有效的 JSON") from None
    document: OfficialDocument = _read(OfficialDocument, value, "")
    return document


def _read(kind: Any, value: Any, path: str) -> Any:
    """Read a plain value as the given type; the types are those of the dataclasses above."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), value, path)
    if origin is tuple:
        if not isinstance(value, list):
            raise FormatError(path, "应为列表")
        return tuple(_read(get_args(kind)[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if is_dataclass(kind):
        return _read_object(kind, value, path)
    return _read_scalar(kind, value, path)


def _read_union(kinds: tuple[Any, ...], value: Any, path: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    named = {kind.__name__: kind for kind in kinds if kind is not type(None)}
    if len(named) == 1:
        return _read(next(iter(named.values())), value, path)
    name = value.get("type") if isinstance(value, Mapping) else None
    if name not in named:
        raise FormatError(path, "未知的内容类型：{name}", name=name)
    return _read(named[name], value, path)


def _read_object(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, Mapping) or value.get("type") != kind.__name__:
        raise FormatError(path, "应为 {name}", name=kind.__name__)
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(value) - set(known) - {"type"})
    missing = [name for name, field in known.items() if name not in value and field.default is MISSING]
    if unknown or missing:
        raise FormatError(path, "多出的项：{unknown}；缺少的项：{missing}", unknown=unknown, missing=missing)
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value[name], f"{path}.{name}") for name in known if name in value})


def _read_scalar(kind: Any, value: Any, path: str) -> Any:
    """Read a string, a truth value, a whole number, a Decimal, a date or an enumeration."""
    if kind in (str, bool, int):
        if type(value) is not kind:
            raise FormatError(path, "应为 {name}", name=kind.__name__)
        return value
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        if kind is date:
            return date.fromisoformat(value)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(value)
        return Decimal(value)
    except (ValueError, InvalidOperation):
        raise FormatError(path, "“{value}”不是有效的值", value=value) from None
