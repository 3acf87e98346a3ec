"""What can be reviewed: each feature registers its own kind of thing here, so that review need not know any of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from sqlalchemy import Select

from saas.audit.services import HasId
from saas.domain.routes import Step

_HANDLERS: dict[str, SubjectHandler] = {}


@dataclass(frozen=True, slots=True)
class SubjectHandler:
    """What a feature does when a case about one of its things moves. Each runs in the decision's own transaction.

    `label` names the kind of thing. `content_template` shows the frozen content that is decided on: it is included
    with `content` (the case's content) and `case`. What `context` gives as `talk` (moments with lines of the history)
    stands among the decisions, and its `return_reason` in the form for returning. `remarks` are short words on things
    in lists, by id, and `flagged` selects the ids of the things that carry any.
    """

    label: LazyString | str
    content_template: str
    approved_step: Callable[[uuid.UUID, Step, HasId], None]
    returned: Callable[[uuid.UUID, str, HasId], None]
    finished: Callable[[uuid.UUID, HasId], None]
    withdrawn: Callable[[uuid.UUID, HasId], None]
    context: Callable[[uuid.UUID], Mapping[str, Any]] = lambda _subject_id: {}
    remarks: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Sequence[str]]] = lambda _subject_ids: {}
    flagged: Callable[[], Select[uuid.UUID]] | None = None


def register_subject(subject_type: str, handler: SubjectHandler) -> None:
    """Let things of this type go through routes. Called once, when the feature's services are imported."""
    _HANDLERS[subject_type] = handler


def handler_of(subject_type: str) -> SubjectHandler:
    """Return how to deal with a type of thing."""
    return _HANDLERS[subject_type]


def remarks_on(subjects: Iterable[tuple[str, uuid.UUID]]) -> Mapping[uuid.UUID, Sequence[str]]:
    """Short words on things in a list, given by type and id. One statement for each type that has remarks."""
    by_type: dict[str, set[uuid.UUID]] = {}
    for subject_type, subject_id in subjects:
        by_type.setdefault(subject_type, set()).add(subject_id)
    return {
        subject_id: words
        for subject_type, ids in sorted(by_type.items())
        for subject_id, words in handler_of(subject_type).remarks(ids).items()
    }


def flagged_subjects() -> list[Select[uuid.UUID]]:
    """What selects the ids of the things that carry remarks, of every type that knows any."""
    return [handler.flagged() for handler in _HANDLERS.values() if handler.flagged is not None]
