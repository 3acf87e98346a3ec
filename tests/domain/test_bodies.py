"""Bodies: the order of their members, their composition, and what a meeting decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.domain.bodies import (
    ROLES,
    BodyRules,
    ListedSeat,
    Majority,
    Range,
    Share,
    TemplateSeat,
    TemplateSeatBy,
    blocks_establishing,
    check_composition,
    has_quorum,
    in_order,
    is_carried,
    meeting_outcome,
    nearest,
    needed,
    rules_from_mapping,
    rules_to_mapping,
    template_seat_to_mapping,
    template_seats_from,
    title_of,
)
from saas.domain.errors import DomainError, FormatError

COMMITTEE = rules_from_mapping({"head": [1, 1], "deputy": [1, 2], "member": [3, 5], "binding": True})


@pytest.mark.parametrize(
    ("entitled", "present", "enough"),
    [
        (10, 5, False),  # exactly half is not more than half
        (10, 6, True),
        (11, 5, False),
        (11, 6, True),
        (1, 1, True),
        (1, 0, False),
    ],
)
def test_more_than_half_must_be_present(entitled: int, present: int, enough: bool) -> None:
    assert has_quorum(entitled, present) is enough


@pytest.mark.parametrize(
    ("entitled", "present", "enough"), [(9, 6, True), (9, 5, False), (10, 6, False), (10, 7, True)]
)
def test_two_thirds_includes_the_number_itself(entitled: int, present: int, enough: bool) -> None:
    assert has_quorum(entitled, present, Share.TWO_THIRDS) is enough


@given(entitled=st.integers(1, 2000), present=st.integers(0, 2000))
def test_a_quorum_is_strictly_more_than_half(entitled: int, present: int) -> None:
    present = min(present, entitled)
    assert has_quorum(entitled, present) is (present * 2 > entitled)
    assert has_quorum(entitled, present, Share.TWO_THIRDS) is (present * 3 >= entitled * 2)


@given(st.integers(1, 2000), st.sampled_from(Share))
def test_one_fewer_than_needed_is_not_enough(base: int, share: Share) -> None:
    least = needed(base, share)
    assert 1 <= least <= base
    assert has_quorum(base, least, share)
    assert not has_quorum(base, least - 1, share)


@pytest.mark.parametrize(("entitled", "present"), [(0, 0), (5, 6), (5, -1)])
def test_impossible_attendance_is_refused(entitled: int, present: int) -> None:
    with pytest.raises(DomainError):
        has_quorum(entitled, present)


@pytest.mark.parametrize(
    ("in_favour", "present", "rule", "carried"),
    [
        (3, 6, Majority.HALF_OF_PRESENT, False),
        (4, 6, Majority.HALF_OF_PRESENT, True),
        (4, 6, Majority.TWO_THIRDS_OF_PRESENT, True),
        (4, 6, Majority.HALF_OF_ENTITLED, False),  # of 9: five are needed
        (5, 6, Majority.HALF_OF_ENTITLED, True),
        (5, 6, Majority.TWO_THIRDS_OF_ENTITLED, False),
        (6, 6, Majority.TWO_THIRDS_OF_ENTITLED, True),
        (0, 0, Majority.HALF_OF_PRESENT, False),
    ],
)
def test_votes_are_counted_as_the_rule_says(in_favour: int, present: int, rule: Majority, carried: bool) -> None:
    assert is_carried(in_favour, present, rule, entitled=9) is carried


def test_more_votes_than_people_are_refused() -> None:
    with pytest.raises(DomainError):
        is_carried(7, 6, Majority.HALF_OF_PRESENT)
    with pytest.raises(DomainError):
        meeting_outcome(9, 6, (4, 2, 1), BodyRules())


def test_nothing_is_carried_without_a_quorum() -> None:
    rules = BodyRules(quorum=Share.MORE_THAN_HALF, majority=Majority.HALF_OF_PRESENT)

    outcome = meeting_outcome(10, 5, (5, 0, 0), rules)

    assert (outcome.is_quorate, outcome.is_carried) == (False, False)
    assert [str(reason) for reason in outcome.reasons] == [
        "应到10人，至少需6人，实到5人，出席人数不足",
        "出席人数不足，表决无效",
    ]


def test_a_meeting_says_why_a_motion_is_carried() -> None:
    rules = BodyRules(quorum=Share.MORE_THAN_HALF, majority=Majority.HALF_OF_PRESENT)

    outcome = meeting_outcome(10, 6, (4, 1, 1), rules)

    assert (outcome.is_quorate, outcome.is_carried) == (True, True)
    assert str(outcome.reasons[1]) == "赞成4票，至少需4票，通过"


def test_without_a_rule_or_a_vote_nothing_is_decided() -> None:
    outcome = meeting_outcome(10, 5, (5, 0, 0), BodyRules())
    assert (outcome.is_quorate, outcome.is_carried) == (None, None)

    outcome = meeting_outcome(10, 6, (0, 0, 0), BodyRules(majority=Majority.HALF_OF_PRESENT))
    assert outcome.is_carried is None


@pytest.mark.parametrize(
    ("seats", "codes"),
    [
        ({"head": 1, "deputy": 1, "member": 3}, set()),
        ({"head": 1, "deputy": 2, "member": 5}, set()),
        ({"head": 0, "deputy": 2, "member": 5}, {"too_few"}),
        ({"head": 2, "deputy": 2, "member": 5}, {"too_many"}),
        ({"head": 1, "deputy": 3, "member": 2}, {"too_many", "too_few"}),
        ({"head": 1, "deputy": 1, "member": None}, {"not_known"}),
    ],
)
def test_one_head_one_or_two_deputies_and_three_to_five_members(seats: dict[str, int | None], codes: set[str]) -> None:
    findings = check_composition(seats.items(), COMMITTEE, kind="committee")

    assert {finding.message.code for finding in findings} == codes
    assert blocks_establishing(findings, COMMITTEE) is bool(codes)


def test_a_violation_names_the_role_as_the_kind_of_body_calls_it() -> None:
    findings = check_composition([("deputy", 3), ("head", 1), ("member", 4)], COMMITTEE, kind="committee")
    assert str(findings[0].message) == "副主任应为1至2人，现有3人，多于规定"


def test_rules_that_do_not_bind_only_remind() -> None:
    rules = BodyRules({"head": Range(1, 1)})
    assert not blocks_establishing(check_composition([], rules, kind="office"), rules)


def test_an_odd_number_and_a_total_can_be_asked() -> None:
    rules = rules_from_mapping({"total": [5, 9], "odd": True})

    assert check_composition([("head", 1), ("member", 6)], rules, kind="committee") == ()
    assert check_composition([("head", 1), ("member", 6), ("adviser", 1)], rules, kind="committee") == ()
    codes = [each.message.code for each in check_composition([("member", 4)], rules, kind="committee")]
    assert codes == ["too_few", "not_odd"]


_RANGES = st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)).map(
    lambda pair: [pair[0], None if pair[1] is None else pair[0] + pair[1]]
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(ROLES, _RANGES),
            "total": _RANGES,
            "odd": st.just(True),
            "binding": st.just(True),
            "quorum": st.sampled_from([each.value for each in Share]),
            "majority": st.sampled_from([each.value for each in Majority]),
        },
    )
)
def test_rules_are_read_again_as_they_were_written(mapping: dict[str, Any]) -> None:
    assert rules_to_mapping(rules_from_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    "mapping",
    [
        {"chief": [1, 1]},
        {"head": 1},
        {"head": [1]},
        {"head": [None, None]},
        {"head": [2, 1]},
        {"head": [-1, 1]},
        {"head": [True, 1]},
        {"odd": "yes"},
        {"quorum": "half"},
    ],
)
def test_wrong_rules_are_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        rules_from_mapping(mapping)


def test_members_stand_by_role_and_by_the_countys_own_sequence() -> None:
    seats = [
        (ListedSeat("member", 2), "成员二"),
        (ListedSeat("head", 1), "组长"),
        (ListedSeat("member", 1), "成员一"),
        (ListedSeat("deputy", 1), "副组长"),
    ]
    assert in_order(seats) == ["组长", "副组长", "成员一", "成员二"]


def test_by_strokes_only_the_members_are_sorted_and_units_come_after_people() -> None:
    seats = [
        (ListedSeat("deputy", 1, "魏一"), "魏一"),
        (ListedSeat("deputy", 2, "丁二"), "丁二"),
        (ListedSeat("member", 1), "某单位"),
        (ListedSeat("member", 2, "魏三"), "魏三"),
        (ListedSeat("member", 3, "丁四"), "丁四"),
        (ListedSeat("member", 4, "王五"), "王五"),
    ]
    assert in_order(seats, by_strokes=True) == ["魏一", "丁二", "丁四", "王五", "魏三", "某单位"]


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.integers(0, 9), st.text(max_size=4)), max_size=12), st.booleans())
def test_an_order_loses_nobody_and_keeps_the_roles_together(rows: list[tuple[str, int, str]], by_strokes: bool) -> None:
    listed = in_order([(ListedSeat(*row), row) for row in rows], by_strokes=by_strokes)

    assert sorted(listed) == sorted(rows)
    places = [ROLES.index(role) for role, _, _ in listed]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("found", "units"),
    [
        ([], ()),
        ([("a", 1)], ("a",)),
        ([("town office", 2), ("county department", 1)], ("county department",)),
        ([("a", 1), ("b", 1), ("c", 3)], ("a", "b")),
        ([("itself", 0), ("a", 1)], ("itself",)),
    ],
)
def test_a_function_means_the_nearest_units_that_have_it(found: list[tuple[str, int]], units: tuple[str, ...]) -> None:
    assert nearest(found) == units


def test_the_head_of_a_group_and_of_an_office_are_called_differently() -> None:
    assert title_of("leading_group", "head") == "组长"
    assert title_of("office", "head") == "主任"
    assert title_of("committee", "member") == "委员"
    assert title_of("committee", "adviser", "指导员") == "指导员"


def test_seats_of_a_template_are_read_again_as_they_were_written() -> None:
    seat = TemplateSeat("head", TemplateSeatBy.FUNCTION, "宣传", field_of_work="安全宣传", is_lead=True)

    assert template_seats_from([template_seat_to_mapping(seat)]) == (seat,)


def test_the_words_of_older_definitions_are_read_as_well() -> None:
    rows = [
        {"role": "head", "by": "post", "post_name": "镇长", "duty": "统筹"},
        {"role": "member", "by": "description", "description": "相关人员"},
    ]

    assert template_seats_from(rows) == (
        TemplateSeat("head", TemplateSeatBy.POST, "镇长", field_of_work="统筹"),
        TemplateSeat("member", TemplateSeatBy.DESCRIPTION, "相关人员"),
    )


@pytest.mark.parametrize(
    "row",
    [
        {"by": "post", "post_name": "书记"},
        {"role": "chief", "by": "post", "post_name": "书记"},
        {"role": "head", "by": "person", "post_name": "书记"},
        {"role": "head", "by": "post"},
        {"role": "head", "by": "post", "post_name": "书记", "more": 1},
    ],
)
def test_a_wrong_seat_of_a_template_is_refused_with_its_place(row: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as caught:
        template_seats_from([row])
    assert caught.value.path.startswith("seats[0]")
