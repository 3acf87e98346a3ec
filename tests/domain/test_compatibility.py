"""What a new version of a form means for what was filled in before, and what of it is carried over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from saas.domain.answers import Parsed, answers_from_stored, canonical_answers, parse_answers
from saas.domain.carrying import Carried, carry_over
from saas.domain.compatibility import Finding, FindingKind, Severity, asked_besides, compare_forms
from saas.domain.fields import FormDefinition, form_from_mapping

Keys = Mapping[str, Any]


def form(*fields: Keys) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": [dict(item) for item in fields]})


def text(name: str = "a", label: str = "甲", **keys: Any) -> Keys:
    return {"type": "text", "name": name, "label": label, **keys}


def number(name: str = "a", label: str = "甲", **keys: Any) -> Keys:
    return {"type": "integer", "name": name, "label": label, **keys}


def figure(**keys: Any) -> Keys:
    return {"type": "decimal", "name": "a", "label": "甲", **keys}


def select(*names: str, kind: str = "select_one", **labels: str) -> Keys:
    choices = [{"name": name, "label": labels.get(name, f"选项{name}")} for name in names]
    return {"type": kind, "name": "a", "label": "甲", "choices": choices}


def group(name: str, *fields: Keys) -> Keys:
    return {"type": "begin_group", "name": name, "label": name, "fields": [dict(item) for item in fields]}


def rows(name: str, *fields: Keys, **keys: Any) -> Keys:
    return {"type": "begin_repeat", "name": name, "label": name, "fields": [dict(item) for item in fields], **keys}


OTHER = text("z", "乙")
UNITS = {"type": "select_one", "name": "a", "label": "甲", "choices_from": "units:village"}


def found(old: Keys, new: Keys) -> tuple[Finding, ...]:
    return compare_forms(form(old, OTHER), form(new, OTHER))


# --- findings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "kind", "severity", "said"),
    [
        (text(), number(), "type_changed", "breaking", ("text", "integer")),
        (number(), text(), "type_changed", "breaking", ("integer", "text")),
        (figure(measure="万元"), figure(measure="元"), "measure_changed", "breaking", ("万元", "元")),
        (select("x", "y"), select("x"), "choice_removed", "breaking", ("选项y", "")),
        (select("x"), UNITS, "choices_elsewhere", "breaking", None),
        (text(calculation="1 + 1"), text(calculation="1 + 2"), "calculation_changed", "breaking", ("1 + 1", "1 + 2")),
        (text(sensitivity="sensitive"), text(), "sensitivity_lowered", "breaking", ("sensitive", "")),
        (text(sensitivity="sensitive"), text(sensitivity="personal"), "sensitivity_lowered", "breaking", None),
        (text(), text("b"), "renamed", "minded", ("a", "b")),
        (text(), group("g", text()), "moved", "minded", ("a", "g.a")),
        (text(), rows("r", text()), "moved_rows", "breaking", ("a", "r[].a")),
        (rows("r", text()), group("r", text()), "moved_rows", "breaking", ("r[].a", "r.a")),
        (number(), figure(), "type_widened", "minded", ("integer", "decimal")),
        (select("x"), select("x", kind="select_multiple"), "type_widened", "minded", None),
        (text(), text(required=True), "made_required", "minded", ("", "")),
        (text(), text(required="${z} = '1'"), "made_required", "minded", ("", "${z} = '1'")),
        (number(max=10), number(max=9), "range_narrowed", "minded", ("…–10", "…–9")),
        (number(), number(min=0), "range_narrowed", "minded", ("…–…", "0–…")),
        (text(), text(constraint=". != ''"), "constraint_changed", "minded", ("", ". != ''")),
        (rows("r", text()), rows("r", text(unique=True)), "constraint_changed", "minded", ("", "unique")),
        (text(), text(relevant="${z} = '1'"), "condition_changed", "minded", ("", "${z} = '1'")),
        (figure(decimals=3), figure(decimals=2), "decimals_reduced", "minded", ("3", "2")),
        (figure(), figure(decimals=2), "decimals_reduced", "minded", ("", "2")),
        (text(max_length=50), text(max_length=20), "length_reduced", "minded", ("50", "20")),
        (rows("a", text()), rows("a", text(), max_count=3), "rows_reduced", "minded", ("0–500", "0–3")),
        (select("x"), select("x", x="另一个叫法"), "choice_reworded", "minded", ("选项x", "另一个叫法")),
        (number(not_applicable=True), number(), "not_applicable_refused", "minded", ("", "")),
        (text(prefill="attribute:population"), text(), "prefill_lost", "minded", ("attribute:population", "")),
        (select("x"), select("x", "y"), "choice_added", "harmless", ("", "选项y")),
        (text(required=True), text(), "relaxed", "harmless", ("", "")),
        (number(max=9), number(max=10), "relaxed", "harmless", ("", "")),
        (text(), text(label="甲（新）"), "reworded", "harmless", ("甲", "甲（新）")),
        (number(), number(measure="次"), "reworded", "harmless", ("", "")),
    ],
)
def test_each_difference_is_a_finding(
    old: Keys, new: Keys, kind: str, severity: str, said: tuple[str, str] | None
) -> None:
    findings = {each.kind: each for each in found(old, new)}

    finding = findings[FindingKind(kind)]
    assert finding.severity is Severity(severity)
    assert finding.is_breaking is (severity == "breaking")
    assert said is None or (finding.before, finding.after) == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (text(), text()),
        (select("x", "y"), select("y", "x")),  # the order of choices means nothing
        (figure(min="1.0"), figure(min="1")),
    ],
)
def test_what_means_the_same_is_no_finding(old: Keys, new: Keys) -> None:
    assert found(old, new) == ()


def test_what_is_new_and_what_is_gone_is_told_with_its_label() -> None:
    findings = compare_forms(
        form(text("a", "甲"), OTHER), form(OTHER, number("b", "丙", required=True), text("c", "丁"))
    )

    assert [(each.kind, each.label, each.path) for each in findings] == [
        (FindingKind.REMOVED, "甲", "a"),
        (FindingKind.ADDED_REQUIRED, "丙", "b"),
        (FindingKind.ADDED, "丁", "c"),
    ]


def test_an_empty_new_group_or_note_is_nobodys_business() -> None:
    note = {"type": "note", "name": "n", "label": "说明"}

    assert [each.kind for each in compare_forms(form(text()), form(note, group("g", text())))] == [FindingKind.MOVED]
    assert compare_forms(form(note, text()), form(text())) == ()


def test_two_equal_labels_are_no_guess_at_a_new_name() -> None:
    findings = compare_forms(form(text("a"), text("b"), OTHER), form(text("c"), text("d"), OTHER))

    assert [each.kind for each in findings] == [FindingKind.REMOVED, FindingKind.REMOVED] + [FindingKind.ADDED] * 2


def test_the_gravest_stands_first() -> None:
    findings = compare_forms(form(text("b"), number()), form(text("b", "新叫法"), text()))

    assert [each.severity for each in findings] == [Severity.BREAKING, Severity.HARMLESS]


def test_only_what_the_old_version_did_not_ask_is_asked_besides() -> None:
    old = form(text("kept"), figure(measure="万元"), number("gone"))
    new = form(
        text("kept", "换个说法"),
        figure(measure="元"),
        text("more", required=True),
        text("told", read_only=True),
        {"type": "calculate", "name": "sum", "label": "合计", "calculation": "1"},
        rows("homes", text("number")),
    )

    assert asked_besides(old, new) == ("a", "more", "homes[].number")
    assert asked_besides(new, new) == ()


# --- carrying over -----------------------------------------------------------------------------------------------


def carried(old: FormDefinition, new: FormDefinition, stored: Mapping[str, Any]) -> Carried:
    def parse(raw: dict[str, list[str]]) -> Parsed:
        return parse_answers(new, raw, is_draft=True)

    return carry_over(old, new, answers_from_stored(old, stored), parse)


@pytest.mark.parametrize(
    ("old", "new", "stored", "kept", "lost"),
    [
        (text(), text("b"), "话", {"b": "话"}, []),
        (text(), group("g", text()), "话", {"g": {"a": "话"}}, []),
        (number(), figure(), "7", {"a": "7"}, []),
        (number(max=31), number(max=9), 12, {"a": None}, ["12"]),
        (number(max=31), number(max=9), 9, {"a": 9}, []),
        (figure(measure="万元"), figure(measure="元"), "3.5", {"a": None}, ["3.5 万元"]),
        (select("x", "y"), select("x"), "y", {"a": None}, ["选项y"]),
        (select("x", "y"), select("x"), "x", {"a": "x"}, []),
        (
            select("x", "y", kind="select_multiple"),
            select("x", kind="select_multiple"),
            ["x", "y"],
            {"a": ["x"]},
            ["选项x、选项y"],
        ),
        (number(not_applicable=True), number(not_applicable=True), {"not_applicable": True}, None, []),
        (number(), text(), "7", {"a": None}, ["7"]),
        (text(), number(), None, {"a": None}, []),
        (text(max_length=9), text(max_length=2), "很长的话", {"a": None}, ["很长的话"]),
    ],
)
def test_an_answer_goes_with_its_field_or_is_listed(
    old: Keys, new: Keys, stored: Any, kept: Keys | None, lost: list[str]
) -> None:
    result = carried(form(old), form(new), {"a": stored})

    assert canonical_answers(form(new), result.answers) == (kept if kept is not None else {"a": stored})
    assert [each.text for each in result.lost] == lost


def test_rows_are_carried_and_keep_their_order() -> None:
    old = form(rows("homes", text("number", "门牌号"), number("people", "人数", max=99)))
    new = form({**rows("houses", text("number", "门牌号"), number("people", "人数", max=9)), "label": "homes"})
    stored = {"homes": [{"number": "一号", "people": 3}, {"number": "二号", "people": 30}]}

    result = carried(old, new, stored)

    assert canonical_answers(new, result.answers) == {
        "houses": [{"number": "一号", "people": 3}, {"number": "二号", "people": None}]
    }
    assert [(each.path, each.text) for each in result.lost] == [("homes[1].people", "30")]


def test_what_is_computed_is_not_lost() -> None:
    computed = {"type": "calculate", "name": "sum", "label": "合计", "calculation": "1 + 1"}

    assert carried(form(text(), computed), form(text()), {"a": "话", "sum": "2"}).lost == ()
