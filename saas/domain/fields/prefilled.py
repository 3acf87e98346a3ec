"""Checking where the questions of a form are pre-filled from: what can be known from the form alone."""

from __future__ import annotations

from saas.domain.errors import FormError
from saas.domain.fields.checking import Spot, list_spots
from saas.domain.fields.model import FILES, NUMBERS, Field, FieldType, FormDefinition, iter_fields
from saas.domain.prefill import ADVICE, PrefillError, SourceKind, read_prefill

_TEXTS = frozenset({FieldType.TEXT, FieldType.HIDDEN})
_NEVER = FILES | {FieldType.ACKNOWLEDGE, FieldType.CALCULATE}  # evidence and declarations are of the period itself


def check_prefills(form: FormDefinition) -> None:
    """Raise FormError, with the field and advice, for the first source that could never fill its question."""
    for spot in list_spots(form):
        if spot.field.prefill:
            _check(form, spot)


def _check(form: FormDefinition, spot: Spot) -> None:
    item, place = spot.field, f"{'.'.join(spot.path)}.prefill"
    try:
        source = read_prefill(item.prefill)
    except PrefillError as error:
        raise FormError(place, error.message.text, advice=ADVICE, code=error.code, **error.message.params) from None
    if item.type in _NEVER or item.calculation:
        raise FormError(place, "这类字段不能预填", code="bad_prefill", advice="照片、文件、确认项和计算项不写 prefill")
    if any(each.type is FieldType.REPEAT for each in spot.chain):
        advice = "放到重复组外面；整组可以用“全部沿用”带入上期"
        raise FormError(place, "重复组里的字段不能预填", code="bad_prefill", advice=advice)
    if source.figure is not None and item.type not in NUMBERS | _TEXTS:
        raise FormError(place, "台账的数、合计的数只能预填数字项", code="bad_prefill", advice="把类型改为整数或小数")
    if source.kind is SourceKind.PERIOD and item.type not in _TEXTS | {
        FieldType.DATE if source.code != "label" else ""
    }:
        raise FormError(place, "填报期填不进本项", code="bad_prefill", advice="起止日期填进日期项，名称填进文本项")
    if source.kind is SourceKind.LAST and source.path:
        found = find_field(form, source.path)
        if found is None:
            names = "、".join(path for path, each in iter_fields(form) if each.is_question and "[]" not in path)
            raise FormError(
                place, "本表没有字段“{name}”", code="unknown_field", advice=f"可写：{names}", name=source.path
            )
        if not fits(found[1], item):
            text = "“{name}”的答案填不进本项：类型或计量单位不同"
            raise FormError(place, text, code="bad_prefill", advice="选类型和计量单位相同的字段", name=source.path)


def find_field(form: FormDefinition, name: str) -> tuple[str, Field] | None:
    """The question outside of repeats that a path, or a name that only one question has, means; with its path."""
    questions = {path: item for path, item in iter_fields(form) if item.is_question and "[]" not in path}
    if name in questions:
        return name, questions[name]
    named = [(path, item) for path, item in questions.items() if item.name == name]
    return named[0] if len(named) == 1 else None


def fits(source: Field, target: Field) -> bool:
    """Whether an answer of one question may stand in another: of the same kind, in the same measure."""
    if target.type in _TEXTS and source.type not in FILES:
        return True
    if target.type in NUMBERS:
        counts = source.type in NUMBERS or source.type is FieldType.CALCULATE
        return counts and (source.measure == target.measure or not source.measure)
    return source.type is target.type


def prefilled(form: FormDefinition) -> dict[str, Field]:
    """The questions of a form that have a source, by path."""
    return {path: item for path, item in iter_fields(form) if item.prefill and "[]" not in path}
