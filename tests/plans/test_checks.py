"""What is checked before a plan is sent for review."""

from __future__ import annotations

import pytest
from flask import Flask

from saas.plans.checks import check_plan
from saas.plans.content import PlanContent

EMPTY = PlanContent(
    title="",
    topic="",
    unit="清禾县",
    revision=1,
    basis="根据上级部署制定。",
    goals="",
    starts_on="2026-01-01",
    ends_on="2026-12-31",
    addressees=[],
    copied_to=[],
    countersign_units=[],
    sections=[],
    targets=[],
    tasks=[],
    stages=[],
    attachments=[],
)


@pytest.mark.parametrize(
    ("title", "is_right"),
    [
        ("某某实施方案", True),
        ("某某实施方案（试行）", True),
        ("某某实施方案（2025—2026年）", True),
        ("某某的通知（附实施方案）", False),
        ("（2025—2026年）", False),
    ],
)
def test_a_title_ends_with_the_kind_of_text_before_any_remark(app: Flask, title: str, is_right: bool) -> None:
    content = PlanContent({**EMPTY, "title": title})

    with app.test_request_context():
        texts = [finding.text for finding in check_plan(content)]

    assert any("文种词" in text for text in texts) is not is_right
