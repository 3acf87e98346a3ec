"""XLSForms that nobody here wrote load with all their questions, and go back to the programs that they came from."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from pyxform.xls2xform import convert

from saas.domain.fields import CONTAINERS, FieldType, FormDefinition
from saas.domain.fields.model import iter_fields
from saas.forms.xlsform import form_from_xlsform, form_to_xlsform
from tests.forms.strange_forms import FOLDER, NAMES, form_of, workbook

XFORMS = "{http://www.w3.org/2002/xforms}"


def test_there_are_more_than_ten_of_them_and_each_has_its_origin() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert len(NAMES) > 12
    assert [name for name in NAMES if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_questions_that_its_rows_ask(name: str) -> None:
    """Against pyxform: the same questions in the same groups, but for what a phone notes by itself."""
    theirs = _bound(convert(xlsform=io.BytesIO(workbook(name)), file_type=".xlsx", form_name="form").xform)

    fields = {path.replace("[]", "").replace(".", "/"): item for path, item in iter_fields(form_of(name))}
    asked = {path for path, item in fields.items() if item.type not in CONTAINERS and "generated" not in path}
    counts = {f"{path}_count" for path, item in fields.items() if item.repeat_count}  # pyxform keeps them apart
    assert theirs - set(fields) - counts == set()
    assert {path for path in asked - theirs if fields[path].type is not FieldType.ACKNOWLEDGE} == set()


METADATA = {"start", "end", "today", "phone", "imei"}


def _bound(xform: str) -> set[str]:
    """The paths that an XForm binds, without what it notes of itself and the heads that a table gets."""
    paths = [bind.get("nodeset", "").split("/", 2)[2] for bind in ElementTree.fromstring(xform).iter(f"{XFORMS}bind")]
    return {
        path
        for path in paths
        if not path.startswith("meta/") and not re.search("generated|reserved_name", path) and path not in LEFT_OUT
    }


LEFT_OUT = {f"metadata/{name}" for name in METADATA}  # of one form, where nothing refers to them


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_back_to_other_programs(name: str) -> None:
    form = form_of(name)

    content = form_to_xlsform(form)

    assert convert(xlsform=io.BytesIO(content), file_type=".xlsx").xform.startswith("<?xml")
    again = form_from_xlsform(content, "again.xlsx").definition
    assert _facts(again) == _facts(form)


def _facts(form: FormDefinition) -> list[tuple[Any, ...]]:
    return [
        (
            path, item.type, item.label, item.required, item.required_if, item.relevant, item.constraint,
            item.calculation, item.choice_filter, item.repeat_count, item.default, item.choices_from,
            [] if item.type in CONTAINERS else [(each.name, each.label, _told(each.columns)) for each in item.choices],
        )
        for path, item in iter_fields(form)
    ]  # fmt: skip


def _told(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in columns.items() if text}
