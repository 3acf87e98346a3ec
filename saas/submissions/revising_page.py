"""What stands above the questions of a supplement, and of a draft whose form has a newer version."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from saas.submissions.filling import Place
from saas.submissions.models import RevisionKind
from saas.submissions.revisions import Newer, asked_in_supplement, find_newer, may_move


@dataclass(frozen=True, slots=True)
class Revising:
    """What a supplement asks, as links to its questions; and the newer version that a draft could move to."""

    asked: Sequence[tuple[str, str]] = ()
    newer: Newer | None = None
    number: int = 0
    version: int = 0
    submission_id: uuid.UUID | None = None


def revising(place: Place, jump_to: Callable[[str], str]) -> Revising:
    """What to say above the questions of a place. No statement, but for a supplement or a draft of an older version."""
    submission = place.submission
    if submission is None or place.problem is not None:
        return Revising()
    asked = []
    if submission.kind is RevisionKind.SUPPLEMENT:
        asked = [(jump_to(path), label) for path, label in asked_in_supplement(submission, place.definition).items()]
    newer = find_newer(submission) if may_move(submission) else None
    return Revising(asked, newer, submission.form_version.number, submission.version, submission.id)
