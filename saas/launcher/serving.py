"""`serve` and `demo`: everything up, watched over, and down again in order."""

from __future__ import annotations

import http.client
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from saas.launcher.places import Places
from saas.launcher.processes import LOOPBACK, identify, myself, port_is_free
from saas.launcher.programs import Program
from saas.launcher.stack import (
    OPERATOR_SETTING,
    OWNER_SETTING,
    RECONCILER_SETTING,
    Part,
    Servers,
    application_environment,
    end_orphans,
    find_servers,
    flask_command,
    migrate,
    renew_ports,
    start_engines,
    stop_parts,
)
from saas.launcher.state import State, exclusively
from saas.launcher.supervisor import Supervisor
from saas.launcher.terminal import Interrupted, RunError, progress, tail

DEFAULT_PORT = 8000
_WEB_WORKERS = 2
_WEB_THREADS = 4
_WEB_SECONDS = 90.0
_BOTH_TRACEBACKS = 60  # lines: each web process tells its own reason, and the reason must not scroll away
_WEB_GRACE = 15.0
_WORKER_GRACE = 40.0  # a worker finishes the document it is making
_PAUSE = 0.2


class Running:
    """The stack while it runs."""

    def __init__(self, places: Places, servers: Servers, state: State, supervisor: Supervisor) -> None:
        self.address = state.address
        self._state = state
        self._places = places
        self._servers = servers
        self._supervisor = supervisor

    def watch(self) -> None:
        """Watch over the parts until somebody stops us."""
        while True:
            self._supervisor.tick()
            time.sleep(_PAUSE)

    def flask(self, *arguments: str) -> int:
        """Run a command of the application at this terminal, still watching; return its exit code."""
        environ = application_environment(self._servers, self._places, self.address)
        command = flask_command(self._places, *arguments)
        with subprocess.Popen(command, env=environ, cwd=self._places.root) as process:
            try:
                self._state.note("command", identify(process.pid))
                while process.poll() is None:
                    self._supervisor.tick()
                    time.sleep(_PAUSE)
            except BaseException:
                process.terminate()
                raise
            finally:
                self._state.note("command", None)
        return process.returncode


def run_stack(places: Places, bind: str, then: Callable[[Running], int]) -> int:
    """Start everything, do `then`, stop everything. Returns what `then` returned, 0 if it was asked to stop."""
    host, port = split_bind(bind)
    busy = "This checkout already runs in another terminal. Stop it with `./run stop`."
    with exclusively(run_lock(places), busy):
        state = State.load(places.state)
        listen_to_signals()
        end_orphans(state)
        if not port_is_free(port, host):
            raise RunError(f"Port {port} on {host} is taken by another program. Choose another port: --port or --bind.")
        renew_ports(state)
        state.address = _address(host, port)
        state.note("supervisor", myself())
        servers = find_servers(places, state)
        parts: list[Part] = servers.engines()
        try:
            parts += _start_all(places, servers, state, bind)
            return then(Running(places, servers, state, Supervisor(parts, _noting(state))))
        except (KeyboardInterrupt, Interrupted):
            return 0
        finally:
            _ignore_signals()
            stop_parts(parts, state)
            state.note("supervisor", None)


def _start_all(places: Places, servers: Servers, state: State, bind: str) -> list[Part]:
    start_engines(servers, state)
    migrate(servers, places, state.address)
    programs = application_programs(places, servers, state.address, bind)
    try:
        for program in programs:
            progress(f"starting {program.name}")
            program.start()
            state.note(program.name, program.identity)
            if program is programs[0]:  # pages first: the others load while somebody already reads
                _wait_for_web(program, state.address)
    except BaseException:
        stop_parts(programs, state)
        raise
    return list(programs)


def application_programs(places: Places, servers: Servers, address: str, bind: str) -> list[Program]:
    """The web part, a worker and the reconciler, each with only the rights it needs."""
    web = [str(places.python), "-m", "gunicorn", "wsgi:app", "--preload", "--bind", bind, "--no-control-socket"]
    web += ["--workers", str(_WEB_WORKERS), "--worker-class", "gthread", "--threads", str(_WEB_THREADS)]
    web += ["--graceful-timeout", "10", "--timeout", "60"]
    console = application_environment(servers, places, address, without=[OWNER_SETTING, RECONCILER_SETTING])
    working = {name: value for name, value in console.items() if name != OPERATOR_SETTING}
    reconciling = application_environment(servers, places, address, without=[OWNER_SETTING, OPERATOR_SETTING])
    parts = [
        ("web", web, console, _WEB_GRACE),
        ("worker", flask_command(places, "worker"), working, _WORKER_GRACE),
        ("reconciler", flask_command(places, "reconciler"), reconciling, _WEB_GRACE),
    ]
    if not reconciling.get(RECONCILER_SETTING):
        parts.pop()  # somebody else runs it
    return [
        Program(name, command, places.logs / f"{name}.log", env=env, cwd=places.root, grace=grace)
        for name, command, env, grace in parts
    ]


def run_lock(places: Places) -> Path:
    """Held by whoever runs the engines of this checkout."""
    places.home.mkdir(parents=True, exist_ok=True)
    return places.home / "run.lock"


def split_bind(bind: str) -> tuple[str, int]:
    """`127.0.0.1:8000` as its two parts; raises RunError for anything else."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise RunError(f"{bind!r} is no address to listen on. Write it like 127.0.0.1:8000.")
    return host.strip("[]"), int(port)


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds the web part."""
    reachable = LOOPBACK if host in {"0.0.0.0", "::"} else host  # noqa: S104  (compared, not bound)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _wait_for_web(web: Program, address: str) -> None:
    """Wait until the web part answers anything at all, or raise RunError with the end of its log."""
    deadline = time.monotonic() + _WEB_SECONDS
    while not _answers(address.removeprefix("http://")):
        if not web.is_alive():
            raise RunError(
                f"The web part {web.ending()} while starting.", [*tail(web.log, lines=_BOTH_TRACEBACKS), f"({web.log})"]
            )
        if time.monotonic() > deadline:
            raise RunError(
                f"The web part did not answer within {_WEB_SECONDS:.0f} s.", [*tail(web.log), f"({web.log})"]
            )
        time.sleep(_PAUSE)


def _answers(location: str) -> bool:
    connection = http.client.HTTPConnection(location, timeout=10)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _noting(state: State) -> Callable[[Part], None]:
    return lambda part: state.note(part.name, part.identity)


def listen_to_signals() -> None:
    """Being told to end, or losing the terminal, stops everything in order, as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _ignore_signals() -> None:
    """Stopping has begun: a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
