"""What the county knows stands in the form: every source, what became of it, and taking last period over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.accounts.services import make_viewer
from saas.db import db, new_id
from saas.domain.prefill import read_prefill
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormVersion
from saas.org.models import UnitVersion
from saas.registers.figures import register_figures
from saas.registers.models import Register, RegisterRecord
from saas.submissions.filling import Place as FillPlace
from saas.submissions.filling import get_place
from saas.submissions.models import Collection, Submission
from saas.submissions.services import save_answers, start_submission, submit
from tests.browser import Browser
from tests.factories_forms import QUESTIONS, make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place

SIGNED = SubmissionStatus.SIGNED_OFF
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
STOCK: list[Mapping[str, Any]] = [
    {
        "type": "integer", "name": "opening", "label": "期初库存", "measure": "件", "required": True,
        "read_only": True, "prefill": "last:closing",
    },
    {"type": "integer", "name": "received", "label": "入库", "measure": "件", "required": True},
    {"type": "integer", "name": "issued", "label": "出库", "measure": "件", "required": True},
    {
        "type": "integer", "name": "closing", "label": "期末库存", "measure": "件",
        "calculation": "${opening} + ${received} - ${issued}",
    },
]  # fmt: skip


def question(prefill: str, **keys: Any) -> dict[str, Any]:
    return {"type": "integer", "name": "n", "label": "数", "measure": "人", "prefill": prefill, **keys}


def collect(*fields: Mapping[str, Any], name: str = "库存月报") -> Collection:
    return make_collection(make_version(None, *fields), name=name)


def filling(place: Place, collection: Collection, start: date = MARCH) -> FillPlace:
    return get_place(collection.id, place.village.id, start.isoformat(), make_viewer(place.clerk))


def first(place: Place, collection: Collection, path: str = "n") -> list[str]:
    return filling(place, collection).stored_raw()[path]


def path_of(place: Place, collection: Collection, period: str = "2026-03-01") -> str:
    return f"/submissions/fill/{collection.id}/{place.village.id}/{period}"


def fill(
    browser: Browser, place: Place, collection: Collection, *, is_sent: bool = False, **answers: str
) -> Submission:
    """Post the form of March, and hand it in if asked to."""
    begun = filling(place, collection).submission
    form = {"version": str(begun.version if begun else 0), "action": "check" if is_sent else "save", **answers}
    assert browser.post(path_of(place, collection), form).status_code == 303
    submission = filling(place, collection).submission
    assert submission is not None
    if is_sent:
        browser.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})
    return submission


# --- one source each ------------------------------------------------------------------------------------------------


def test_an_attribute_stands_in_the_form_with_its_source(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"residents": 1250}
    place.village.unit_type.attributes = [
        {"name": "residents", "label": "常住人口", "type": "integer", "measure": "人"}
    ]
    collection = collect(question("attribute:residents"))

    page = clerk.get(path_of(place, collection)).text

    assert 'value="1250"' in page
    assert "来自：单位信息 常住人口" in page


def test_an_attribute_is_that_of_the_periods_last_day(place: Place) -> None:
    version = db.session.query(UnitVersion).filter_by(unit_id=place.village.id).one()
    version.ends_on = date(2026, 3, 5)
    later_version = UnitVersion(
        unit_id=place.village.id, unit_type_id=version.unit_type_id, name="柳塘社区", starts_on=date(2026, 3, 5)
    )
    version.attributes, later_version.attributes = {"residents": 1200}, {"residents": 1300}
    place.village.attributes = {"residents": 1300}
    db.session.add(later_version)
    collection = collect(question("attribute:residents"), {**question("unit:name"), "type": "text", "name": "who"})

    february = filling(place, collection, FEBRUARY)

    assert february.stored_raw()["n"] == ["1200"]
    assert february.stored_raw()["who"] == ["柳塘村"]
    assert first(place, collection) == ["1300"]


def test_an_attribute_in_another_measure_or_that_is_not_known_stays_empty(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"residents": 1250}
    place.village.unit_type.attributes = [
        {"name": "residents", "label": "常住人口", "type": "integer", "measure": "万人"}
    ]
    collection = collect(question("attribute:residents"), question("attribute:area", name="m"))

    page = clerk.get(path_of(place, collection)).text

    assert 'value="1250"' not in page
    assert "单位信息 常住人口：计量单位不同，请填写" in page
    assert "单位信息 area：没有登记，请填写" in page


@pytest.mark.parametrize(("fact", "value"), [("name", "柳塘村"), ("parent", "青石镇")])
def test_a_unit_knows_its_own_names(place: Place, fact: str, value: str) -> None:
    collection = collect(
        {"type": "text", "name": "n", "label": "单位", "prefill": f"unit:{fact}"}, question("last", name="m")
    )

    assert first(place, collection) == [value]


def test_the_last_report_counts_once_handed_in_and_until_sent_back(place: Place) -> None:
    collection = collect(question("last"))
    for month, status, value in [(1, SIGNED, 7), (2, SubmissionStatus.RETURNED, 8)]:
        make_submission(
            collection, place.village, period_start=date(2026, month, 1), status=status, answers={"n": value}
        )

    assert first(place, collection) == ["7"]


def test_a_source_that_nobody_signed_yet_says_so(clerk: Browser, place: Place) -> None:
    collection = collect(question("last"))
    make_submission(
        collection, place.village, period_start=FEBRUARY, status=SubmissionStatus.SUBMITTED, answers={"n": 7}
    )

    assert "来自：2026年2月填报（尚未签批）" in clerk.get(path_of(place, collection)).text


def test_a_missing_last_answer_and_one_that_did_not_apply_are_no_values(clerk: Browser, place: Place) -> None:
    collection = collect(question("last", not_applicable=True), question("last", name="m"))
    make_submission(
        collection,
        place.village,
        period_start=FEBRUARY,
        status=SIGNED,
        answers={"n": {"not_applicable": True}, "m": None},
    )

    page = clerk.get(path_of(place, collection)).text

    assert "2026年2月填报：填的是不适用，请填写" in page
    assert "2026年2月填报：没有填，请填写" in page
    assert filling(place, collection).sources.offers()["n"].typed == ()


def test_another_form_gives_its_newest_report_of_the_period_or_before(place: Place) -> None:
    other = collect(
        {"type": "begin_group", "name": "g", "label": "组", "fields": [{**question("last"), "name": "found"}]}
    )
    collection = collect(
        question(f"form:{other.form.code}.g.found"), question(f"form:{other.form.code}.lost", name="m")
    )
    for month, value in [(1, 11), (3, 33), (4, 44)]:
        make_submission(
            other, place.village, period_start=date(2026, month, 1), status=SIGNED, answers={"g": {"found": value}}
        )
    make_submission(other, place.neighbour, period_start=MARCH, status=SIGNED, answers={"g": {"found": 99}})

    sources = filling(place, collection).sources

    assert sources.offers()["n"].typed == ("33",)
    assert sources.offers()["n"].called == "2026年3月库存月报“数”"
    assert sources.offers()["m"].problem == "那时没有问这一项，或者计量单位不同"


# --- registers ------------------------------------------------------------------------------------------------------


def make_register(place: Place, *records: Mapping[str, Any]) -> Register:
    version: FormVersion = make_version(make_form(), *QUESTIONS)
    register = Register(id=new_id(), code="hazards", name="隐患台账", form_id=version.form_id)
    db.session.add(register)
    db.session.flush()
    for number, columns in enumerate(records, start=1):
        values = {"unit_id": place.village.id, "opened_on": date(2026, 1, 5), "state": "open", **columns}
        db.session.add(
            RegisterRecord(
                register_id=register.id,
                form_version_id=version.id,
                number=number,
                title=f"第{number}条",
                created_by_id=place.clerk.id,
                **values,
            )
        )
    db.session.flush()
    return register


@pytest.mark.parametrize(
    ("source", "figure"),
    [
        ("count", "4"),
        ("count[done]", "2"),
        ("opened", "2"),
        ("closed", "1"),
        ("open", "2"),
        ("sum(cost)", "12.5"),
        ("sum(cost)[done]", "2.5"),
        ("sum(unknown)", None),
    ],
)
def test_a_register_gives_the_figures_of_the_unit(place: Place, source: str, figure: str | None) -> None:
    make_register(
        place,
        {"answers": {"cost": 10}},
        {"state": "done", "closed_on": date(2026, 2, 3), "answers": {"cost": "2.5"}},
        {"state": "done", "opened_on": date(2026, 3, 2), "closed_on": date(2026, 3, 9), "answers": {"cost": None}},
        {"opened_on": date(2026, 3, 8), "answers": {"cost": {"not_applicable": True}}},
        {"unit_id": place.neighbour.id, "opened_on": date(2026, 3, 8), "answers": {"cost": 700}},
    )
    wanted = read_prefill(f"register:hazards.{source}")

    found = register_figures([place.village.id], [wanted], MARCH, date(2026, 3, 31))[place.village.id]

    assert found[wanted].value == (Decimal(figure) if figure else None)


def test_a_register_without_records_says_zero_and_one_that_does_not_exist_says_nothing(
    clerk: Browser, place: Place
) -> None:
    make_register(place)
    collection = collect(question("register:hazards.open", measure="处"), question("register:roads.count", name="m"))

    page = clerk.get(path_of(place, collection)).text

    assert 'value="0"' in page
    assert "来自：台账 隐患台账" in page
    assert "台账：没有编码为“roads”的台账，请填写" in page


# --- what becomes of it ---------------------------------------------------------------------------------------------


def test_the_origin_is_kept_and_says_when_somebody_changed_the_answer(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"residents": 1250}
    collection = collect(question("attribute:residents"))
    submission = fill(clerk, place, collection, n="1250")
    assert submission.origins["n"]["value"] == 1250
    assert "来自：单位信息 residents" in clerk.get(path_of(place, collection)).text

    fill(clerk, place, collection, is_sent=True, n="1260")

    words = "已修改（原 1250 人，来自：单位信息 residents）"
    assert words in clerk.get(f"/submissions/{submission.id}").text


def test_what_was_filled_in_before_the_source_changed_stays(clerk: Browser, place: Place) -> None:
    place.village.attributes = {"residents": 1250}
    collection = collect(question("attribute:residents"))
    fill(clerk, place, collection, n="1250")

    place.village.attributes = {"residents": 1300}

    assert first(place, collection) == ["1250"]


def test_the_opening_stock_is_last_months_closing_and_nobody_can_type_it(clerk: Browser, place: Place) -> None:
    collection = collect(*STOCK)
    make_submission(collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"closing": 40})

    submission = fill(clerk, place, collection, is_sent=True, opening="999", received="5", issued="15")

    assert submission.status is SubmissionStatus.SUBMITTED
    assert (submission.answers["opening"], submission.answers["closing"]) == (40, 30)
    assert "来自：2026年2月填报“期末库存”" in clerk.get(f"/submissions/{submission.id}").text


def test_the_opening_stock_follows_its_source_until_it_is_handed_in(clerk: Browser, place: Place) -> None:
    collection = collect(*STOCK)
    before = make_submission(collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"closing": 40})
    submission = fill(clerk, place, collection, received="5", issued="15")
    correction = make_submission(
        collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"closing": 44}, revision=2
    )
    assert first(place, collection, "opening") == ["44"]

    submit(submission, actor=place.clerk)

    assert (submission.answers["opening"], submission.answers["closing"]) == (44, 34)
    assert submission.origins["opening"]["value"] == 44
    before.answers, correction.answers = {"closing": 1}, {"closing": 1}
    assert submission.answers["opening"] == 44


def test_the_first_opening_stock_is_typed_by_hand(clerk: Browser, place: Place) -> None:
    collection = collect(*STOCK)
    assert "上期填报：还没有上期填报，请填写" in clerk.get(path_of(place, collection)).text

    submission = fill(clerk, place, collection, is_sent=True, opening="8", received="5", issued="1")

    assert (submission.answers["opening"], submission.answers["closing"]) == (8, 12)


def test_every_way_of_filling_keeps_the_origin(place: Place) -> None:
    collection = collect(*STOCK, question("unit:code", type="text", measure=""))
    make_submission(collection, place.village, period_start=FEBRUARY, status=SIGNED, answers={"closing": 40})
    period = filling(place, collection).period

    submission = start_submission(collection, place.village, period, actor=place.clerk)
    save_answers(submission, {"received": 5, "issued": 15, "n": "改过"}, actor=place.clerk)
    submit(submission, actor=place.clerk)

    assert submission.answers["closing"] == 30
    assert {path: kept["shown"] for path, kept in submission.origins.items()} == {
        "opening": "40 件",
        "n": place.village.code,
    }


def test_sources_cost_two_statements_at_most(clerk: Browser, place: Place) -> None:
    plain = collect(question("last"), name="无预填")
    without = make_collection(make_version(None, {"type": "integer", "name": "n", "label": "数"}))
    make_register(place)
    everything = collect(
        question("attribute:residents", name="a"),
        question("unit:parent", name="b", type="text"),
        question("last", name="c"),
        question(f"form:{plain.form.code}.n", name="d"),
        question("register:hazards.count", name="e", measure=""),
        question("register:hazards.sum(cost)", name="f", measure=""),
    )
    for each in (without, everything):
        clerk.get(path_of(place, each))

    few = count_statements(lambda: clerk.get(path_of(place, without)))
    many = count_statements(lambda: clerk.get(path_of(place, everything)))

    assert many - few <= 2
