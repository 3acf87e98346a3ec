"""What may be uploaded: the content decides, not the name. Nothing is unpacked before it is known to be small.

The limits follow OWASP ASVS 5.0 chapter 5 (file handling).
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from PIL import Image, ImageOps

from saas.domain.errors import DomainError

MEBI: Final = 1024 * 1024
MAX_PIXELS: Final = 25_000_000
MAX_UNPACKED: Final = 100 * MEBI
MAX_RATIO: Final = 100
MAX_ENTRIES: Final = 2_000
MAX_NAME: Final = 100
JPEG_QUALITY: Final = 88


class FileRefused(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """An upload is not acceptable. The message says why and what to do."""

    code = "file_refused"


class FileType(StrEnum):
    """The kinds of content we know, by their media type."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    JPEG = "image/jpeg"
    PNG = "image/png"
    CSV = "text/csv"  # only for tables that the application takes in or makes itself
    ZIP = "application/zip"  # only for county packs, whose reader opens it

    @property
    def suffix(self) -> str:
        return _SUFFIXES[self]

    @property
    def is_image(self) -> bool:
        return self in IMAGES


_SUFFIXES = {
    FileType.PDF: "pdf",
    FileType.DOCX: "docx",
    FileType.XLSX: "xlsx",
    FileType.JPEG: "jpg",
    FileType.PNG: "png",
    FileType.CSV: "csv",
    FileType.ZIP: "zip",
}
IMAGES = frozenset({FileType.JPEG, FileType.PNG})
ATTACHMENTS = frozenset(FileType) - {FileType.CSV, FileType.ZIP}
MAX_SIZE = {
    FileType.PDF: 20 * MEBI,
    FileType.DOCX: 20 * MEBI,
    FileType.XLSX: 20 * MEBI,
    FileType.JPEG: 15 * MEBI,
    FileType.PNG: 15 * MEBI,
    FileType.CSV: 20 * MEBI,
    FileType.ZIP: 20 * MEBI,
}
_OFFICE_PARTS = {"word/document.xml": FileType.DOCX, "xl/workbook.xml": FileType.XLSX}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """Content that may be kept, with the name and type to show."""

    content: bytes
    name: str
    type: FileType


def check_file(content: bytes, name: str, *, allowed: frozenset[FileType] = ATTACHMENTS) -> CheckedFile:
    """Return what may be kept of an upload, or raise FileRefused.

    Pictures are drawn anew, so that neither a position nor anything hidden behind them is kept.
    """
    if not content:
        raise FileRefused("文件“{name}”是空的，请重新选择", name=shown_name(name))
    found = _type_of(content, name)
    shown = own_name(name, found)
    if found not in allowed:
        raise FileRefused(
            "不能上传“{name}”：这里只接受 {types} 文件", name=shown, types="、".join(sorted(t.suffix for t in allowed))
        )
    if len(content) > MAX_SIZE[found]:
        raise FileRefused("文件“{name}”超过 {limit} MB，请压缩后再上传", name=shown, limit=MAX_SIZE[found] // MEBI)
    if found.is_image:
        content = _drawn_anew(content, found, shown)
    return CheckedFile(content, shown, found)


def shown_name(name: str) -> str:
    """A name as it may be shown: without folders, control and direction characters, and not too long."""
    last = re.split(r"[\\/]", name)[-1]
    clean = "".join(
        " " if char.isspace() else char for char in last if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    clean = re.sub(r'[<>:"|?*]', "_", " ".join(clean.split())).strip(". ")
    return clean[-MAX_NAME:] or "未命名"


def own_name(name: str, found: FileType) -> str:
    """The shown name with the ending of what the file really is."""
    path = PurePosixPath(shown_name(name))
    known = {*_SUFFIXES.values(), "jpeg"}
    stem = path.stem if path.suffix.lstrip(".").lower() in known else path.name
    return f"{stem[:MAX_NAME]}.{found.suffix}"


def _type_of(content: bytes, name: str) -> FileType:
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return FileType.PDF
    if content.startswith(b"\xff\xd8\xff"):
        return FileType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType.PNG
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content, shown_name(name))
    raise FileRefused(
        "不能上传“{name}”：文件已损坏，或不是 PDF、Word（docx）、Excel（xlsx）、JPG、PNG 文件", name=shown_name(name)
    )


def _office_type(content: bytes, name: str) -> FileType:
    """Read only the directory of the archive: it says how large the parts would become and what they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, NotImplementedError) as error:
        raise FileRefused("文件“{name}”已损坏，打不开，请重新导出后再上传", name=name) from error
    _refuse_bombs(entries, len(content), name)
    names = {entry.filename for entry in entries}
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise FileRefused("文件“{name}”带有宏，请另存为不带宏的格式后再上传", name=name)
    for part, found in _OFFICE_PARTS.items():
        if part in names and "[Content_Types].xml" in names:
            return found
    raise FileRefused("文件“{name}”是压缩包，请上传其中的文件本身", name=name)


def _refuse_bombs(entries: list[zipfile.ZipInfo], size: int, name: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    is_huge = len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * size
    names = [entry.filename for entry in entries]
    is_odd = len(set(names)) != len(names) or any(entry.flag_bits & 0x1 for entry in entries)
    if is_huge:
        raise FileRefused("文件“{name}”解压后过大，不能上传；请删去不需要的内容或拆成几个文件", name=name)
    if is_odd or any(_leaves_folder(entry) for entry in names):
        raise FileRefused("文件“{name}”的内部结构不正常（可能加了密码），请重新导出后再上传", name=name)


def _leaves_folder(entry: str) -> bool:
    return entry.startswith("/") or "\\" in entry or ":" in entry or ".." in PurePosixPath(entry).parts


def _drawn_anew(content: bytes, found: FileType, name: str) -> bytes:
    """The same picture, upright, without its metadata (EXIF, position, comments) and without trailing bytes."""
    refused = FileRefused("图片“{name}”已损坏或过大，打不开；请重新拍照或另存后再上传", name=name)
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise FileRefused(
                    "图片“{name}”超过 {limit} 万像素，请缩小后再上传", name=name, limit=MAX_PIXELS // 10_000
                )
            image.verify()
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            return _encoded(ImageOps.exif_transpose(image), found)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused from error


def _encoded(image: Image.Image, found: FileType) -> bytes:
    plain = Image.new(_mode(image, found), image.size)
    plain.paste(image.convert(plain.mode))
    buffer = io.BytesIO()
    if found is FileType.JPEG:
        plain.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    else:
        plain.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


def _mode(image: Image.Image, found: FileType) -> str:
    if image.mode in ("L", "1"):
        return "L"
    has_transparency = found is FileType.PNG and ("A" in image.mode or "transparency" in image.info)
    return "RGBA" if has_transparency else "RGB"
