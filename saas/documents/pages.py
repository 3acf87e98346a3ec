"""Pages of a PDF as pictures, for phones whose browser shows no PDF (页面图片)."""

from __future__ import annotations

import io
from typing import Any

from saas.documents.pdfium import open_pdf

WIDTH = 1080  # pixels: the width of a common phone screen
MEDIA_TYPE = "image/webp"

_COLOURS = 64


def page_images(pdf: bytes, *, width: int = WIDTH) -> tuple[bytes, ...]:
    """Return every page as a WebP picture of the given width in pixels, in order.

    Raises pypdfium2.PdfiumError for what is not a PDF.
    """
    with open_pdf(pdf) as opened:
        return tuple(_picture(page, width) for page in opened)


def page_image(pdf: bytes, number: int, *, width: int = WIDTH) -> bytes:
    """Return one page, counted from 1, as a WebP picture. Raises IndexError for a page that is not there."""
    with open_pdf(pdf) as opened:
        if not 1 <= number <= len(opened):
            raise IndexError(number)
        return _picture(opened[number - 1], width)


def _picture(page: Any, width: int) -> bytes:
    """Text and lines in a few colours: reduced to a palette and kept without loss, smaller than the lossy kind."""
    picture = page.render(scale=width / page.get_width()).to_pil().convert("RGB").quantize(_COLOURS)
    written = io.BytesIO()
    picture.convert("RGB").save(written, "WEBP", lossless=True, quality=50, method=2)
    page.close()
    return written.getvalue()
