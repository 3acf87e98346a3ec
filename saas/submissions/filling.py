"""One unit's form for one period, as the filling page needs it: what is stored, what was typed, what stands beside."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound

from saas.accounts.viewer import Viewer
from saas.audit.services import HasId
from saas.domain.answers import Parsed, answers_from_stored
from saas.domain.begun import Begun, begun_in
from saas.domain.errors import Message
from saas.domain.fields import FILES, FormDefinition, iter_fields
from saas.domain.filed import RowState, answer_rows
from saas.domain.periods import Period
from saas.domain.record_access import general_path
from saas.domain.windows import WindowDates, WindowStatus
from saas.forms.filled import Difference, differing, photos_named
from saas.forms.languages import shown_in_language
from saas.forms.models import FormVersion
from saas.forms.once import begun_on_page, sealed_values
from saas.forms.posted import Keeper, names_photos
from saas.forms.posted import Posted as Posted
from saas.forms.posted import read_posted as read_posted
from saas.forms.posted import take_photos as posted_photos
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.org.queries import get_unit
from saas.submissions import queries, services
from saas.submissions.defining import definition_for, definition_of
from saas.submissions.earlier import is_signed
from saas.submissions.fillers import may_fill_for
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.prefilling import Sources, draft_raw, first_raw, follow_sources
from saas.submissions.schedule import dates_of, period_at, period_of_submission, status_now


@dataclass(frozen=True)
class Place:
    """Where is being filled: collection, unit, period, and the submission if it was begun."""

    collection: Collection
    unit: OrgUnit
    period: Period
    changed: CollectionWindow | None
    submission: Submission | None
    form_version: FormVersion | None

    @property
    def version(self) -> int:
        """The version of the row that the page shows; 0 while there is none."""
        return self.submission.version if self.submission else 0

    def was_seen(self, version: str, person: HasId) -> bool:
        """Whether a page of this version saw what is stored; a draft that only a photo began holds nothing yet."""
        begun = self.submission
        is_only_begun = begun is not None and begun.version == 1 and not begun.answers
        if is_only_begun and version == "0" and begun is not None:
            return begun.contributors == [str(person.id)]
        return version == str(self.version)

    @cached_property
    def dates(self) -> WindowDates:
        """The days of the window."""
        return dates_of(self.collection, self.period, self.changed)

    @cached_property
    def definition(self) -> FormDefinition:
        """The form in the version that is filled."""
        return self.sources.form_to_fill

    @cached_property
    def sources(self) -> Sources:
        """Where the first values of the form come from."""
        if self.form_version is None:
            raise NoResultFound("the form was never published")
        if self.submission is not None:
            form = definition_of(self.submission)  # what was chosen before may stay, whatever became of it
        else:
            form = definition_for(self.form_version, self.unit.id, self.period.end)
        return Sources(shown_in_language(form), self.collection, self.unit, self.period)

    @property
    def is_protected(self) -> bool:
        """Whether personal data is asked: it is not kept on the device."""
        return any(item.sensitivity for _, item in iter_fields(self.definition))

    @cached_property
    def problem(self) -> Message | None:
        """Why nothing may be filled now, or None."""
        return services.filling_problem(self.collection, self.period, self.submission, self.dates)

    @property
    def is_late(self) -> bool:
        """Whether what is handed in now is late."""
        is_first = self.submission is None or self.submission.revision == 1
        return is_first and status_now(self.dates) is WindowStatus.LATE

    @property
    def arguments(self) -> dict[str, Any]:
        """The parts of the page's address."""
        return {
            "collection_id": self.collection.id,
            "unit_id": self.unit.id,
            "period_start": self.period.start.isoformat(),
        }

    def stored_raw(self) -> dict[str, list[str]]:
        """What the form shows when it is opened."""
        if self.submission is None:
            return first_raw(self.sources)
        fixed = begun_in(self.definition, self.submission.answers)
        return draft_raw(self.sources, self.submission) | sealed_values(self.key, fixed)

    @property
    def key(self) -> str:
        """What names the report before there is one: what its page carries is sealed for it."""
        return f"{self.collection.id}/{self.unit.id}/{self.period.start}"

    def begun(self, raw: Mapping[str, Sequence[str]]) -> Begun:
        """What was fixed when the report was begun, as it is stored and as its page carries it."""
        stored = self.submission.answers if self.submission else None
        return begun_on_page(self.definition, self.key, raw, stored)

    def parse(self, raw: Mapping[str, Sequence[str]], *, is_draft: bool) -> Parsed:
        """Read what was typed here."""
        known, begun = self.sources.known(), self.begun(raw)
        return services.parse_for(self.definition, self.unit, raw, is_draft=is_draft, known=known, begun=begun)


