"""`test`: engines of its own, the steps in order up to the first failure, and no process left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from saas.launcher.processes import wait_until
from tests.launcher.small_checkout import Checkout, small_checkout

LEAVES_A_PROCESS_BEHIND = """
import os, pathlib, subprocess, time

def test_anything():
    assert os.environ["JICENG_TEST_POSTGRES"].startswith("postgresql://postgres:")
    assert os.environ["JICENG_TEST_REDIS"].startswith("redis://")
    assert "DATABASE_URL" not in os.environ
    subprocess.Popen(["sleep", "300"], start_new_session=True, cwd=pathlib.Path.cwd())
    pathlib.Path("begun").touch()
    time.sleep(float(os.environ.get("TEST_SECONDS", "0")))
    assert os.environ.get("TEST_FAILS") is None
"""


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with small_checkout() as made:
        (made.root / "test_small.py").write_text(LEAVES_A_PROCESS_BEHIND)
        yield made


def test_a_run_has_engines_of_its_own_and_ends_what_tests_leave_behind(checkout: Checkout) -> None:
    code, output = checkout.finish("test", "--no-browser", "test_small.py", DATABASE_URL="x", REDIS_URL="y")
    assert code == 0, output
    assert "ended 1 processes that the tests had left behind" in output
    assert output.rstrip().endswith("passed, WITHOUT the browser tests (--no-browser)")
    assert checkout.is_quiet()


def test_a_failing_test_fails_the_run_with_its_time_and_leaves_nothing(checkout: Checkout) -> None:
    code, output = checkout.finish("test", "--no-browser", "test_small.py", TEST_FAILS="yes")
    assert code == 1
    assert "run: tests failed after" in output.splitlines()[-1]
    assert checkout.is_quiet()


def test_ctrl_c_during_the_tests_leaves_nothing(checkout: Checkout) -> None:
    begun = checkout.root / "begun"
    begun.unlink(missing_ok=True)
    with checkout.command("test", "--no-browser", "test_small.py", TEST_SECONDS="300") as process:
        assert wait_until(begun.exists, 30)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert checkout.is_quiet()


def test_the_first_failing_check_ends_the_run(checkout: Checkout) -> None:
    badly = checkout.root / "badly.py"
    badly.write_text("x=1")
    code, output = checkout.finish("check")
    badly.unlink()
    assert code == 1
    assert "format failed after" in output
    assert "lint:" not in output
