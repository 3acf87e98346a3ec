"""Ranks for ties, vetoes and gaps; grades by threshold and quota."""

from __future__ import annotations

from typing import Any

import pytest

from saas.domain.assessment_facts import UnitFacts
from saas.domain.ranking import RankedUnit, rank_units
from saas.domain.ranking_grades import grade_units
from saas.domain.scheme import AssessmentScheme
from saas.domain.scoring import score_round
from tests.domain.assessment_cases import SEPTEMBER, make_fact, make_scheme, make_unit

SCORE = {"code": "Q", "kind": "manual_score", "full_score": 100}
VETO = {"code": "X", "kind": "veto"}
FINE = {"code": "A", "kind": "per_occurrence", "currency": "yuan", "amount": 10}


def scheme(**settings: Any) -> AssessmentScheme:
    return make_scheme(SCORE, VETO, FINE, **{"scores_from": "recheck_replaces", "vetoed_units": "last"} | settings)


def ranked(of: AssessmentScheme, units: list[UnitFacts]) -> dict[str, RankedUnit]:
    results = score_round(of, units, SEPTEMBER)
    return {unit.unit_code: unit for unit in grade_units(of, results, rank_units(of, results))}


def with_scores(**scores: int | None) -> list[UnitFacts]:
    return [make_unit(code=code, recheck_scores={"Q": score}) for code, score in scores.items()]


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [("shared", [1, 2, 2, 4]), ("dense", [1, 2, 2, 3]), ("ask", [1, None, None, 4])],
)
def test_equal_units_share_a_rank_or_wait_as_the_scheme_says(ties: str, ranks: list[int | None]) -> None:
    units = ranked(scheme(ties=ties), with_scores(a=90, b=80, c=80, d=70))

    assert [units[code].rank for code in "abcd"] == ranks
    assert [units[code].is_tied for code in "abcd"] == [False, True, True, False]


def test_an_open_tie_says_which_ranks_are_possible() -> None:
    unit = ranked(scheme(ties="ask"), with_scores(a=90, b=80, c=80))["c"]

    assert unit.possible == (2, 3)
    assert unit.reason == "得分相同，名次待裁定"


def test_a_named_item_breaks_a_tie() -> None:
    units = [
        make_unit(make_fact("A", 3), code="a", recheck_scores={"Q": 80}),
        make_unit(make_fact("A", 1), code="b", recheck_scores={"Q": 80}),
        make_unit(make_fact("A", 1), code="c", recheck_scores={"Q": 80}),
    ]
    by_fines = scheme(tie_breaks=[{"code": "A", "prefer": "fewer_deductions"}])

    assert {code: unit.rank for code, unit in ranked(by_fines, units).items()} == {"b": 1, "c": 1, "a": 3}


def test_a_tie_break_that_is_itself_unknown_decides_nothing() -> None:
    units = [
        make_unit(make_fact("A", None), code="a", recheck_scores={"Q": 80}),
        make_unit(make_fact("A", 1), code="b", recheck_scores={"Q": 80}),
    ]
    by_fines = scheme(tie_breaks=[{"code": "A", "prefer": "fewer_deductions"}])

    assert [unit.rank for unit in ranked(by_fines, units).values()] == [None, None]


@pytest.mark.parametrize(("policy", "ranks"), [("last", [3, 1, 2]), ("ranked", [1, 2, 3]), ("unranked", [None, 1, 2])])
def test_a_vetoed_unit_stands_where_the_scheme_puts_it(policy: str, ranks: list[int | None]) -> None:
    units = [make_unit(make_fact("X"), code="a", recheck_scores={"Q": 99}), *with_scores(b=80, c=70)]

    placed = ranked(scheme(vetoed_units=policy), units)

    assert [placed[code].rank for code in "abc"] == ranks
    assert placed["a"].value.value == 99


@pytest.mark.parametrize(("policy", "ranks"), [("unranked", [None, 1, 2]), ("block", [None, None, None])])
def test_a_missing_score_leaves_its_unit_or_the_group_without_ranks(policy: str, ranks: list[int | None]) -> None:
    units = ranked(scheme(incomplete_units=policy), with_scores(a=None, b=80, c=70))

    assert [units[code].rank for code in "abc"] == ranks
    assert units["a"].reason == "规则Q：未复核评分"


def test_groups_are_ranked_apart() -> None:
    units = [
        make_unit(code=code, recheck_scores={"Q": score}, attributes={"kind": code[0]})
        for code, score in {"v1": 70, "v2": 90, "c1": 60}.items()
    ]

    placed = ranked(scheme(peer_group="kind"), units)

    assert [(code, unit.peer_group, unit.rank) for code, unit in placed.items()] == [
        ("c1", "c", 1),
        ("v2", "v", 1),
        ("v1", "v", 2),
    ]


def test_money_can_be_what_is_ranked() -> None:
    by_money = make_scheme(FINE, ranked_by="money", base={"amount": 100}, negative_payable=False)
    units = [make_unit(make_fact("A", 3), code="a"), make_unit(code="b")]

    assert [(unit.unit_code, unit.rank) for unit in ranked(by_money, units).values()] == [("b", 1), ("a", 2)]


@pytest.mark.parametrize(("ranked_by", "first"), [("points", "b"), ("recheck_points", "b"), ("self_points", "a")])
def test_self_score_and_re_check_can_be_ranked_alone(ranked_by: str, first: str) -> None:
    units = [
        make_unit(code="a", self_scores={"Q": 95}, recheck_scores={"Q": 70}),
        make_unit(code="b", self_scores={"Q": 90}, recheck_scores={"Q": 80}),
    ]

    assert ranked(scheme(ranked_by=ranked_by), units)[first].rank == 1


def test_without_a_ranking_nobody_has_a_rank() -> None:
    assert ranked(scheme(ranked_by="none"), with_scores(a=90))["a"].reason == "本办法不排名"


GRADES: list[dict[str, Any]] = [
    {"label": "优秀", "at_least": 90, "quota_percent": 40},
    {"label": "良好", "at_least": 80},
    {"label": "合格", "at_least": 60},
    {"label": "不合格"},
]


def grades(units: list[UnitFacts], **settings: Any) -> dict[str, str | None]:
    of = scheme(**{"grades": GRADES} | settings)
    return {code: unit.grade for code, unit in sorted(ranked(of, units).items())}


def test_grades_follow_thresholds_and_a_quota_rounded_down() -> None:
    units = with_scores(a=98, b=95, c=92, d=79, e=59)

    assert grades(units) == {"a": "优秀", "b": "优秀", "c": "良好", "d": "合格", "e": "不合格"}


def test_units_tied_at_the_edge_of_a_quota_wait_for_a_decision() -> None:
    units = ranked(scheme(grades=GRADES), with_scores(a=98, b=95, c=95, d=79, e=59))

    assert [units[code].grade for code in "abcde"] == ["优秀", None, None, "合格", "不合格"]
    assert units["b"].grade_reason == "“优秀”名额 2 个，名次并列或未定，待裁定"


def test_a_missing_score_has_no_grade() -> None:
    assert grades(with_scores(a=None, b=85)) == {"a": None, "b": "良好"}


def test_a_veto_limits_the_grade_and_takes_no_place_from_others() -> None:
    units = [make_unit(make_fact("X"), code="a", recheck_scores={"Q": 99}), *with_scores(b=95, c=94, d=91, e=61)]

    expected = {"a": "不合格", "b": "优秀", "c": "优秀", "d": "良好", "e": "合格"}
    assert grades(units, veto_grade="不合格") == expected
    assert grades(units, vetoed_units="ranked")["a"] == "优秀"
