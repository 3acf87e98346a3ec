"""First stage of `./run`, started as a script by any Python from 3.11 on: sets the machine up, then hands over.

Only the standard library may be imported on the way here: there is no virtual environment yet.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import NoReturn

# A script's own folder comes first on the path; there it would put our modules in front of the standard library's.
sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

from saas.launcher.commands import COMMANDS, Needs, help_page, needs_of  # noqa: E402  (the path is set above)
from saas.launcher.environment import install_packages  # noqa: E402
from saas.launcher.fonts import fetch_fonts  # noqa: E402
from saas.launcher.native import ensure_browser, ensure_libraries, library_environment  # noqa: E402
from saas.launcher.places import Places, find_places, require_writable  # noqa: E402
from saas.launcher.terminal import RunError, guarded, progress  # noqa: E402


def main() -> int:
    """Set up what the command needs and become the second stage; returns only if there is nothing to hand over to."""
    name, *arguments = sys.argv[1:] or ["help"]
    if name in {"help", "-h", "--help"}:
        print(help_page())
        return 0
    if name not in COMMANDS:
        raise RunError(f"There is no command {name!r}. `./run help` lists them all.")
    if not sys.platform.startswith("linux"):
        raise RunError("This command runs on Linux only.")
    places = find_places()
    needs = needs_of(name, arguments)
    if needs is Needs.NOTHING and not places.python.exists():
        progress("nothing is set up in this checkout, so nothing runs")
        return 0
    if needs > Needs.NOTHING:
        set_up(places, needs)
    return hand_over(places, [name, *arguments])


def hand_over(places: Places, arguments: list[str]) -> NoReturn:
    """Become the second stage, in the virtual environment."""
    environ = {**os.environ, **library_environment(places)}
    sys.stdout.flush()
    os.chdir(places.root)
    os.execve(places.python, [str(places.python), "-m", "saas.launcher", *arguments], environ)  # noqa: S606


def set_up(places: Places, needs: Needs) -> None:
    """Bring the machine to what the command needs. What is there already is left as it is."""
    for folder in (places.root, places.home, places.logs, places.cache):
        require_writable(folder)
    with (places.home / "setup.lock").open("w") as lock:
        # Two terminals may start at once: the second one waits here and then finds everything done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        places.setup_log.write_bytes(b"")
        install_packages(places)
        if needs >= Needs.DOCUMENTS:
            ensure_libraries(places)
            fetch_fonts(places)
        if needs >= Needs.BROWSER:
            ensure_browser(places)


if __name__ == "__main__":
    sys.exit(guarded(main))
