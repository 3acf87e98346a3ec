"""Checking the expressions of a form: they can be read, name fields that exist, and do not go round in circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from saas.domain.errors import FormError
from saas.domain.expressions import Expression, ExpressionError, compile_expression, looked_up, output_references
from saas.domain.fields.model import EXPRESSIONS, FILES, Field, FieldType, FormDefinition
from saas.domain.fields.sources import choice_source

LABELS = ("label", "hint", "constraint_message", "required_message")


@dataclass(frozen=True, slots=True)
class Spot:
    """A field with the groups and repeats that it stands in, outermost first."""

    field: Field
    chain: tuple[Field, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the form down to the field."""
        return (*(item.name for item in self.chain), self.field.name)


def list_spots(form: FormDefinition) -> list[Spot]:
    """Every field of a form with where it stands, parents first."""
    return list(_spots(form.fields, ()))


def _spots(fields: tuple[Field, ...], chain: tuple[Field, ...]) -> Iterator[Spot]:
    for item in fields:
        yield Spot(item, chain)
        yield from _spots(item.fields, (*chain, item))


def spots_by_name(spots: list[Spot]) -> Mapping[str, list[Spot]]:
    """The places of each field name."""
    found: dict[str, list[Spot]] = {}
    for spot in spots:
        found.setdefault(spot.field.name, []).append(spot)
    return found


def resolve(name: str, here: Spot, known: Mapping[str, list[Spot]]) -> Spot | None:
    """The field that a name means where it is written: the one that shares most of the way; None if that is unclear."""
    candidates = known.get(name, [])
    if not candidates:
        return None
    shared = {id(spot): _shared(spot, here) for spot in candidates}
    best = max(shared.values())
    nearest = [spot for spot in candidates if shared[id(spot)] == best]
    return nearest[0] if len(nearest) == 1 else None


def _shared(one: Spot, other: Spot) -> int:
    count = 0
    for left, right in zip(one.chain, (*other.chain, other.field), strict=False):
        if left is not right:
            break
        count += 1
    return count


def compiled(item: Field, key: str) -> Expression | None:
    """An expression of a field, or None where it has none."""
    text = getattr(item, key)
    if not text:
        return None
    if key != "choice_filter":
        return compile_expression(text)
    return compile_expression(text, choice_columns(item))


def choice_columns(item: Field) -> frozenset[str]:
    """The bare names that the `choice_filter` of a field may use."""
    source = choice_source(item.choices_from) if item.choices_from else None
    if source is not None:
        return source.columns
    return frozenset({name for choice in item.choices for name in choice.columns} | {"name", "label"})


def check_expressions(form: FormDefinition) -> None:
    """Raise FormError, with the field and the key, for the first expression that could not be evaluated."""
    spots = list_spots(form)
    known = spots_by_name(spots)
    edges: dict[int, list[Spot]] = {}
    for spot in spots:
        for key in EXPRESSIONS:
            targets = _check(spot, key, known)
            if key in {"relevant", "calculation", "initial", "repeat_count"}:
                edges.setdefault(id(spot.field), []).extend(targets)
        for key in LABELS:
            for name in output_references(getattr(spot.field, key)):
                _target(name, spot, key, known)
        _check_evidence(spot, known)
        _check_rows(spot, known)
        _check_unique(spot)
    _refuse_circles(spots, edges)


def _check_evidence(spot: Spot, known: Mapping[str, list[Spot]]) -> None:
    """What proves an answer (佐证) stands beside it: in the same group, or the same row."""
    name = spot.field.evidence
    if not name:
        return
    beside = [each for each in known.get(name, []) if each.chain == spot.chain]
    if not beside or beside[0].field.type not in FILES:
        advice = "写同一组里一个照片或文件字段的字段名"
        raise FormError(
            _place(spot, "evidence"), "旁边没有照片或文件字段“{name}”", code="unknown_field", advice=advice, name=name
        )


def _check_rows(spot: Spot, known: Mapping[str, list[Spot]]) -> None:
    """What rows are chosen by is a question in a repeat that tells them apart."""
    name = spot.field.chosen_by
    if not name:
        return
    found = _target(name, spot, "choices_from", known)
    if found.field is spot.field or inner_repeat(found) is None or not tells_rows_apart(found.field):
        advice = "写重复组里一个文字、数字、日期、单选或计算字段的字段名"
        raise FormError(
            _place(spot, "choices_from"), "“{name}”不能作选项", code="bad_choices", advice=advice, name=name
        )


