"""A worker that kills a stuck job after a second, with jobs that get stuck: run as a process by the tests."""

from __future__ import annotations

import logging
import signal
import sys
import time

import saas.queue
from saas import create_app
from saas.jobs.registry import job
from saas.jobs.running import stop_if_asked
from saas.jobs.worker import run_worker

SLOW, STUCK, LARGE, PATIENT = "worker.slow", "worker.stuck", "worker.large", "worker.patient"


def register() -> None:
    @job(kind=SLOW, timeout=1, max_attempts=1)
    def slow() -> None:
        time.sleep(30)

    @job(kind=STUCK, timeout=1, max_attempts=1)
    def stuck() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # as a library that does not come back
        time.sleep(30)

    @job(kind=LARGE, timeout=20, max_attempts=1)
    def large() -> None:
        bytearray(3 * 1024**3)

    @job(kind=PATIENT, timeout=30, max_attempts=1)
    def patient() -> None:
        while True:
            stop_if_asked()
            time.sleep(0.05)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    saas.queue.SECONDS_TO_KILL = 1
    saas.queue.MONITORING_SECONDS = 1
    register()
    with create_app().app_context():
        run_worker(before_first_job=lambda: None)
