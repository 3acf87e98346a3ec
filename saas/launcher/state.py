"""What one run remembers for the next: ports, processes and secrets. Generated, never in the repository."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from saas.launcher.processes import Identity
from saas.launcher.terminal import RunError
from saas.tenancy.roles import ROLES

_OWN_EYES_ONLY = 0o600


class BusyError(RunError):
    """Another process of this checkout holds the lock."""


@dataclass(slots=True)
class State:
    """Ports and processes of the running stack, or of the last one if it was killed."""

    path: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, Identity] = field(default_factory=dict)
    address: str = ""  # where the web part listens

    @classmethod
    def load(cls, path: Path) -> State:
        """Read the state; a missing or damaged file is an empty state, for everything in it can be found anew."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            processes = {name: Identity(**identity) for name, identity in stored["processes"].items()}
            return cls(path, dict(stored["ports"]), processes, str(stored["address"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    def save(self) -> None:
        stored = {
            "ports": self.ports,
            "processes": {name: asdict(identity) for name, identity in self.processes.items()},
            "address": self.address,
        }
        _write(self.path, stored)

    def note(self, name: str, identity: Identity | None) -> None:
        """Remember who plays a part, so that the next run finds it even if this one is killed."""
        if identity is None:
            self.processes.pop(name, None)
        else:
            self.processes[name] = identity
        self.save()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords and keys of this checkout's own stack, made once."""

    secret_key: str
    valkey: str
    superuser: str
    roles: dict[str, str]

    @classmethod
    def fresh(cls) -> Secrets:
        roles = {role: secrets.token_urlsafe(24) for role in ROLES}
        return cls(secrets.token_urlsafe(48), secrets.token_urlsafe(24), secrets.token_urlsafe(24), roles)

    @property
    def missing_roles(self) -> list[str]:
        """Database roles that an older version of the program did not know."""
        return [role for role in ROLES if role not in self.roles]

    @classmethod
    def load_or_make(cls, path: Path, *, data_exists: bool) -> Secrets:
        """Read the secrets, or make them on the first start.

        Raises RunError if they are gone while the data they open is still there.
        """
        try:
            kept = cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            if data_exists:
                raise RunError(
                    f"{path} is missing, and the database cannot be opened without it."
                    " Put it back, or delete the data with `./run reset`."
                ) from None
        except (ValueError, TypeError):
            raise RunError(f"{path} is damaged. Put a good copy back, or delete the data with `./run reset`.") from None
        else:
            return kept._with_all_roles(path)
        made = cls.fresh()
        _write(path, asdict(made))
        return made

    def _with_all_roles(self, path: Path) -> Secrets:
        """The same with passwords for roles that came later, written down before anybody uses them."""
        if not self.missing_roles:
            return self
        added = {role: secrets.token_urlsafe(24) for role in self.missing_roles}
        completed = replace(self, roles={**self.roles, **added})
        _write(path, asdict(completed))
        return completed


def _write(path: Path, stored: dict[str, Any]) -> None:
    """Replace a file as a whole: whoever reads it sees the old or the new one. Only this user may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_EYES_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(stored, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


@contextmanager
def exclusively(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock of this checkout; it ends with the process, however that ends. Raises BusyError if taken."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(busy) from None
        yield


def is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
