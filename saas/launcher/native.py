"""Native libraries for PDFs and the browser for tests: found, installed, unpacked beside us, or asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from saas.launcher import apt
from saas.launcher.places import Places
from saas.launcher.terminal import RunError, progress, succeeds

LIBRARY_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_APT_GET = "sudo apt-get install --yes --no-install-recommends"


def library_environment(places: Places) -> dict[str, str]:
    """The variables by which programs find libraries that were unpacked for this checkout; empty if there are none."""
    folders = sorted({library.parent for library in places.native.glob("**/*.so.*")})
    if not folders:
        return {}
    known = os.environ.get("LD_LIBRARY_PATH")
    return {
        "LD_LIBRARY_PATH": ":".join([*map(str, folders), *([known] if known else [])]),
        "FONTCONFIG_FILE": str(places.native / "fonts.conf"),
    }


def ensure_libraries(places: Places) -> None:
    """See to it that Pango and HarfBuzz can be loaded, or raise RunError that says what to type.

    HarfBuzz's subsetting is needed as well: without it a page costs about forty times as much.
    """
    if _loads(library_environment(places)):
        return
    progress(f"installing native libraries: {' '.join(LIBRARY_PACKAGES)}")
    if apt.install(LIBRARY_PACKAGES, places.setup_log) and _loads({}):
        return
    if _unpack(places) and _loads(library_environment(places)):
        progress("the libraries were unpacked into this checkout; nothing was installed")
        return
    raise RunError(f"PDFs need Pango and HarfBuzz. Type: {_APT_GET} {' '.join(LIBRARY_PACKAGES)}")


def _loads(environment: Mapping[str, str]) -> bool:
    program = f"import ctypes; [ctypes.CDLL(name) for name in {LIBRARIES!r}]"
    environ = {**os.environ, **environment}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False).returncode == 0


def _unpack(places: Places) -> bool:
    """Unpack the missing packages into this checkout: the way for a user who may not install any."""
    log = places.setup_log
    packages = apt.missing_with_dependencies(LIBRARY_PACKAGES, places.cache, log)
    if not packages:
        return False
    with tempfile.TemporaryDirectory(dir=places.cache) as folder:
        for package in apt.download(packages, Path(folder), places.cache, log):
            if not succeeds(["dpkg-deb", "--extract", package, places.native], log, seconds=60):
                return False
    _configure_fonts(places)
    return True


def _configure_fonts(places: Places) -> None:
    """Tell the unpacked fontconfig of the fonts: it looks for the machine's settings, and there are none."""
    (places.native / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>{escape(str(places.fonts))}</dir>\n<cachedir>{escape(str(places.cache / 'fontconfig'))}</cachedir>\n"
        "</fontconfig>\n"
    )


def find_browser() -> str | None:
    """The path of a Chromium that runs, or None."""
    for path in filter(None, map(shutil.which, BROWSERS)):
        try:  # Ubuntu has a program of this name that only asks for another package
            done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return path
    return None


def ensure_browser(places: Places) -> None:
    """See to it that there is a Chromium for the browser tests, or raise RunError."""
    if find_browser():
        return
    progress("installing chromium for the browser tests")
    if not (apt.install(["chromium"], places.setup_log) and find_browser()):
        raise RunError(
            f"The browser tests need Chromium, and this user may not install it. Type: {_APT_GET} chromium"
            " (or leave these tests out: ./run test --no-browser)"
        )
