"""A check over several answers (核对规则) as the builder asks for it: pickers, and the condition that comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from saas.domain.cross_checks import Comparison, comparison_in, is_figure, odd_when
from saas.domain.errors import FormError
from saas.domain.fields import Field, FormDefinition
from saas.domain.fields.checking import list_spots
from saas.domain.form_editing import NEVER

RELATIONS = {"=": _l("应等于"), "<=": _l("不应大于"), ">=": _l("不应小于")}


@dataclass(frozen=True, slots=True)
class Picked:
    """What the pickers show of a check, in the form's own terms."""

    figures: list[SelectChoice]
    rule: Comparison | None
    is_written: bool  # by somebody who wrote the condition himself


def picked(definition: FormDefinition, path: str, item: Field) -> Picked:
    """The pickers of a check: the figures of the form, and those that its condition compares."""
    figures = [
        SelectChoice(spot.field.name, _called(spot.field))
        for spot in list_spots(definition)
        if is_figure(spot.field) and _is_unique(definition, spot.field)
    ]
    rule = comparison_in(item.relevant, definition, path.rpartition(".")[0])
    return Picked(figures, rule, rule is None and item.relevant != NEVER)


def check_condition(definition: FormDefinition, path: str, item: Field, rule: Comparison | None, typed: str) -> str:
    """The condition of a check: of the pickers, unless they say what they said before and somebody wrote another.

    Raises FormError for figures that cannot be compared: the same one twice, or of different measures.
    """
    if rule is None or not rule.parts or not rule.whole:
        return typed
    fields = {spot.field.name: spot.field for spot in list_spots(definition)}
    if rule.whole in rule.parts:
        raise FormError("check_whole", gettext("同一项不能和自己核对"), code="bad_check")
    _refuse_other_measures([fields[name] for name in (*rule.parts, rule.whole) if name in fields])
    found = odd_when(rule, definition, path.rpartition(".")[0])
    return typed if found == item.relevant and typed else found


def _refuse_other_measures(compared: Sequence[Field]) -> None:
    measures = {item.measure for item in compared if item.measure}
    if len(measures) > 1:
        text = gettext("计量单位不同（%(measures)s），不能互相核对", measures="、".join(sorted(measures)))
        advice = gettext("只选计量单位相同的项；确需核对的，请在“条件”里自己写算式")
        raise FormError("check_parts", text, code="bad_check", advice=advice)


def _called(item: Field) -> str:
    return f"{item.label[:40]}（{'，'.join(filter(None, [item.measure, item.name]))}）"


def _is_unique(definition: FormDefinition, item: Field) -> bool:
    return sum(spot.field.name == item.name for spot in list_spots(definition)) == 1
