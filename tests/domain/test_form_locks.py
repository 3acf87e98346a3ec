"""What a pack locks stays as it is; the rest of the form may change around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.form_locks import keep_locks, lock_breach, locked_paths, without_locks

Keys = Mapping[str, Any]


def text(name: str, **keys: Any) -> Keys:
    return {"type": "text", "name": name, "label": name.upper(), **keys}


def group(name: str, *fields: Keys, **keys: Any) -> Keys:
    return {"type": "begin_group", "name": name, "label": name.upper(), "fields": [dict(f) for f in fields], **keys}


def select(*names: str, **keys: Any) -> Keys:
    choices = [{"name": name, "label": name} for name in names]
    return {"type": "select_one", "name": "s", "label": "S", "choices": choices, **keys}


def form(*fields: Keys, **keys: Any) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": [dict(item) for item in fields], **keys})


A, B, C = text("a", locked=True), text("b"), text("c", locked=True)
BEFORE = form(A, B, C, group("g", text("d", locked=True), text("e")), select("x", "y", locked=True))
REST = (group("g", text("d"), text("e")), select("x", "y"))


@pytest.mark.parametrize(
    ("after", "breach"),
    [
        (form(text("a"), text("b"), text("c"), *REST), None),  # a lock is not content: uploads do not carry it
        (form(text("a"), text("b", label="新"), text("c"), *REST), None),
        (form(text("a"), text("c"), *REST), None),
        (form(text("a"), text("new"), text("c"), text("b"), *REST), None),
        (form(text("a"), text("b"), text("c"), group("g", text("d")), select("x", "y")), None),
        (form(text("b"), text("c"), *REST), "A"),
        (form(text("a", hint="新"), text("c"), *REST), "A"),
        (form(text("a", relevant="1 = 1"), text("c"), *REST), "A"),
        (form(text("c"), text("b"), text("a"), *REST), "A"),
        (form(text("a"), text("c"), group("g", text("e")), select("x", "y")), "D"),
        (form(text("a"), text("c"), text("d"), group("g", text("e")), select("x", "y")), "D"),
        (form(text("a"), text("c"), group("h", text("d")), select("x", "y")), "D"),
        (form(text("a"), text("c"), group("g", text("d")), select("x")), "S"),
        (form(text("a"), text("c"), group("g", text("d")), select("x", "y", "z")), "S"),
    ],
)
def test_a_locked_field_is_not_changed_moved_or_taken_out(after: FormDefinition, breach: str | None) -> None:
    found = lock_breach(BEFORE, after)

    assert (found.label if found else None) == breach


def test_a_locked_group_keeps_everything_in_it() -> None:
    before = form(group("g", text("d"), text("e"), locked=True))

    assert locked_paths(before) == {"g", "g.d", "g.e"}
    assert lock_breach(before, form(group("g", text("d"), text("e")), B)) is None
    for changed in (
        group("g", text("d")),
        group("g", text("d"), text("e"), text("f")),
        group("g", text("e"), text("d")),
    ):
        assert lock_breach(before, form(changed)) is not None


def test_nothing_is_added_to_a_locked_form() -> None:
    before = form(A, B, locked=True)

    assert locked_paths(before) == {"a", "b"}
    assert lock_breach(before, form(text("a"), text("b"))) is None
    added = lock_breach(before, form(text("a"), text("b"), text("new")))
    assert added is not None
    assert added.label == "NEW"
    assert lock_breach(before, form(text("b"), text("a"))) is not None


def test_locks_are_neither_added_nor_taken_away() -> None:
    after = keep_locks(BEFORE, form(text("a"), text("b", locked=True), text("c"), *REST, locked=True))

    assert locked_paths(after) == locked_paths(BEFORE) == {"a", "c", "g.d", "s"}
    assert locked_paths(without_locks(BEFORE)) == frozenset()


def test_a_lock_survives_writing_and_reading() -> None:
    for locked in (BEFORE, form(A, locked=True)):
        assert form_from_mapping(form_to_mapping(locked)) == locked
