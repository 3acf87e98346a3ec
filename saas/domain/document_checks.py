"""What is wrong with a document before it is signed (公文核稿). Answers in sentences, never in exceptions.

Rules: 《党政机关公文处理工作条例》 articles 8 to 11 for type, title and signatory; GB/T 9704-2012 for the form;
the limits on length are those for general deployment and for a special task.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from saas.domain.errors import Message, message
from saas.domain.official_document import (
    Block,
    DocumentKind,
    Figure,
    Heading,
    ListBlock,
    OfficialDocument,
    Paragraph,
    Table,
)

DOCUMENT_TYPES = (
    "决议", "决定", "命令", "公报", "公告", "通告", "意见", "通知", "通报", "报告", "请示", "批复", "议案",
    "函", "纪要",
)  # fmt: skip
GENERAL_LIMIT = 5000
SPECIAL_TASK_LIMIT = 4000

UNDETERMINED = "未定"

_PLACEHOLDER = re.compile(r"[×Xx]{2,}|_{2,}|【\s*】|（待[定填补]）")
_CITED_ATTACHMENT = re.compile(r"附件(\d+)")
_NUMBER = re.compile(r"\S+〔[1-9]\d{3}〕[1-9]\d*号")
_EXPECTED_TYPE = {
    DocumentKind.NOTICE: "通知",
    DocumentKind.BULLETIN: "通报",
    DocumentKind.REPORT: "报告",
    DocumentKind.REQUEST: "请示",
}


def problems(document: OfficialDocument, *, is_special_task: bool = False) -> tuple[Message, ...]:
    """Return every problem found, in the order of the page. Empty: nothing stands against signing.

    `is_special_task` (部署专项工作) takes the shorter limit on length.
    """
    limit = SPECIAL_TASK_LIMIT if is_special_task else GENERAL_LIMIT
    return (
        *_head(document),
        *_levels(document),
        *_length(document, limit),
        *_open_figures(document),
        *_placeholders(document),
        *_attachments(document),
        *_tables(document),
        *_end(document),
    )


def character_count(document: OfficialDocument) -> int:
    """Return the characters of the running text, spaces not counted: of what is forwarded, else of the document."""
    blocks = document.enclosure.blocks if document.enclosure else document.blocks
    text = "".join(part for block in blocks if not isinstance(block, Table | Figure) for part in _texts(block))
    return len(re.sub(r"\s", "", text))


def _head(document: OfficialDocument) -> Iterator[Message]:
    if not document.title.endswith(DOCUMENT_TYPES):
        yield message("title_without_type", "标题“{title}”没有以法定文种结尾", title=document.title)
    expected = _EXPECTED_TYPE.get(document.kind)
    if expected and not document.title.endswith(expected):
        yield message("title_of_another_type", "本文是{expected}，标题应以“{expected}”结尾", expected=expected)
    if document.number is not None and not _NUMBER.fullmatch(document.number):
        yield message("bad_number", "发文字号“{number}”不符合格式，应如：清政发〔2026〕3号", number=document.number)
    if not document.addressees:
        yield message("no_addressee", "没有主送机关")
    if document.is_ascending and not document.signatories:
        yield message("no_signatory", "上行文应当标注签发人")
    if document.signatories and not document.is_ascending:
        yield message("unexpected_signatory", "只有上行文标注签发人")
    if not document.blocks:
        yield message("no_body", "没有正文")


def _levels(document: OfficialDocument) -> Iterator[Message]:
    for blocks in _parts(document):
        previous = 0
        for block in blocks:
            if not isinstance(block, Heading):
                continue
            if not 1 <= block.level <= 4:
                yield message("bad_level", "“{text}”的层次应为一至四级", text=block.text)
            elif block.level > previous + 1:
                yield message("level_skipped", "“{text}”跳过了上一级标题", text=block.text)
            previous = block.level


def _length(document: OfficialDocument, limit: int) -> Iterator[Message]:
    count = character_count(document)
    if count > limit:
        yield message("too_long", "正文{count}字，超过{limit}字的篇幅要求", count=count, limit=limit)


def _open_figures(document: OfficialDocument) -> Iterator[Message]:
    for name in document.undetermined:
        yield message("undetermined", "“{name}”未定，定下后才能签发", name=name)
    for text in _all_texts(document):
        if UNDETERMINED in text:
            yield message("undetermined_text", "“{text}”中有未定的内容", text=_short(text))


def _placeholders(document: OfficialDocument) -> Iterator[Message]:
    for text in (document.title, *document.addressees, *_all_texts(document)):
        if _PLACEHOLDER.search(text):
            yield message("placeholder", "“{text}”中有尚未填写的空位", text=_short(text))


def _attachments(document: OfficialDocument) -> Iterator[Message]:
    cited = {int(number) for text in _all_texts(document) for number in _CITED_ATTACHMENT.findall(text)}
    for number in sorted(cited):
        if not 1 <= number <= len(document.attachments):
            yield message("attachment_missing", "文中提到附件{number}，但没有这个附件", number=number)
    for number, attachment in enumerate(document.attachments, start=1):
        if not attachment.title.strip() or not attachment.blocks:
            yield message("attachment_empty", "附件{number}没有标题或内容", number=number)


def _tables(document: OfficialDocument) -> Iterator[Message]:
    for blocks in _parts(document):
        for table in blocks:
            if isinstance(table, Table) and not _is_even(table):
                yield message("uneven_table", "表格“{caption}”各行的列数不一致", caption=table.caption)


def _is_even(table: Table) -> bool:
    """Whether every row of the table fills its columns, spans counted."""
    for rows in (table.header, table.rows, (table.total,) if table.total else ()):
        carried: list[int] = []
        for row in rows:
            width = len(carried) + sum(cell.colspan for cell in row)
            if width != len(table.columns):
                return False
            carried = [left - 1 for left in carried if left > 1]
            carried += [cell.rowspan - 1 for cell in row for _ in range(cell.colspan) if cell.rowspan > 1]
    return True


def _end(document: OfficialDocument) -> Iterator[Message]:
    if not document.signature.issuer:
        yield message("no_issuer", "没有发文机关署名")
    if document.signature.issued_on is None and not document.is_draft:
        yield message("no_date", "没有成文日期")


def _parts(document: OfficialDocument) -> Iterator[tuple[Block, ...]]:
    yield document.blocks
    if document.enclosure:
        yield document.enclosure.blocks
    for attachment in document.attachments:
        yield attachment.blocks


def _all_texts(document: OfficialDocument) -> Iterator[str]:
    for blocks in _parts(document):
        for block in blocks:
            yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield block.text + block.body
        case Paragraph():
            yield block.lead + block.text
        case ListBlock():
            yield from block.items
        case Figure():
            yield block.caption
        case Table():
            for row in (*block.header, *block.rows, block.total):
                yield from (cell.text for cell in row)


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"
