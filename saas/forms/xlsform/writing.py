"""Writing a form as an XLSForm workbook, so that ODK and KoboToolbox open it and it comes back unchanged."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xlsxwriter

from saas.domain.fields import CONTAINERS, SELECTS, Choice, Field, FieldType, FormDefinition
from saas.domain.fields.model import iter_fields
from saas.domain.fields.writing import form_to_mapping
from saas.forms.xlsform.words import OURS, PREFIX, TRANSLATED

_SURVEY = (
    "type", "name", "label", "hint", "required", "required_message", "relevant", "constraint", "constraint_message",
    "calculation", "default", "read_only", "appearance", "choice_filter", "repeat_count", "parameters",
)  # fmt: skip
_TYPES: Mapping[FieldType, str] = {
    FieldType.GROUP: "begin_group",
    FieldType.REPEAT: "begin_repeat",
    FieldType.DATETIME: "dateTime",
}
Row = Mapping[str, str]


def form_to_xlsform(form: FormDefinition) -> bytes:
    """Return the workbook. Ranges and lengths also stand in `constraint`, so that other programs heed them."""
    lists: dict[str, tuple[Choice, ...]] = dict(form.choice_lists)
    rows = list(_rows(form_to_mapping(form)["fields"], form.fields, lists))
    languages = sorted({language for row in rows for key in row for language in [key.partition("::")[2]] if language})
    survey = [*_SURVEY, *(f"{key}::{language}" for language in languages for key in TRANSLATED)]
    survey += [PREFIX + key for key in (*OURS, "constraint")]
    choices = list(_choice_rows(lists))
    settings = {"form_title": form.name, "form_id": form.code, "default_language": form.default_language}
    settings |= _exceptions(form, choices)
    return _workbook(
        {"survey": (survey, rows), "choices": (_heads(choices), choices), "settings": (list(settings), [settings])}
    )


def _exceptions(form: FormDefinition, choices: Sequence[Row]) -> dict[str, str]:
    """What other programs want to be told: a name twice in a cascade, and a question called like their root."""
    names = [(row["list_name"], row["name"]) for row in choices]
    found = {"allow_choice_duplicates": "yes"} if len(set(names)) < len(names) else {}
    return found | ({"name": "report"} if any(item.name == "data" for _path, item in iter_fields(form)) else {})


def _rows(
    mappings: Sequence[Mapping[str, Any]], fields: Sequence[Field], lists: dict[str, tuple[Choice, ...]]
) -> Iterator[Row]:
    for mapping, item in zip(mappings, fields, strict=True):
        yield _row(mapping, item, lists)
        if item.type in CONTAINERS:
            yield from _rows(mapping["fields"], item.fields, lists)
            yield {"type": "end_group" if item.type is FieldType.GROUP else "end_repeat"}


def _row(mapping: Mapping[str, Any], item: Field, lists: dict[str, tuple[Choice, ...]]) -> Row:
    row = {key: str(mapping[key]) for key in _SURVEY if key in mapping and not isinstance(mapping[key], bool)}
    row |= {"default": item.initial} if item.initial else {}
    row["type"] = _TYPES.get(item.type, item.type.value)
    if item.type in SELECTS:
        row["type"] += _from_file(item) if item.choices_from else " " + _list_name(item, lists)
    row |= {key: "yes" for key in ("required", "read_only") if mapping.get(key) is True}
    if item.type is FieldType.RANGE:
        row["parameters"] = f"start={item.minimum or 0} end={item.maximum or 10} step={item.step or 1}"
    row |= {PREFIX + key: _ours(mapping[key]) for key in OURS if key in mapping and item.type is not FieldType.RANGE}
    if item.type is FieldType.RANGE and item.measure:
        row[PREFIX + "measure"] = item.measure
    limits = _limits(item)
    if limits:
        row[PREFIX + "constraint"] = item.constraint or "none"
        row["constraint"] = " and ".join([*limits, *([f"({item.constraint})"] if item.constraint else [])])
    for language, texts in item.translations.items():
        row |= {f"{key}::{language}": text for key, text in texts.items()}
    return row


def _from_file(item: Field) -> str:
    """Choices that the form does not carry: what rows are called, or for other programs a file beside it."""
    if item.chosen_by:
        return " ${" + item.chosen_by + "}"
    return f"_from_file {item.choices_from.partition(':')[2].replace(':', '_')}.csv"


def _ours(value: Any) -> str:
    return "yes" if value is True else str(value)


def _limits(item: Field) -> list[str]:
    """What of the field XLSForm can only say as a constraint."""
    if item.type is FieldType.RANGE:
        return []
    marks = {">=": item.minimum, "<=": item.maximum}
    quote = "date('{}')" if item.type is FieldType.DATE else "{}"
    found = [f". {sign} {quote.format(limit)}" for sign, limit in marks.items() if limit is not None]
    if item.type is FieldType.TEXT and item.max_length != Field(FieldType.TEXT, "x", "x").max_length:
        found.append(f"string-length(.) <= {item.max_length}")
    return found


def _list_name(item: Field, lists: dict[str, tuple[Choice, ...]]) -> str:
    if item.list_name:
        return item.list_name
    known = next((name for name, choices in lists.items() if choices == item.choices), None)
    if known is not None:
        return known
    name, number = item.name, 2
    while name in lists:
        name, number = f"{item.name}_{number}", number + 1
    lists[name] = item.choices
    return name


def _choice_rows(lists: Mapping[str, Sequence[Choice]]) -> Iterator[Row]:
    for list_name, choices in lists.items():
        for choice in choices:
            labels = {f"label::{language}": text for language, text in choice.labels.items()}
            yield {"list_name": list_name, "name": choice.name, "label": choice.label, **labels, **choice.columns}


def _heads(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(["list_name", "name", "label", *(key for row in rows for key in row)]))


def _workbook(sheets: Mapping[str, tuple[Sequence[str], Sequence[Row]]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, 18, text)
            for place, column in enumerate(columns):
                sheet.write_string(0, place, column, head)
            for number, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    if row.get(column):
                        sheet.write_string(number, place, row[column], text)
    return file.getvalue()
