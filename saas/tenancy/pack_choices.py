"""The shared lists of a pack (choices/*.toml, 公用选项): read, and checked against the forms that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from saas.domain.expressions import ExpressionError, compile_expression
from saas.domain.fields import Choice, Field, FormDefinition
from saas.domain.fields.shared_list import SharedList, shared_list_from_mapping
from saas.domain.fields.sources import LIST, UNITS, choice_source
from saas.tenancy.pack_files import Problems, TomlFile, TomlPath
from saas.tenancy.pack_reference_list import References
from saas.tenancy.pack_source import Source, check_file_name, read_with

FOLDER = "choices"
KIND = "公用选项"


@dataclass(frozen=True, slots=True)
class PackChoiceList:
    """A shared list of the pack."""

    source: Source
    shared: SharedList


def read_choice_list(source: TomlFile, problems: Problems) -> PackChoiceList | None:
    """Read a file of choices/, or note what is wrong with it."""
    shared = read_with(shared_list_from_mapping, source.mapping, source, problems)
    if shared is None:
        return None
    check_file_name(source, shared.code, problems)
    return PackChoiceList(Source(source), shared)


def check_choices_of(
    form: FormDefinition, source: Source, lists: Mapping[str, Sequence[Choice]], references: References
) -> None:
    """Note the types of units and the shared lists that a form names and the pack does not have."""
    for keys, item in _fields(form.fields, ()):
        found = choice_source(item.choices_from) if item.choices_from else None
        place = source.at(*keys, "choices_from")
        if found is not None and found.kind == UNITS:
            references.check("单位类型", found.code, place)
        elif found is not None and found.kind == LIST:
            references.check(KIND, found.code, place)
            _check_filter(item, lists.get(found.code), source.at(*keys, "choice_filter"), references)


def _check_filter(item: Field, choices: Sequence[Choice] | None, place: Source, references: References) -> None:
    """Note a column that the list does not have."""
    if choices is None or not item.choice_filter:
        return
    columns = frozenset({name for choice in choices for name in choice.columns} | {"name", "label"})
    try:
        compile_expression(item.choice_filter, columns)
    except ExpressionError as error:
        advice = "可用的列：" + "、".join(sorted(columns))
        references.problems.add(place.file, str(error.message), advice, line=place.line, path=place.path)


def _fields(fields: Sequence[Field], prefix: TomlPath) -> Iterator[tuple[TomlPath, Field]]:
    for number, item in enumerate(fields):
        keys = (*prefix, "fields", number)
        yield keys, item
        yield from _fields(item.fields, keys)
