"""Records of a register: opening, changing, moving, who may see and move them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import NoResultFound

from saas.db import db
from saas.domain.answers import answers_from_stored
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.record_filters import RecordFilter
from saas.domain.record_presets import CHECKED
from saas.domain.records import states_to_mapping
from saas.registers import queries
from saas.registers.models import RegisterRecord
from saas.registers.services import (
    change_record,
    definition_of,
    link_record,
    move_record,
    open_record,
    set_due_day,
)
from tests.registers.conftest import Place
from tests.registers.steps import actions, events, make_record, viewer_of


def test_a_record_is_opened_with_a_number_a_title_and_a_trace(place: Place) -> None:
    first, second = make_record(place, "争水渠"), make_record(place, "宅基地")

    assert (first.number, second.number) == (1, 2)
    assert (first.title, first.state, first.opened_on) == ("争水渠", "open", date(2026, 3, 10))
    assert [event.kind for event in events(first)] == ["opened"]
    assert actions() == ["record.opened", "record.opened"]


def test_the_search_key_never_holds_what_is_protected(place: Place) -> None:
    record = make_record(place, phone="13800001234", kind="land")

    assert "13800001234" not in record.search_key
    assert "土地" in record.search_key
    assert "zsq" in record.search_key


def test_a_unit_that_does_not_keep_the_register_opens_no_record(place: Place) -> None:
    with pytest.raises(DomainError) as refused:
        open_record(place.register, place.town, {"matter": "x"}, actor=place.clerk)

    assert refused.value.code == "not_asked"


def test_a_stopped_register_takes_no_record(place: Place) -> None:
    place.register.is_active = False

    with pytest.raises(DomainError) as refused:
        make_record(place)

    assert refused.value.code == "register_stopped"


def test_a_change_keeps_what_was_before(place: Place) -> None:
    record = make_record(place, people="3")
    answers = _answers(record) | {"people": 5, "visits": [{"who": "老李"}]}

    assert change_record(record, answers, actor=place.clerk)
    assert not change_record(record, answers, actor=place.clerk)

    assert events(record)[-1].changes == {
        "people": {"before": 3, "after": 5},
        "visits[0].who": {"before": None, "after": "老李"},
    }
    assert actions()[-1] == "record.changed"


def test_moving_to_a_closed_state_closes_and_back_opens_again(place: Place) -> None:
    record = make_record(place)

    move_record(record, "closed", actor=place.clerk)
    assert record.closed_on == date(2026, 3, 10)

    move_record(record, "open", actor=place.clerk, note="又起纠纷")
    assert record.closed_on is None
    assert [(event.state_before, event.state_after) for event in events(record)] == [
        ("", "open"),
        ("open", "closed"),
        ("closed", "open"),
    ]


def test_what_is_closed_does_not_change_until_it_is_opened_again(place: Place) -> None:
    record = make_record(place)
    move_record(record, "closed", actor=place.clerk)

    with pytest.raises(DomainError) as refused:
        change_record(record, _answers(record) | {"people": 9}, actor=place.clerk)
    assert refused.value.code == "closed"
    with pytest.raises(DomainError) as refused:
        set_due_day(record, date(2026, 4, 1), actor=place.clerk)
    assert refused.value.code == "closed"

    move_record(record, "open", actor=place.clerk, note="又起纠纷")
    assert change_record(record, _answers(record) | {"people": 9}, actor=place.clerk)


def test_a_move_that_the_register_does_not_have_is_refused(place: Place) -> None:
    record = make_record(place)

    with pytest.raises(InvalidTransition):
        move_record(record, "nowhere", actor=place.clerk)


def test_reopening_asks_for_a_note(place: Place) -> None:
    record = make_record(place)
    move_record(record, "closed", actor=place.clerk)

    with pytest.raises(DomainError) as refused:
        move_record(record, "open", actor=place.clerk, note=" ")

    assert refused.value.code == "no_note"


def test_a_move_may_need_an_answer(place: Place) -> None:
    moves = [{"from": "open", "to": "closed", "label": "办结", "needs": ["result"]}]
    states = [{"code": "open", "name": "在办", "kind": "open"}, {"code": "closed", "name": "办结", "kind": "closed"}]
    place.register.states = {"states": states, "moves": moves}
    record = make_record(place)

    with pytest.raises(DomainError) as refused:
        move_record(record, "closed", actor=place.clerk)
    assert "化解结果" in str(refused.value)

    change_record(record, _answers(record) | {"result": "已和解"}, actor=place.clerk)
    move_record(record, "closed", actor=place.clerk)
    assert record.state == "closed"


def test_only_those_above_check_what_a_village_has_closed(place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    record = make_record(place)
    clerk, officer = viewer_of(place.clerk), viewer_of(place.officer)

    move_record(record, "checking", actor=clerk, mover=queries.movers_of([record], clerk)[record.id])
    with pytest.raises(NotAllowed):
        move_record(record, "closed", actor=clerk, mover=queries.movers_of([record], clerk)[record.id])
    move_record(record, "closed", actor=officer, mover=queries.movers_of([record], officer)[record.id])

    assert record.state == "closed"


def test_a_due_day_follows_the_rule(place: Place) -> None:
    rules = {"due": {"working_days": 5}}
    place.register.states = states_to_mapping(CHECKED) | rules
    assert make_record(place).due_on == date(2026, 3, 17)

    place.register.states = states_to_mapping(CHECKED) | {"due": {"field": "deadline"}}
    record = make_record(place, deadline="2026-04-01")
    change_record(record, _answers(record) | {"deadline": date(2026, 5, 1)}, actor=place.clerk)
    assert record.due_on == date(2026, 5, 1)
    with pytest.raises(DomainError) as refused:
        set_due_day(record, date(2026, 6, 1), actor=place.clerk)
    assert "化解期限" in str(refused.value)


def test_a_due_day_can_be_set_where_no_answer_decides_it(place: Place) -> None:
    record = make_record(place)

    assert set_due_day(record, date(2026, 4, 1), actor=place.clerk)

    assert events(record)[-1].changes == {"due_on": {"before": None, "after": "2026-04-01"}}


# --- who sees what --------------------------------------------------------------------------------------------------


def test_a_unit_sees_its_own_records_and_those_above_see_all_below(place: Place) -> None:
    ours, theirs = make_record(place), make_record(place, "修路", unit=place.far_village)

    assert _seen(place, place.clerk) == [ours.number]
    assert _seen(place, place.officer) == [ours.number]
    assert _seen(place, place.leader) == [ours.number, theirs.number]
    assert _seen(place, place.expert) == []


def test_who_answers_for_a_record_sees_it_and_works_on_it(place: Place) -> None:
    record = make_record(place)
    with pytest.raises(NoResultFound):
        queries.get_record(record.id, viewer_of(place.expert))

    link_record(record, actor=place.clerk, role="responsible", unit=place.department)
    link_record(record, actor=place.clerk, role="contact", user=place.neighbour_clerk)

    for user in (place.expert, place.neighbour_clerk):
        assert queries.get_workable_record(record.id, viewer_of(user)).id == record.id
    assert [link.name for link in queries.list_links(record)] == ["县司法局", place.neighbour_clerk.name]


def test_those_above_read_but_do_not_write(place: Place) -> None:
    record = make_record(place)

    assert queries.get_record(record.id, viewer_of(place.leader)).id == record.id
    with pytest.raises(NoResultFound):
        queries.get_workable_record(record.id, viewer_of(place.leader))


def _seen(place: Place, user: object) -> list[int]:
    found = queries.find_records(place.register, RecordFilter(sort="number"), viewer_of(user))  # type: ignore[arg-type]
    return [record.number for record in found]


def _answers(record: RegisterRecord) -> dict[str, object]:
    db.session.flush()
    return answers_from_stored(definition_of(record), record.answers)
