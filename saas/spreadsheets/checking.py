"""What a file is, found out before anything is unpacked: by its content, and only from the directory of the archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from saas.spreadsheets.limits import (
    MAX_BYTES,
    MAX_ENTRIES,
    MAX_RATIO,
    MAX_UNPACKED,
    MEBI,
    SpreadsheetRefused,
)

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any office file behind a password
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NESTED = (".zip", ".xlsx", ".xlsm", ".xls", ".docx", ".rar", ".7z", ".gz", ".exe", ".dll")
_WORKBOOK_PARTS = ("[content_types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_TEXT_ENDINGS = frozenset({".csv", ".txt", ".tsv"})
_PROBE = 4096

# What must not be inside: the beginning of a part's name in small letters → why and what to do.
_UNWANTED = {
    "xl/externallinks/": (
        "工作簿“{name}”引用了别的文件（外部链接）。请在“数据—编辑链接”中断开链接，"
        "或复制后用“选择性粘贴—数值”粘到新工作簿，再上传"
    ),
    "xl/connections.xml": "工作簿“{name}”连着外部数据。请复制后用“选择性粘贴—数值”粘到新工作簿，再上传",
    "xl/querytables/": "工作簿“{name}”连着外部数据。请复制后用“选择性粘贴—数值”粘到新工作簿，再上传",
    "xl/macrosheets/": "工作簿“{name}”带有宏。请另存为不带宏的“Excel 工作簿（.xlsx）”，再上传",
    "xl/activex/": "工作簿“{name}”带有控件。请删去控件，或把表格复制到新工作簿，再上传",
    "xl/ctrlprops/": "工作簿“{name}”带有控件。请删去控件，或把表格复制到新工作簿，再上传",
    "xl/embeddings/": "工作簿“{name}”里嵌有别的文件。请删去嵌入的对象，再上传",
}


class SpreadsheetType(StrEnum):
    """The kinds of tables that can be read, by their media type."""

    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    CSV = "text/csv"

    @property
    def suffix(self) -> str:
        return "xlsx" if self is SpreadsheetType.XLSX else "csv"


def check_spreadsheet(content: bytes, name: str) -> SpreadsheetType:
    """Return what the file is, or raise SpreadsheetRefused. Costs milliseconds: nothing is unpacked.

    `name` is the name to show, without folders. The content decides; a name that says something else is refused,
    because other programs would go by the name.
    """
    if not content:
        raise SpreadsheetRefused("文件“{name}”是空的，请重新选择", name=name)
    if len(content) > MAX_BYTES:
        raise too_large(name)
    found = _type_of(content, name)
    ending = PurePosixPath(name).suffix.lower()
    fits = ending == ".xlsx" if found is SpreadsheetType.XLSX else ending in _TEXT_ENDINGS
    if not fits:
        raise SpreadsheetRefused(
            "文件“{name}”的后缀与内容不符：内容是 {type}。请用表格软件打开，另存为 .xlsx 后再上传",
            name=name,
            type=found.suffix.upper(),
        )
    return found


def too_large(name: str) -> SpreadsheetRefused:
    """The refusal of a file that is too large to be read at all."""
    return SpreadsheetRefused(
        "文件“{name}”超过 {limit} MB。请删去图片和不用的工作表，或分成几个文件", name=name, limit=MAX_BYTES // MEBI
    )


def _type_of(content: bytes, name: str) -> SpreadsheetType:
    if content.startswith(b"PK\x03\x04"):
        _check_archive(content, name)
        return SpreadsheetType.XLSX
    if content.startswith(_OLD_OFFICE):
        raise SpreadsheetRefused(
            "“{name}”是旧版 Excel（.xls）、WPS 表格（.et）或加了打开密码的文件。请去掉密码，另存为 .xlsx 后再上传",
            name=name,
        )
    if content.startswith(_UTF16):
        raise SpreadsheetRefused(
            "“{name}”的编码是 UTF-16（Unicode 文本）。请另存为“CSV UTF-8（逗号分隔）”或 .xlsx 后再上传", name=name
        )
    _refuse_no_table(content, name)
    return SpreadsheetType.CSV


def _refuse_no_table(content: bytes, name: str) -> None:
    beginning = content[:_PROBE].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(
        (b"<?xml", b"<html", b"<!doctype", b"<table", b"<svg", b"<meta", b"{\\rtf", b"mime-version")
    ):
        raise SpreadsheetRefused(
            "“{name}”其实是网页或文档格式的表格，不是工作簿。请用表格软件打开，另存为 .xlsx 后再上传", name=name
        )
    if b"\x00" in content:
        raise SpreadsheetRefused("“{name}”不是表格文件，或已经损坏。请上传 .xlsx 或 .csv 文件", name=name)


def _check_archive(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, NotImplementedError, EOFError) as error:
        raise SpreadsheetRefused(
            "“{name}”已损坏或没有传完整。请用表格软件打开确认，另存后重新上传", name=name
        ) from error
    _refuse_bomb(entries, len(content), name)
    _refuse_odd(entries, name)
    names = [entry.filename.lower() for entry in entries]
    _refuse_unwanted(names, name)
    if "content.xml" in names and "mimetype" in names:
        raise SpreadsheetRefused(
            "“{name}”是 OpenDocument 表格（.ods）。请用表格软件打开，另存为 .xlsx 后再上传", name=name
        )
    if any(part not in names for part in _WORKBOOK_PARTS):
        raise SpreadsheetRefused("“{name}”是压缩包或别的文档，不是 Excel 工作簿。请上传 .xlsx 或 .csv 文件", name=name)


def _refuse_bomb(entries: Sequence[zipfile.ZipInfo], size: int, name: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    part_ratio = max((entry.file_size / max(entry.compress_size, 1) for entry in entries), default=0)
    if len(entries) > MAX_ENTRIES:
        raise SpreadsheetRefused(
            "“{name}”里的部件超过 {limit} 个。请把要导入的工作表复制到新工作簿，再上传", name=name, limit=MAX_ENTRIES
        )
    is_bomb = unpacked > MEBI and (unpacked > MAX_RATIO * size or part_ratio > 10 * MAX_RATIO)
    if unpacked > MAX_UNPACKED or is_bomb:
        raise SpreadsheetRefused(
            "“{name}”展开后过大。请清除多余的格式和空行空列（把有内容的区域复制到新工作簿），再上传", name=name
        )


def _refuse_odd(entries: Sequence[zipfile.ZipInfo], name: str) -> None:
    names = [entry.filename.lower() for entry in entries]
    is_locked = any(entry.flag_bits & 0x1 for entry in entries)
    is_odd = len(set(names)) != len(names) or any(_leaves_folder(entry.filename) for entry in entries)
    packed_otherwise = any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries)
    if is_locked or is_odd or packed_otherwise:
        raise SpreadsheetRefused(
            "“{name}”的内部结构不正常（可能加了密码）。请用表格软件打开，另存为新的 .xlsx 后再上传", name=name
        )


def _leaves_folder(part: str) -> bool:
    return part.startswith("/") or "\\" in part or ":" in part or ".." in PurePosixPath(part).parts


def _refuse_unwanted(names: Sequence[str], name: str) -> None:
    if any(part.endswith("vbaproject.bin") for part in names):
        raise SpreadsheetRefused(_UNWANTED["xl/macrosheets/"], name=name)
    for beginning, why in _UNWANTED.items():
        if any(part.startswith(beginning) for part in names):
            raise SpreadsheetRefused(why, name=name)
    if any(part.endswith(_NESTED) for part in names):
        raise SpreadsheetRefused("“{name}”里还包着别的文件或压缩包。请只上传工作簿本身", name=name)
