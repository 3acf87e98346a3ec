"""What the county knows stands in the table of many units as it does in each unit's own form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from saas.accounts.services import make_viewer
from saas.db import db, new_id
from saas.domain.workflow import SubmissionStatus
from saas.registers.models import Register, RegisterRecord
from saas.submissions.filling import get_place
from saas.submissions.grid import get_grid
from saas.submissions.models import Collection
from tests.factories import make_unit
from tests.factories_forms import QUESTIONS, make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place

START = "2026-03-01"


def collect(place: Place, *fields: Mapping[str, Any]) -> Collection:
    collection = make_collection(make_version(None, *fields))
    collection.filled_by = {"superior": "township"}
    db.session.flush()
    return collection


def shown(place: Place, collection: Collection, path: str) -> dict[str, str]:
    grid = get_grid(collection.id, START, make_viewer(place.officer))
    return {row.name: row.cells[path] for row in grid.rows}


def make_hazards(place: Place, **counts: int) -> None:
    """A register of hazards with so many records of each village."""
    version = make_version(make_form(), *QUESTIONS)
    register = Register(id=new_id(), code="hazards", name="隐患台账", form_id=version.form_id)
    db.session.add(register)
    db.session.flush()
    for name, count in counts.items():
        for number in range(count):
            db.session.add(
                RegisterRecord(
                    register_id=register.id,
                    form_version_id=version.id,
                    number=len(name) * 100 + number,
                    title=f"第{number}条",
                    unit_id=getattr(place, name).id,
                    opened_on=date(2026, 1, 5),
                    state="open",
                    created_by_id=place.clerk.id,
                )
            )
    db.session.flush()


FROM_REGISTERS: Mapping[str, Any] = {
    "type": "integer", "name": "n", "label": "隐患", "measure": "处", "prefill": "register:hazards.open",
}  # fmt: skip


def test_registers_give_each_unit_its_own_figure(place: Place) -> None:
    collection = collect(place, FROM_REGISTERS, {**FROM_REGISTERS, "name": "m", "prefill": "register:roads.count"})
    make_hazards(place, village=2, far_village=1)

    assert shown(place, collection, "n") == {"柳塘村": "2", "石桥村": "0"}
    assert shown(place, collection, "m") == {"柳塘村": "", "石桥村": ""}


def test_the_table_takes_over_what_was_signed_as_the_units_own_page_does(place: Place) -> None:
    collection = collect(place, {"type": "integer", "name": "n", "label": "数", "prefill": "last"})
    for revision, status in enumerate((SubmissionStatus.SIGNED_OFF, SubmissionStatus.SUBMITTED), start=1):
        make_submission(
            collection,
            place.village,
            period_start=date(2026, 2, 1),
            status=status,
            revision=revision,
            answers={"n": revision},
        )

    own = get_place(collection.id, place.village.id, START, make_viewer(place.officer))

    assert shown(place, collection, "n")["柳塘村"] == "1"
    assert own.stored_raw()["n"] == ["1"]


@pytest.mark.parametrize("count", [5, 40])
def test_the_statements_of_prefilled_tables_do_not_grow_with_the_units(place: Place, count: int) -> None:
    collection = collect(place, FROM_REGISTERS, {"type": "integer", "name": "m", "label": "数", "prefill": "last"})
    make_hazards(place, village=2)
    for number in range(count):
        make_unit(f"第{number}村", parent=place.town)
    viewer = make_viewer(place.officer)

    assert count_statements(lambda: get_grid(collection.id, START, viewer)) <= 11
