"""What stands above the questions of a supplement, and of a draft whose form has a newer version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from saas.domain.fields import FieldType, FormDefinition, iter_fields
from saas.submissions.filling import Place
from saas.submissions.models import RevisionKind
from saas.submissions.revisions import Newer, asked_in_supplement, find_newer, may_move


@dataclass(frozen=True, slots=True)
class Supplementing:
    """What a supplement asks besides, by path; empty for anything else."""

    asked: Mapping[str, str]
    is_supplement: bool = False

    @property
    def notes(self) -> dict[str, str]:
        """The remark beside each question that is asked."""
        return dict.fromkeys(self.asked, gettext("补报：新版表单新增的问题"))

    def settled(self, form: FormDefinition) -> frozenset[str]:
        """What was asked in what was signed already, answered or not: questions, and repeats without new questions."""
        if not self.is_supplement:
            return frozenset()
        open_rows = {path.partition("[")[0] for path in self.asked if "[" in path}
        before = {path for path, item in iter_fields(form) if "[]" not in path and item.type is not FieldType.GROUP}
        return frozenset(before - set(self.asked) - open_rows)


def supplementing(place: Place) -> Supplementing:
    """What is asked in the supplement that is being filled. No statement for anything else."""
    submission = place.submission
    if submission is None or place.problem is not None or submission.kind is not RevisionKind.SUPPLEMENT:
        return Supplementing({})
    return Supplementing(asked_in_supplement(submission, place.definition), is_supplement=True)


@dataclass(frozen=True, slots=True)
class Revising:
    """What a supplement asks, as links to its questions; and the newer version that a draft could move to."""

    asked: Sequence[tuple[str, str]] = ()
    newer: Newer | None = None
    number: int = 0
    version: int = 0
    submission_id: uuid.UUID | None = None


def revising(place: Place, asked: Sequence[tuple[str, str]]) -> Revising:
    """What to say above the questions. No statement, but for a draft of an older version."""
    submission = place.submission
    if submission is None or place.problem is not None:
        return Revising()
    newer = find_newer(submission) if may_move(submission) else None
    return Revising(asked, newer, submission.form_version.number, submission.version, submission.id)
