"""Taking last period's answers over into a draft (与上期相同，全部沿用). Never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saas.audit.services import HasId
from saas.domain.answers import NOT_APPLICABLE_SUFFIX, answers_from_stored, raw_from_answers
from saas.domain.errors import DomainError
from saas.domain.fields import CONTAINERS, FILES, Field, FieldType, FormDefinition, child_path
from saas.domain.fields.prefilled import fits
from saas.domain.workflow import SubmissionStatus
from saas.submissions import services
from saas.submissions.defining import definition_of
from saas.submissions.earlier import report_name
from saas.submissions.filling import Place
from saas.submissions.models import Submission
from saas.submissions.prefilling import Offer, answer_at, kept_origin, kept_rows

_NEVER = FILES | {FieldType.ACKNOWLEDGE}  # photos and declarations are of the period itself


def repeat_last(place: Place, *, actor: HasId) -> Submission:
    """Take over what the unit answered last, where nothing stands yet, as a draft. What it came from is kept.

    Raises DomainError if there is no last report. Questions that the form asks otherwise now stay empty.
    """
    last = place.sources.last
    if last is None:
        raise DomainError("没有可以沿用的上期填报", code="no_last_report")
    submission = place.submission or services.start_submission(
        place.collection, place.unit, place.period, actor=actor, sources=place.sources
    )
    now = place.stored_raw()
    taken = _taken(place.definition, last, now)
    draft = place.parse({**now, **taken}, is_draft=True)
    services.save_answers(submission, draft.answers, actor=actor)
    offer = Offer(report_name(last), last.period_end)
    submission.origins = submission.origins | _origins(place.definition, submission, taken, offer)
    return submission


def may_repeat(place: Place) -> bool:
    """Whether there is something to take over into a report that is being begun: not one sent back, no correction."""
    begun = place.submission
    is_first = begun is None or (begun.status is SubmissionStatus.DRAFT and begun.revision == 1)
    return place.problem is None and is_first and place.sources.last is not None


def _taken(form: FormDefinition, last: Submission, now: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What of the last report may stand in this form, as typed, by path."""
    then = definition_of(last)
    typed = raw_from_answers(then, answers_from_stored(then, last.answers))
    taken: dict[str, list[str]] = {}
    _take(form.fields, {item.name: item for item in then.fields}, "", typed, now, taken)
    return taken


def _take(
    fields: Sequence[Field],
    then: Mapping[str, Field],
    parent: str,
    typed: Mapping[str, list[str]],
    now: Mapping[str, Sequence[str]],
    taken: dict[str, list[str]],
) -> None:
    for item in fields:
        path, former = child_path(parent, item.name), then.get(item.name)
        if former is None or (item.type in CONTAINERS and former.type is not item.type):
            continue
        inner = {each.name: each for each in former.fields}
        if item.type is FieldType.GROUP:
            _take(item.fields, inner, path, typed, now, taken)
        elif item.type is FieldType.REPEAT:
            if not any(name.startswith(f"{path}[") and _text(texts) for name, texts in now.items()):
                for row in _numbers(typed, path):
                    _take(item.fields, inner, f"{path}[{row}]", typed, now, taken)
        elif _may_be_taken(item, former) and not _is_answered(item, path, now):
            for name in (path, path + NOT_APPLICABLE_SUFFIX):
                if name in typed:
                    taken[name] = typed[name]


def _may_be_taken(item: Field, former: Field) -> bool:
    return item.is_asked and not item.read_only and item.type not in _NEVER and fits(former, item)


def _is_answered(item: Field, path: str, now: Mapping[str, Sequence[str]]) -> bool:
    """Whether something stands there that is not merely the form's own default."""
    return bool(_text(now.get(path + NOT_APPLICABLE_SUFFIX, ()))) or _text(now.get(path, ())) not in {"", item.default}


def _text(texts: Sequence[str]) -> str:
    return " ".join(text.strip() for text in texts).strip()


def _numbers(typed: Mapping[str, list[str]], path: str) -> list[int]:
    return sorted({int(name[len(path) + 1 :].partition("]")[0]) for name in typed if name.startswith(path + "[")})


def _origins(
    form: FormDefinition, submission: Submission, taken: Mapping[str, list[str]], offer: Offer
) -> dict[str, Any]:
    """Where the answers that were taken over come from, by path; a repeat is one thing."""
    fields = _questions(form.fields, "")
    found: dict[str, Any] = {}
    for path, typed in taken.items():
        repeat = path.partition("[")[0]
        if repeat != path:
            rows = answer_at(submission.answers, repeat) or []
            found[repeat] = kept_rows(offer.called, offer.day, rows)
        elif path in fields and answer_at(submission.answers, path) is not None:
            found[path] = kept_origin(fields[path], "last", offer, typed)
    return found


def _questions(fields: Sequence[Field], parent: str) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for item in fields:
        path = child_path(parent, item.name)
        found |= _questions(item.fields, path) if item.type is FieldType.GROUP else {path: item}
    return found
