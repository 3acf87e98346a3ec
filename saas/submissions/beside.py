"""What stands beside the questions while a form is filled: sources, last period's answers, a reviewer's questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from saas.domain.answers import BEGUN_SUFFIX, Raw
from saas.domain.workflow import SubmissionStatus
from saas.submissions.asking import ShownQuery, list_queries
from saas.submissions.filling import Place, notes_beside
from saas.submissions.models import Submission
from saas.submissions.prefilling import Offer, Origin, follows, origins_of


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of where an answer comes from, and whether it still says so, so that nobody need look at it."""

    words: str
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """By path where answers come from with last period's, and what a reviewer asked; and what nobody changed."""

    notes: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()  # pre-filled questions that need not be looked at
    queries: Sequence[ShownQuery] = ()


def beside(place: Place, raw: Raw) -> Beside:
    """What stands beside the questions of a page that shows `raw`."""
    if place.problem is not None:
        return Beside(notes_beside(place))
    origins, queries = _origins(place, raw), _waiting(place.submission)
    settled = {path for path, remark in origins.items() if remark.is_settled}
    questions = _asked(queries)
    notes = {path: remark.words for path, remark in origins.items()}
    for path, note in _last(place, origins).items():  # each thing on a line of its own
        notes[path] = f"{notes[path]}\n{note}" if path in notes else note
    return Beside(notes, questions, frozenset(settled - set(questions)), queries)


def _origins(place: Place, raw: Raw) -> dict[str, Remark]:
    """Of a form that nobody has begun: what its sources say. Of a draft: what they said then, and what follows them."""
    if place.submission is None:
        return {path: _offered(place, path, offer, raw) for path, offer in place.sources.offers().items()}
    kept = place.submission.origins
    stored = _stored_rows(place, place.submission)
    found = {path: _kept(path, each, raw, stored) for path, each in kept.items()}
    followed = place.sources.offers(only_followed=True)
    return found | {path: _offered(place, path, offer, raw) for path, offer in followed.items()}


def _offered(place: Place, path: str, offer: Offer, raw: Raw) -> Remark:
    if not offer.typed:
        return Remark(gettext("%(source)s：%(problem)s，请填写", source=offer.called, problem=offer.problem))
    is_same = follows(place.sources.fields[path]) or _typed(raw, path) == list(offer.typed)
    return Remark(Origin(offer.called, "、".join(offer.typed), not is_same).words, is_same)


def _kept(path: str, kept: Mapping[str, Any], raw: Raw, stored: Mapping[str, Raw]) -> Remark:
    if "rows" in kept:
        is_same = path in stored and _rows(raw, path) == stored[path]
    else:
        value = kept["value"]
        is_same = _typed(raw, path) == (value if isinstance(value, list) else [str(value)])
    return Remark(Origin(kept["called"], kept["shown"], not is_same).words, is_same)


def _stored_rows(place: Place, submission: Submission) -> dict[str, Raw]:
    """The rows of the repeats that were taken over and that nobody changed, as they are stored."""
    unchanged = {
        path
        for path, origin in origins_of(submission.origins, submission.answers).items()
        if "rows" in submission.origins[path] and not origin.is_changed
    }
    stored = place.stored_raw() if unchanged else {}
    return {path: _rows(stored, path) for path in unchanged}


def _rows(raw: Raw, path: str) -> Raw:
    return {
        name: list(texts)
        for name, texts in raw.items()
        if name.startswith(f"{path}[") and not name.endswith(BEGUN_SUFFIX) and any(text.strip() for text in texts)
    }


def _typed(raw: Raw, path: str) -> list[str]:
    return [text for text in raw.get(path, ()) if text.strip()]


def _last(place: Place, origins: Mapping[str, Remark]) -> dict[str, str]:
    """Last period's answers, but not twice where the source is the same answer."""
    kept = place.submission.origins if place.submission else {}
    taken = {path for path, each in kept.items() if each["source"] == "last"}
    taken |= {path for path, item in place.sources.fields.items() if item.prefill == "last" and path in origins}
    return {path: note for path, note in notes_beside(place).items() if path not in taken}


def _waiting(submission: Submission | None) -> Sequence[ShownQuery]:
    """What a reviewer asked and nobody answered yet, of a report that was sent back."""
    if submission is None or submission.status is not SubmissionStatus.RETURNED:
        return ()
    return [each for each in list_queries(submission.id) if each.is_open]


def _asked(queries: Sequence[ShownQuery]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in queries:
        words = gettext("%(name)s问：%(question)s", name=each.asked_by, question=each.query.question)
        found.setdefault(each.query.path, []).append(words)
    return found
