"""What one run remembers for the next."""

from __future__ import annotations

import json
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from saas.launcher.processes import myself
from saas.launcher.state import BusyError, Secrets, State, exclusively, is_held
from saas.launcher.terminal import RunError
from saas.tenancy.roles import ROLES


def test_ports_and_processes_are_remembered(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json", ports={"postgres": 20001}, address="http://127.0.0.1:8000")
    state.note("web", myself())
    again = State.load(state.path)
    assert again == state
    assert again.processes["web"].is_running()


def test_a_part_that_was_stopped_is_forgotten(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    state.note("web", myself())
    state.note("web", None)
    assert State.load(state.path).processes == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"ports": 1, "processes": {}, "address": ""}', "\0\0"])
def test_a_damaged_state_is_an_empty_state(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert State.load(path) == State(path)


def test_only_this_user_may_read_secrets_and_state(tmp_path: Path) -> None:
    Secrets.load_or_make(tmp_path / "secrets.json", data_exists=False)
    State(tmp_path / "state.json").save()
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Secrets.load_or_make(path, data_exists=False)
    assert Secrets.load_or_make(path, data_exists=True) == made
    assert Secrets.fresh() != made
    assert len(set(made.roles.values())) == len(ROLES)


def test_a_role_that_came_later_gets_a_password_of_its_own_and_the_others_keep_theirs(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Secrets.load_or_make(path, data_exists=False)
    older = {**asdict(made), "roles": {role: made.roles[role] for role in ROLES if role != "jiceng_operator"}}
    path.write_text(json.dumps(older))

    completed = Secrets.load_or_make(path, data_exists=True)

    assert set(completed.roles) == set(ROLES)
    assert {role: completed.roles[role] for role in older["roles"]} == older["roles"]
    assert completed.secret_key == made.secret_key
    assert Secrets.load_or_make(path, data_exists=True) == completed


def test_lost_secrets_of_existing_data_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is missing, and the database cannot be opened without it"):
        Secrets.load_or_make(tmp_path / "secrets.json", data_exists=True)


def test_damaged_secrets_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        Secrets.load_or_make(path, data_exists=False)
    assert path.read_text() == "{"


def test_a_second_run_in_the_same_checkout_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    assert not is_held(lock)
    with exclusively(lock, "already running"):
        assert is_held(lock)
        with pytest.raises(BusyError, match="already running"), exclusively(lock, "already running"):
            pass
    assert not is_held(lock)
