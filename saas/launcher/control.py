"""Working on a stack from another terminal: one of its commands, one more worker, stopping it, deleting its data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

from saas.launcher.places import Places
from saas.launcher.processes import identify, wait_until
from saas.launcher.server_account import engine_home
from saas.launcher.serving import listen_to_signals, run_lock
from saas.launcher.stack import (
    Servers,
    application_environment,
    end_orphans,
    find_servers,
    flask_command,
    renew_ports,
    start_engines,
    stop_parts,
    uses_foreign_servers,
)
from saas.launcher.state import BusyError, State, exclusively, is_held
from saas.launcher.terminal import RunError, progress

_STOP_SECONDS = 150.0
_DATA = ("postgres", "valkey", "files", "logs", "test", "state.json", "secrets.json")


def run_flask(places: Places, arguments: Sequence[str]) -> int:
    """Run a command of the application for the stack that runs here, or with the engines up just for it."""
    state = State.load(places.state)
    if uses_foreign_servers(os.environ):
        return _at_terminal(places, find_servers(places, state), state, arguments)
    listen_to_signals()
    try:
        with exclusively(run_lock(places), "The engines are running already."):
            end_orphans(state)
            renew_ports(state)
            servers = find_servers(places, state)
            engines = servers.engines()
            try:
                start_engines(servers, state)
                return _at_terminal(places, servers, state, arguments, alone=True)
            finally:
                state.note("command", None)
                stop_parts(engines, state)
    except BusyError:
        return _at_terminal(places, find_servers(places, state), state, arguments)


def run_worker(places: Places) -> int:
    """Run one more worker at this terminal."""
    state = State.load(places.state)
    if not uses_foreign_servers(os.environ) and not is_held(run_lock(places)):
        raise RunError("Nothing runs in this checkout. Start `./run serve`, or set DATABASE_URL and REDIS_URL.")
    listen_to_signals()
    return _at_terminal(places, find_servers(places, state), state, ["worker"])


def _at_terminal(
    places: Places, servers: Servers, state: State, arguments: Sequence[str], *, alone: bool = False
) -> int:
    """Run the command. `alone`: the state is ours to write, so that the next run finds the command if we are killed."""
    environ = application_environment(servers, places, state.address)
    with subprocess.Popen(flask_command(places, *arguments), env=environ, cwd=places.root) as process:
        try:
            if alone:
                state.note("command", identify(process.pid))
            return process.wait()
        except BaseException:
            process.terminate()  # and wait for it, on leaving
            raise


def stop(places: Places) -> int:
    """Stop the stack of this checkout, also one whose supervisor was killed."""
    if not places.home.is_dir():
        progress("nothing runs in this checkout")
        return 0
    state = State.load(places.state)
    lock = run_lock(places)
    if is_held(lock):
        supervisor = state.processes.get("supervisor")
        if supervisor is None or not supervisor.is_running():
            raise RunError("A command of this checkout is using the engines. Wait for it to end, or end it.")
        progress(f"stopping the stack (process {supervisor.pid})")
        supervisor.send(signal.SIGTERM)
        if not wait_until(lambda: not is_held(lock), _STOP_SECONDS):
            raise RunError(f"The stack did not stop within {_STOP_SECONDS:.0f} s; its logs are in {places.logs}.")
        progress("stopped")
    elif end_orphans(state):
        progress("stopped what an earlier run had left behind")
    else:
        progress("nothing runs in this checkout")
    return 0


def reset(places: Places, *, confirmed: bool) -> int:
    """Stop, then delete all data of this checkout. Downloads and fonts are kept."""
    if not confirmed and not _agrees(places):
        progress("nothing was deleted")
        return 1
    stop(places)
    home = engine_home(places.home)
    folders = [places.home] if home == places.home else [places.home, home]
    for path in [folder / name for folder in folders for name in _DATA]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    progress(f"deleted the data in {places.home}")
    return 0


def _agrees(places: Places) -> bool:
    if not sys.stdin.isatty():
        raise RunError("This deletes all data. Confirm it with `./run reset --yes`.")
    return input(f"Delete the database, files and logs in {places.home}? Type yes: ").strip() == "yes"
