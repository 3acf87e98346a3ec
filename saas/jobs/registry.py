"""The kinds of background work: a function each, registered under a name."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, get_type_hints

import saas
from saas.tenancy.scope import bound_tenant_id

DEFAULT_TIMEOUT = 120  # seconds
DEFAULT_ATTEMPTS = 3

Parameters = ParamSpec("Parameters")


class UnknownKindError(LookupError):
    """No function is registered for a kind of job."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. `timeout` is in seconds, for one attempt; after `max_attempts` it is given up."""

    name: str
    function: Callable[..., None]
    timeout: int
    max_attempts: int

    def run(self, args: Mapping[str, Any]) -> None:
        """Call the function with arguments as they were stored: ids become UUIDs again where it asks for them."""
        hints = get_type_hints(inspect.unwrap(self.function))
        self.function(**{name: _as_declared(value, hints.get(name)) for name, value in args.items()})


_kinds: dict[str, JobKind] = {}


def job(
    *, kind: str, timeout: int = DEFAULT_TIMEOUT, max_attempts: int = DEFAULT_ATTEMPTS
) -> Callable[[Callable[Parameters, None]], Callable[Parameters, None]]:
    """Register a function as background work: ids in, one unit of work, one service.

    It runs in an application context, bound to the county of its row, and its unit of work also marks the row done,
    so that the effect happens once however often the work is started. It refuses to run while no county is bound.
    """

    def decorate(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
        @wraps(function)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
            bound_tenant_id()
            function(*args, **kwargs)

        if kind in _kinds:
            raise RuntimeError(f"two functions for jobs of kind {kind!r}")
        _kinds[kind] = JobKind(kind, run, timeout, max_attempts)
        return run

    return decorate


def get_kind(name: str) -> JobKind:
    """Return the kind, or raise UnknownKindError."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKindError(f"no job of kind {name!r} is registered") from None


def list_kinds() -> tuple[JobKind, ...]:
    """Every registered kind, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))


def load_kinds() -> None:
    """Import the `jobs` module of every feature, so that a worker knows all kinds whatever the web part imports."""
    for package in pkgutil.iter_modules(saas.__path__, "saas."):
        module = f"{package.name}.jobs"
        if package.ispkg and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)


@contextmanager
def temporary_kinds() -> Iterator[None]:
    """Forget, at the end, the kinds that were registered inside. For tests."""
    load_kinds()  # a module registers once, when it is imported: inside, that would be forgotten for good
    before = dict(_kinds)
    try:
        yield
    finally:
        _kinds.clear()
        _kinds.update(before)


def stored(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a job as JSON: ids, texts, whole numbers, yes or no. Raises TypeError for anything else."""
    return {name: _stored_value(value) for name, value in args.items()}


def _stored_value(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_stored_value(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a job takes ids and plain values, not {type(value).__name__}")


def _as_declared(value: Any, declared: Any) -> Any:
    if declared is uuid.UUID:
        return uuid.UUID(value)
    if declared in (list[uuid.UUID], tuple[uuid.UUID, ...]):
        return [uuid.UUID(item) for item in value]
    return value
