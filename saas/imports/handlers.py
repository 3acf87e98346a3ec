"""What can be imported: a handler for each kind of table, registered by the feature it belongs to.

A handler knows its columns, says what a file would change, and changes it. Everything else (the file, the background
job, the pages, the workbook with the mistakes) is the same for all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.domain.errors import Message
from saas.spreadsheets.cells import Workbook
from saas.spreadsheets.columns import Column
from saas.spreadsheets.tables import Table, TableRow
from saas.spreadsheets.writing import Row


class RowState(StrEnum):
    """What a row would do. Stored in the database: never rename a value."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    BAD = "bad"


class Difference(NamedTuple):
    """One field of a row: what it is called, what is there (“” for nothing) and what would be."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowCheck:
    """What one row would do. `errors` are by column; under "" what is wrong with the row as a whole.

    `plan` is what the handler needs to carry it out. `hints` are what the person should know although the row can be
    written; they stand beside the cells like mistakes.
    """

    row: TableRow
    label: str
    state: RowState
    differences: tuple[Difference, ...] = ()
    errors: Mapping[str, Message] = field(default_factory=dict)
    plan: Any = None
    hints: Mapping[str, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """What a file would do, row by row in its order."""

    rows: Sequence[RowCheck]
    notices: tuple[Message, ...] = ()

    def count(self, state: RowState) -> int:
        return sum(each.state is state for each in self.rows)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who imports or exports, on which day, which table of the kind, and what was chosen with the file."""

    viewer: Viewer
    today: date
    subject: str = ""  # e.g. "collection:<uuid>:<first day>"; empty for a kind that is one table
    options: Mapping[str, Any] = field(default_factory=dict)


class ImportHandler(Protocol):
    """One kind of table. `kind` is stored and stands in addresses: never rename it."""

    @property
    def kind(self) -> str: ...

    @property
    def label(self) -> object:
        """The name of the table, e.g. 单位; lazy text."""

    @property
    def lead(self) -> object:
        """One sentence about what comes in with it; lazy text."""

    @property
    def permission(self) -> Permission: ...

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        """The columns as they are today: choices and attributes are the county's own.

        Without `offers` the long lists of references may be left out: they are for whoever fills in a template.
        """

    def notes(self) -> tuple[str, ...]:
        """What whoever fills in the template should know."""

    def rows(self, asking: Asking) -> Sequence[Row]:
        """What the county has now: exported, and imported again, it changes nothing."""

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        """Say what a table would do. With `is_final` it is about to happen: lock what it depends on."""

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        """Do what these rows say: NEW and CHANGED ones of a final check. A DomainError undoes all of it.

        What is returned is kept as `outcome` in the details: plain values.
        """

    @property
    def follow_up(self) -> tuple[object, str] | None:
        """What is left to do after an import: a label and the endpoint of its page, which takes `import_id`."""


@dataclass(frozen=True, slots=True)
class Option:
    """A box that may be ticked when a file is sent: its name in `Asking.options`, and how it is worded."""

    name: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A page by its endpoint and the parts of its address: a worker, which has no addresses, can carry it as well."""

    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """One table of a kind that serves many, as the pages speak of it: its name, and the page that it belongs to."""

    label: str
    home_label: str
    home: Link
    lead: str = ""
    options: tuple[Option, ...] = ()
    export: Link | None = None  # of its own; without one the rows of the handler are exported


@runtime_checkable
class ForSubjects(Protocol):
    """What a handler has besides if its kind serves many tables. Its imports are seen by whoever sent them."""

    def subject(self, asking: Asking) -> Subject:
        """The table that `asking.subject` names, or NoResultFound (404) if this viewer may not touch it."""


@runtime_checkable
class OwnWorkbook(Protocol):
    """What a handler has besides if its workbooks are more than one plain table."""

    def write_template(self, asking: Asking) -> tuple[bytes, str]:
        """The workbook to be filled in, and its name without the ending."""

    def read_workbook(self, opened: Callable[[], Workbook], asking: Asking, name: str) -> Table:
        """What a workbook says. Raises SpreadsheetRefused if it is not one of this table.

        It is being opened beside: `opened` waits for it, so what is needed else is looked up before.
        """


@runtime_checkable
class KeepsWork(Protocol):
    """What a handler has besides if a checked file can be written without being read and checked a second time."""

    def keep(self, check: Check, table: Table, asking: Asking) -> Mapping[str, Any] | None:
        """What was found out, as plain values; None if the file has to be read again when it is applied."""

    def recall(self, kept: Mapping[str, Any], asking: Asking) -> Callable[[], Mapping[str, Any]] | None:
        """What carries out what was kept, as `apply` does; None if the check would look at anything else now."""


_handlers: dict[str, ImportHandler] = {}


def register_import(handler: ImportHandler) -> None:
    """Make a kind of table known. Its feature calls this when it is loaded."""
    if handler.kind in _handlers:
        raise RuntimeError(f"two handlers for imports of kind {handler.kind!r}")
    _handlers[handler.kind] = handler


def list_handlers(viewer: Viewer) -> list[ImportHandler]:
    """The kinds that a person may import, in the order of their registration."""
    return [handler for handler in _handlers.values() if viewer.permits(handler.permission)]


def list_plain_handlers(viewer: Viewer) -> list[ImportHandler]:
    """The kinds that are one table each: the others are offered on the pages of what they belong to."""
    return [handler for handler in list_handlers(viewer) if not isinstance(handler, ForSubjects)]


def find_subject(handler: ImportHandler, asking: Asking) -> Subject | None:
    """The table of a kind that serves many, None for a kind that is one table.

    Raises NoResultFound (404) for a subject that there is not, or not for this viewer.
    """
    if isinstance(handler, ForSubjects):
        return handler.subject(asking)
    if asking.subject:
        raise NoResultFound("this kind has no subjects")
    return None


def get_handler(kind: str, viewer: Viewer) -> ImportHandler:
    """Return the handler of a kind, or raise NoResultFound (404) if there is none for this person."""
    handler = _handlers.get(kind)
    if handler is None or not viewer.permits(handler.permission):
        raise NoResultFound("no such kind of import for this person")
    return handler
