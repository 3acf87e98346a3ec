"""Results: the table of a round, and why a unit got what it got."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas import charts
from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.assessment.models import AssessmentResult, AssessmentRound
from saas.assessment.presentation import (
    ITEM,
    figure_text,
    marks,
    part_lines,
    points_measure,
    rounded_text,
    score_cuts,
    stored_figure,
)
from saas.assessment.queries import facts, rounds
from saas.assessment.queries import results as queries
from saas.assessment.queries.rounds import PAGE
from saas.assessment.views.blueprint import bp, frame
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme_settings import RankedBy
from saas.htmx import render_page


@bp.get("/rounds/<uuid:round_id>/results")
@requires(Permission.ASSESSMENT_VIEW)
def results(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round(round_id)
    rules = rounds.rules_of_round(assessed)
    wanted = _filter()
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = queries.list_results(assessed, current_user, wanted, page=page)
    return render_page(
        "assessment/results.html",
        fragment="result_list",
        **frame(assessed, "results"),
        rows=rows,
        row_count=count,
        page=page,
        page_count=max(1, -(-count // PAGE)),
        wanted=wanted,
        towns=queries.list_towns(round_id),
        chart=_distribution(assessed, rules),
        open_rows=queries.list_open_results(assessed, current_user),
        sort_url=lambda key: _sort_url(round_id, wanted, key),
        list_url=url_for(".results", round_id=round_id, **_arguments(wanted)),
        **_words(rules),
    )


@bp.get("/rounds/<uuid:round_id>/units/<uuid:unit_id>")
@requires(Permission.ASSESSMENT_VIEW)
def unit(round_id: uuid.UUID, unit_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round(round_id)
    result = queries.get_result(assessed, unit_id, current_user)
    rules = rounds.rules_of_round(assessed)
    return render_page(
        "assessment/unit.html",
        fragment="unit_panel",
        **frame(assessed, "results"),
        result=result,
        trace=result.trace,
        ranking=result.trace["ranking"],
        **_words(rules),
        **_explained(assessed, result, rules),
        **_compared(assessed, result, rules),
    )


def _filter() -> queries.ResultFilter:
    sort = request.args.get("sort", "rank")
    town = request.args.get("town", "")
    try:
        town_id = uuid.UUID(town) if town else None
    except ValueError:
        town_id = None
    return queries.ResultFilter(
        town_id, sort if sort in queries.SORTS else "rank", is_descending=request.args.get("order") == "desc"
    )


def _arguments(wanted: queries.ResultFilter) -> dict[str, Any]:
    found: dict[str, Any] = {"sort": wanted.sort} if wanted.sort != "rank" else {}
    if wanted.town_id is not None:
        found["town"] = str(wanted.town_id)
    if wanted.is_descending:
        found["order"] = "desc"
    return found


def _sort_url(round_id: uuid.UUID, wanted: queries.ResultFilter, key: str) -> str:
    turns = wanted.sort == key and not wanted.is_descending
    town: dict[str, Any] = {"town": str(wanted.town_id)} if wanted.town_id is not None else {}
    order: dict[str, Any] = {"order": "desc"} if turns else {}
    return url_for(".results", round_id=round_id, sort=key, **town, **order)


def _words(rules: Rules) -> dict[str, Any]:
    """What the templates need to print figures of this scheme."""
    settings, counts_items = rules.settings, points_measure(rules) == ITEM
    return {
        "measure": points_measure(rules),
        "counts_items": counts_items,
        "places": settings.decimals_points,
        "places_yuan": settings.decimals_yuan,
        "has_money": settings.base is not None or any(rule.currency == "yuan" for rule in rules.rules),
        "has_scores": settings.scores_from is not None,
        "is_ranked": settings.ranked_by is not RankedBy.NONE,
        "has_grades": bool(settings.grades),
        "figure_text": partial(figure_text, is_plain=counts_items),
        "rounded_text": rounded_text,
        "stored_figure": partial(stored_figure, is_plain=counts_items),
        "marks": marks,
    }


def _distribution(assessed: AssessmentRound, rules: Rules) -> charts.Svg:
    """How the points are spread, cut at the thresholds of the grades where there are some."""
    thresholds = [grade.at_least for grade in rules.settings.grades if grade.at_least is not None]
    scores = queries.list_scores(assessed, current_user)
    return charts.score_distribution(gettext("得分分布"), scores, score_cuts(scores, thresholds))


def _explained(assessed: AssessmentRound, result: AssessmentResult, rules: Rules) -> dict[str, Any]:
    """Why each point and each yuan went: parts, items and rules with their facts; for a roll-up its periods."""
    if result.trace["kind"] == "rolled_up":
        return {"parts": [], "periods": result.trace["parts"]}
    recorded = {str(fact.id): fact for fact in facts.list_facts(assessed.id, result.unit_id)}
    names = facts.names_of({fact.recorded_by_id for fact in recorded.values()})
    return {"parts": part_lines(result.trace, recorded, names, points_measure(rules)), "periods": []}


def _compared(assessed: AssessmentRound, result: AssessmentResult, rules: Rules) -> dict[str, Any]:
    """The unit beside all others, and its own results over time."""
    history = queries.list_results_of_unit(assessed, result.unit_id, current_user)
    points = [charts.Point(_short(entry[0]), entry[1]) for entry in history]
    group = result.trace["peer_group"]
    return {
        "history": history,
        "chart": charts.trend(gettext("历次得分"), points, measure=points_measure(rules)) if len(points) > 1 else None,
        "overall": queries.compare(assessed.id),
        "peers": queries.compare(assessed.id, group) if group else None,
        "period_of": rounds.period_of_round,
    }


def _short(assessed: AssessmentRound) -> str:
    label = rounds.period_of_round(assessed).label
    return label.partition("年")[2] or label
