"""The virtual environment, made from the hashed lock file."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from saas.launcher import apt
from saas.launcher.places import MEBIBYTE, Places, require_space
from saas.launcher.terminal import RunError, progress, run_quietly, succeeds

SPACE_NEEDED = 900 * MEBIBYTE
INSTALLER_LOCK = Path(__file__).with_name("installer.lock")
_MINUTES = 60.0
_PIP_OPTIONS = ("--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
# A package mirror of one's own often has a certificate that only the machine knows.
_UV_OPTIONS = ("--quiet", "--system-certs", "--require-hashes", "-r")


def install_packages(places: Places) -> None:
    """Install exactly what the lock file names, unless this has been done for this lock and this Python."""
    stamp = places.venv / "installed.sha256"
    wanted = lock_digest(places.lock)
    if stamp.is_file() and stamp.read_text() == wanted and _works(places.python):
        return
    require_space(places.root, SPACE_NEEDED)
    _make_environment(places)
    progress("installing the packages of requirements.lock")
    log = places.setup_log
    pip: list[str | Path] = [places.python, "-m", "pip", "install", *_PIP_OPTIONS]
    trouble = "The packages could not be installed: is the network, or the package index pip is set up for, reachable?"
    run_quietly([*pip, INSTALLER_LOCK], log, trouble, seconds=10 * _MINUTES)
    uv: list[str | Path] = [places.venv / "bin" / "uv", "pip", "install", "--python", places.python, *_UV_OPTIONS]
    # uv does not read pip's own settings: where the index is known to pip only, pip does it, more slowly.
    if not succeeds([*uv, places.lock], log, seconds=10 * _MINUTES):
        run_quietly([*pip, places.lock], log, trouble, seconds=30 * _MINUTES)
    stamp.write_text(wanted)


def lock_digest(lock: Path) -> str:
    """What the stamp must say: it changes with either lock file, the Python version and the checkout's path."""
    digest = hashlib.sha256()
    for path in (lock, INSTALLER_LOCK):
        digest.update(path.read_bytes())
    digest.update(f"{sys.version_info[:3]} {lock}".encode())
    return digest.hexdigest()


def _make_environment(places: Places) -> None:
    if _works(places.python):
        return
    progress("making the virtual environment")
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_module(places)
    if places.venv.exists():
        shutil.rmtree(places.venv)
    trouble = "The virtual environment could not be made."
    run_quietly([sys.executable, "-m", "venv", places.venv], places.setup_log, trouble, seconds=5 * _MINUTES)


def _install_venv_module(places: Places) -> None:
    """Debian ships Python without it."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not apt.install([package], places.setup_log):
        raise RunError(f"Python's venv module is missing. Type: sudo apt-get install {package}")


def _works(python: Path) -> bool:
    """Whether the environment's Python runs and is of the version that started us."""
    program = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    try:
        done = subprocess.run([python, "-c", program], capture_output=True, timeout=_MINUTES, check=False)
    except OSError:
        return False
    return done.returncode == 0
