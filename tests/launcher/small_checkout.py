"""A checkout with an application of a few lines, so that the stack itself is what the tests look at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saas.launcher.places import ROOT, Places, find_places
from saas.launcher.processes import choose_port, wait_until
from saas.launcher.scratch import scratch_folder
from saas.launcher.state import State

APPLICATION = """
import os, signal, sys, time
import click
from flask import Flask

app = Flask("small")

@app.get("/healthz")
def healthz():
    import psycopg
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return str(connection.execute("SELECT count(*) FROM note").fetchone()[0])

def wait():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(0.1)

app.cli.command("worker")(wait)
app.cli.command("reconciler")(wait)

@app.cli.group()
def db(): ...

@db.command()
def upgrade():
    import psycopg
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (number integer)")
        connection.execute("GRANT SELECT ON note TO jiceng_app")

@app.cli.group()
def demo(): ...

@demo.command()
def load():
    if code := int(os.environ.get("LOAD_EXIT", "0")):
        sys.exit(code)
    import psycopg
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("INSERT INTO note VALUES (1)")
    print("loaded")

@demo.command()
@click.option("--base-url")
def drive(base_url):
    import urllib.request
    print("notes:", urllib.request.urlopen(base_url + "/healthz").read().decode())
"""


class Checkout:
    """A small checkout and the commands given in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = choose_port()
        (root / "wsgi.py").write_text(APPLICATION)
        (root / ".venv").symlink_to(sys.prefix)

    @property
    def places(self) -> Places:
        return find_places({}, root=self.root)

    @property
    def state(self) -> State:
        return State.load(self.places.state)

    def command(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Start `./run <words>` as its second stage would run in this checkout."""
        hidden = ("DATABASE_", "REDIS_", "JICENG_", "STORAGE_DIR", "PUBLIC_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.launcher.small_checkout", str(self.root), *words],
            cwd=ROOT,
            env=kept | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, *words: str, **environ: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and all it said."""
        with self.command(*words, **environ) as process:
            output, _ = process.communicate(timeout=60)
        return process.returncode, output

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """`./run serve`, from the line that says where it serves; stopped at the end if the test did not."""
        with self.command("serve", "--bind", f"127.0.0.1:{self.port}") as process:
            assert process.stdout is not None
            try:
                assert any("serving at" in line for line in process.stdout), "it ended without serving"
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)

    def is_quiet(self) -> bool:
        """Whether nothing that this checkout has started is left."""
        mark = str(self.root)
        return not [entry for entry in Path("/proc").glob("[0-9]*") if mark in _words(entry)]


def _words(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_text(errors="replace") + os.readlink(entry / "cwd")
    except OSError:
        return ""


@contextmanager
def small_checkout() -> Iterator[Checkout]:
    """A checkout of its own, in which nothing runs afterwards."""
    with scratch_folder() as folder:
        checkout = Checkout(folder)
        yield checkout
        checkout.finish("stop")
        assert wait_until(checkout.is_quiet, 10)


def _run_in(root: Path) -> int:
    from saas.launcher import __main__ as second_stage
    from saas.launcher.terminal import guarded

    return guarded(lambda: second_stage.main(sys.argv[2:], find_places(root=root)))


if __name__ == "__main__":
    sys.exit(_run_in(Path(sys.argv[1])))
