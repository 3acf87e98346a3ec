"""The whole stack with a small application: up, killed anywhere, up again with everything, and quiet when stopped."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from saas.launcher.processes import Identity, wait_until
from tests.launcher.small_checkout import Checkout, small_checkout


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with small_checkout() as made:
        yield made


def notes(checkout: Checkout) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{checkout.port}/healthz", timeout=10) as answer:
        return str(answer.read().decode())


def still_shows(checkout: Checkout, expected: str) -> bool:
    try:
        return notes(checkout) == expected
    except (OSError, http.client.HTTPException):
        return False


def test_the_demo_runs_through_the_served_application_and_leaves_nothing_behind(checkout: Checkout) -> None:
    code, output = checkout.finish("demo", "--once", "--port", str(checkout.port))
    assert code == 0, output
    assert "notes: 1" in output
    assert output.index("stopping worker") < output.index("stopping web") < output.index("stopping valkey")
    assert output.index("stopping valkey") < output.index("stopping postgres")
    assert checkout.is_quiet()


def test_a_demo_whose_loop_fails_passes_the_exit_code_on_and_serves_nothing(checkout: Checkout) -> None:
    code, output = checkout.finish("demo", "--port", str(checkout.port), LOAD_EXIT="7")
    assert (code, "did not succeed" in output, "flask demo drive" in output) == (7, True, False)
    assert checkout.is_quiet()


@pytest.mark.chaos
def test_whatever_is_killed_comes_back_and_nothing_is_lost(checkout: Checkout) -> None:
    with checkout.serving() as process:
        before, first = notes(checkout), checkout.state.processes
        for identity in first.values():
            if identity.pid != process.pid:
                identity.send(signal.SIGKILL)
        assert wait_until(lambda: all_are_new(checkout, first), 30)
        assert wait_until(lambda: still_shows(checkout, before), 30)

        orphans = checkout.state.processes
        process.kill()
        process.wait()
        assert wait_until(lambda: still_shows(checkout, before), 30)
    with checkout.serving() as process:
        assert notes(checkout) == before
        assert not any(identity.is_running() for identity in orphans.values())
        assert checkout.finish("stop")[0] == 0
        assert process.wait(timeout=10) == 0
    assert checkout.is_quiet()


def all_are_new(checkout: Checkout, before: dict[str, Identity]) -> bool:
    """Whether every part but the supervisor runs as another process than before."""
    now = checkout.state.processes
    return all(now[name] != old and now[name].is_running() for name, old in before.items() if name != "supervisor")


def test_a_running_stack_is_used_by_commands_and_stopped_by_ctrl_c(checkout: Checkout) -> None:
    with checkout.serving() as process:
        before = int(notes(checkout))
        assert checkout.finish("flask", "demo", "load")[0] == 0
        assert int(notes(checkout)) == before + 1
        code, output = checkout.finish("serve", "--bind", f"127.0.0.1:{checkout.port}")
        assert (code, "already runs in another terminal" in output) == (2, True)
        os.killpg(process.pid, signal.SIGINT)
        os.killpg(process.pid, signal.SIGINT)  # an impatient second one changes nothing
        assert process.wait(timeout=30) == 0
    assert checkout.is_quiet()


def test_stop_ends_what_a_killed_command_left_behind(checkout: Checkout) -> None:
    with checkout.command("flask", "worker") as process:
        assert wait_until(lambda: "command" in checkout.state.processes, 30)
        process.kill()
    code, output = checkout.finish("stop")
    assert (code, "left behind" in output) == (0, True)
    assert checkout.is_quiet()


def test_a_command_without_a_running_stack_starts_the_engines_for_itself(checkout: Checkout) -> None:
    code, output = checkout.finish("flask", "demo", "load")
    assert (code, "loaded" in output) == (0, True)
    assert checkout.is_quiet()


def test_a_taken_port_is_one_clear_line(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.port)):
        code, output = checkout.finish("serve", "--bind", f"127.0.0.1:{checkout.port}")
    assert code == 2
    assert output.startswith(f"run: Port {checkout.port} on 127.0.0.1 is taken by another program.")
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:http"])
def test_an_address_that_is_none_is_one_clear_line(checkout: Checkout, bind: str) -> None:
    code, output = checkout.finish("serve", "--bind", bind)
    assert (code, "is no address to listen on" in output) == (2, True)


def test_an_application_that_does_not_start_shows_its_log_and_nothing_stays_up(checkout: Checkout) -> None:
    whole = (checkout.root / "wsgi.py").read_text()
    (checkout.root / "wsgi.py").write_text(
        whole + "\nif 'gunicorn' in sys.argv[0]:\n    raise RuntimeError('no way')\n"
    )
    try:
        code, output = checkout.finish("serve", "--bind", f"127.0.0.1:{checkout.port}")
    finally:
        (checkout.root / "wsgi.py").write_text(whole)
    assert code == 2
    assert "The web part ended with exit code" in output
    assert "Error: no way" in output
    assert checkout.is_quiet()


def test_one_server_setting_without_the_other_is_one_clear_line(checkout: Checkout) -> None:
    code, output = checkout.finish("worker", DATABASE_URL="postgresql://127.0.0.1/somewhere")
    assert (code, "Set both DATABASE_URL and REDIS_URL" in output) == (2, True)


def test_a_worker_without_a_stack_is_one_clear_line(checkout: Checkout) -> None:
    code, output = checkout.finish("worker")
    assert (code, "Nothing runs in this checkout" in output) == (2, True)


def test_reset_asks_before_it_deletes(checkout: Checkout) -> None:
    code, output = checkout.finish("reset")
    assert (code, "Confirm it with" in output) == (2, True)
    assert checkout.places.secrets.exists()


def test_reset_deletes_data_and_keeps_downloads() -> None:
    with small_checkout() as checkout:
        for folder in ("cache", "fonts", "postgres", "valkey", "files"):
            (checkout.places.home / folder).mkdir(parents=True)
        checkout.places.secrets.write_text("{}")
        assert checkout.finish("reset", "--yes")[0] == 0
        assert {path.name for path in checkout.places.home.iterdir()} - {"run.lock"} == {"cache", "fonts"}


def test_stopping_where_nothing_runs_is_no_error() -> None:
    with small_checkout() as checkout:
        code, output = checkout.finish("stop")
        assert (code, "nothing runs in this checkout" in output) == (0, True)
