"""The notice that issues a plan, made from plain data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from saas.domain.official_document import (
    Heading,
    OfficialDocument,
    Paragraph,
    Table,
    from_json,
    heading_labels,
    to_json,
)
from saas.plans.content import PlanContent
from saas.plans.official import DocumentFrame, plan_document

FRAME = DocumentFrame(
    "青山县人民政府", True, "青政发", "青山县人民政府", "青山县人民政府办公室", ("各乡镇人民政府",), ("县委办公室",)
)
TEXT = "坚持群众主体。由群众自己动手。\n（一）先易后难\n1.清理道路。每日一次。"
UNITS = [
    {"unit": "县城管局", "code": "city", "label": "", "role": "lead"},
    {"unit": "柳河镇", "code": "t1", "label": "各乡镇", "role": "responsible"},
    {"unit": "石桥镇", "code": "t2", "label": "各乡镇", "role": "responsible"},
]


def content(**changed: Any) -> PlanContent:
    part = {
        "code": "a",
        "title": "",
        "due_on": "2026-08-25",
        "due_text": "8月25日前",
        "is_standing": True,
        "units": UNITS,
    }
    target = {
        "code": "T01",
        "name": "保洁覆盖率",
        "requirement": "待定",
        "deadline": "2026年12月31日",
        "milestones": [],
        "strength": "stretch",
        "population": "",
        "responsible": "县城管局",
        "open": ["保洁覆盖率：目标值未定"],
        "definition": {},
    }
    values: dict[str, Any] = {
        "title": "青山县环境整治方案",
        "topic": "环境整治",
        "unit": "青山县",
        "revision": 1,
        "basis": "为改善环境，制定本方案。",
        "goals": "年底前全覆盖。",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "addressees": [],
        "copied_to": [],
        "countersign_units": [],
        "targets": [target],
        "attachments": [],
        "sections": [
            {"kind": "text", "heading": "总体要求", "body": TEXT},
            {"kind": "targets", "heading": "工作目标", "body": ""},
            {"kind": "tasks", "heading": "主要任务", "body": "共一项。分别计算。"},
            {"kind": "stages", "heading": "实施步骤", "body": ""},
        ],
        "tasks": [
            {"code": "1", "title": "清理乱贴乱画", "body": "随贴随清。", "mode": "lead_separate", "parts": [part]}
        ],
        "stages": [{"name": "动员", "starts_on": "2026-01-01", "ends_on": "2027-02-28", "body": "分解任务。"}],
    }
    return cast(PlanContent, {**values, **changed})


def enclosed(document: OfficialDocument) -> list[Any]:
    assert document.enclosure is not None
    return list(document.enclosure.blocks)


def test_a_plan_is_issued_by_a_notice_that_forwards_it() -> None:
    document = plan_document(content(), FRAME)

    assert document.title == "青山县人民政府关于印发《青山县环境整治方案》的通知"
    assert document.is_draft
    assert document.addressees == ("各乡镇人民政府",)
    assert document.imprint is not None
    assert document.imprint.copied_to == ("县委办公室",)
    assert document.signatories == ()
    assert document.undetermined == ("保洁覆盖率：目标值未定",)
    assert from_json(to_json(document)) == document


def test_short_first_sentences_and_typed_numbers_become_headings_that_are_counted_anew() -> None:
    blocks = enclosed(plan_document(content(), FRAME))
    labels = heading_labels(blocks)

    shown = [f"{label}{block.text}" for label, block in zip(labels, blocks, strict=True) if isinstance(block, Heading)]
    assert shown[:5] == ["一、总体目标", "二、总体要求", "（一）坚持群众主体。", "（二）先易后难", "1.清理道路。"]


def test_words_before_the_tasks_are_no_heading_among_them() -> None:
    blocks = enclosed(plan_document(content(), FRAME))

    assert Paragraph("共一项。分别计算。") in blocks


def test_the_table_of_tasks_names_each_role_once_and_a_phrase_once() -> None:
    tables = [block for block in enclosed(plan_document(content(), FRAME)) if isinstance(block, Table)]
    tasks = tables[1]

    assert [cell.text for cell in tasks.header[0]] == ["序号", "任务", "工作内容", "牵头单位", "责任单位", "完成时限"]
    assert [cell.text for cell in tasks.rows[0]] == [
        "1", "清理乱贴乱画", "随贴随清。", "县城管局", "各乡镇", "8月25日前，坚持经常",
    ]  # fmt: skip


def test_an_open_figure_is_printed_as_open() -> None:
    targets = next(block for block in enclosed(plan_document(content(), FRAME)) if isinstance(block, Table))

    assert [cell.text for cell in targets.rows[0]][2] == "未定"


def test_where_a_table_is_attached_the_text_lists_and_the_attachment_lies_across() -> None:
    attached = [{"title": "任务分解表", "shows": "tasks", "file_name": "", "file_digest": ""}]

    document = plan_document(content(attachments=attached), FRAME)

    assert document.attachments[0].is_landscape
    assert Paragraph("牵头单位：县城管局；责任单位：各乡镇；完成时限：8月25日前，坚持经常。") in enclosed(document)


def test_a_file_is_named_with_its_digest() -> None:
    attached = [{"title": "评分表", "shows": "", "file_name": "评分表.pdf", "file_digest": "ab12"}]

    blocks = plan_document(content(attachments=attached), FRAME).attachments[0].blocks

    assert "评分表.pdf" in str(blocks)
    assert "ab12" in str(blocks)


@pytest.mark.parametrize("own", [("甲单位",), ()])
def test_own_addressees_come_before_the_countys(own: tuple[str, ...]) -> None:
    frame = replace(FRAME, addressees=("各乡镇",))

    assert plan_document(content(addressees=list(own)), frame).addressees == (own or ("各乡镇",))
