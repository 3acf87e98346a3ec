"""The first stage: any Python, nothing installed, and a clear line when something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from saas.launcher import native
from saas.launcher.commands import COMMANDS, Needs, needs_of
from saas.launcher.environment import lock_digest
from saas.launcher.fonts import FANDOL, NOTO, fetch_fonts
from saas.launcher.places import ROOT, Places, find_places
from saas.launcher.terminal import RunError


def run(*command: str | Path, cwd: Path = ROOT, environ: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = find_places({}, root=tmp_path)
    for folder in (made.cache, made.logs):
        folder.mkdir(parents=True)
    return made


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is found, so nothing can be installed or downloaded."""
    monkeypatch.setenv("PATH", "/nowhere")


def test_the_first_stage_needs_nothing_but_the_standard_library() -> None:
    code, output = run(sys.executable, "-S", ROOT / "saas" / "launcher" / "bootstrap.py", "help")
    assert code == 0
    for name in COMMANDS:
        assert f"./run {name}" in output


def test_an_unknown_command_is_one_clear_line() -> None:
    assert run(ROOT / "run", "destroy") == (2, "run: There is no command 'destroy'. `./run help` lists them all.\n")


def test_a_machine_without_python_is_told_what_to_type(tmp_path: Path) -> None:
    for tool in ("dirname", "readlink"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    code, output = run("/bin/sh", ROOT / "run", "demo", environ={"PATH": str(tmp_path), "JICENG_PYTHON": ""})
    assert code == 2
    assert output.startswith("run: Python 3.11 or newer was not found.")
    assert "apt-get install python3 python3-venv" in output


def test_the_command_works_from_any_folder_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "jiceng").symlink_to(ROOT / "run")
    assert run(tmp_path / "jiceng", "help", cwd=tmp_path)[0] == 0


def test_a_home_that_cannot_be_written_is_one_clear_line() -> None:
    code, output = run(ROOT / "run", "check", environ={"JICENG_HOME": "/sys/kernel/jiceng"})
    assert code == 2
    assert output == "run: This folder or file cannot be written by this user (/sys/kernel/jiceng). Is it read-only?\n"


def test_without_a_network_the_set_up_says_so(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "saas" / "launcher", checkout / "saas" / "launcher")
    for name in ("run", "requirements.lock", "saas/__init__.py"):
        shutil.copy(ROOT / name, checkout / name)
    unreachable = {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
        "JICENG_HOME": "",
    }
    code, output = run(checkout / "run", "check", environ=unreachable)
    assert code == 2
    assert output.splitlines()[-1].startswith("run: The packages could not be installed: is the network,")
    assert "No matching distribution found for uv" in output  # the cause is shown


def test_without_browser_tests_no_browser_is_needed() -> None:
    assert needs_of("test", []) is Needs.BROWSER
    assert needs_of("test", ["--no-browser", "-x"]) is Needs.DOCUMENTS


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_browser_that_cannot_be_installed_is_told_with_both_ways_out(places: Places) -> None:
    with pytest.raises(RunError, match=r"apt-get install .* chromium \(or .* \./run test --no-browser\)"):
        native.ensure_browser(places)


def test_libraries_unpacked_for_this_checkout_are_named_to_every_program(places: Places) -> None:
    assert native.library_environment(places) == {}
    folder = places.native / "usr" / "lib" / "machine"
    folder.mkdir(parents=True)
    (folder / "libpango-1.0.so.0").touch()
    environment = native.library_environment(places)
    assert environment["LD_LIBRARY_PATH"].split(":")[0] == str(folder)
    assert environment["FONTCONFIG_FILE"] == str(places.native / "fonts.conf")


@pytest.mark.usefixtures("bare_machine")
def test_without_the_fandol_fonts_it_goes_on_and_says_what_that_means(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_fonts(places)
    assert "documents will be marked 非正式稿" in capsys.readouterr().out


@pytest.mark.usefixtures("bare_machine")
def test_fonts_come_from_the_cache_without_a_network(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    (places.cache / "fandol").mkdir()
    for name in (*FANDOL, "Fandol-COPYING.txt"):
        (places.cache / "fandol" / name).write_text(name)
    packaged = places.venv / "lib" / "python3.11" / "site-packages" / "pylopdf_fonts_zh_cn"
    packaged.mkdir(parents=True)
    for name in NOTO:
        (packaged / name).write_text(name)
    fetch_fonts(places)
    assert {path.name for path in places.fonts.iterdir()} == {*FANDOL, *NOTO, "Fandol-COPYING.txt"}
    assert capsys.readouterr().out == ""


def test_the_lock_holds_every_dependency_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    locked = {line.split(" ")[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}
    assert {requirement.replace("[binary]", "") for requirement in wanted} <= locked
    assert "://" not in lock


def test_a_changed_lock_or_a_moved_checkout_is_installed_anew(tmp_path: Path) -> None:
    first, second = tmp_path / "first.lock", tmp_path / "second.lock"
    first.write_text("a==1")
    second.write_text("a==1")
    before = lock_digest(first)
    assert lock_digest(second) != before
    first.write_text("a==2")
    assert lock_digest(first) != before
