"""What units handed in: one tale for each unit, form and period, through review to acceptance."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db, local_today
from saas.demo import moments
from saas.demo.answers import Background, write_answers
from saas.demo.draws import Draw, spread_loss
from saas.demo.photos import SCENES, draw_scene
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.domain.answers import answers_from_stored
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.fields import FieldType, FormDefinition, iter_fields
from saas.domain.periods import Cadence, Period
from saas.domain.scheme import RuleKind
from saas.domain.windows import WindowDates
from saas.files.checks import FileType
from saas.files.services import store_bytes
from saas.org.models import OrgUnit
from saas.review.models import ReviewCase
from saas.review.queries import find_case_of
from saas.review.services import approve, return_case
from saas.submissions import revisions, services
from saas.submissions.models import Collection, Submission
from saas.submissions.queries import load_submission
from saas.submissions.schedule import dates_of
from saas.tenancy.pack_configuration import PackScheme
from saas.tenancy.pack_content import SubmissionCase, SubmissionHistory

LAST_DAYS = 8  # most people report in the last days before a deadline
PHOTO_PERCENT = 9
COMMENTS = ("", "", "", "情况属实。", "已核对，同意。")


@dataclass(frozen=True, slots=True)
class Report:
    """One unit's report for one period, and what is special about it."""

    collection: Collection
    unit: OrgUnit
    period: Period
    dates: WindowDates
    special: SubmissionHistory | None
    percent: tuple[int, int]  # of the full score, where the form scores something

    @property
    def case(self) -> SubmissionCase | None:
        return self.special.case if self.special else None

    @property
    def key(self) -> tuple[str, str, str]:
        """What its draws follow from."""
        return self.collection.code, self.unit.code, self.period.key


def list_reports(stage: Stage) -> Iterator[Report]:
    """Every report of the history, and of the present period as far as it has come."""
    collections = db.session.scalars(select(Collection).order_by(Collection.code)).all()
    for collection in collections:
        members = stage.members(cohort_from_mapping(collection.cohort))
        for back in _periods_back(stage, collection):
            period = moments.past_period(stage.today, Cadence(collection.cadence), back)
            if period.end < collection.starts_on:
                continue
            special = _specials(stage, collection.code, back)
            percent = _percent(stage, collection, back)
            for unit in members:
                report = Report(collection, unit, period, dates_of(collection, period), special.get(unit.code), percent)
                if report.case is not SubmissionCase.MISSING and not (back == 0 and stage.is_played(unit)):
                    yield report


def _periods_back(stage: Stage, collection: Collection) -> list[int]:
    """The periods to tell: the history's months for monthly reports, else those that it mentions; and the present."""
    if collection.cadence == Cadence.MONTH:
        return [*sorted(stage.history.months), 0]
    named = {entry.period for entry in stage.history.submissions if entry.collection == collection.code}
    return [*sorted(named | {-1}), 0]


def _specials(stage: Stage, code: str, back: int) -> dict[str, SubmissionHistory]:
    return {
        unit: entry
        for entry in stage.history.submissions
        if entry.collection == code and entry.period == back
        for unit in entry.units
    }


def find_scheme(stage: Stage, collection: Collection) -> PackScheme | None:
    """The scheme that takes its self-scores from a collection, or None."""
    return next(
        (entry for entry in stage.pack.configuration.schemes if entry.application.collection == collection.code), None
    )


def _percent(stage: Stage, collection: Collection, back: int) -> tuple[int, int]:
    scheme = find_scheme(stage, collection)
    rounds = [entry for entry in stage.history.rounds if scheme and entry.scheme == scheme.scheme.code]
    if not rounds:
        return 100, 100
    spread = next((entry for entry in rounds if entry.period == back), rounds[-1]).self_scores
    return int(spread.low), int(spread.high)


# --- one report -----------------------------------------------------------------------------------------------------


def report_tale(stage: Stage, report: Report, course: Sequence[datetime] = ()) -> Tale:
    """One report from its beginning to its acceptance, or as far as its case goes.

    `course` fixes the moments: begun, handed in, decided on at each step.
    """
    draw = stage.draw("submission", *report.key)
    begun_at, handed_in_at, *decided_at = course or _beginning(stage, report, draw)
    yield begun_at
    clerk = stage.filler(report.unit)
    submission = services.start_submission(report.collection, report.unit, report.period, actor=clerk)
    definition = stage.definition_of(submission.form_version)
    if report.case is SubmissionCase.NOT_APPLICABLE and report.special:
        services.declare_not_applicable(submission, reason=report.special.reason, actor=clerk)
        yield from _reviewed(stage, submission, handed_in_at, draw)
        return
    services.save_answers(submission, fill(stage, report, submission, definition, clerk), actor=clerk)
    if report.case is SubmissionCase.DRAFT:
        return
    yield handed_in_at
    services.submit(submission, actor=clerk)
    if report.case in {SubmissionCase.RETURNED, SubmissionCase.RESUBMITTED} and report.special:
        at = moments.soon_after(handed_in_at, draw, hours=(4, 28))
        yield at
        case = _case(submission)
        return_case(case, actor=stage.asked(case)[0], reason=report.special.reason)
        if report.case is SubmissionCase.RETURNED:
            return
        handed_in_at = moments.soon_after(at, draw, hours=(3, 30))
        yield handed_in_at
        services.save_answers(submission, fill(stage, report, submission, definition, clerk), actor=clerk)
        services.submit(submission, actor=clerk)
    if report.case is SubmissionCase.WAITING:
        return
    yield from _reviewed(stage, submission, handed_in_at, draw, decided_at)
    if report.case is SubmissionCase.CORRECTED and report.special:
        yield from _corrected(stage, submission, report.special.answers, draw)


