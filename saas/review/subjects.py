"""What can be reviewed: each feature registers its own kind of thing here, so that review need not know any of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from saas.audit.services import HasId
from saas.domain.routes import Step

_HANDLERS: dict[str, SubjectHandler] = {}


@dataclass(frozen=True, slots=True)
class SubjectHandler:
    """What a feature does when a case about one of its things moves. Each runs in the decision's own transaction.

    `label` names the kind of thing. `content_template` shows the frozen content that is decided on: it is included
    with `content` (the case's content) and `case`.
    """

    label: LazyString | str
    content_template: str
    approved_step: Callable[[uuid.UUID, Step, HasId], None]
    returned: Callable[[uuid.UUID, str, HasId], None]
    finished: Callable[[uuid.UUID, HasId], None]
    withdrawn: Callable[[uuid.UUID, HasId], None]
    context: Callable[[uuid.UUID], Mapping[str, Any]] = lambda _subject_id: {}


def register_subject(subject_type: str, handler: SubjectHandler) -> None:
    """Let things of this type go through routes. Called once, when the feature's services are imported."""
    _HANDLERS[subject_type] = handler


def handler_of(subject_type: str) -> SubjectHandler:
    """Return how to deal with a type of thing."""
    return _HANDLERS[subject_type]