def _check_unique(spot: Spot) -> None:
    """What no two rows may share stands right in the repeat."""
    if spot.field.unique and (not spot.chain or spot.chain[-1].type is not FieldType.REPEAT):
        advice = "只有直接放在重复组里的字段可以要求各行不重复"
        raise FormError(_place(spot, "unique"), "这里没有可以比较的行", code="bad_unique", advice=advice)


def tells_rows_apart(item: Field) -> bool:
    """Whether an answer is one text by which people tell rows apart."""
    several = {FieldType.SELECT_MULTIPLE, FieldType.RANK, FieldType.ACKNOWLEDGE, FieldType.GEOPOINT}
    return item.is_question and item.type not in FILES | several


def inner_repeat(spot: Spot) -> Field | None:
    """The repeat that a field stands in, the innermost one."""
    return next((each for each in reversed(spot.chain) if each.type is FieldType.REPEAT), None)


def _check(spot: Spot, key: str, known: Mapping[str, list[Spot]]) -> list[Spot]:
    try:
        expression = compiled(spot.field, key)
    except ExpressionError as error:
        raise FormError(_place(spot, key), "{reason}", code="bad_expression", reason=str(error)) from None
    if expression is None:
        return []
    _check_lots(spot, key, expression)
    _check_lists(spot, key, expression, known)
    return [_target(name, spot, key, known) for name in sorted(expression.names)]


def _check_lots(spot: Spot, key: str, expression: Expression) -> None:
    """What is drawn by lot is drawn once and kept: it is an answer of its own, and hangs on no other."""
    if expression.draws and key not in {"calculation", "initial"}:
        advice = "加一个计算项 once(random())，再引用它"
        raise FormError(_place(spot, key), "随机数只能由计算式抽取", code="bad_lot", advice=advice)
    if key == "calculation" and expression.draws_anew and expression.names:
        advice = "把抽取写成单独的计算项 once(random())，再引用它"
        raise FormError(_place(spot, key), "随机数会随其他回答变化", code="bad_lot", advice=advice)


def _check_lists(spot: Spot, key: str, expression: Expression, known: Mapping[str, list[Spot]]) -> None:
    """What is looked up in a shared list needs a question, which may be hidden, that has its choices from there."""
    for code in sorted(looked_up(expression.text)):
        source = f"list:{code}"
        if not any(each.field.choices_from == source for spots in known.values() for each in spots):
            advice = f'加一个单选题，choices_from = "{source}"；不显示的，写 relevant = "false()"'
            raise FormError(
                _place(spot, key), "表单没有用到公用选项“{name}”", code="unknown_list", advice=advice, name=code
            )


def _target(name: str, spot: Spot, key: str, known: Mapping[str, list[Spot]]) -> Spot:
    found = resolve(name, spot, known)
    if found is None:
        text = "有几个字段都叫“{name}”，不知道指哪一个" if name in known else "表达式里的字段“{name}”不存在"
        raise FormError(_place(spot, key), text, code="unknown_field", name=name)
    return found


def _place(spot: Spot, key: str) -> str:
    return f"{'.'.join(spot.path)}.{'required' if key == 'required_if' else key}"


def _refuse_circles(spots: list[Spot], edges: Mapping[int, list[Spot]]) -> None:
    """A field that needs itself to be computed could never be: by its own expressions or by those of its groups."""
    done: set[int] = set()
    for spot in spots:
        _visit(spot, edges, done, [])


def _visit(spot: Spot, edges: Mapping[int, list[Spot]], done: set[int], path: list[Spot]) -> None:
    key = id(spot.field)
    if key in done:
        return
    if any(each.field is spot.field for each in path):
        names = " → ".join(each.field.label or each.field.name for each in [*path, spot])
        raise FormError(_place(spot, "relevant"), "表达式互相依赖，成了循环：{names}", code="circular", names=names)
    for target in edges.get(key, ()):
        if target.field is spot.field and spot.field.type is FieldType.REPEAT:
            continue
        _visit(target, edges, done, [*path, spot])
    for container in spot.chain:
        for target in edges.get(id(container), ()):
            _visit(target, edges, done, [*path, spot])
    done.add(key)
