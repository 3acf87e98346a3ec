"""Debian's package manager: installing where this user may, downloading where not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from saas.launcher.terminal import succeeds

_SECONDS = 600.0
_IMPATIENT = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20")


def administrator() -> list[str] | None:
    """The words before a command that make it run as root: none for root itself; None if that is not possible."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    allowed = subprocess.run([sudo, "-n", "true"], capture_output=True, timeout=30, check=False).returncode == 0
    return [sudo, "-n"] if allowed else None


def install(packages: Sequence[str], log: Path) -> bool:
    """Install packages, with a fresh package list if the present one does not do. False if this user may not."""
    prefix = administrator()
    if prefix is None or shutil.which("apt-get") is None:
        return False
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *_IMPATIENT]
    wanted = [*command, "install", "--yes", "--no-install-recommends", *packages]
    return succeeds(wanted, log, seconds=_SECONDS) or (
        succeeds([*command, "update"], log, seconds=_SECONDS) and succeeds(wanted, log, seconds=_SECONDS)
    )


def missing_with_dependencies(packages: Sequence[str], cache: Path, log: Path) -> list[str]:
    """The packages that installing `packages` would add to this machine. Empty if that cannot be told."""
    if shutil.which("apt-get") is None:
        return []
    for options in _list_options(cache, log):
        command = ["apt-get", *options, "install", "--simulate", "--no-install-recommends", *packages]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode == 0:
            return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Inst ")]
    return []


def download(packages: Sequence[str], folder: Path, cache: Path, log: Path) -> list[Path]:
    """Download packages into `folder` without installing them. Needs no rights; empty if it failed."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return []
    for options in _list_options(cache, log):
        command = ["apt-get", *_IMPATIENT, *options, "download", *packages]
        if succeeds(command, log, seconds=_SECONDS, cwd=folder):
            return sorted(folder.glob("*.deb"))
    return []


def _list_options(cache: Path, log: Path) -> Iterator[list[str]]:
    """Options for each package list worth trying: the machine's own, then a fresh one (our own copy unless root)."""
    yield []
    options: list[str] = []
    if os.geteuid() != 0:
        for folder in ("lists/partial", "archives/partial"):
            (cache / "apt" / folder).mkdir(parents=True, exist_ok=True)
        apt = cache / "apt"
        options = ["-o", f"Dir::State::lists={apt / 'lists'}", "-o", f"Dir::Cache={apt}", "-o", "Debug::NoLocking=true"]
    if succeeds(["apt-get", *_IMPATIENT, *options, "update"], log, seconds=_SECONDS):
        yield options
