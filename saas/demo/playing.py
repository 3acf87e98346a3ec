"""The whole play: both counties, step by step, over HTTP; and what to try afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from saas.demo import moments
from saas.demo.cast import Play
from saas.demo.counties import PASSWORD, RURAL, URBAN, Demonstration
from saas.demo.play_plan import OFFICE, download_plan, play_plan
from saas.demo.play_reports import play_reports
from saas.demo.play_round import download_bulletin, play_round
from saas.domain.periods import Cadence
from saas.tenancy.pack_schema import RoleName
from saas.tenancy.packs import read_pack

ROLES = {
    RoleName.OFFICE: "县级办公室",
    RoleName.DEPARTMENT: "部门经办人",
    RoleName.LEADER: "领导",
    RoleName.TOWN_OFFICER: "乡镇（街道）审核人",
    RoleName.VILLAGE_CLERK: "村（社区）填报人",
    RoleName.INSPECTOR: "检查（评估）人员",
    RoleName.SYSTEM_ADMIN: "系统管理员",
    RoleName.SECURITY_ADMIN: "安全管理员",
    RoleName.AUDITOR: "审计管理员",
}


def play_all(base_url: str, folder: Path, today: date, say: Callable[[str], None]) -> None:
    """Play both counties. Raises Unexpected at the first step that does not give its result."""
    rural, urban = (_begin(base_url, each, folder, today, say) for each in (RURAL, URBAN))
    try:
        if not (_is_of_this_year(rural, "village_cleaning") and _is_of_this_year(urban, "station_outreach")):
            say("演示数据是往年载入的，其中的表单已过有效期。要再看一遍，请先 ./run reset，再 ./run demo。")
            return
        download_plan(rural, "environment_plan")
        play_plan(rural, "village_cleaning")
        play_reports(rural, "environment_self_score")
        play_round(rural, "town_environment")
        download_plan(urban, "service_plan")
        play_plan(urban, "station_outreach")
        play_reports(urban, "station_monthly")
        download_bulletin(urban, "annual_evaluation", moments.past_period(today, Cadence.YEAR, -1))
    finally:
        rural.close()
        urban.close()
    for play in (rural, urban):
        _tell_what_to_try(play, base_url)


def _begin(base_url: str, demonstration: Demonstration, folder: Path, today: date, say: Callable[[str], None]) -> Play:
    return Play(base_url, demonstration, read_pack(demonstration.folder, year=today.year), today, folder, say)


def _is_of_this_year(play: Play, code: str) -> bool:
    """Whether the county was loaded this year: its plans and forms are those of one year."""
    title = next(entry.plan.title for entry in play.pack.configuration.plans if entry.plan.code == code)
    page = play.visitor(OFFICE).open("/plans")
    if page.find_link("方案", href="/plans/") is None:
        raise play.visitor(OFFICE).unexpected(page, "plans")
    return page.find_link(title) is not None


def _people(play: Play, role: RoleName) -> list[tuple[str, str, str]]:
    """Login name, name and post of those whose first post carries the role, in the pack's order."""
    roles = {(post.unit, post.name): post.roles for post in play.pack.organisation.posts}
    return [
        (person.login_name, person.name, f"{play.units[ref.unit].name} {ref.name}")
        for person in play.pack.organisation.people
        for ref in person.posts[:1]
        if role in roles[ref.unit, ref.name]
    ]


def _tell_what_to_try(play: Play, base_url: str) -> None:
    play.say(f"\n{play.demonstration.name}  {base_url.rstrip('/')}/{play.demonstration.slug}/   密码都是 {PASSWORD}")
    for role, label in ROLES.items():
        found = _people(play, role)
        for login_name, name, post in found[: 3 if role in (RoleName.OFFICE, RoleName.LEADER) else 1]:
            play.say(f"  {label:　<10}{login_name:<10}{name}（{post}）")
    for path in play.papers:
        play.say(f"  PDF {path}")
