"""`test`, `check` and `bench`: the steps in their order, on engines of their own, leaving no process behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saas.launcher.engines import EmbeddedPostgres, EmbeddedValkey
from saas.launcher.native import find_browser
from saas.launcher.places import Places
from saas.launcher.processes import adopt_orphans, choose_port, end_descendants
from saas.launcher.server_account import engine_home
from saas.launcher.serving import listen_to_signals
from saas.launcher.stack import end_orphans, stop_parts
from saas.launcher.state import State, exclusively
from saas.launcher.terminal import RunError, progress

_STEP_SECONDS = 3600.0
_ENDING_SECONDS = 30.0


class CheckError(RunError):
    """A check or test did not pass."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One check. Its command runs with the environment's Python: `module` and the words after it."""

    name: str
    module: str
    arguments: tuple[str, ...]
    remedy: str
    needs: str = ""  # a path of the checkout without which there is nothing to check


CHECKS = (
    Step("format", "ruff", ("format", "--check", "--quiet", "."), "type: .venv/bin/ruff format ."),
    Step("lint", "ruff", ("check", "--quiet", "."), "some of it is mended by: .venv/bin/ruff check --fix ."),
    Step("types", "mypy", ("--no-error-summary",), "the lines above say where"),
    Step("import contracts", "importlinter.cli", ("lint",), "the chains above must be broken"),
    Step("templates", "djlint", ("templates", "--lint", "--quiet"), "the lines above say where", needs="templates"),
    Step("template rules", "tests.template_lint", (), "the lines above say where", needs="tests/template_lint.py"),
)
# A file stays with one process: what its tests share (filled counties, a running stack) is made once.
IN_PARALLEL = ("-n", "2", "--dist", "loadfile")


def check(places: Places) -> int:
    """Run the checks that need no engine, up to the first that fails."""
    _run_steps(places, CHECKS, os.environ)
    progress("all checks passed")
    return 0


def test(places: Places, *, browser: bool, arguments: Sequence[str]) -> int:
    """Run every check and test, or with `arguments` the tests that they choose."""
    chosen = () if browser else ("-m", "not browser")
    tests = Step("tests", "pytest", (*chosen, *(arguments or IN_PARALLEL)), "the tests named above failed")
    with _test_engines(places, durable=False) as environ:
        _run_steps(places, [tests] if arguments else [*CHECKS, tests], environ)
    progress("passed" if browser else "passed, WITHOUT the browser tests (--no-browser)")
    return 0


def bench(places: Places, arguments: Sequence[str]) -> int:
    """Measure, on engines that are as safe as those in use."""
    measure = Step("bench", "bench", tuple(arguments), "the lines above say which figure was missed")
    with _test_engines(places, durable=True) as environ:
        _run_steps(places, [measure], environ)
    return 0


def _run_steps(places: Places, steps: Sequence[Step], environ: Mapping[str, str]) -> None:
    for step in steps:
        if step.needs and not (places.root / step.needs).exists():
            continue
        progress(f"{step.name}: {step.module} {' '.join(step.arguments)}".rstrip())
        begun = time.monotonic()
        code = _run_step(places, step, environ)
        took = time.monotonic() - begun
        if code != 0:
            raise CheckError(f"{step.name} failed after {took:.1f} s (exit code {code}); {step.remedy}")
        progress(f"{step.name} passed in {took:.1f} s")


def _run_step(places: Places, step: Step, environ: Mapping[str, str]) -> int:
    command = [str(places.python), "-m", step.module, *step.arguments]
    with subprocess.Popen(command, env=environ, cwd=places.root, stdin=subprocess.DEVNULL) as process:
        try:
            return process.wait(timeout=_STEP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RunError(f"{step.name} did not end within {_STEP_SECONDS:.0f} s.") from None
        except BaseException:
            process.terminate()
            try:
                process.wait(timeout=_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


@contextmanager
def _test_engines(places: Places, *, durable: bool) -> Iterator[dict[str, str]]:
    """Fresh engines for one run; yields the environment that names them. Afterwards no process of ours is left."""
    home = places.home / "test"
    home.mkdir(parents=True, exist_ok=True)
    with exclusively(places.home / "test.lock", "Tests are running in another terminal of this checkout."):
        adopt_orphans()
        listen_to_signals()
        state = State.load(home / "state.json")
        end_orphans(state)
        postgres, valkey = _fresh_engines(places, home, durable=durable)
        try:
            for engine in (postgres, valkey):
                progress(f"starting {engine.name} for this run")
                engine.start()
                state.note(engine.name, engine.identity)
            yield _test_environment(places, postgres, valkey)
        finally:
            kept = frozenset(engine.identity.pid for engine in (postgres, valkey) if engine.identity)
            if left := end_descendants(keep=kept):
                progress(f"ended {left} processes that the tests had left behind")
            stop_parts([postgres, valkey], state)


def _fresh_engines(places: Places, home: Path, *, durable: bool) -> tuple[EmbeddedPostgres, EmbeddedValkey]:
    server_home = engine_home(home)
    server_home.mkdir(parents=True, exist_ok=True)
    for folder in (server_home / "postgres", home / "valkey", home / "files"):
        shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(server_home / "postgres", choose_port(), log=home / "postgres.log", durable=durable)
    other = choose_port(avoid=frozenset({postgres.port}))
    return postgres, EmbeddedValkey(home / "valkey", other, log=home / "valkey.log")


def _test_environment(places: Places, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> dict[str, str]:
    """Nothing of a stack in use may reach a test, so that no test can touch its data."""
    hidden = ("DATABASE_", "REDIS_URL", "STORAGE_DIR", "SECRET_KEY", "PUBLIC_URL", "TRUSTED_HOSTS", "JICENG_ENV")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return environ | {
        "JICENG_ENV": "test",
        "JICENG_TEST_POSTGRES": postgres.superuser_url,
        "JICENG_TEST_REDIS": valkey.url,
        "JICENG_TEST_BROWSER": find_browser() or "",
        "FONT_DIR": environ.get("FONT_DIR") or str(places.fonts),
        "PYTHONUTF8": "1",
    }
