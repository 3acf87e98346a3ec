"""Default bodies: every unit of a type inherits them, may change or drop one, and may go back."""

from __future__ import annotations

import pytest

from saas.bodies import defaults, queries, services
from saas.bodies.models import BodyTemplate, SeatBy, SeatRole
from saas.bodies.services import SeatFields
from saas.db import local_today
from saas.domain.bodies import TemplateSeat, TemplateSeatBy
from saas.domain.errors import DomainError, InvalidTransition
from saas.org.models import OrgUnit
from tests.bodies.conftest import County, make_body, make_function, make_template
from tests.factories import appoint, make_post, make_unit, make_user
from tests.statements import count_statements

SEATS: list[dict[str, object]] = [
    {"role": "head", "by": "function", "function": "宣传", "is_lead": True},
    {"role": "deputy", "by": "post", "post": "副镇长"},
    {"role": "member", "by": "description", "wording": "各村负责人"},
]


def shown(unit: OrgUnit) -> list[tuple[str, str, list[str]]]:
    bodies = queries.list_bodies_of_unit(unit, local_today())
    seats = queries.seats_of([each for each in bodies if each.state != "dropped"], local_today())
    return [
        (each.name, each.state, [one.name for seat in seats.get(each.key, []) for one in seat.sitting])
        for each in bodies
    ]


def change(template: BodyTemplate, county: County, **changes: object) -> None:
    said = {"name": template.name, "kind": template.kind, "unit_types": template.unit_types, **changes}
    defaults.edit_template(template, defaults.TemplateFields(**said), actor=county.admin)  # type: ignore[arg-type]


def test_every_unit_of_the_type_inherits_a_default_body(county: County) -> None:
    make_template("publicity", SEATS)
    make_function(county.town_office, "宣传")
    appoint(make_user(name="钱副镇长"), make_post(county.town, name="副镇长"))

    assert shown(county.town) == [("安全宣传组", "inherited", ["河口镇宣传办", "钱副镇长", "各村负责人"])]
    assert shown(county.other_town) == [("安全宣传组", "inherited", ["各村负责人"])]
    assert shown(county.root) == []


def test_a_change_of_the_template_reaches_only_units_that_did_not_change_theirs(county: County) -> None:
    template = make_template("publicity", SEATS)
    own = defaults.change_default(county.town, template, local_today(), actor=county.admin)

    change(template, county, name="宣传教育组", seats=[TemplateSeat("head", TemplateSeatBy.DESCRIPTION, "书记")])

    assert shown(county.town) == [("安全宣传组", "changed", ["副镇长", "各村负责人"])]
    assert shown(county.other_town) == [("宣传教育组", "inherited", ["书记"])]
    assert own.template_id == template.id


def test_a_unit_may_go_back_to_the_default_and_change_it_again(county: County) -> None:
    template, today = make_template("publicity", SEATS), local_today()
    own = defaults.change_default(county.town, template, today, actor=county.admin)
    services.add_seat(own, SeatFields(SeatRole.MEMBER, SeatBy.OUTSIDER, wording="某企业"), today, actor=county.admin)
    assert shown(county.town)[0][2] == ["副镇长", "各村负责人", "某企业"]  # no such post: kept as words

    defaults.restore_default(own, county.town, today, actor=county.admin)

    assert shown(county.town) == [("安全宣传组", "inherited", ["各村负责人"])]
    with pytest.raises(InvalidTransition):
        defaults.restore_default(own, county.town, today, actor=county.admin)
    again = defaults.change_default(county.town, template, today, actor=county.admin)
    assert again.id == own.id


def test_a_unit_may_drop_one_and_take_it_back(county: County) -> None:
    template = make_template("publicity", SEATS)

    body = defaults.drop_default(county.town, template, actor=county.admin)
    assert shown(county.town) == [("安全宣传组", "dropped", [])]
    with pytest.raises(InvalidTransition):
        defaults.drop_default(county.town, template, actor=county.admin)

    defaults.restore_default(body, county.town, local_today(), actor=county.admin)
    assert shown(county.town)[0][1] == "inherited"


def test_a_unit_may_have_one_of_its_own_beside_the_default_ones(county: County) -> None:
    make_template("publicity", SEATS)
    make_body(county.town, county.admin, name="防汛工作专班")

    assert [row[:2] for row in shown(county.town)] == [("安全宣传组", "inherited"), ("防汛工作专班", "own")]


def test_a_copy_keeps_at_least_one_seat(county: County) -> None:
    template, today = make_template("publicity", [SEATS[2]]), local_today()
    own = defaults.change_default(county.town, template, today, actor=county.admin)
    seat = queries.seats_of([queries.effective(own, county.town, today)], today)[own.id][0].wanted.row
    assert seat is not None

    with pytest.raises(DomainError, match="至少保留一席"):
        services.end_seat(own, seat, today, actor=county.admin)


def test_a_unit_of_another_type_has_no_such_body(county: County) -> None:
    template = make_template("publicity", SEATS)

    with pytest.raises(InvalidTransition):
        defaults.change_default(county.department, template, local_today(), actor=county.admin)


def test_a_template_out_of_use_leaves_the_copies_that_units_made(county: County) -> None:
    template = make_template("publicity", SEATS)
    defaults.change_default(county.town, template, local_today(), actor=county.admin)

    defaults.set_template_active(template, False, actor=county.admin)

    assert [row[1] for row in shown(county.town)] == ["changed"]
    assert shown(county.other_town) == []


def test_a_template_does_not_stand_below_itself(county: County) -> None:
    above, below = make_template("a", SEATS), make_template("b", SEATS, parent_code="a")

    with pytest.raises(DomainError, match="自己的下设组"):
        change(above, county, parent_code=below.code)


def test_fourteen_groups_over_thirty_eight_units_are_one_page_with_a_fixed_number_of_statements(
    county: County,
) -> None:
    templates = [make_template(f"g{number:02d}", SEATS, sort_order=number) for number in range(14)]
    first = count_statements(lambda: queries.matrix_of(templates, "", local_today()))
    for _ in range(36):
        make_unit(parent=county.root, kind=county.town.unit_type)
    defaults.drop_default(county.town, templates[0], actor=county.admin)
    defaults.change_default(county.town, templates[1], local_today(), actor=county.admin)
    make_body(county.town, county.admin)

    rows, count = queries.matrix_of(templates, "", local_today())

    assert count == 38
    states = [state for row in rows for _, state in row.cells]
    assert len(states) == 14 * 38
    assert (states.count("dropped"), states.count("changed"), states.count("inherited")) == (1, 1, 530)
    assert [row.own_count for row in rows if row.unit.id == county.town.id] == [1]
    assert count_statements(lambda: queries.matrix_of(templates, "", local_today())) <= first + 1
