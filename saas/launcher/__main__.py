"""Second stage of `./run`, in the virtual environment: reads the arguments and does what they say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from saas.launcher import checks, control
from saas.launcher.commands import COMMANDS
from saas.launcher.places import Places, find_places
from saas.launcher.processes import LOOPBACK
from saas.launcher.serving import DEFAULT_PORT, Running, run_stack
from saas.launcher.terminal import RunError, guarded, progress

_DEFAULT_BIND = f"{LOOPBACK}:{DEFAULT_PORT}"


def main(words: list[str], places: Places) -> int:
    """Do what the words after `./run` say, in the checkout given."""
    name, *arguments = words
    action = _ACTIONS.get(name)
    if action is None:
        raise RunError(f"There is no command {name!r}. `./run help` lists them all.")
    return action(places, arguments)


def serve(places: Places, arguments: list[str]) -> int:
    """Everything up until stopped."""
    parser = _parser("serve")
    parser.add_argument("--bind", default=_DEFAULT_BIND)
    return run_stack(places, parser.parse_args(arguments).bind, _watch)


def demo(places: Places, arguments: list[str]) -> int:
    """Load the demonstration counties, drive the loop through the running stack, then serve."""
    parser = _parser("demo")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    options = parser.parse_args(arguments)

    def drive(running: Running) -> int:
        for words in (["demo", "load"], ["demo", "drive", "--base-url", running.address]):
            progress(f"flask {' '.join(words)}")
            if code := running.flask(*words):
                progress(f"`flask {' '.join(words)}` did not succeed; the logs are in {places.logs}")
                return code
        return 0 if options.once else _watch(running)

    return run_stack(places, f"{LOOPBACK}:{options.port}", drive)


def _watch(running: Running) -> int:
    progress(f"serving at {running.address}; Ctrl-C stops everything")
    running.watch()
    return 0


def test(places: Places, arguments: list[str]) -> int:
    """`--no-browser` is ours; every other word is pytest's."""
    others = [word for word in arguments if word != "--no-browser"]
    return checks.test(places, browser=len(others) == len(arguments), arguments=others)


def _reset(places: Places, arguments: list[str]) -> int:
    parser = _parser("reset")
    parser.add_argument("--yes", action="store_true")
    return control.reset(places, confirmed=parser.parse_args(arguments).yes)


def _without_arguments(name: str, action: Callable[[Places], int]) -> Callable[[Places, list[str]], int]:
    def run(places: Places, arguments: list[str]) -> int:
        _parser(name).parse_args(arguments)
        return action(places)

    return run


def _parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./run {name}", description=COMMANDS[name].summary, allow_abbrev=False)


_ACTIONS: dict[str, Callable[[Places, list[str]], int]] = {
    "demo": demo,
    "serve": serve,
    "worker": _without_arguments("worker", control.run_worker),
    "test": test,
    "check": _without_arguments("check", checks.check),
    "bench": checks.bench,
    "stop": _without_arguments("stop", control.stop),
    "reset": _reset,
    "flask": control.run_flask,
}

if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:], find_places())))
