"""Choices from outside a form: the county's units on a day, and lists that forms share."""

from __future__ import annotations

from datetime import date

import pytest

from saas.access.permissions import Role
from saas.db import at_moment, db
from saas.domain.answers import answers_from_stored, parse_answers
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.filed import answer_rows
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import ChoiceList, VersionStatus
from saas.forms.outside_choices import ChoiceBook, check_sources, with_choices
from saas.forms.services import publish
from saas.org.models import OrgUnit
from saas.org.versions import change_from
from saas.submissions.defining import definition_of
from saas.submissions.models import Submission
from saas.submissions.revisions import correct
from saas.submissions.services import submit
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import IN_TIME, Place, clerk, now, place

__all__ = ["clerk", "now", "place"]  # the fixtures of filling

TODAY = date(2026, 3, 10)
TOWN = {"type": "select_one", "name": "town", "label": "乡镇", "choices_from": "units:township"}
VILLAGE = {
    "type": "select_one",
    "name": "village",
    "label": "村",
    "choices_from": "units:village",
    "choice_filter": "parent = ${town}",
}
CROP = {"type": "select_multiple", "name": "crops", "label": "作物", "choices_from": "list:crops"}


def form(*fields: object) -> FormDefinition:
    return form_from_mapping({"code": "visits", "name": "走访", "fields": list(fields)})


@pytest.fixture
def crops(tenant: Tenant) -> ChoiceList:
    choices = [
        {"name": "rice", "label": "水稻", "columns": {"season": "summer"}},
        {"name": "wheat", "label": "小麦", "columns": {"season": "winter"}},
    ]
    made = ChoiceList(code="crops", name="作物", choices=choices)
    db.session.add(made)
    db.session.flush()
    return made


def offered(definition: FormDefinition, name: str) -> list[str]:
    labels = next([choice.label for choice in item.choices] for item in definition.fields if item.name == name)
    return [label for label in labels if label != "整治办"]  # the office that the factories set up


def test_the_units_of_a_type_are_offered_by_their_code_with_what_they_stand_under(place: Place) -> None:
    filled = with_choices(form(TOWN, VILLAGE), None, TODAY)

    assert offered(filled, "town") == ["青石镇", "白沙镇"]
    village = next(each for each in filled.fields[1].choices if each.label == "柳塘村")
    assert village.name == place.village.code
    assert village.columns == {"parent": place.town.code, "parent_name": "青石镇", "level": str(_level(place.village))}


def _level(unit: OrgUnit) -> int:
    return unit.unit_type.level


def test_a_village_is_chosen_after_its_town(place: Place) -> None:
    filled = with_choices(form(TOWN, VILLAGE), None, TODAY)
    right = {"town": [place.town.code], "village": [place.village.code]}
    wrong = {"town": [place.town.code], "village": [place.far_village.code]}

    assert parse_answers(filled, right).is_valid
    assert str(parse_answers(filled, wrong).errors["village"]) == "“村”的选项与前面的回答不符，请重新选择"


def test_own_units_are_those_at_or_below_the_one_that_fills(place: Place) -> None:
    own = form(_own())

    assert offered(with_choices(own, place.town, TODAY), "village") == ["柳塘村", "石桥村"]
    assert offered(with_choices(own, place.village, TODAY), "village") == ["柳塘村"]
    assert offered(with_choices(own, None, TODAY), "village") == ["柳塘村", "石桥村", "白沙村"]


def _own() -> dict[str, object]:
    return {"type": "select_one", "name": "village", "label": "村", "choices_from": "units:village:own"}


def test_units_are_offered_as_they_were_on_the_day(place: Place) -> None:
    change_from(place.village, date(2026, 3, 5), TODAY, name="柳塘社区")
    place.neighbour.valid_to = date(2026, 3, 1)
    db.session.flush()
    villages = form({**_own(), "choices_from": "units:village"})

    assert offered(with_choices(villages, None, date(2026, 2, 28)), "village") == ["柳塘村", "石桥村", "白沙村"]
    assert offered(with_choices(villages, None, TODAY), "village") == ["柳塘社区", "白沙村"]


def test_a_shared_list_fills_every_form_that_names_it(crops: ChoiceList) -> None:
    filled = with_choices(form(CROP), None, TODAY)

    assert offered(filled, "crops") == ["水稻", "小麦"]
    assert parse_answers(filled, {"crops": ["rice", "wheat"]}).answers == {"crops": ("rice", "wheat")}


def test_what_came_from_outside_is_not_written_into_the_form(crops: ChoiceList) -> None:
    definition = form(CROP)

    assert form_to_mapping(with_choices(definition, None, TODAY)) == form_to_mapping(definition)


def test_choices_inside_groups_and_repeats_are_filled(place: Place, crops: ChoiceList) -> None:
    nested = form({"type": "begin_repeat", "name": "fields", "label": "地块", "fields": [CROP]}, TOWN)

    filled = with_choices(nested, None, TODAY)

    assert [choice.label for choice in filled.fields[0].fields[0].choices] == ["水稻", "小麦"]


def test_a_form_without_outside_choices_costs_nothing(tenant: Tenant) -> None:
    plain = form({"type": "text", "name": "a", "label": "甲"})

    assert count_statements(lambda: with_choices(plain, None, TODAY)) == 0
    assert with_choices(plain, None, TODAY) is plain


