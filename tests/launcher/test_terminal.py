"""Whatever goes wrong is one clear line and exit code 2."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from saas.launcher.places import MEBIBYTE, find_places, require_space, require_writable
from saas.launcher.terminal import EXIT_INTERRUPTED, EXIT_TROUBLE, Interrupted, RunError, guarded, run_quietly, tail


def fail_with(error: BaseException) -> int:
    def main() -> int:
        raise error

    return guarded(main)


def test_a_trouble_is_its_line_after_the_lines_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail_with(RunError("Port 8000 is taken.", ["first", "second"])) == EXIT_TROUBLE
    assert capsys.readouterr().err == "    | first\n    | second\nrun: Port 8000 is taken.\n"


def test_a_full_disk_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        with Path("/dev/full").open("w") as file:
            file.write("anything")
        return 0

    assert guarded(main) == EXIT_TROUBLE
    assert capsys.readouterr().err == "run: No space is left on the disk. Free some and start again.\n"


def test_a_folder_that_cannot_be_written_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        require_writable(Path("/sys/kernel/jiceng"))
        return 0

    assert guarded(main) == EXIT_TROUBLE
    error = capsys.readouterr().err
    assert error == "run: This folder or file cannot be written by this user (/sys/kernel/jiceng). Is it read-only?\n"


def test_other_errors_of_the_system_are_not_hidden() -> None:
    with pytest.raises(OSError, match="Input/output"):
        fail_with(OSError(errno.EIO, "Input/output error"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Interrupted()])
def test_being_interrupted_has_its_own_exit_code(error: BaseException) -> None:
    assert fail_with(error) == EXIT_INTERRUPTED


def test_too_little_space_says_how_much_is_there_and_how_much_is_needed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"Only \d+ MB are free on the disk of .*; 1099511627776 MB are needed"):
        require_space(tmp_path, 2**40 * MEBIBYTE)


def test_a_quiet_command_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(RunError, match="The step failed") as raised:
        run_quietly(["sh", "-c", "seq 100; exit 3"], log, "The step failed.", seconds=10)
    assert raised.value.details[-2:] == ("100", f"(the whole log: {log})")
    assert len(raised.value.details) < 20


def test_a_quiet_command_that_hangs_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        run_quietly(["sleep", "60"], tmp_path / "log", "The step failed.", seconds=0.1)
    assert "gave up after" in (tmp_path / "log").read_text()


def test_a_command_that_is_not_there_is_a_failure_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(RunError) as raised:
        run_quietly(["no-such-program"], tmp_path / "log", "The step failed.", seconds=10)
    assert any("no-such-program" in line for line in raised.value.details)


def test_a_full_disk_below_a_command_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No space is left on the disk"):
        run_quietly(["sh", "-c", "cat /proc/version > /dev/full"], tmp_path / "log", "The step failed.", seconds=10)


def test_the_end_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "nothing") == []


def test_the_folders_can_be_moved(tmp_path: Path) -> None:
    assert find_places({}, root=tmp_path).cache == tmp_path / "var" / "cache"
    moved = find_places({"JICENG_HOME": "/srv/home", "JICENG_CACHE_DIR": "/srv/cache"}, root=tmp_path)
    assert (moved.home, moved.cache, moved.venv) == (Path("/srv/home"), Path("/srv/cache"), tmp_path / ".venv")
