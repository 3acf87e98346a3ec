"""A temporary folder for engines."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is deleted afterwards and that the server's account can reach (pytest's own are closed to it)."""
    folder = Path(tempfile.mkdtemp(prefix="jiceng-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
