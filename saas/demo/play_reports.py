"""Reports of one town or street: the office sets the time, clerks fill, the town reviews, the office accepts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

from saas.demo.answers import Background, write_answers
from saas.demo.cast import Play
from saas.demo.draws import Draw, spread_loss
from saas.demo.pages import Link, Page
from saas.demo.photos import draw_scene
from saas.demo.play_plan import OFFICE
from saas.demo.visitor import Unexpected, Visitor
from saas.domain.answers import raw_from_answers
from saas.domain.fields import FieldType, FormDefinition, iter_fields
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.scheme import RuleKind
from saas.tenancy.pack_content import CollectionTable
from saas.tenancy.pack_schema import RoleName, UnitRow

ACCEPTING = "office2"
REASON = "演示：为便于当日走完整个流程，调整本期填报和复查时间。"
RETURNED = "照片与文字说明不一致，请核对后再报。"


def present_period(play: Play, code: str) -> tuple[CollectionTable, Period]:
    """A collection of the pack and its period of today."""
    table = next(e.table for e in play.pack.configuration.collections if e.table.code == code)
    return table, period_of(play.today, Cadence(table.cadence))


def play_reports(play: Play, code: str) -> None:
    """Everything that the units of the played town still have to report for the present period."""
    table, period = present_period(play, code)
    title = f"{period.label}{table.name}"
    collection = open_window(play, table, period)
    units = play.below(play.demonstration.stage)
    _fill(play, table, collection, period, units)
    _review(play, table, title, units)
    _accept(play, title, units)


def open_window(play: Play, table: CollectionTable, period: Period) -> str:
    """Let today lie in the window of the period, for reporting and for the re-check. Return the collection's page."""
    since = time.monotonic()
    office = play.visitor(OFFICE)
    link = office.open("/collections").find_link(table.name, href="/collections/")
    if link is None:
        raise Unexpected(f"no collection “{table.name}”")
    form = office.form(office.open(f"{link.href}/windows/{period.start.isoformat()}"), period.start.isoformat())
    today, now = play.today.isoformat(), dict(form.fields)
    wanted = {name: value for name, value in now.items() if name in _DAYS}
    for name, is_first in _DAYS.items():
        value = now.get(name, "")
        if value and (value > today if is_first else value < today):
            wanted[name] = today
    if all(now[name] == value for name, value in wanted.items()):
        play.step("填报时间", f"{period.label}的填报和复查时间包含今天，不用调整", since)
    else:
        office.send(form, {**wanted, "reason": REASON})
        play.step("调整填报时间", f"{period.label}{table.name}，已写明原因", since)
    return link.href


_DAYS = {"opens_on": True, "due_on": False, "recheck_from": True, "recheck_to": False}


# --- filling --------------------------------------------------------------------------------------------------------


def _fill(play: Play, table: CollectionTable, collection: str, period: Period, units: list[UnitRow]) -> None:
    since = time.monotonic()
    done: list[str] = []

    def report(unit: UnitRow) -> None:
        clerk = play.visitor(play.logins(unit.code, RoleName.VILLAGE_CLERK)[0])
        link = _to_fill(clerk, collection, period)
        if link is not None:
            _hand_in(play, clerk, clerk.open(link.href), table, unit, with_photo=unit in units[::5])
            done.append(unit.code)

    play.together(report, units)
    what = f"{len(done)} 个单位填写、核对并报送" if done else "本期都已报送"
    play.step(f"{play.units[play.demonstration.stage].name}下级填报", what, since)


def _to_fill(clerk: Visitor, collection: str, period: Period) -> Link | None:
    """The link under which a clerk fills this form for this period; None if it was handed in."""
    collection_id = collection.rstrip("/").rpartition("/")[2]
    page = clerk.open("/submissions")
    return next(
        (
            link
            for link in page.links
            if f"/fill/{collection_id}/" in link.href and link.href.endswith(period.start.isoformat())
        ),
        None,
    )


