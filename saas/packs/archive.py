"""A pack as one file (zip): made for a download, and taken apart from an upload, of which nothing is trusted.

The limits follow OWASP ASVS 5.0 chapter 5 (file handling): nothing is unpacked before its directory says that it is
small, and no name leads out of the folder.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from saas.domain.errors import DomainError
from saas.packs.export import ExportedPack

MEBI = 1024 * 1024
MAX_BYTES = 10 * MEBI
MAX_ENTRIES = 500
MAX_UNPACKED = 30 * MEBI
MAX_ENTRY = 5 * MEBI
_IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db")
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same content is the same file


class ArchiveRefused(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """An uploaded file is no pack that could be opened. Nothing was kept."""

    code = "archive_refused"


def make_archive(pack: ExportedPack) -> bytes:
    """A pack as a zip file with one folder of the pack's name."""
    out = io.BytesIO()
    contents = {**{name: text.encode() for name, text in pack.texts.items()}, **pack.assets}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(f"{pack.name}/{name}", _MOMENT), contents[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def open_archive(content: bytes, folder: Path) -> None:
    """Write the files of an uploaded zip into an empty folder. Raises ArchiveRefused."""
    if not content:
        raise ArchiveRefused("请选择配置包的压缩文件（zip）")
    if len(content) > MAX_BYTES:
        raise ArchiveRefused("文件超过 {limit} MB，请删去无关内容", limit=MAX_BYTES // MEBI)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = _checked(archive.infolist())
            top = _common_folder(entries)
            for entry in entries:
                path = folder.joinpath(*PurePosixPath(entry.filename).parts[len(top) :])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_read(archive, entry))
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise ArchiveRefused("这不是能打开的 zip 文件，请重新压缩后再上传") from error


def _checked(found: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files of the archive, or ArchiveRefused for one that is not what a pack is."""
    if len(found) > MAX_ENTRIES:
        raise ArchiveRefused("压缩文件里有 {count} 个文件，超过 {limit} 个", count=len(found), limit=MAX_ENTRIES)
    entries = [each for each in found if not each.is_dir() and not _is_ignored(each.filename)]
    if sum(each.file_size for each in entries) > MAX_UNPACKED:
        raise ArchiveRefused("解压后超过 {limit} MB，请删去无关内容", limit=MAX_UNPACKED // MEBI)
    names = [each.filename.lower() for each in entries]
    if len(set(names)) != len(names):
        raise ArchiveRefused("压缩文件里有重名的文件，请重新压缩后再上传")
    for each in entries:
        _check_entry(each)
    return entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in name or any(part in {"", ".", ".."} for part in parts):
        raise ArchiveRefused("文件名“{name}”不正常，不能解压", name=name[:80])
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused("“{name}”是指向别处的链接，请用普通文件代替", name=name[:80])
    if entry.flag_bits & 0x1:
        raise ArchiveRefused("压缩文件加了密码，请去掉密码后再上传")
    if entry.file_size > MAX_ENTRY:
        raise ArchiveRefused("“{name}”超过 {limit} MB", name=name[:80], limit=MAX_ENTRY // MEBI)


def _is_ignored(name: str) -> bool:
    return any(part in _IGNORED for part in name.split("/"))


def _common_folder(entries: Sequence[zipfile.ZipInfo]) -> tuple[str, ...]:
    """The folder in which the whole pack lies, as most programs pack it, or nothing."""
    if any(entry.filename == "pack.toml" for entry in entries):
        return ()
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries}
    has_head = any(PurePosixPath(entry.filename).parts[1:] == ("pack.toml",) for entry in entries)
    if len(tops) == 1 and has_head:
        return (tops.pop(),)
    raise ArchiveRefused("压缩文件里没有 pack.toml，这不是配置包")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The content of an entry, never more than its directory promised."""
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise ArchiveRefused("“{name}”的大小与目录所写的不符", name=entry.filename[:80])
    return content
