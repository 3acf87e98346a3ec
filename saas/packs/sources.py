"""Where a pack comes from: those shipped in tenants/, and those that a county has uploaded."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from saas.audit.services import HasId
from saas.config import ROOT
from saas.db import db, local_today, new_id
from saas.domain.errors import DomainError
from saas.files.checks import FileType, shown_name
from saas.files.models import StoredFile
from saas.files.services import read_file, store_bytes
from saas.packs.archive import open_archive
from saas.packs.services import find_root_code, is_empty_county
from saas.tenancy.pack_files import PackError, PackProblem
from saas.tenancy.pack_schema import PackHead
from saas.tenancy.packs import Pack, read_pack

SHIPPED = ROOT / "tenants"
UPLOADED = "pack_upload"
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100


class PackUnreadable(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """A pack has mistakes. Nothing was changed."""

    code = "pack_unreadable"

    def __init__(self, error: PackError) -> None:
        self.problems: tuple[PackProblem, ...] = error.problems
        super().__init__("配置包有 {count} 处问题：{first}", count=len(error.problems), first=str(error.problems[0]))


@dataclass(frozen=True, slots=True)
class Source:
    """Which pack: the name of a shipped one, or the file of an uploaded one."""

    name: str = ""
    file_id: uuid.UUID | None = None

    def read(self, year: int, root: str | None = None) -> Pack:
        """Read the pack. Raises PackUnreadable, ArchiveRefused, or NoResultFound (404) if there is no such pack."""
        try:
            if self.file_id is None:
                return read_pack(_shipped_folder(self.name), year=year, root=root)
            with TemporaryDirectory(prefix="pack-") as folder:
                open_archive(read_file(get_upload(self.file_id)), Path(folder))
                return read_pack(Path(folder), year=year, root=root)
        except PackError as error:
            raise PackUnreadable(error) from error

    def read_for_county(self, year: int) -> Pack:
        """Read the pack for the bound county: `@root` is its root unit."""
        return self.read(year, find_root_code())


def _shipped_folder(name: str) -> Path:
    folder = SHIPPED / name
    if not _NAME.fullmatch(name) or not (folder / "pack.toml").is_file():
        raise NoResultFound(f"no shipped pack {name!r}")
    return folder


def list_shipped() -> Sequence[Pack]:
    """The shipped packs, starters first, by name."""
    folders = sorted(path for path in SHIPPED.iterdir() if (path / "pack.toml").is_file())
    packs = [shipped(folder.name, local_today().year) for folder in folders]
    return sorted(packs, key=lambda pack: (pack.head.kind != "starter", pack.head.name))


@lru_cache(maxsize=64)
def shipped(name: str, year: int) -> Pack:
    """A shipped pack as it is read for no county in particular. They do not change while the program runs."""
    return read_pack(_shipped_folder(name), year=year)


def keep_upload(content: bytes, name: str, *, actor: HasId) -> StoredFile:
    """Keep an uploaded pack, once it can be opened. What is wrong inside is shown on its page."""
    with TemporaryDirectory(prefix="pack-") as folder:
        open_archive(content, Path(folder))
    return store_bytes(
        content,
        name=shown_name(name),
        media_type=FileType.ZIP,
        subject_type=UPLOADED,
        subject_id=new_id(),
        actor=actor,
    )


def get_upload(file_id: uuid.UUID) -> StoredFile:
    """Return an uploaded pack, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(StoredFile).where(StoredFile.id == file_id, StoredFile.subject_type == UPLOADED)
    ).one()


def obstacle(head: PackHead, *, is_demonstration: bool) -> str:
    """Why a pack may not be applied from the screens to this county, or nothing."""
    if is_demonstration and not is_empty_county():
        return "这是演示县的配置包，用来看样子：只能应用到还没有设置任何下级单位的县（区）。"
    if head.kind == "starter" and find_root_code() is None:
        return "本县还没有最上级单位：请先在“机构”中设置，或导入行政区划。"
    return ""
