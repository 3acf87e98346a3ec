"""Servers and processes of the chaos test's own, and the ways to hurt them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from saas.launcher.engines import EmbeddedPostgres, EmbeddedValkey
from saas.launcher.processes import choose_port
from saas.tenancy.rls import APP_ROLE, OWNER_ROLE, RECONCILER_ROLE

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = "chaos"
LEASE = 2.0
SECONDS_TO_BE_BUSY = 3.0


class Program:
    """A process that is started again whenever it ends, as a supervisor would."""

    def __init__(self, part: str, environ: dict[str, str], log: Path) -> None:
        self._part = part
        self._environ = environ
        self._log = log
        self.thaw_at: float | None = None
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.application", self._part],
                cwd=ROOT,
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def tend(self) -> None:
        """Start it again if it ended; thaw it if it is time."""
        if self.thaw_at is not None and time.monotonic() > self.thaw_at:
            self.thaw()
        if self.process.poll() is not None:
            self.process = self._start()

    def children(self) -> list[int]:
        with suppress(FileNotFoundError):
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return [int(pid) for pid in path.read_text().split()]
        return []

    def send(self, number: signal.Signals, *pids: int) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self, seconds: float) -> None:
        self.send(signal.SIGSTOP, self.process.pid, *self.children())
        self.thaw_at = time.monotonic() + seconds

    def thaw(self) -> None:
        self.thaw_at = None
        self.send(signal.SIGCONT, *self.children(), self.process.pid)

    def end(self) -> None:
        self.thaw()
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Arena:
    """PostgreSQL and Valkey with the settings of production, three workers, two reconcilers."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.faults: Counter[str] = Counter()
        self.postgres = EmbeddedPostgres(
            folder / "postgres",
            choose_port(),
            role_passwords=dict.fromkeys((APP_ROLE, OWNER_ROLE, RECONCILER_ROLE), "chaos"),
        )
        self.valkey = EmbeddedValkey(folder / "valkey", choose_port())
        self.storage = folder / "files"
        self.workers: list[Program] = []
        self.reconcilers: list[Program] = []

    def start_servers(self) -> None:
        self.postgres.start()
        self.postgres.create_database(DATABASE)
        self.valkey.start()

    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "JICENG_ENV": "test",
            "DATABASE_URL": self.postgres.url(APP_ROLE, DATABASE),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER_ROLE, DATABASE),
            "DATABASE_RECONCILER_URL": self.postgres.url(RECONCILER_ROLE, DATABASE),
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "chaos-0123456789-abcdefghijklmnopqrstuvwxyz",
            "STORAGE_DIR": str(self.storage),
            "JOB_LEASE_SECONDS": str(LEASE),
            "JOB_RETRY_SECONDS": "0.2",
            "JOBS_PER_TENANT": "3",
            "JOB_MEMORY_MIB": "1536",
        }

    def start_programs(self) -> None:
        environ = self.environ()
        self.workers = [Program("worker", environ, self.folder / f"worker{n}.log") for n in range(3)]
        self.reconcilers = [Program("reconciler", environ, self.folder / f"reconciler{n}.log") for n in range(2)]

    def tend(self) -> None:
        for program in (*self.workers, *self.reconcilers):
            program.tend()

    def stop(self) -> None:
        for program in (*self.workers, *self.reconcilers):
            program.end()
        self.valkey.stop()
        self.postgres.stop()

    def faults_to_come(self, number: int) -> Iterator[Callable[[], None]]:
        """Each way to hurt at least once, the rest at random."""
        ways = [
            self.kill_horse,
            self.kill_worker,
            self.kill_worker_and_horse,
            self.freeze_worker,
            self.freeze_worker,
            self.freeze_worker,
            self.wipe_queue,
            self.crash_database,
            self.end_connections,
            self.deploy_worker,
            self.kill_reconcilers,
        ]
        chosen = ways + [self.random.choice(ways) for _ in range(number - len(ways))]
        self.random.shuffle(chosen)
        yield from chosen

    def kill_horse(self) -> None:
        worker = self._busy_worker()
        worker.send(signal.SIGKILL, *worker.children())
        self.faults["horse killed"] += 1

    def kill_worker(self) -> None:
        worker = self._busy_worker()
        worker.send(signal.SIGKILL, worker.process.pid)
        self.faults["worker killed"] += 1

    def kill_worker_and_horse(self) -> None:
        worker = self._busy_worker()
        worker.send(signal.SIGKILL, worker.process.pid, *worker.children())
        self.faults["both killed"] += 1

    def freeze_worker(self) -> None:
        self._busy_worker().freeze(LEASE + 5)  # long enough for another worker to do the same job
        self.faults["frozen past the lease"] += 1

    def wipe_queue(self) -> None:
        self.valkey.kill()
        shutil.rmtree(self.valkey.data_dir)
        time.sleep(0.5)
        self.valkey.start()
        self.faults["queue wiped"] += 1

    def crash_database(self) -> None:
        self.postgres.kill()
        time.sleep(0.3)
        self.postgres.start()
        self.faults["database crashed"] += 1

    def end_connections(self) -> None:
        with psycopg.connect(self.postgres.superuser_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [DATABASE],
            )
        self.faults["connections ended"] += 1

    def deploy_worker(self) -> None:
        worker = self._busy_worker()
        worker.send(signal.SIGTERM, worker.process.pid)
        self.faults["worker replaced"] += 1

    def kill_reconcilers(self) -> None:
        for reconciler in self.reconcilers:
            reconciler.send(signal.SIGKILL, reconciler.process.pid)
        self.faults["reconcilers killed"] += 1

    def _busy_worker(self) -> Program:
        """A worker in the middle of a job, if there is one within a few seconds."""
        awake = [worker for worker in self.workers if worker.thaw_at is None] or self.workers
        deadline = time.monotonic() + SECONDS_TO_BE_BUSY
        while time.monotonic() < deadline:
            for worker in self.random.sample(awake, len(awake)):
                before = worker.children()
                time.sleep(0.15)  # the child has claimed its job by now
                if before and worker.children() == before:
                    return worker
            self.tend()
        return self.random.choice(awake)
