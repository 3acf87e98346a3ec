"""The page on which a form is filled: the whole of it or one part, in the language that was chosen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from saas.db import local_clock
from saas.domain.form_languages import language_tag
from saas.domain.form_logic import reacts_to_answers
from saas.forms.fill_form import Surroundings, fill_nodes
from saas.forms.languages import chosen_language, language_choices
from saas.forms.parts import Shown, jump_to, nodes_of, progress, shown_part
from saas.htmx import render_page
from saas.review.queries import list_decisions_about
from saas.submissions.beside import Beside, beside
from saas.submissions.filling import Place, Posted, differences, photos_beside
from saas.submissions.models import Submission
from saas.submissions.prefilling import fold
from saas.submissions.repeating import may_repeat
from saas.submissions.revising_page import Supplementing, revising, supplementing

TEMPLATE = "submissions/fill.html"
VIEW, CHANGES = ":view", "changes"


def show_page(place: Place, posted: Posted, status: int = 200, reason: str = "", reason_error: str = "") -> Response:
    """The page with what was typed; with errors it shows the part in which the first one stands."""
    is_stale = status == 409 and place.problem is None
    shown = _shown(place, posted)
    asked = _asked(place, posted, shown)
    address = partial(url_for, "submissions.fill", **place.arguments)
    links = [(jump_to(path, shown, address), label) for path, label in asked["supplementing"].asked.items()]
    context: dict[str, Any] = {
        **asked,
        "address": address,
        "reacts": place.problem is None and reacts_to_answers(place.definition),
        "languages": language_choices(place.definition) if not place.problem else [],
        "errors": [(jump_to(path, shown, address), text) for path, text in posted.errors.items()],
        "is_stale": is_stale,
        "differences": differences(place, posted) if is_stale else [],
        "returned": _last_return(place.submission),
        "may_repeat": may_repeat(place),
        "revising": revising(place, links),
        "keeps_on_device": not place.is_protected,
        "viewer": current_user,
        "reason": reason,
        "reason_error": reason_error,
    }
    return render_page(TEMPLATE, fragment="fill_panel", status=status, **context)


def wants_changes() -> bool:
    """Whether only the questions are shown that are not answered by what is known (只看需要填写的)."""
    wanted = request.form.get(VIEW, "") if request.method == "POST" else request.args.get("view", "")
    return wanted == CHANGES


def show_questions(place: Place, posted: Posted) -> Response:
    """The questions as the answers typed so far leave them. Nothing is kept: the draft saves itself."""
    context = {**_asked(place, posted, shown_part(place.definition)), "reacts": True}
    return render_page(TEMPLATE, fragment="questions", **context)


def _asked(place: Place, posted: Posted, shown: Shown) -> dict[str, Any]:
    supplement = supplementing(place)
    standing = with_supplement(beside(place, posted.raw), supplement, place, posted)
    nodes = _nodes(place, posted, standing) if posted.raw or not place.problem else []
    done, total = progress(nodes)
    parts = nodes_of(nodes, shown)
    return {
        "place": place,
        "shown": shown,
        "nodes": fold(parts, standing.settled) if wants_changes() else parts,
        "settled_count": len(standing.settled),
        "waiting": standing.queries,
        "supplementing": supplement,
        "changes_only": wants_changes(),
        "done": done,
        "total": total,
        "language_tag": language_tag(chosen_language(place.definition)),
    }


def with_supplement(standing: Beside, supplement: Supplementing, place: Place, posted: Posted) -> Beside:
    """What stands beside, with what a supplement asks; what was filed before is settled."""
    filed = supplement.settled(place.definition) if supplement.is_supplement else frozenset()
    settled = standing.settled | (filed - set(posted.errors))
    return replace(standing, notes={**standing.notes, **supplement.notes}, settled=settled)


def _shown(place: Place, posted: Posted) -> Shown:
    """The part to show: with errors elsewhere and none here, the part of the first one."""
    if place.problem is not None:
        return Shown((), None)
    return shown_part(place.definition).showing(posted.errors)


def _nodes(place: Place, posted: Posted, standing: Beside) -> list[dict[str, Any]]:
    target = posted.target or request.args.get("add", "")
    more = frozenset([target]) if target and posted.action in {"add", "show"} else frozenset()
    photos = photos_beside(place, posted.raw)
    around = Surroundings(
        posted.errors,
        standing.notes,
        photos,
        more,
        questions=standing.questions,
        place=place.key,
        begun=place.begun(posted.raw),
    )
    known = place.sources.known()
    return fill_nodes(place.definition, posted.raw, around, now=local_clock(), known=known)


def _last_return(submission: Submission | None) -> Any:
    """The decision that sent the submission back, while it is to be mended."""
    if submission is None or submission.status != "returned":
        return None
    decisions = [each for each in list_decisions_about(submission.id) if each.action == "return"]
    return decisions[-1] if decisions else None
