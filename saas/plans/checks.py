"""What is checked before a plan is sent for review (送审检查). Pure: from the plan's content to findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from saas.plans.content import PlanContent, open_figures

TITLE_ENDS = ("方案", "办法", "计划", "规划", "细则", "措施", "要点", "意见")
LONGEST = 5000  # characters, for general deployment (减负规定)
GENERATED = {"targets": "targets", "tasks": "tasks", "stages": "stages"}
_PLACEHOLDER = re.compile(r"[xX×]{2,}|〔\s*〕|\{[a-z_]+\}|＿{2,}|_{3,}")
_REMARK = re.compile(r"（[^（）]*）$")  # 实施方案（试行）, 实施方案（2025—2026年）
_CITED = re.compile(r"附件\s*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong or should be looked at. Only what blocks keeps a plan from being sent."""

    text: str
    tab: str
    is_blocking: bool = True


def check_plan(content: PlanContent) -> list[Finding]:
    """Return what is wrong with a plan, what blocks first."""
    found = [*_text(content), *_rows(content), *_attachments(content)]
    found += [Finding(text, "targets", is_blocking=False) for text in open_figures(content)]
    return sorted(found, key=lambda finding: not finding.is_blocking)


def _text(content: PlanContent) -> Iterator[Finding]:
    title = content["title"].strip()
    if not _REMARK.sub("", title).endswith(TITLE_ENDS):
        yield Finding(_("标题应以“%(ends)s”等文种词结尾", ends="、".join(TITLE_ENDS[:4])), "text")
    if not content["basis"].strip():
        yield Finding(_("没有写制定依据"), "text", is_blocking=False)
    if not content["sections"]:
        yield Finding(_("没有章节"), "text")
    for section in content["sections"]:
        name = section["heading"].strip()
        if not name:
            yield Finding(_("有章节没有标题"), "text")
        if section["kind"] not in GENERATED and not section["body"].strip():
            yield Finding(_("章节“%(name)s”没有内容", name=name), "text")
    everything = _all_text(content)
    for match in dict.fromkeys(_PLACEHOLDER.findall(everything)):
        yield Finding(_("文中还有没有填写的地方：“%(text)s”", text=match), "text")
    length = len(re.sub(r"\s", "", everything))
    if length > LONGEST:
        yield Finding(
            _("正文共 %(length)s 字，超过 %(limit)s 字的篇幅要求", length=length, limit=LONGEST),
            "text",
            is_blocking=False,
        )


def _rows(content: PlanContent) -> Iterator[Finding]:
    kinds = {section["kind"] for section in content["sections"]}
    names = {"targets": _("目标"), "tasks": _("任务"), "stages": _("阶段")}
    counts = {key: len(content[key]) for key in GENERATED}  # type: ignore[literal-required]
    for key, name in names.items():
        if key in kinds and not counts[key]:
            yield Finding(_("有“%(name)s”章节，但没有列%(name)s", name=name), key)
        if key not in kinds and counts[key]:
            yield Finding(_("列了%(name)s，但没有“%(name)s”章节，正文不会印出", name=name), "text", is_blocking=False)
    yield from _tasks(content)
    for target in content["targets"]:
        if not target["responsible"]:
            yield Finding(_("目标“%(name)s”没有数据责任单位", name=target["name"]), "targets", is_blocking=False)


def _tasks(content: PlanContent) -> Iterator[Finding]:
    for task in content["tasks"]:
        if not task["parts"]:
            yield Finding(_("任务“%(title)s”没有责任单位和时限", title=task["title"]), "tasks")
        for part in task["parts"]:
            name = task["title"] + (f"（{part['title']}）" if part["title"] else "")
            if not part["units"]:
                yield Finding(_("任务“%(title)s”没有责任单位", title=name), "tasks")
            if not part["due_on"] and not part["due_text"]:
                yield Finding(_("任务“%(title)s”没有完成时限", title=name), "tasks", is_blocking=False)


def _attachments(content: PlanContent) -> Iterator[Finding]:
    count = len(content["attachments"])
    cited = {int(number) for number in _CITED.findall(_all_text(content))}
    for number in sorted(number for number in cited if number > count):
        yield Finding(_("文中引用了附件%(number)s，但没有这个附件", number=number), "attachments", is_blocking=False)


def _all_text(content: PlanContent) -> str:
    parts = [content["title"], content["basis"], content["goals"]]
    parts += [f"{section['heading']}\n{section['body']}" for section in content["sections"]]
    parts += [f"{task['title']}\n{task['body']}" for task in content["tasks"]]
    parts += [f"{stage['name']}\n{stage['body']}" for stage in content["stages"]]
    return "\n".join(parts)
