"""The filled counties of the isolation tests: what is attacked here should have something to lose."""

from __future__ import annotations

from tests.isolation.conftest import connection, ours, theirs

__all__ = ["connection", "ours", "theirs"]
