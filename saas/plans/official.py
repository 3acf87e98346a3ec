"""A plan as an official document (公文): the notice that forwards it, with the plan as its enclosure.

A plan is no statutory kind of document; it is issued by a notice (关于印发《…》的通知). Pure: from plain data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from saas.domain.official_document import (
    Align,
    Attachment,
    Block,
    Cell,
    Column,
    DocumentKind,
    Enclosure,
    Heading,
    Imprint,
    Letterhead,
    ListBlock,
    OfficialDocument,
    Paragraph,
    Signature,
    Table,
    TextSize,
    date_text,
)
from saas.plans.content import (
    AttachmentContent,
    PartContent,
    PlanContent,
    SectionContent,
    StageContent,
    TargetContent,
    TaskContent,
    open_figures,
    words_by_role,
)

UNDETERMINED = "未定"
ROLE_WORDS = {"lead": "牵头单位", "responsible": "责任单位", "supporting": "配合单位", "supervisor": "监管单位"}
STRENGTH_WORDS = {"binding": "约束性", "stretch": "力争", "advisory": "倡导"}
LONGEST_LEAD = 16  # characters of a first sentence that is set as a heading of the second level
_SECOND = re.compile(r"（[一二三四五六七八九十]+）\s*")
_THIRD = re.compile(r"\d{1,2}[.．、]\s*(?=\D)")
_LEAD = re.compile(rf"[^。：；，,]{{2,{LONGEST_LEAD}}}。(?=.)")


@dataclass(frozen=True, slots=True)
class DocumentFrame:
    """What stands around every document of a county: red head, agency code, signature, imprint."""

    letterhead: str
    has_document_word: bool
    agency_code: str
    issuer: str
    printed_by: str
    addressees: tuple[str, ...] = ()
    copied_to: tuple[str, ...] = ()


def plan_document(content: PlanContent, frame: DocumentFrame) -> OfficialDocument:
    """Return the notice that issues a plan, without number and date: those come with the issue."""
    title = content["title"]
    attachments = tuple(_attachment(each, content) for each in content["attachments"])
    return OfficialDocument(
        kind=DocumentKind.NOTICE,
        letterhead=Letterhead(frame.letterhead, frame.has_document_word),
        agency_code=frame.agency_code,
        number=None,
        title=f"{frame.issuer}关于印发《{title}》的通知",
        addressees=tuple(content["addressees"]) or frame.addressees,
        blocks=(Paragraph(f"《{title}》已经研究同意，现印发给你们，请结合实际认真贯彻执行。"),),
        signature=Signature(frame.issuer, None),
        enclosure=Enclosure(title, tuple(plan_blocks(content))),
        attachments=attachments,
        imprint=Imprint(frame.printed_by, None, tuple(content["copied_to"]) or frame.copied_to),
        words=tuple(word for word in (content["unit"], content["topic"], frame.issuer) if word),
        undetermined=tuple(open_figures(content)),
    )


def plan_blocks(content: PlanContent) -> list[Block]:
    """The text of the plan itself, block by block."""
    blocks: list[Block] = list(_text_blocks(content["basis"]))
    if content["goals"]:
        blocks += [Heading(1, "总体目标"), *_text_blocks(content["goals"])]
    for section in content["sections"]:
        rows = _rows_of(section, content)
        text = _plain_blocks(section["body"]) if rows else _text_blocks(section["body"])
        blocks += [Heading(1, section["heading"]), *text, *rows]
    return blocks


def _text_blocks(text: str) -> list[Block]:
    return [_line_block(line.strip()) for line in text.splitlines() if line.strip()]


def _plain_blocks(text: str) -> list[Block]:
    """The words before generated rows: without headings, which would count among the rows."""
    return [Paragraph(line.strip()) for line in text.splitlines() if line.strip()]


def _line_block(line: str) -> Block:
    """A line that brings its own number, or opens with a short sentence, is a heading; the setter counts anew."""
    for pattern, level in ((_SECOND, 2), (_THIRD, 3)):
        match = pattern.match(line)
        if match:
            rest = line[match.end() :]
            lead = _LEAD.match(rest)
            return Heading(level, lead[0], rest[lead.end() :]) if lead else Heading(level, rest)
    lead = _LEAD.match(line)
    return Heading(2, lead[0], line[lead.end() :]) if lead else Paragraph(line)


def _rows_of(section: SectionContent, content: PlanContent) -> Sequence[Block]:
    """What a generated section prints: a list if a table of the same rows follows as an attachment, else the table."""
    kind = section["kind"]
    if kind == "stages":
        return [_stage(stage) for stage in content["stages"]]
    has_table = any(attachment["shows"] == kind for attachment in content["attachments"])
    if kind == "targets" and content["targets"]:
        return _target_list(content["targets"]) if has_table else [target_table(content["targets"])]
    if kind == "tasks" and content["tasks"]:
        return _task_list(content["tasks"]) if has_table else [task_table(content["tasks"])]
    return []


# --- targets ---------------------------------------------------------------------------------------------------------


def _target_list(targets: Sequence[TargetContent]) -> list[Block]:
    return [ListBlock(tuple(_target_sentence(target) for target in targets))]


def _target_sentence(target: TargetContent) -> str:
    deadline = target["deadline"] or f"时限{UNDETERMINED}"
    strength = "" if target["strength"] == "binding" else f"（{STRENGTH_WORDS[target['strength']]}）"
    unit = f"，由{target['responsible']}负责" if target["responsible"] else ""
    return f"{target['name']}{strength}：{_figure(target)}，{deadline}{unit}。"


def _figure(target: TargetContent) -> str:
    return target["requirement"].replace("待定", UNDETERMINED)


def target_table(targets: Sequence[TargetContent]) -> Table:
    """The table of targets (目标表), with the milestones in the order of their days."""
    rows = tuple(
        (
            Cell(str(number)),
            Cell(target["name"]),
            Cell(_figure(target)),
            Cell("；".join(target["milestones"]).replace("待定", UNDETERMINED) or "—"),
            Cell(target["deadline"] or UNDETERMINED),
            Cell(STRENGTH_WORDS[target["strength"]]),
            Cell(target["responsible"] or "—"),
        )
        for number, target in enumerate(targets, start=1)
    )
    return Table(
        columns=(
            Column(Decimal(6), Align.CENTER),
            Column(Decimal(22)),
            Column(Decimal(15), Align.CENTER),
            Column(Decimal(25)),
            Column(Decimal(14), Align.CENTER),
            Column(Decimal(8), Align.CENTER),
            Column(Decimal(18)),
        ),
        header=(_cells("序号", "目标", "目标值", "阶段目标", "完成时限", "性质", "责任单位"),),
        rows=rows,
        size=TextSize.FINE,
    )


# --- tasks -----------------------------------------------------------------------------------------------------------


def _task_list(tasks: Sequence[TaskContent]) -> list[Block]:
    blocks: list[Block] = []
    for task in tasks:
        blocks.append(Heading(2, _sentence(task["title"]), task["body"].replace("\n", "")))
        for part in task["parts"]:
            blocks.append(Paragraph(_part_words(part), lead=f"{part['title']}：" if part["title"] else ""))
    return blocks


def _sentence(text: str) -> str:
    return text if text.endswith(("。", "；")) else f"{text}。"


def _part_words(part: PartContent) -> str:
    units = [f"{ROLE_WORDS[role]}：{'、'.join(words)}" for role, words in words_by_role(part["units"]).items()]
    return "；".join([*units, f"完成时限：{due_words(part)}"]) + "。"


def due_words(part: PartContent) -> str:
    """The deadline as the plan words it; a standing check says so."""
    text = part["due_text"] or (date_text(date.fromisoformat(part["due_on"])) if part["due_on"] else UNDETERMINED)
    return text if not part["is_standing"] or "坚持" in text else f"{text}，坚持经常"


def task_table(tasks: Sequence[TaskContent]) -> Table:
    """The table of tasks (任务分解表): a line for each part, the roles that occur, the deadline."""
    lines = [(task, part) for task in tasks for part in task["parts"]]
    roles = [role for role in ROLE_WORDS if any(words_by_role(part["units"]).get(role) for _task, part in lines)]
    numbers = {task["code"]: str(number) for number, task in enumerate(tasks, start=1)}
    rows = tuple(_task_row(numbers[task["code"]], task, part, roles) for task, part in lines)
    return Table(
        columns=(
            Column(Decimal(6), Align.CENTER),
            Column(Decimal(16)),
            Column(Decimal(34)),
            *(Column(Decimal(20)) for _role in roles),
            Column(Decimal(14), Align.CENTER),
        ),
        header=(_cells("序号", "任务", "工作内容", *(ROLE_WORDS[role] for role in roles), "完成时限"),),
        rows=rows,
        size=TextSize.FINE,
    )


def _task_row(number: str, task: TaskContent, part: PartContent, roles: Sequence[str]) -> tuple[Cell, ...]:
    words = words_by_role(part["units"])
    title = task["title"] + (f"（{part['title']}）" if part["title"] else "")
    return (
        Cell(number),
        Cell(title),
        Cell(task["body"].replace("\n", "")),
        *(Cell("、".join(words.get(role, [])) or "—") for role in roles),
        Cell(due_words(part)),
    )


def _cells(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


# --- stages and attachments ------------------------------------------------------------------------------------------


def _stage(stage: StageContent) -> Block:
    period = stage_words(stage)
    name = f"{stage['name']}（{period}）。" if period else f"{stage['name']}。"
    return Heading(2, name, stage["body"].replace("\n", ""))


def stage_words(stage: StageContent) -> str:
    """The period of a stage: 2026年1月1日—2月28日; the second year is left out if it is the first again."""
    starts_on = date.fromisoformat(stage["starts_on"]) if stage["starts_on"] else None
    ends_on = date.fromisoformat(stage["ends_on"]) if stage["ends_on"] else None
    if starts_on and ends_on:
        last = f"{ends_on.month}月{ends_on.day}日" if ends_on.year == starts_on.year else date_text(ends_on)
        return f"{date_text(starts_on)}—{last}"
    if starts_on:
        return f"{date_text(starts_on)}起"
    return f"{date_text(ends_on)}前" if ends_on else ""


TABLES: dict[str, Callable[[PlanContent], Table]] = {
    "targets": lambda content: target_table(content["targets"]),
    "tasks": lambda content: task_table(content["tasks"]),
}


def _attachment(attachment: AttachmentContent, content: PlanContent) -> Attachment:
    make = TABLES.get(attachment["shows"])
    if make is not None:
        return Attachment(attachment["title"], (make(content),), is_landscape=True)
    if attachment["file_name"]:
        text = f"本附件以电子文件“{attachment['file_name']}”随文印发，可在县工作平台下载。"
        return Attachment(attachment["title"], (Paragraph(text), Paragraph(_digest(attachment))))
    return Attachment(attachment["title"], (Paragraph("本附件另行印发。"),))


def _digest(attachment: AttachmentContent) -> str:
    return f"文件内容摘要（SHA-256）：{attachment['file_digest']}"