def _beginning(stage: Stage, report: Report, draw: Draw) -> list[datetime]:
    handed_in_at = hand_in_moment(stage, report, draw)
    return [handed_in_at - timedelta(minutes=draw.between(9, 50)), handed_in_at]


def hand_in_moment(stage: Stage, report: Report, draw: Draw) -> datetime:
    """When it is handed in: in the last days before it is due, or some days after."""
    dates = report.dates
    if report.case is SubmissionCase.LATE:
        day = dates.due_on + timedelta(days=draw.between(1, 3))
    else:
        first = max(dates.opens_on, dates.due_on - timedelta(days=LAST_DAYS))
        day = first + timedelta(days=draw.between(0, (dates.due_on - first).days))
    return moments.working_moment(day, draw, stage.zone)


def _case(submission: Submission) -> ReviewCase:
    case = find_case_of(submission.id)
    if case is None:
        raise LookupError("the submission is on no route")
    return case


def _reviewed(
    stage: Stage, submission: Submission, since: datetime, draw: Draw, decided_at: Sequence[datetime] = ()
) -> Tale:
    """Every step of the route, one after another, each by somebody who is asked."""
    fixed = list(decided_at)
    at = fixed.pop(0) if fixed else moments.soon_after(since, draw, hours=(3, 30))
    yield at
    case = _case(submission)
    while people := stage.asked(case):
        approve(case, actor=draw.pick(people), comment=draw.pick(COMMENTS))
        if case.current_step is None:
            return
        at = fixed.pop(0) if fixed else moments.soon_after(at, draw, hours=(5, 50))
        yield at


def _corrected(stage: Stage, submission: Submission, changed: Mapping[str, Any], draw: Draw) -> Tale:
    """A new revision after acceptance, and its review."""
    at = moments.soon_after(submission.signed_off_at or submission.updated_at, draw, hours=(30, 60))
    at = at.astimezone(stage.zone)
    yield at
    clerk = stage.filler(submission.unit)
    correction = load_submission(revisions.correct(submission, actor=clerk).id)
    answers = answers_from_stored(services.definition_of(correction), correction.answers)
    services.save_answers(correction, with_changes(answers, changed), actor=clerk)
    services.submit(correction, actor=clerk)
    yield from _reviewed(stage, correction, at, draw)


def with_changes(answers: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with some figures set, wherever in the form they stand."""
    found: dict[str, Any] = {}
    for name, value in answers.items():
        if isinstance(value, dict):
            found[name] = with_changes(value, changed)
        elif name in changed:
            found[name] = Decimal(str(changed[name])) if isinstance(value, Decimal) else changed[name]
        else:
            found[name] = value
    return found


# --- what is answered -----------------------------------------------------------------------------------------------


def full_scores(scheme: PackScheme) -> dict[str, Decimal]:
    """The full score of each item that a person scores."""
    return {
        rule.code: rule.full_score
        for rule in scheme.scheme.rules
        if rule.kind is RuleKind.MANUAL_SCORE and rule.full_score is not None
    }


def self_scores(stage: Stage, report: Report) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What a unit gives itself, item by item, and the full scores. Empty where no scheme takes scores from the form."""
    scheme = find_scheme(stage, report.collection)
    if scheme is None:
        return {}, {}
    full = full_scores(scheme)
    lost = sum(full.values(), Decimal()) * (100 - self_percent(stage, report.key, report.percent)) / 100
    return spread_loss(full, lost, stage.draw("self items", *report.key)), full


def self_percent(stage: Stage, key: tuple[str, str, str], within: tuple[int, int]) -> int:
    """How many percent of the full score a unit gives itself; the key is collection, unit and period."""
    return stage.draw("self", *key).between(*within)


def fill(
    stage: Stage, report: Report, submission: Submission, definition: FormDefinition, clerk: User
) -> dict[str, Any]:
    """What a clerk answers, with a photo now and then."""
    scores, full = self_scores(stage, report)
    ranges = {
        entry.field: (entry.low, entry.high)
        for entry in stage.history.answers
        if entry.collection == report.collection.code
    }
    fixed = dict(report.special.answers) if report.special and report.case is not SubmissionCase.CORRECTED else {}
    background = Background(
        draw=stage.draw("answers", *report.key),
        on=local_today(),
        period_start=report.period.start,
        known=report.unit.attributes,
        fixed=fixed,
        ranges=ranges,
        scores=scores,
        full_scores=full,
        places=[unit.name for unit in stage.units.values() if stage.parents.get(unit.id) == report.unit.id],
    )
    answers = write_answers(definition.fields, background)
    images = [path for path, item in iter_fields(definition) if item.type is FieldType.IMAGE and "[]" not in path]
    draw = stage.draw("photo", *report.key)
    if images and not submission.answers and draw.is_hit(PHOTO_PERCENT):
        _add_photo(answers, draw.pick(images), submission.id, draw, clerk)
    return answers


def _add_photo(answers: dict[str, Any], path: str, submission_id: uuid.UUID, draw: Draw, clerk: User) -> None:
    photo = store_bytes(
        draw_scene(draw.between(0, SCENES - 1)),
        name="现场照片.jpg",
        media_type=FileType.JPEG,
        subject_type=services.SUBJECT,
        subject_id=submission_id,
        actor=clerk,
    )
    *groups, name = path.split(".")
    for group in groups:
        answers = answers[group]
    answers[name] = (str(photo.id),)
