"""The county of the filing tests, a form with all that a table has to carry, and a town that fills for its villages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from saas.db import db
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_version
from tests.submissions.conftest import Place, clerk, now, office, place

__all__ = ["clerk", "now", "office", "place"]

FIELDS: Sequence[Mapping[str, Any]] = (
    {
        "type": "integer",
        "name": "homes_total",
        "label": "户数",
        "measure": "户",
        "required": True,
        "min": 0,
        "max": 900,
        "hint": "按户籍",
    },
    {
        "type": "begin_group",
        "name": "waste",
        "label": "垃圾清运",
        "fields": [
            {"type": "decimal", "name": "weight", "label": "重量", "measure": "吨", "min": 0, "not_applicable": True},
            {"type": "date", "name": "last_on", "label": "最近一次"},
        ],
    },
    {
        "type": "begin_group",
        "name": "latrines",
        "label": "改厕",
        "fields": [
            {"type": "integer", "name": "found", "label": "发现", "min": 0},
            {
                "type": "integer",
                "name": "closed",
                "label": "整改",
                "min": 0,
                "constraint": ". <= ${found}",
                "constraint_message": "整改不能多于发现",
            },
        ],
    },
    {
        "type": "select_one",
        "name": "grade",
        "label": "等次",
        "choices": [
            {"name": "good", "label": "好"},
            {"name": "fair", "label": "一般"},
        ],
    },
    {
        "type": "text",
        "name": "why",
        "label": "原因",
        "relevant": "${grade} = 'fair'",
        "required": True,
    },
    {"type": "text", "name": "identity", "label": "联系人身份证", "sensitivity": "sensitive", "mask": "identity"},
    {"type": "image", "name": "photo", "label": "现场照片", "max_count": 2},
    {
        "type": "begin_repeat",
        "name": "homes",
        "label": "示范户",
        "fields": [
            {"type": "text", "name": "number", "label": "门牌号", "required": True},
            {"type": "integer", "name": "people", "label": "人数", "measure": "人", "min": 0},
        ],
    },
)


@pytest.fixture
def collection(place: Place) -> Collection:
    """A monthly table of all villages, filled by their towns."""
    found = make_collection(make_version(make_form(name="人居环境统计表"), *FIELDS), name="人居环境统计")
    found.filled_by = {"superior": "township"}
    db.session.flush()
    return found


@pytest.fixture
def town(browser: Browser, place: Place) -> Browser:
    browser.sign_in(place.officer)
    return browser
