"""The file of one county (县（区）数据包): every row and every file of it, each with its digest.

A ZIP archive with `manifest.json`, `tables/<name>.copy` (PostgreSQL's COPY text, rows by id, without the county's own
id) and `files/<digest>`. A table's digest is that of its text, so equal digests mean equal rows. Everything is read and
written piece by piece: the memory does not grow with the county.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, text

import saas.models  # noqa: F401  (a county is all of its tables: each registers itself on import)
from saas.db import Base
from saas.domain.errors import DomainError
from saas.tenancy.models import TenantOwned

FORMAT = 1
KIND = "jiceng-county"
MANIFEST = "manifest.json"
PIECE = 256 * 1024
MAX_MANIFEST = 4 * 1024 * 1024

# Tables that stay behind, each with its reason.
NOT_EXPORTED: Mapping[str, str] = {
    "sent_form": "guards against sending a form twice within one sitting; after a restore every form is new",
    "sign_in_attempt": "failed sign-ins of the last minutes, by network address",
    "user_session": "whoever is signed in here is not signed in elsewhere: people sign in again",
}


class ArchiveError(DomainError):
    """A file is no whole county, or does not fit here. The message says why."""

    code = "bad_archive"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table in the archive. `sha256` is that of its text of `bytes` bytes with `rows` lines."""

    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive holds. `files_sha256` is that of the files' sorted digests, a line each."""

    schema: str
    made_at: str
    county: Mapping[str, Any]
    tables: tuple[TableEntry, ...]
    files: int
    file_bytes: int
    files_sha256: str

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def digests(self) -> dict[str, str]:
        """The digest of each table."""
        return {table.name: table.sha256 for table in self.tables}

    def as_json(self) -> str:
        return json.dumps({"kind": KIND, "format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)


@lru_cache(maxsize=1)
def owned_tables() -> tuple[Table, ...]:
    """Every table whose rows belong to counties, those that others refer to first."""
    owned = {str(mapper.local_table) for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantOwned)}
    return tuple(table for table in Base.metadata.sorted_tables if table.name in owned)


def exported_tables() -> tuple[Table, ...]:
    """The tables that go into the archive, in the order in which they can be filled."""
    return tuple(table for table in owned_tables() if table.name not in NOT_EXPORTED)


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns of a table in the archive: all but the county's id, which is the same in every row."""
    return tuple(sorted(column.name for column in table.columns if column.name != "tenant_id" and not column.computed))


def settle(connection: Connection) -> None:
    """Let values be written one way, whatever the server's settings: only so are digests comparable."""
    for setting in (
        "timezone = 'UTC'",
        "datestyle = 'ISO, YMD'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'hex'",
        "extra_float_digits = 1",
    ):
        connection.execute(text(f"SET LOCAL {setting}"))


def rows_as_text(connection: Connection, table: str, columns: tuple[str, ...]) -> Iterator[bytes]:
    """The rows that the present role may see, by id, as COPY text, piece by piece."""
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY (SELECT {names} FROM "{table}" ORDER BY id) TO STDOUT'  # noqa: S608  (names of our own tables)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(statement) as copied:
        for piece in copied:
            yield bytes(piece)


def digest_of_rows(connection: Connection, table: str, columns: tuple[str, ...]) -> str:
    """The digest of the rows that the present role may see."""
    digest = hashlib.sha256()
    for piece in rows_as_text(connection, table, columns):
        digest.update(piece)
    return digest.hexdigest()


def table_member(name: str) -> str:
    return f"tables/{name}.copy"


def file_member(digest: str) -> str:
    return f"files/{digest}"


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Read what the archive says it holds, or raise ArchiveError."""
    try:
        with archive.open(MANIFEST) as member:
            value = json.loads(member.read(MAX_MANIFEST))
        if value.pop("kind") != KIND:
            raise ArchiveError("这不是县（区）数据包")
        if value.pop("format") != FORMAT:
            raise ArchiveError("这个数据包的格式版本与本系统不同，请用导出它的系统版本恢复")
        tables = tuple(TableEntry(**{**each, "columns": tuple(each["columns"])}) for each in value.pop("tables"))
        return Manifest(tables=tables, **value)
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ArchiveError("数据包的清单缺失或损坏") from error


def verify_archive(path: Path) -> Manifest:
    """Read a whole archive and compare every digest. Returns its manifest; raises ArchiveError where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive)
            _refuse_other_members(archive, manifest)
            for table in manifest.tables:
                for _ in table_pieces(archive, table):
                    pass
            for digest in file_digests(archive):
                read_member_file(archive, digest)
            return manifest
    except FileNotFoundError:
        raise ArchiveError("找不到文件“{path}”", path=str(path)) from None
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ArchiveError("文件“{path}”不是完整的数据包：{reason}", path=str(path), reason=str(error)) from error


def _refuse_other_members(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The archive holds what its manifest says, no more and no less."""
    names = archive.namelist()
    files = file_digests(archive)
    expected = {MANIFEST, *(table_member(table.name) for table in manifest.tables), *map(file_member, files)}
    if len(names) != len(set(names)) or set(names) != expected:
        raise ArchiveError("数据包的内容与清单不符")
    if len(files) != manifest.files or digest_of_lines(files) != manifest.files_sha256:
        raise ArchiveError("数据包中的文件与清单不符")


def file_digests(archive: zipfile.ZipFile) -> list[str]:
    """The digests of the files in the archive, sorted."""
    return sorted(name.removeprefix("files/") for name in archive.namelist() if name.startswith("files/"))


def digest_of_lines(lines: list[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def table_pieces(archive: zipfile.ZipFile, table: TableEntry) -> Iterator[bytes]:
    """The text of a table, piece by piece. Raises ArchiveError at the end if it is not what the manifest says."""
    digest, rows, size = hashlib.sha256(), 0, 0
    with archive.open(table_member(table.name)) as member:
        while (piece := member.read(PIECE)) and size <= table.bytes:
            digest.update(piece)
            rows, size = rows + piece.count(b"\n"), size + len(piece)
            yield piece
    if (digest.hexdigest(), rows, size) != (table.sha256, table.rows, table.bytes):
        raise ArchiveError("表“{table}”的数据与清单中的摘要不符", table=table.name)


def read_member_file(archive: zipfile.ZipFile, digest: str) -> bytes:
    """The content of one file. Raises ArchiveError if it is not what its name says."""
    with archive.open(file_member(digest)) as member:
        content = member.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArchiveError("文件“{digest}”的内容与摘要不符", digest=digest)
    return content


def digest_of_file(path: Path) -> str:
    """The digest of the archive itself, to be noted with it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
