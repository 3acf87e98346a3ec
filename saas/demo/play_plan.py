"""A plan from its draft to the issued PDF, by the office, the departments and the leaders."""

from __future__ import annotations

import time

from saas.demo.cast import Play
from saas.demo.pages import Page
from saas.demo.visitor import Unexpected
from saas.tenancy.pack_content import PlanTable
from saas.tenancy.pack_schema import RoleName

OFFICE = "office1"
PROMISE = "进展情况按月公开，接受群众监督。"


def play_plan(play: Play, code: str) -> None:
    """Take the plan as far as it can go: whatever was done in an earlier play stays done."""
    plan = next(entry.plan for entry in play.pack.configuration.plans if entry.plan.code == code)
    page = _open_plan(play, plan)
    if page.find_link("检查并送审"):
        page = _revise_and_send(play, plan, page)
    _countersign(play, plan)
    _check_and_sign(play, plan)
    _issue(play, plan)


def download_plan(play: Play, code: str) -> None:
    """Fetch the file of a plan that was issued in the past."""
    since = time.monotonic()
    plan = next(entry.plan for entry in play.pack.configuration.plans if entry.plan.code == code)
    link = next((link for link in _open_plan(play, plan, "document").links if "/documents/" in link.href), None)
    if link is None:
        play.say(f"– {play.demonstration.name} “{plan.title}”还没有印发")
        return
    path = play.download(OFFICE, link.href, code)
    play.step("取回已印发的方案", f"“{plan.title}”，{path.stat().st_size // 1024} KB", since)


def _open_plan(play: Play, plan: PlanTable, tab: str = "text") -> Page:
    office = play.visitor(OFFICE)
    link = office.open("/plans").find_link(plan.title, href="/plans/")
    if link is None:
        raise Unexpected(f"no plan “{plan.title}” in the list of plans")
    return office.open(f"{link.href}?tab={tab}")


def _revise_and_send(play: Play, plan: PlanTable, page: Page) -> Page:
    since = time.monotonic()
    office = play.visitor(OFFICE)
    edit = office.form(office.open(_href(page, "方案信息")), "/edit")
    goals = dict(edit.fields).get("goals", "")
    if PROMISE not in goals:
        page = office.send(edit, {"goals": f"{goals.rstrip()}{PROMISE}"})
        play.step("县级办公室修改方案", f"“{plan.title}”的总体目标已补充", since)
    since = time.monotonic()
    page = office.send(office.form(office.open(_href(page, "检查并送审")), "/submit"))
    play.step("送审", "检查通过，已按流程送会签单位", since)
    return page


def _href(page: Page, text: str) -> str:
    link = page.find_link(text)
    if link is None:
        raise Unexpected(f"no link “{text}” on {page.path}")
    return link.href


def _countersign(play: Play, plan: PlanTable) -> None:
    for unit in plan.countersign_units:
        since = time.monotonic()
        leader = play.logins(unit, RoleName.LEADER)[0]
        cases = play.open_cases(leader, plan.title)
        for case in cases:
            play.approve(leader, case, "无不同意见。")
        if cases:
            play.step("部门会签", f"{play.units[unit].name}已会签", since)


def _check_and_sign(play: Play, plan: PlanTable) -> None:
    for post, what in (("政府办主任", "核稿"), (plan.signatory, "签发")):
        since = time.monotonic()
        person = play.logins(play.root, post=post)[0]
        cases = play.open_cases(person, plan.title)
        for case in cases:
            play.approve(person, case, "同意。")
        if cases:
            play.step(what, f"{post}已办理", since)


def _issue(play: Play, plan: PlanTable) -> None:
    since = time.monotonic()
    office = play.visitor(OFFICE)
    form = _open_plan(play, plan).find_form("/issue")
    if form is not None:
        page = office.send(form)
        document, what = page.path, "已印发，PDF 由后台任务生成"
    else:
        link = next((link for link in _open_plan(play, plan, "document").links if "/documents/" in link.href), None)
        if link is None:
            raise Unexpected(f"“{plan.title}” is neither signed nor issued")
        document, what = link.href, "此前已印发，PDF 已取回"
    path = play.download(OFFICE, document, plan.code)
    play.step("印发方案", f"{what}，{path.stat().st_size // 1024} KB", since)
