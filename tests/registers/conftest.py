"""A county whose villages keep a register of disputes, and a clock that stands on 10 March 2026."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import db
from saas.org.models import OrgUnit
from saas.registers.models import Register
from tests.county import NOW, County, clerk, make_county, now, office
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_version

__all__ = ["NOW", "Place", "clerk", "make_register", "now", "office", "place"]

KINDS = [{"name": "land", "label": "土地"}, {"name": "family", "label": "家庭"}]
DISPUTE: tuple[Mapping[str, Any], ...] = (
    {"type": "text", "name": "matter", "label": "事由", "required": True, "max_length": 50},
    {"type": "select_one", "name": "kind", "label": "类别", "choices": KINDS},
    {"type": "integer", "name": "people", "label": "涉及人数", "measure": "人", "min": 0},
    {"type": "date", "name": "deadline", "label": "化解期限"},
    {"type": "text", "name": "phone", "label": "当事人电话", "sensitivity": "sensitive", "mask": "phone"},
    {"type": "text", "name": "result", "label": "化解结果"},
    {"type": "image", "name": "photos", "label": "现场照片", "max_count": 2},
    {
        "type": "begin_repeat",
        "name": "visits",
        "label": "走访",
        "fields": [{"type": "text", "name": "who", "label": "走访人"}],
    },
)


@dataclass(frozen=True)
class Place(County):
    """The county with a department, more people, and a register that all villages keep."""

    department: OrgUnit
    neighbour_clerk: User
    leader: User
    expert: User
    register: Register


def make_register(name: str = "矛盾纠纷台账", *more: Mapping[str, Any], **columns: Any) -> Register:
    """A register that every village keeps: opened, checked by the town, closed. `more`: questions at the end."""
    version = make_version(None, *DISPUTE, *more)
    settings: dict[str, Any] = {
        "code": f"register-{version.form.code}",
        "cohort": {"unit_types": ["village"]},
        "states": {},
        "layout": {"title": "matter", "columns": ["kind", "people"]},
    }
    register = Register(name=name, form_id=version.form_id, **{**settings, **columns})
    db.session.add(register)
    db.session.flush()
    return register


@pytest.fixture
def place(now: None) -> Place:
    made = make_county()
    department = make_unit("县司法局", parent=made.county, kind=make_unit_type("department", "部门", 2))
    return Place(
        **vars(made),
        department=department,
        neighbour_clerk=make_user(Role.VILLAGE_CLERK, unit=made.neighbour),
        leader=make_user(Role.LEADER, unit=made.county),
        expert=make_user(Role.DEPARTMENT, unit=department),
        register=make_register(),
    )
