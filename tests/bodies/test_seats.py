"""Who sits in a body on a day: seats follow posts, functions and units, and nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from saas.accounts.appointments import succeed
from saas.accounts.delegation import delegate
from saas.bodies import services
from saas.bodies.models import Body, SeatBy, SeatRole
from saas.bodies.people import list_seats_of_person
from saas.bodies.queries import effective, findings_of, list_bodies_of_unit, seats_of
from saas.bodies.services import SeatFields
from saas.bodies.text import body_as_paragraphs, numeral
from saas.db import local_today
from saas.domain.bodies import rules_from_mapping
from saas.domain.errors import DomainError, InvalidTransition
from saas.org.models import OrgUnit
from saas.org.versions import change_from
from tests.bodies.conftest import County, make_body, make_function, make_template
from tests.factories import START, appoint, make_post, make_user
from tests.statements import count_statements


def seat(body: Body, county: County, role: SeatRole = SeatRole.MEMBER, **fields: object) -> None:
    services.add_seat(body, SeatFields(role, **fields), START, actor=county.admin)  # type: ignore[arg-type]


def names(body: Body, unit: OrgUnit, on: date) -> list[tuple[str, list[str], str]]:
    found = effective(body, unit, on)
    return [(each.title, [one.name for one in each.sitting], each.problem) for each in seats_of([found], on)[found.key]]


def test_a_seat_by_post_follows_its_holder(county: County) -> None:
    post, former, later = make_post(county.root, name="县长"), make_user(name="王甲"), make_user(name="李乙")
    appointment = appoint(former, post)
    set_committed_value(appointment, "post", post)
    body, today = make_body(county.root, county.admin), local_today()
    seat(body, county, SeatRole.HEAD, by=SeatBy.POST, post_id=post.id)

    succeed(appointment, later, today, actor=county.admin)

    assert names(body, county.root, today) == [("组长", ["李乙"], "")]
    assert names(body, county.root, today - timedelta(days=1)) == [("组长", ["王甲"], "")]
    assert [each.body.name for each in list_seats_of_person(former.id)] == ["环境整治领导小组"]


def test_a_post_without_a_holder_is_a_vacant_seat(county: County) -> None:
    body = make_body(county.root, county.admin)
    seat(body, county, SeatRole.HEAD, by=SeatBy.POST, post_id=make_post(county.root).id)

    assert names(body, county.root, local_today()) == [("组长", [], "vacant")]


def test_a_delegate_does_not_take_the_seat(county: County) -> None:
    post, holder, other = make_post(county.root, name="县长"), make_user(name="王甲"), make_user(name="李乙")
    appoint(holder, post)
    today = local_today()
    delegate(post, holder, other, today, today + timedelta(days=3), reason="出差", today=today, actor=holder)
    body = make_body(county.root, county.admin)
    seat(body, county, SeatRole.HEAD, by=SeatBy.POST, post_id=post.id)

    assert names(body, county.root, local_today()) == [("组长", ["王甲"], "")]


def test_a_function_means_the_nearest_units_that_have_it(county: County) -> None:
    make_function(county.department, "宣传")
    make_function(county.town_office, "宣传")
    of_county, of_town = make_body(county.root, county.admin), make_body(county.town, county.admin)
    of_other = make_body(county.other_town, county.admin)
    for body in (of_county, of_town, of_other):
        seat(body, county, by=SeatBy.FUNCTION, wording="宣传")

    today = local_today()
    assert names(of_county, county.root, today) == [("成员", ["县委宣传部"], "")]
    assert names(of_town, county.town, today) == [("成员", ["河口镇宣传办"], "")]
    assert names(of_other, county.other_town, today) == [("成员", [], "unknown_function")]


def test_several_units_with_a_function_are_all_listed(county: County) -> None:
    make_function(county.department, "治安")
    make_function(county.town, "治安")
    body = make_body(county.root, county.admin)
    seat(body, county, by=SeatBy.FUNCTION, wording="治安")

    assert names(body, county.root, local_today())[0][1] == ["河口镇", "县委宣传部"]


def test_a_function_counts_on_its_days_only(county: County) -> None:
    make_function(county.department, "宣传", ends_on=date(2025, 1, 1))
    body = make_body(county.root, county.admin)
    seat(body, county, by=SeatBy.FUNCTION, wording="宣传")

    assert names(body, county.root, date(2024, 12, 31))[0][2] == ""
    assert names(body, county.root, date(2025, 1, 1))[0][2] == "unknown_function"


def test_a_unit_is_called_as_it_was_called_on_the_day(county: County) -> None:
    body = make_body(county.root, county.admin)
    seat(body, county, by=SeatBy.UNIT, unit_id=county.town.id)
    change_from(county.town, date(2025, 1, 1), local_today(), name="河口街道")

    assert names(body, county.root, date(2024, 6, 1))[0][1] == ["河口镇"]
    assert names(body, county.root, local_today())[0][1] == ["河口街道"]


def test_an_outsider_may_be_an_adviser_with_a_title_of_its_own(county: County) -> None:
    body = make_body(county.root, county.admin)
    seat(body, county, SeatRole.ADVISER, by=SeatBy.OUTSIDER, wording="市局某处长", title="指导员")

    assert names(body, county.root, local_today()) == [("指导员", ["市局某处长"], "")]


def test_members_stand_by_the_strokes_of_their_surnames_where_the_county_wants_it(county: County) -> None:
    body = make_body(county.root, county.admin, by_strokes=True)
    for number, name in enumerate(["魏丙", "丁甲", "王乙"]):
        seat(body, county, by=SeatBy.PERSON, user_id=make_user(name=name).id, sort_order=number)

    assert [row[1][0] for row in names(body, county.root, local_today())] == ["丁甲", "王乙", "魏丙"]


def test_the_text_prints_vacant_and_undetermined_seats(county: County) -> None:
    body = make_body(county.root, county.admin, host_unit_id=county.department.id)
    seat(body, county, SeatRole.HEAD, by=SeatBy.POST, post_id=make_post(county.root).id)
    seat(body, county, by=SeatBy.FUNCTION, wording="宣传", field_of_work="宣传发动", is_lead=True)
    seat(body, county, by=SeatBy.DESCRIPTION, wording="各村妇联主席", sort_order=60)

    assert body_as_paragraphs(effective(body, county.root, local_today()), local_today()) == [
        "一、组长：（空缺）。",
        "二、成员：负责宣传工作的部门（未定）（牵头），负责宣传发动；各村妇联主席。",
        "环境整治领导小组办公室设在县委宣传部。",
    ]


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (14, "十四"), (20, "二十"), (38, "三十八")])
def test_headings_count_in_chinese(number: int, text: str) -> None:
    assert numeral(number) == text


def test_a_described_seat_leaves_the_composition_undetermined(county: County) -> None:
    rules = rules_from_mapping({"member": [3, None]})
    body = make_body(county.root, county.admin, rules=rules)
    seat(body, county, by=SeatBy.DESCRIPTION, wording="各村妇联主席")

    found = effective(body, county.root, local_today())
    findings = findings_of(found, seats_of([found], local_today())[found.key])

    assert [(each.is_violated, each.message.code) for each in findings] == [(False, "not_known")]


def test_a_body_that_breaks_binding_rules_cannot_be_established(county: County) -> None:
    body = make_body(county.root, county.admin, rules=rules_from_mapping({"head": [1, 1], "binding": True}))
    seat(body, county, by=SeatBy.OUTSIDER, wording="某人")
    today = local_today()

    def establish() -> None:
        found = effective(body, county.root, today)
        services.establish(found, seats_of([found], today)[found.key], today, actor=county.admin)

    with pytest.raises(DomainError, match="组长应为1人"):
        establish()
    seat(body, county, SeatRole.HEAD, by=SeatBy.OUTSIDER, wording="某组长")
    establish()

    assert body.established_on == today
    with pytest.raises(InvalidTransition):
        establish()


def test_a_body_does_not_stand_below_itself(county: County) -> None:
    above = make_body(county.root, county.admin)
    below = make_body(county.root, county.admin, parent_id=above.id)

    with pytest.raises(DomainError, match="自己的下设机构"):
        services.edit_body(
            above,
            services.BodyFields(above.name, above.kind, parent_id=below.id),
            actor=county.admin,
        )


def test_a_dissolved_body_keeps_its_members_on_record(county: County) -> None:
    body = make_body(county.root, county.admin)
    seat(body, county, by=SeatBy.OUTSIDER, wording="某人")

    services.dissolve_body(body, date(2025, 1, 1), actor=county.admin)

    assert list_bodies_of_unit(county.root, local_today()) == []
    assert names(body, county.root, date(2024, 1, 1))[0][1] == ["某人"]
    with pytest.raises(InvalidTransition):
        services.dissolve_body(body, date(2026, 1, 1), actor=county.admin)


def test_resolving_more_bodies_takes_no_more_statements(county: County) -> None:
    make_function(county.town_office, "宣传")
    post = make_post(county.town, name="镇长")
    appoint(make_user(), post)
    seats: list[dict[str, object]] = [
        {"role": "head", "by": "post", "post": "镇长"},
        {"role": "member", "by": "function", "function": "宣传"},
    ]

    def resolve() -> None:
        seats_of(list_bodies_of_unit(county.town, local_today()), local_today())

    make_template("g1", list(seats))
    own = make_body(county.town, county.admin)
    seat(own, county, by=SeatBy.POST, post_id=post.id)
    few = count_statements(resolve)
    for number in range(2, 8):
        make_template(f"g{number}", list(seats))
        more = make_body(county.town, county.admin)
        seat(more, county, by=SeatBy.POST, post_id=post.id)

    assert count_statements(resolve) <= few <= 10