def get_place(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str, viewer: Viewer) -> Place:
    """Return the place of an address, or raise NoResultFound (404): one fills for one's own unit (本单位) or, where the
    collection says so, for others (代填).
    """
    try:
        start = date.fromisoformat(period_start)
    except ValueError:
        raise NoResultFound("not a day") from None
    collection = queries.get_collection(collection_id, viewer)
    unit, period = get_unit(unit_id), period_at(collection, start)
    if not may_fill_for(collection, unit, viewer, period):
        raise NoResultFound("the viewer does not fill for this unit")
    submission = queries.find_submission(collection_id, unit_id, start)
    if submission is None and not services.is_asked(collection, unit, period):
        raise NoResultFound("this unit is not asked")
    version = submission.form_version if submission else find_published_version(collection.form_id)
    change = queries.find_window_change(collection_id, start)
    return Place(collection, unit, period, change, submission, version)


# --- what was posted ------------------------------------------------------------------------------------------------


def take_photos(submission: Submission, definition: FormDefinition, posted: Posted, *, actor: HasId) -> None:
    """Keep the posted photos of a submission and name them in what was typed."""
    known = set(services.photo_files(submission)) if names_photos(definition, posted) else set()
    posted_photos(definition, posted, Keeper(services.SUBJECT, submission.id, actor, known))


def save_posted(place: Place, posted: Posted, *, actor: HasId, is_autosave: bool = False) -> tuple[Submission, Parsed]:
    """Keep what is sound of what was posted, as a draft, and return what came of it.

    Wrong values are not kept, but they stay on the page. For checking, required fields count as well.
    """
    submission = place.submission or services.start_submission(
        place.collection, place.unit, place.period, actor=actor, sources=place.sources
    )
    take_photos(submission, place.definition, posted, actor=actor)
    draft = place.parse(posted.raw, is_draft=True)
    follow_sources(submission, place.sources)
    services.save_answers(submission, draft.answers, actor=actor, is_autosave=is_autosave)
    if posted.action != "check":
        return submission, draft
    return submission, place.parse(posted.raw, is_draft=False)


# --- what stands beside ---------------------------------------------------------------------------------------------


def notes_beside(place: Place) -> Mapping[str, str]:
    """What the unit answered last, by path, as a reminder with its period; nothing of it is filled in by itself."""
    last = place.sources.last
    if last is None:
        return {}
    definition, label = definition_of(last), period_of_submission(last).label
    words = _l("上期（%(period)s）：%(answer)s") if is_signed(last) else _l("上期（%(period)s，尚未签批）：%(answer)s")
    rows = answer_rows(definition, answers_from_stored(definition, last.answers))
    return {
        row.path: str(words) % {"period": label, "answer": row.text}
        for row in rows
        if row.state in {RowState.ANSWERED, RowState.NOT_APPLICABLE} and not row.files and "[" not in row.path
    }


def photos_beside(place: Place, raw: Mapping[str, Sequence[str]]) -> dict[str, list[dict[str, str]]]:
    """The photos named in what is shown, by path."""
    begun = place.submission
    return photos_named(place.definition, raw, lambda: services.photo_files(begun)) if begun is not None else {}


def says_more(place: Place, posted: Posted) -> bool:
    """Whether a form that is sent again, because its answer was lost, has other texts by now than were kept."""
    if place.submission is None or place.problem is not None:
        return False
    files = {path for path, item in iter_fields(place.definition) if item.type in FILES}
    stored, typed = (
        {row.path: row.text for row in answer_rows(place.definition, answers) if general_path(row.path) not in files}
        for answers in (
            answers_from_stored(place.definition, place.submission.answers),
            place.parse(posted.raw, is_draft=True).answers,
        )
    )
    return stored != typed


def differences(place: Place, posted: Posted) -> list[Difference]:
    """What is stored now where it differs from what was typed (冲突对照)."""
    if place.submission is None:
        return []
    typed = place.parse(posted.raw, is_draft=True)
    stored = answers_from_stored(place.definition, place.submission.answers)
    return differing(answer_rows(place.definition, stored), answer_rows(place.definition, typed.answers))
