"""A round of assessment of the present period: re-checked, computed by a worker, confirmed, published as a bulletin."""

from __future__ import annotations

import time
from decimal import Decimal

from saas.demo.cast import JOB_SECONDS, PAUSE, Play
from saas.demo.draws import Draw, spread_loss
from saas.demo.pages import Form, Link, Page
from saas.demo.visitor import Unexpected, Visitor
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.scheme import AssessmentScheme, RuleKind
from saas.tenancy.pack_configuration import PackScheme
from saas.tenancy.pack_schema import RoleName

RUNNING = "office3"
LOST = (3, 16)  # points of a hundred that an inspector takes off
FINDING_PERCENT = 6
PRAISE = "县级检查通报（演示）"


def play_round(play: Play, code: str) -> None:
    """Take the round of the present period as far as it can go, in whatever state an earlier play left it."""
    scheme = next(entry for entry in play.pack.configuration.schemes if entry.scheme.code == code)
    period = period_of(play.today, Cadence(scheme.application.cadence))
    round_path = _start(play, scheme, period)
    _recheck(play, scheme.scheme, round_path)
    _praise(play, scheme.scheme, round_path)
    _compute(play, round_path)
    _confirm(play, round_path, period)
    _publish(play, scheme, round_path)


def download_bulletin(play: Play, code: str, period: Period) -> None:
    """Fetch the bulletin of a round that was published before."""
    since = time.monotonic()
    scheme = next(entry for entry in play.pack.configuration.schemes if entry.scheme.code == code)
    link = _find_round(play.visitor(RUNNING), scheme, period)
    document = _bulletin(play.visitor(RUNNING).open(link.href)) if link else None
    if document is None:
        play.say(f"– {play.demonstration.name} {period.label}的考核还没有发布，没有通报")
        return
    path = play.download(RUNNING, document.href, f"{code}-{period.key}")
    play.step("取回通报", f"{period.label}，{path.stat().st_size // 1024} KB", since)


# --- starting -------------------------------------------------------------------------------------------------------


def _find_round(visitor: Visitor, scheme: PackScheme, period: Period) -> Link | None:
    page = _scheme_page(visitor, scheme)
    return next((each for each in page.links if period.label == each.text and "/rounds/" in each.href), None)


def _scheme_page(visitor: Visitor, scheme: PackScheme) -> Page:
    entry = visitor.open("/assessment")
    for link in entry.links:
        if "/assessment/schemes/" in link.href:
            page = visitor.open(link.href)
            if scheme.scheme.title in page.text:
                return page
    raise visitor.unexpected(entry, f"the scheme “{scheme.scheme.title}”")


def _start(play: Play, scheme: PackScheme, period: Period) -> str:
    since = time.monotonic()
    office = play.visitor(RUNNING)
    link = _find_round(office, scheme, period)
    if link is not None:
        return link.href
    page = _scheme_page(office, scheme)
    page = office.send(office.form(page, "/rounds"), {"period": period.key})
    play.step("开展考核", f"{period.label}，考核对象按机构确定", since)
    return page.path


# --- the re-check ---------------------------------------------------------------------------------------------------


def _recheck(play: Play, scheme: AssessmentScheme, round_path: str) -> None:
    since = time.monotonic()
    inspectors = play.logins(play.root, RoleName.INSPECTOR)
    progress = play.visitor(inspectors[0]).open(f"{round_path}/recheck")
    waiting = [link for link in progress.links if link.href.endswith("/recheck") and "未复核" in link.text]
    done: list[str] = []

    def inspect(login_name: str) -> None:
        for link in waiting[inspectors.index(login_name) :: len(inspectors)]:
            if _recheck_unit(play, play.visitor(login_name), scheme, link):
                done.append(link.href)

    play.together(inspect, inspectors)
    if done:
        play.step("现场复核", f"{len(inspectors)} 名检查员复核 {len(done)} 个单位，登记发现问题", since)


def _recheck_unit(play: Play, inspector: Visitor, scheme: AssessmentScheme, link: Link) -> bool:
    page = inspector.open(link.href)
    form = page.find_form("/recheck")
    if form is None or ("intent", "complete") not in form.buttons:
        return False
    draw = Draw("recheck", link.text, play.today)
    for finding in page.forms:
        typed = _found(play, finding, scheme, link.text.split()[0], draw)
        if finding.action.endswith("/findings") and typed:
            page = inspector.send(finding, typed)
    form = inspector.form(page, "/recheck")
    inspector.send(form, {**_scores(form, scheme, draw), "intent": "complete"})
    return True


