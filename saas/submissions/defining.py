"""The form of a submission as it is asked: its own version, with the choices that come from outside filled in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from saas.db import local_today
from saas.domain.answers import answers_from_stored
from saas.domain.fields import FormDefinition, relabelled
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormVersion
from saas.forms.outside_choices import ChoiceBook, labels_in_use, with_choices
from saas.submissions.models import Submission


@dataclass(frozen=True, slots=True)
class _Unit:
    id: uuid.UUID


def choices_day(period_end: date) -> date:
    """The day whose units and lists are offered: the last one of the period, or today while it lasts."""
    return min(period_end, local_today())


def definition_for(
    version: FormVersion, unit_id: uuid.UUID, period_end: date, *, book: ChoiceBook | None = None
) -> FormDefinition:
    """A version of a form as a unit fills it for a period. Work over many units passes one `book` along."""
    return with_choices(definition_of_version(version), _Unit(unit_id), choices_day(period_end), book=book)


def definition_of(submission: Submission, *, book: ChoiceBook | None = None) -> FormDefinition:
    """The form as the submission's own version asks it; what was handed in keeps what its choices were called then."""
    found = definition_for(submission.form_version, submission.unit_id, submission.period_end, book=book)
    return relabelled(found, submission.choice_labels or {})


def keep_labels(submission: Submission) -> None:
    """Keep what the chosen units and shared choices are called, when a report is handed in."""
    definition = definition_of(submission)
    submission.choice_labels = labels_in_use(definition, answers_from_stored(definition, submission.answers))
