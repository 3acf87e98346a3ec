"""What the packs on centres, committees and stations say, figure for figure, as computed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from saas.domain.amounts import Standing
from saas.domain.answers import Parsed, parse_answers
from saas.domain.assessment_facts import Fact, UnitFacts
from saas.domain.bodies import check_composition, meeting_outcome, rules_from_mapping
from saas.domain.cohorts import CohortUnit, members
from saas.domain.fields import iter_fields
from saas.domain.periods import period_from_key
from saas.domain.scoring_results import UnitResult
from saas.domain.target_evaluation import evaluate
from saas.domain.targets import Comparator, State
from saas.domain.windows import window_for
from saas.tenancy.packs import Pack
from tests.packs.starters import (
    LAST_DAY,
    YEAR,
    cohort_of,
    counted,
    office_found,
    read_starter,
    score,
    shared,
    target_of,
    template_of,
    with_amounts,
)

STEPS = {"step1", "step2", "step3", "step4", "step5"}


@pytest.fixture(scope="module")
def centres() -> Pack:
    return read_starter("community-service-centres")


@pytest.fixture(scope="module")
def reform() -> Pack:
    return read_starter("residents-committee-reform")


@pytest.fixture(scope="module")
def stations() -> Pack:
    return read_starter("social-work-stations")


def test_each_batch_applies_for_acceptance_by_its_own_day(centres: Pack) -> None:
    year = period_from_key(str(YEAR))
    due = {
        entry.cohort.cohorts: window_for(year, entry.window).due_on
        for entry in centres.configuration.collections
        if entry.table.form == "centre_checklist_village"
    }

    assert due == {
        ("centre_demonstration",): date(YEAR, 6, 30),
        ("centre_second",): date(YEAR, 9, 30),
        ("centre_other",): date(YEAR, 12, 31),
    }


def test_a_village_belongs_to_the_batch_that_was_written_down(centres: Pack) -> None:
    batches = ["示范", "第二批", "第二批", "第二批", "第二批", "其他", None]
    units = [
        CohortUnit(f"V{n}", "village", (), {"centre_batch": batch} if batch else {}) for n, batch in enumerate(batches)
    ]
    codes = ("centre_demonstration", "centre_second", "centre_other")
    found = [len(members(units, cohort_of(centres, code))) for code in codes]

    assert found == [1, 4, 1]


def test_new_and_existing_centres_have_their_own_thresholds(centres: Pack) -> None:
    forms = {entry.table.code: entry.table.form for entry in centres.configuration.collections}

    assert counted(target_of(centres, "C09"), "499.9").state is State.NOT_MET
    assert counted(target_of(centres, "C10"), 300).state is State.MET
    assert counted(target_of(centres, "C08"), 480).label == "倡导未达"
    assert forms["centre_accept_new"] != forms["centre_accept_existing"]


def test_the_village_checklist_has_six_rooms_four_windows_six_facilities_and_four_more_rooms(
    centres: Pack,
) -> None:
    (form,) = [e.form for e in centres.configuration.forms if e.form.code == "centre_checklist_village"]

    assert {f.name: len(f.fields) for f in form.fields if f.name in {"rooms", "windows", "facilities", "extras"}} == {
        "rooms": 6,
        "windows": 4,
        "facilities": 6,
        "extras": 4,
    }


def built(finished: date | None, accepted: date | None, due: date) -> tuple[Fact, ...]:
    """What the office records for a village: rewarded, punished, or neither."""
    if finished is None or finished > due:
        return office_found("late")
    return office_found("reward") if accepted is not None and accepted <= due else ()


# finished, accepted, due: one demonstration village, four of the second batch, four others
VILLAGES: Mapping[str, tuple[date | None, date | None, date]] = {
    "A": (date(YEAR, 6, 20), date(YEAR, 6, 28), date(YEAR, 6, 30)),
    "B": (date(YEAR, 9, 29), date(YEAR, 9, 30), date(YEAR, 9, 30)),
    "C": (date(YEAR, 9, 30), date(YEAR, 10, 8), date(YEAR, 9, 30)),
    "D": (date(YEAR, 10, 1), None, date(YEAR, 9, 30)),
    "E": (date(YEAR, 12, 31), None, date(YEAR, 9, 30)),
    "F": (date(YEAR, 12, 10), date(YEAR, 12, 20), date(YEAR, 12, 31)),
    "G": (date(YEAR, 12, 31), date(YEAR, 12, 31), date(YEAR, 12, 31)),
    "H": (date(YEAR, 12, 31), None, date(YEAR, 12, 31)),
    "I": (None, None, date(YEAR, 12, 31)),
}


def test_rewards_and_penalties_without_a_sum_stay_undetermined(centres: Pack) -> None:
    (entry,) = centres.configuration.schemes
    results = {
        code: score(entry.scheme, UnitFacts(unit_code=code, facts=built(*days))) for code, days in VILLAGES.items()
    }

    rewarded = {code for code, result in results.items() if result.outcome("reward").is_triggered}
    punished = {code for code, result in results.items() if result.outcome("late").is_triggered}
    assert (rewarded, punished) == ({"A", "B", "F", "G"}, {"D", "E", "I"})
    assert all(results[code].money.changes.standing is Standing.UNDETERMINED for code in rewarded)
    assert all(results[code].points.standing is Standing.UNDETERMINED for code in punished)
    assert all(results[code].points.value == 0 for code in {"C", "H"})


def test_once_the_county_has_set_the_sums_they_come_out_as_computed_by_hand(centres: Pack) -> None:
    """10,000 yuan for each of four villages, 2 points from each of three."""
    (entry,) = centres.configuration.schemes
    scheme = with_amounts(entry.scheme, {"reward": 10_000, "late": 2})
    results = [score(scheme, UnitFacts(unit_code=code, facts=built(*days))) for code, days in VILLAGES.items()]

    assert sum(result.money.changes.value or 0 for result in results) == 40_000
    assert [result.unit_code for result in results if result.points.value == -2] == ["D", "E", "I"]


def test_shares_of_the_money_are_open(centres: Pack) -> None:
    target = target_of(centres, "C14")

    assert [group.figure for group in target.groups] == [None, None, None]
    assert evaluate(target, [], LAST_DAY).state is State.UNDETERMINED


def test_a_centre_is_accepted_only_after_town_and_leader(centres: Pack) -> None:
    routes = {entry.route.code: entry.route for entry in centres.configuration.routes}

    assert [step.kind.value for step in routes["centre_acceptance"].steps] == ["review", "approve", "accept"]


def test_an_assembly_of_120_needs_61(reform: Pack) -> None:
    table = template_of(reform, "committee_assembly")
    rules = rules_from_mapping(table.rules)

    assert meeting_outcome(120, 60, (0, 0, 0), rules).is_quorate is False
    assert meeting_outcome(120, 61, (0, 0, 0), rules).is_quorate is True


def test_a_committee_has_one_head_and_one_or_two_deputies(reform: Pack) -> None:
    table = template_of(reform, "committee_residents")
    rules = rules_from_mapping(table.rules)

    def violated(heads: int, deputies: int) -> bool:
        seats = [("head", heads), ("deputy", deputies), ("member", 5)]
        return any(finding.is_violated for finding in check_composition(seats, rules, kind="committee"))

    assert not violated(1, 1)
    assert not violated(1, 2)
    assert violated(1, 3)
    assert violated(1, 0)
    assert violated(2, 1)


def test_six_committees_have_three_to_five_members_each(reform: Pack) -> None:
    templates = [e.table for e in reform.configuration.body_templates]
    subs = [table for table in templates if table.parent == "committee_residents" and table.kind.value == "committee"]

    assert len(subs) == 6
    for table in subs:
        rules = rules_from_mapping(table.rules)
        numbers = {n: check_composition([("head", 1), ("member", n)], rules, kind="committee") for n in (2, 3, 5, 6)}
        assert [bool(numbers[n]) for n in (2, 3, 5, 6)] == [True, False, False, True]


def test_the_reform_has_five_steps_eight_documents_and_two_meetings_a_year(reform: Pack) -> None:
    (form,) = [entry.form for entry in reform.configuration.forms if entry.form.code == "committee_progress"]
    steps = {field.name[:5] for _, field in iter_fields(form) if field.name[:5] in STEPS}
    documents = [e.target for e in reform.configuration.targets if e.target.comparator is Comparator.DOCUMENT]

    assert steps == STEPS
    assert len(documents) == 8
    assert counted(target_of(reform, "R03"), 1).state is State.NOT_MET
    assert counted(target_of(reform, "R06"), 3).state is State.NOT_MET
    assert target_of(reform, "R07").figure is None


def answered(pack: Pack, form_code: str, raw: Mapping[str, str]) -> Parsed:
    (form,) = [entry.form for entry in pack.configuration.forms if entry.form.code == form_code]
    return parse_answers(form, {name: [value] for name, value in raw.items()})


def test_party_organisations_are_founded_before_they_elect(reform: Pack) -> None:
    done = {"conditions.size_adjusted": "yes", "steps.step1_group": "done", "steps.step2_election": "done"}
    with_party = answered(reform, "committee_progress", {**done, "conditions.has_party": "yes"})
    without = answered(reform, "committee_progress", {**done, "conditions.has_party": "no"})
    founded = answered(
        reform,
        "committee_progress",
        {**done, "conditions.has_party": "no", "steps.step3a_party_founded": "done"},
    )

    asked = [{path for path in parsed.errors if path.startswith("steps.")} for parsed in (with_party, without, founded)]
    assert asked == [{"steps.step3b_party_election"}, {"steps.step3a_party_founded"}, {"steps.step3b_party_election"}]


def test_nothing_begins_before_the_size_is_adjusted(reform: Pack) -> None:
    parsed = answered(reform, "committee_progress", {"conditions.size_adjusted": "no", "conditions.has_party": "yes"})

    assert parsed.errors == {}


@pytest.mark.parametrize(("present", "valid"), [(60, 0), (61, 1)])
def test_the_record_of_an_assembly_counts_the_valid_meetings(present: int, valid: int, reform: Pack) -> None:
    row = {"held_on": "2026-05-10", "topic": "章程", "entitled": "120", "present": str(present), "resolution": "通过"}
    votes = {"in_favour": str(present), "against": "0", "abstained": "0"}
    raw = {f"records[0].{name}": value for name, value in {**row, **votes}.items()}
    parsed = answered(reform, "committee_assembly_record", raw)

    assert parsed.errors == {}
    assert (parsed.answers["meetings"], parsed.answers["meetings_valid"]) == (1, valid)


def test_pilots_must_and_others_should_be_ready_in_time(reform: Pack) -> None:
    pilots, others = (target_of(reform, code) for code in ("R01", "R02"))

    assert shared(pilots, 9, 10).is_failure
    assert others.deadline is not None
    assert others.deadline.due_on == date(YEAR + 1, 1, 31)
    assert not shared(others, 9, 10, date(YEAR + 1, 1, 31)).is_failure


def test_a_station_has_a_second_superior_in_a_tree_of_its_own(reform: Pack) -> None:
    organisation = reform.organisation

    assert {row.code: row.parents for row in organisation.unit_types}["community_station"] == ("community",)
    assert [(row.code, row.purpose) for row in organisation.hierarchies] == [("committee_guidance", "line")]


@pytest.mark.parametrize(("workers", "is_met"), [(1, False), (2, True), (3, True), (4, False)])
def test_two_or_three_workers_both_included(workers: int, is_met: bool, stations: Pack) -> None:
    state = counted(target_of(stations, "W04"), workers).state

    assert state is (State.MET if is_met else State.NOT_MET)


def test_one_worker_is_qualified_at_once_and_all_after_two_years(stations: Pack) -> None:
    after_two_years = date(YEAR + 1, 12, 31)

    assert counted(target_of(stations, "W05"), 0).is_failure
    assert target_of(stations, "W06").deadline.due_on == after_two_years  # type: ignore[union-attr]
    assert shared(target_of(stations, "W06"), 2, 3, after_two_years).state is State.NOT_MET
    assert shared(target_of(stations, "W06"), 3, 3, after_two_years).state is State.MET


def test_money_and_coverage_are_hoped_for(stations: Pack) -> None:
    assert target_of(stations, "W07").figure == Fraction(25)
    assert counted(target_of(stations, "W07"), "24.99").label == "力争未达"
    assert [milestone.figure for milestone in target_of(stations, "W02").milestones] == [None, None, Fraction(100)]
    assert counted(target_of(stations, "W01"), 50).state is State.UNDETERMINED


def assessed(stations: Pack, project_year: int) -> UnitResult:
    (entry,) = stations.configuration.schemes
    scores = {rule.code: Decimal(1) for rule in entry.scheme.rules}
    if project_year < 2:
        del scores["e3_all_qualified"]
    facts = UnitFacts(unit_code="S1", attributes={"station_project_year": project_year}, recheck_scores=scores)
    return score(entry.scheme, facts)


def test_a_station_can_reach_five_points_and_four_before_its_second_year(stations: Pack) -> None:
    assert assessed(stations, 2).points.value == 5
    assert assessed(stations, 1).points.value == 4
    assert assessed(stations, 1).outcome("e3_all_qualified").standing is Standing.NOT_APPLICABLE