def _hand_in(
    play: Play, clerk: Visitor, page: Page, table: CollectionTable, unit: UnitRow, *, with_photo: bool
) -> None:
    definition = next(e.form for e in play.pack.configuration.forms if e.form.code == table.form)
    form = next((form for form in page.forms if ("action", "check") in form.buttons), None)
    if form is None:
        raise clerk.unexpected(page, "a form to fill")
    raw = raw_from_answers(definition, write_answers(definition.fields, _background(play, table, unit)))
    rows = {name for name in raw if "[" in name}
    values: dict[str, str | list[str]] = {name: value for name, value in raw.items() if name not in rows}
    files = {_image(definition): ("现场.jpg", draw_scene(len(unit.code)))} if with_photo else {}
    files = {name: file for name, file in files.items() if name}
    checked = clerk.send(form, {**values, "action": "check"}, files=files)
    clerk.send(clerk.form(checked, "/submit"))


def _image(definition: FormDefinition) -> str:
    paths = [path for path, item in iter_fields(definition) if item.type is FieldType.IMAGE and "[]" not in path]
    return paths[0] if paths else ""


def _background(play: Play, table: CollectionTable, unit: UnitRow) -> Background:
    draw = Draw("play", unit.code, play.today)
    scheme = next((e for e in play.pack.configuration.schemes if e.application.collection == table.code), None)
    rules = scheme.scheme.rules if scheme else ()
    full = {r.code: r.full_score for r in rules if r.kind is RuleKind.MANUAL_SCORE and r.full_score is not None}
    history = play.pack.configuration.history
    entries = history.history.answers if history else ()
    return Background(
        draw=draw,
        on=play.today,
        period_start=play.today.replace(day=1),
        known=dict(unit.attributes),
        ranges={entry.field: (entry.low, entry.high) for entry in entries if entry.collection == table.code},
        scores=spread_loss(full, Decimal(draw.between(2, 14)), draw),
        full_scores=full,
    )


# --- reviewing ------------------------------------------------------------------------------------------------------


def _cases(play: Play, login_name: str, title: str, units: list[UnitRow]) -> Iterator[tuple[UnitRow, Link]]:
    """The open cases of these units, in their order."""
    found = play.open_cases(login_name, title)
    for unit in units:
        for case in found:
            if case.text.startswith(unit.name) or f"{unit.name} {title}" in case.text:
                yield unit, case


def _review(play: Play, table: CollectionTable, title: str, units: list[UnitRow]) -> None:
    since = time.monotonic()
    officer = play.logins(play.demonstration.stage, RoleName.TOWN_OFFICER)[0]
    cases = list(_cases(play, officer, title, units))
    if not cases:
        return
    returned = _return_one(play, officer, cases[0][1])
    if returned:
        play.step("审核退回", f"{cases[0][0].name}：{RETURNED}", since)
        _correct(play, table, title, cases[0][0])
    since = time.monotonic()
    cases = list(_cases(play, officer, title, units))
    for _unit, case in cases:
        play.approve(officer, case, "情况属实，同意上报。")
    play.step(f"{play.units[play.demonstration.stage].name}审核", f"{len(cases)} 件审核通过", since)


def _return_one(play: Play, officer: str, case: Link) -> bool:
    visitor = play.visitor(officer)
    page = visitor.open(case.href)
    form = page.find_form("/return")
    if form is None or RETURNED in page.text:
        return False
    visitor.send(form, {"reason": RETURNED})
    return True


def _correct(play: Play, table: CollectionTable, title: str, unit: UnitRow) -> None:
    since = time.monotonic()
    clerk = play.visitor(play.logins(unit.code, RoleName.VILLAGE_CLERK)[0])
    link = clerk.open("/submissions").find_link(title, href="/fill/")
    if link is None:
        raise Unexpected(f"{unit.name} does not see what was returned")
    page = clerk.open(link.href)
    if RETURNED not in page.text:
        raise clerk.unexpected(page, "the reason of the return")
    form = next((form for form in page.forms if ("action", "check") in form.buttons), None)
    if form is None:
        raise clerk.unexpected(page, "a form to correct")
    checked = clerk.send(form, {"remark": "已按退回意见更正。", "action": "check"})
    clerk.send(clerk.form(checked, "/submit"))
    play.step("修改重报", f"{unit.name}按退回意见更正并重新报送", since)


def _accept(play: Play, title: str, units: list[UnitRow]) -> None:
    since = time.monotonic()
    cases = list(_cases(play, ACCEPTING, title, units))
    for _unit, case in cases:
        play.approve(ACCEPTING, case)
    if cases:
        play.step("县级验收", f"{len(cases)} 件验收", since)
