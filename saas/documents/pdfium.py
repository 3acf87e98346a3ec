"""Opening a PDF to read it. PDFium has no locks of its own, so one file is open at a time in a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2

_one_at_a_time = threading.RLock()


@contextmanager
def open_pdf(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF for the length of a block. Raises pypdfium2.PdfiumError for what is not a PDF."""
    with _one_at_a_time, pypdfium2.PdfDocument(pdf) as opened:
        yield opened
