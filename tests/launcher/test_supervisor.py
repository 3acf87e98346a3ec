"""The supervisor starts again what ended, patiently and with a line that says so."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from saas.launcher.processes import wait_until
from saas.launcher.programs import Program, clean_environment
from saas.launcher.supervisor import Supervisor, restart_delay


def make_program(folder: Path, *words: str, grace: float = 5) -> Program:
    return Program("worker", words, folder / "worker.log", env=clean_environment(), grace=grace)


@pytest.mark.parametrize(("failures", "delay"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (20, 30)])
def test_the_delay_before_a_restart_grows(failures: int, delay: float) -> None:
    assert restart_delay(failures) == delay


def test_a_killed_part_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = make_program(tmp_path, "sleep", "60")
    program.start()
    first = program.identity
    started: list[str] = []
    supervisor = Supervisor([program], lambda part: started.append(part.name))
    program.kill()
    for _ in range(2):
        supervisor.tick()
    assert program.is_alive()
    assert program.identity != first
    assert started == ["worker"]
    assert "worker was killed by signal 9; starting it again" in capsys.readouterr().out
    program.stop()


def test_a_part_that_ends_at_once_is_not_started_in_a_rush(tmp_path: Path) -> None:
    program = make_program(tmp_path, "false")
    program.start()
    started: list[str] = []
    supervisor = Supervisor([program], lambda part: started.append(part.name))

    def was_rushed() -> bool:
        supervisor.tick()
        return len(started) > 1

    assert not wait_until(was_rushed, 0.8)
    assert started == ["worker"]


def test_a_part_that_does_not_listen_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 61 & echo $! > child; echo ready; while :; do sleep 0.1; done"
    program = Program(
        "worker", ["sh", "-c", script], tmp_path / "worker.log", env=clean_environment(), cwd=tmp_path, grace=0.3
    )
    program.start()
    assert wait_until(lambda: "ready" in program.log.read_text(), 5)
    child = int((tmp_path / "child").read_text())
    program.stop()
    assert not program.is_alive()
    assert wait_until(lambda: not Path(f"/proc/{child}/cmdline").exists() or is_zombie(child), 5)


def is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_part_is_asked_before_it_is_killed(tmp_path: Path) -> None:
    program = make_program(tmp_path, "sleep", "60")
    program.start()
    program.stop()
    assert program.ending() == f"was killed by signal {signal.SIGTERM.value}"
