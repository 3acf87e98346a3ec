"""Where things lie: the checkout, the generated state and the caches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from saas.launcher.terminal import RunError

ROOT = Path(__file__).resolve().parent.parent.parent
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one checkout. Everything below `home` is generated and may be deleted with `./run reset`."""

    root: Path
    home: Path
    cache: Path  # downloads that outlive a reset

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def fonts(self) -> Path:
        return self.home / "fonts"

    @property
    def native(self) -> Path:
        """Native libraries unpacked for a user who may not install any."""
        return self.home / "native"

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def setup_log(self) -> Path:
        return self.logs / "setup.log"


def find_places(environ: Mapping[str, str] | None = None, root: Path = ROOT) -> Places:
    """`JICENG_HOME` moves the state, `JICENG_CACHE_DIR` the downloads; by default both are in `var/`."""
    env = os.environ if environ is None else environ
    home = Path(env.get("JICENG_HOME") or root / "var").absolute()
    cache = Path(env.get("JICENG_CACHE_DIR") or home / "cache").absolute()
    return Places(root=root, home=home, cache=cache)


def require_writable(folder: Path) -> None:
    """Make the folder and write into it, or let the OSError say why not."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"\0")


def require_space(folder: Path, needed: int) -> None:
    """Raise RunError if the disk of `folder` has fewer than `needed` bytes left."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RunError(
            f"Only {free // MEBIBYTE} MB are free on the disk of {folder}; {needed // MEBIBYTE} MB are needed."
            " Free some space and start again."
        )