def _found(play: Play, finding: Form, scheme: AssessmentScheme, unit: str, draw: Draw) -> dict[str, str | list[str]]:
    """What an inspector types under a rule: the figure that is to be read, or now and then something found."""
    code = dict(finding.fields).get("rule_code", "")
    history = play.pack.configuration.history
    reading = next((r.attribute for r in (history.history.readings if history else ()) if r.rule == code), None)
    if reading is not None:
        figure = next((row.attributes.get(reading) for row in play.units.values() if row.name == unit), None)
        return {} if figure is None else {"quantity": str(figure), "note": "现场清点。"}
    kind = next((rule.kind for rule in scheme.rules if rule.code == code), None)
    if kind is RuleKind.PER_OCCURRENCE and draw.is_hit(FINDING_PERCENT):
        return {"quantity": "1", "note": "现场检查发现，已当场告知。"}
    return {}


def _scores(form: Form, scheme: AssessmentScheme, draw: Draw) -> dict[str, str | list[str]]:
    full = {
        rule.code: rule.full_score
        for rule in scheme.rules
        if rule.kind is RuleKind.MANUAL_SCORE and rule.full_score is not None and f"score-{rule.code}" in form.names
    }
    lost = Decimal(draw.between(*LOST)) * sum(full.values(), Decimal()) / 100
    return {f"score-{code}": f"{score:f}" for code, score in spread_loss(full, lost, draw).items()}


def _praise(play: Play, scheme: AssessmentScheme, round_path: str) -> None:
    """The office records that a village was praised in writing, while the round still takes facts."""
    since = time.monotonic()
    office = play.visitor(RUNNING)
    rule = next((rule for rule in scheme.rules if rule.kind is RuleKind.BONUS), None)
    progress = office.open(f"{round_path}/recheck")
    unit = next((link for link in progress.links if link.href.endswith("/recheck") and "/units/" in link.href), None)
    is_open = office.open(round_path).find_form("/compute") is not None
    if rule is None or unit is None or not is_open or PRAISE in office.open(f"{round_path}/facts").text:
        return
    form = office.form(office.open(f"{round_path}/facts/new"), "/facts")
    unit_id = unit.href.split("/units/")[1].partition("/")[0]
    typed = {"unit_id": unit_id, "rule_code": rule.code, "quantity": "1", "document_name": PRAISE}
    office.send(form, {**typed, "found_on": play.today.isoformat(), "noticed_on": play.today.isoformat()})
    play.step("考核办登记", f"{unit.text.split()[0]}：{rule.label}", since)


# --- from computing to the bulletin ---------------------------------------------------------------------------------


def _compute(play: Play, round_path: str) -> None:
    office = play.visitor(RUNNING)
    page = office.open(round_path)
    if page.find_form("/preview") is None and page.find_form("/compute") is not None:
        since = time.monotonic()
        office.send(office.form(page, "/compute"))
        page = _wait_for_preview(office, round_path)
        play.step("计分", "后台任务已算出每个单位的得分、金额和名次", since)
    if page.find_form("/preview") is not None:
        since = time.monotonic()
        results = office.open(f"{round_path}/results")
        if not any("/units/" in link.href for link in results.links):
            raise office.unexpected(results, "the result of each unit")
        office.send(office.form(page, "/preview"))
        play.step("预览", "逐个单位的得分、金额和名次已核对", since)


def _wait_for_preview(office: Visitor, round_path: str) -> Page:
    until = time.monotonic() + JOB_SECONDS
    while (page := office.open(round_path)).find_form("/preview") is None:
        if "计分没有完成" in page.text or time.monotonic() > until:
            raise office.unexpected(page, f"results within {JOB_SECONDS:.0f} s")
        time.sleep(PAUSE)
    return page


def _confirm(play: Play, round_path: str, period: Period) -> None:
    office = play.visitor(RUNNING)
    form = office.open(round_path).find_form("/submit")
    if form is not None:
        since = time.monotonic()
        office.send(form)
        play.step("结果送审", "结果已固定", since)
    signatory = play.pack.configuration.plans[0].plan.signatory
    for post in ("政府办主任", signatory):
        since = time.monotonic()
        person = play.logins(play.root, post=post)[0]
        cases = [case for case in play.open_cases(person, period.label) if "考核结果" in case.text]
        for case in cases:
            play.approve(person, case, "同意。")
        if cases:
            play.step("审定", f"{post}已办理", since)


def _publish(play: Play, scheme: PackScheme, round_path: str) -> None:
    since = time.monotonic()
    office = play.visitor(RUNNING)
    page = office.open(round_path)
    form = page.find_form("/publish")
    what = "此前已发布，通报已取回"
    if form is not None:
        page = office.send(form)
        what = "已发布，通报由后台任务生成"
    document = _bulletin(page)
    if document is None:
        raise Unexpected(f"no bulletin on {page.path}: {page.text[:300]}")
    path = play.download(RUNNING, document.href, f"{scheme.scheme.code}-bulletin")
    play.step("印发通报", f"{what}，{path.stat().st_size // 1024} KB", since)


def _bulletin(page: Page) -> Link | None:
    return next((link for link in page.links if "/documents/" in link.href), None)
