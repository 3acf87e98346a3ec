"""Small pictures for lists, made when they are first asked for and kept."""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy.exc import NoResultFound

from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import read_file
from saas.files.storage import file_store

SIDE = 192  # pixels: 64 on the page, sharp on a phone of three device pixels each
_WHITE = (255, 255, 255)


def thumbnail(stored: StoredFile) -> bytes:
    """Return a JPEG of at most 192 × 192 pixels. A file that is no picture has none: NoResultFound (404)."""
    if stored.media_type not in (FileType.JPEG, FileType.PNG):
        raise NoResultFound("no thumbnail for this type of file")
    return file_store().derived(stored.tenant_id, stored.digest, f"thumbnail-{SIDE}", lambda: _small(stored))


def _small(stored: StoredFile) -> bytes:
    with Image.open(io.BytesIO(read_file(stored)), formats=["JPEG", "PNG"]) as image:
        image.draft("RGB", (SIDE, SIDE))
        image.thumbnail((SIDE, SIDE))
        return _on_white(image)


def _on_white(image: Image.Image) -> bytes:
    layer = image.convert("RGBA")
    page = Image.new("RGB", layer.size, _WHITE)
    page.paste(layer, mask=layer)
    buffer = io.BytesIO()
    page.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