def test_many_forms_share_what_one_book_has_read(place: Place, crops: ChoiceList) -> None:
    book = ChoiceBook(TODAY)

    assert count_statements(lambda: with_choices(form(TOWN, VILLAGE, CROP), None, TODAY, book=book)) == 2
    assert count_statements(lambda: with_choices(form(VILLAGE, TOWN, CROP), None, TODAY, book=book)) == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("villages", "不认识的选项来源"),
        ("units:", "不认识的选项来源"),
        ("units:village:theirs", "不认识的选项来源"),
    ],
)
def test_a_source_that_is_none_is_refused_with_advice(source: str, said: str) -> None:
    with pytest.raises(FormError, match=said):
        form({**_own(), "choices_from": source})


def test_choices_stand_in_one_place_only() -> None:
    with pytest.raises(FormError, match="选项写了两处"):
        form({**_own(), "choices": [{"name": "a", "label": "甲"}]})


def test_a_filter_on_units_knows_their_columns() -> None:
    with pytest.raises(FormError, match="不认识“colour”"):
        form({**_own(), "choice_filter": "colour = 'red'"})


def test_a_form_is_not_published_with_a_list_or_type_that_the_county_has_not(place: Place) -> None:
    version = make_version(make_form(), CROP, status=VersionStatus.DRAFT)

    with pytest.raises(FormError, match="没有公用选项“crops”"):
        publish(version, actor=make_user(Role.SYSTEM_ADMIN))
    with pytest.raises(FormError, match="没有单位类型“hamlet”"):
        check_sources(form({**_own(), "choices_from": "units:hamlet"}))


def test_a_filter_on_a_list_knows_the_columns_of_the_list(crops: ChoiceList) -> None:
    check_sources(form({**CROP, "choice_filter": "season = 'winter'"}))

    with pytest.raises(FormError, match="不认识“colour”"):
        check_sources(form({**CROP, "choice_filter": "colour = 'red'"}))


def filed(place: Place) -> Submission:
    version = make_version(make_form(), TOWN, VILLAGE, CROP)
    answers = {"town": place.town.code, "village": place.village.code, "crops": ["rice"]}
    return make_submission(make_collection(version), place.village, answers=answers)


def texts(submission: Submission) -> list[str]:
    definition = definition_of(submission)
    return [row.text for row in answer_rows(definition, answers_from_stored(definition, submission.answers))]


def test_what_was_handed_in_reads_as_it_did_after_a_rename_a_merger_and_an_edited_list(
    place: Place, crops: ChoiceList
) -> None:
    submission = filed(place)
    submit(submission, actor=place.clerk)
    assert texts(submission) == ["青石镇", "柳塘村", "水稻"]

    change_from(place.town, date(2026, 3, 20), TODAY, name="青石街道")
    place.village.valid_to = date(2026, 3, 25)
    crops.choices = [{"name": "wheat", "label": "小麦"}]
    db.session.flush()

    with at_moment(IN_TIME.replace(month=6)):
        assert texts(submission) == ["青石镇", "柳塘村", "水稻"]


def test_the_page_offers_the_villages_of_the_town_that_was_chosen(clerk: Browser, place: Place) -> None:
    version = make_version(make_form(), TOWN, VILLAGE)
    path = f"/submissions/fill/{make_collection(version).id}/{place.village.id}/2026-03-01"

    asked = clerk.post(path, {"town": place.other_town.code, "version": "0"}, htmx=True)

    assert "白沙村" in asked.text
    assert "柳塘村" not in asked.text


def test_a_page_with_units_costs_one_statement_more(clerk: Browser, place: Place) -> None:
    plain = make_collection(make_version(make_form(), {"type": "text", "name": "a", "label": "甲"}))
    units = make_collection(make_version(make_form(), TOWN, VILLAGE))
    for each in range(30):
        make_unit(f"第{each}村", parent=place.town)

    def opened(collection_id: object) -> int:
        path = f"/submissions/fill/{collection_id}/{place.village.id}/2026-03-01"
        clerk.get(path)
        return count_statements(lambda: clerk.get(path))

    assert opened(units.id) == opened(plain.id) + 1


def test_a_correction_may_keep_a_choice_that_is_not_offered_any_more(
    clerk: Browser, place: Place, crops: ChoiceList
) -> None:
    submission = filed(place)
    submit(submission, actor=place.clerk)
    submission.status, submission.signed_off_at = SubmissionStatus.SIGNED_OFF, IN_TIME
    crops.choices = [{"name": "wheat", "label": "小麦"}]
    db.session.flush()
    revision = correct(submission, actor=place.clerk)
    db.session.commit()

    path = f"/submissions/fill/{revision.collection_id}/{place.village.id}/2026-03-01"
    page = clerk.get(path)
    kept = {"town": place.town.code, "village": place.village.code, "crops": "rice", "version": str(revision.version)}
    saved = clerk.post(path, {**kept, "action": "check"})

    assert "水稻" in page.text
    assert saved.status_code == 303, saved.text
    assert texts(revision) == ["青石镇", "柳塘村", "水稻"]
