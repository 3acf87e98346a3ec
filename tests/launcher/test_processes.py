"""Processes and ports: nobody is mistaken for somebody else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from saas.launcher.processes import choose_port, descendants, identify, myself, port_is_free, stop_identity, wait_until


def test_a_running_process_is_known_by_number_start_and_boot() -> None:
    assert identify(os.getpid()) == myself()
    assert myself().is_running()


def test_a_reused_number_is_another_process() -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        found = identify(stranger.pid)
        assert found is not None
        earlier = replace(found, started=found.started - 1)
        before_the_reboot = replace(found, boot="another")
        for old in (earlier, before_the_reboot):
            assert not old.is_running()
            assert stop_identity(old, first=signal.SIGTERM, seconds=1)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_ended_and_was_not_waited_for_is_not_running() -> None:
    process = subprocess.Popen(["true"])
    found = identify(process.pid)
    assert wait_until(lambda: identify(process.pid) is None, 5)
    assert found is None or not found.is_running()
    process.wait()


def test_a_process_that_does_not_listen_is_killed_after_its_time() -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        found = identify(stubborn.pid)
        assert found is not None
        assert stop_identity(found, first=signal.SIGTERM, seconds=0.2)
    assert stubborn.returncode == -signal.SIGKILL


def test_grandchildren_are_found() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & wait"]) as shell:
        assert wait_until(lambda: len(descendants(shell.pid)) == 1, 5)
        (grandchild,) = descendants(shell.pid)
        assert {shell.pid, grandchild} <= set(descendants(os.getpid()))
        os.kill(grandchild, signal.SIGKILL)


def test_a_taken_port_is_not_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        assert not port_is_free(taken)
        assert choose_port(taken) != taken


def test_the_port_of_the_last_run_is_kept_while_it_is_free() -> None:
    port = choose_port()
    assert choose_port(port) == port
    assert choose_port(port, avoid=frozenset({port})) != port


def test_waiting_has_an_end() -> None:
    assert not wait_until(lambda: False, 0.05, pause=0.01)


def test_a_signal_to_a_process_that_is_gone_is_no_error() -> None:
    process = subprocess.Popen(["sleep", "60"])
    found = identify(process.pid)
    process.kill()
    process.wait()
    assert found is not None
    found.send(signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(found.pid, 0)
