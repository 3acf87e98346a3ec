"""Where the bytes lie: a store addressed by content, one folder per county.

`FileStore` is all that the rest of the application knows. The local store keeps `<county>/<first two digits>/<digest>`;
a store of objects in a network (S3) would use the same key.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import current_app

UNFINISHED_SECONDS = 3600  # no writer takes longer; an older unfinished file belongs to a run that died
_UNFINISHED = ".tmp."
_ASIDE = ".aside."  # before the digest of content that is about to be deleted
_DIGITS = frozenset("0123456789abcdef")


class FileStore(Protocol):
    """What a store can do. A digest is the SHA-256 of the content in 64 hexadecimal digits."""

    def put(self, tenant_id: uuid.UUID, content: bytes) -> str:
        """Keep the content and return its digest. When it returns, the content survives a power cut."""

    def open(self, tenant_id: uuid.UUID, digest: str) -> BinaryIO:
        """Open content to read it, or raise FileNotFoundError."""

    def has(self, tenant_id: uuid.UUID, digest: str) -> bool:
        """Whether the county has this content."""


class LocalStore:
    """Files in a folder of this machine. Content is written once and never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, tenant_id: uuid.UUID, content: bytes) -> str:
        """Write beside the final place, make it durable, then rename: a reader sees all of it or nothing.

        Content that is there already is as new again, so that nobody takes it for unused meanwhile.
        """
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(tenant_id, digest)
        try:
            os.utime(place)
        except FileNotFoundError:
            _write(place, content)
        return digest

    def derived(self, tenant_id: uuid.UUID, digest: str, name: str, make: Callable[[], bytes]) -> bytes:
        """Return what `make` makes of content, e.g. a thumbnail: made once, kept beside it, and made again if lost."""
        place = self._place(tenant_id, digest).with_suffix(f".{name}")
        if not place.exists():
            _write(place, make())
        return place.read_bytes()

    def open(self, tenant_id: uuid.UUID, digest: str) -> BinaryIO:
        return self._place(tenant_id, digest).open("rb")

    def has(self, tenant_id: uuid.UUID, digest: str) -> bool:
        return self._place(tenant_id, digest).is_file()

    def remove_all(self, tenant_id: uuid.UUID) -> int:
        """Delete every file of a county that has left; return how many there were, without what was derived."""
        folder = self._folder / str(uuid.UUID(str(tenant_id)))
        count = sum(1 for path in folder.glob("??/*") if len(path.name) == 64)
        shutil.rmtree(folder, ignore_errors=not folder.exists())
        return count

    def remove_unused(self, tenant_id: uuid.UUID, used: Collection[str], *, older_than: float) -> int:
        """Delete the county's content that is not among the digests `used`, with what was derived from it, unless it
        was put within so many seconds; return how many there were.
        """
        limit, removed = time.time() - older_than, 0
        for place in self._contents(tenant_id):
            if place.name not in used and _is_older(place, limit) and _remove(place, limit):
                removed += 1
                for derived in place.parent.glob(f"{place.name}.*"):
                    derived.unlink(missing_ok=True)
        return removed

    def _contents(self, tenant_id: uuid.UUID) -> Iterator[Path]:
        """The places of content. What a run that died had put aside is put back first."""
        folder = self._folder / str(uuid.UUID(str(tenant_id)))
        for aside in folder.glob(f"??/{_ASIDE}*"):
            place = aside.with_name(aside.name.removeprefix(_ASIDE))
            aside.unlink() if place.exists() else aside.replace(place)
        return (path for path in folder.glob("??/*") if len(path.name) == 64 and _DIGITS.issuperset(path.name))

    def put_waiting(self, tenant_id: uuid.UUID, upload_id: uuid.UUID, offset: int, piece: bytes) -> None:
        """Put a piece of a file that is on its way in its place; what stood behind it is cut off."""
        place = self._waiting(tenant_id, upload_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("r+b" if place.exists() else "w+b") as file:
            file.seek(offset)
            file.write(piece)
            file.truncate()

    def waiting_size(self, tenant_id: uuid.UUID, upload_id: uuid.UUID) -> int:
        """How many bytes of a file that is on its way are here."""
        try:
            return self._waiting(tenant_id, upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def read_waiting(self, tenant_id: uuid.UUID, upload_id: uuid.UUID) -> bytes:
        """What has arrived of a file."""
        try:
            return self._waiting(tenant_id, upload_id).read_bytes()
        except FileNotFoundError:
            return b""

    def drop_waiting(self, tenant_id: uuid.UUID, upload_id: uuid.UUID) -> None:
        """Delete what has arrived of a file."""
        self._waiting(tenant_id, upload_id).unlink(missing_ok=True)

    def sweep(self, *, older_than: float = UNFINISHED_SECONDS) -> int:
        """Delete what writers that died left unfinished, if it is older than so many seconds; return how many."""
        limit = time.time() - older_than
        removed = 0
        for path in self._unfinished():
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # its writer finished meanwhile
        return removed

    def _unfinished(self) -> Iterator[Path]:
        return self._folder.glob(f"*/??/{_UNFINISHED}*")

    def _waiting(self, tenant_id: uuid.UUID, upload_id: uuid.UUID) -> Path:
        return self._folder / str(uuid.UUID(str(tenant_id))) / "waiting" / str(uuid.UUID(str(upload_id)))

    def _place(self, tenant_id: uuid.UUID, digest: str) -> Path:
        """The path of content. Nothing from outside becomes part of a path: a digest is checked, an id is an id."""
        if len(digest) != 64 or not _DIGITS.issuperset(digest):
            raise ValueError("not a digest")
        return self._folder / str(uuid.UUID(str(tenant_id))) / digest[:2] / digest


def file_store() -> LocalStore:
    """The store of the current application."""
    return LocalStore(current_app.config["JICENG"].storage_dir)


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
        _make_durable(place.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _is_older(place: Path, limit: float) -> bool:
    try:
        return place.stat().st_mtime < limit
    except FileNotFoundError:
        return False


def _remove(place: Path, limit: float) -> bool:
    """Delete old content, unless somebody put the same at this very moment: then it goes back to its place.

    It is put aside first. Whoever puts it from then on does not find it and writes it anew; whoever did so just before
    has made it new.
    """
    aside = place.with_name(f"{_ASIDE}{place.name}")
    place.replace(aside)
    if _is_older(aside, limit):
        aside.unlink(missing_ok=True)
        return True
    aside.replace(place)
    return False


def _make_durable(folder: Path) -> None:
    """A renamed file survives a power cut only when its folder was written down too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
