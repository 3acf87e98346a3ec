"""What units of a type carry (单位属性): reading a typed value and showing it with its unit of measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from saas.domain.errors import Message, message
from saas.org.models import UnitType
from saas.tenancy.pack_schema import AttributeType, AttributeValue

MAX_TEXT = 200
MAX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its name in rules and forms, its label, what it holds, and its unit of measure (计量单位)."""

    name: str
    label: str
    type: AttributeType
    measure: str = ""
    choices: tuple[str, ...] = ()

    @property
    def full_label(self) -> str:
        """The label with its measure, as printed before an input."""
        return f"{self.label}（{self.measure}）" if self.measure else self.label


def attributes_of(unit_type: UnitType) -> tuple[Attribute, ...]:
    """The attributes that units of a type carry, in the county's order."""
    return tuple(_attribute(each) for each in unit_type.attributes)


def _attribute(stored: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name=stored["name"],
        label=stored["label"],
        type=AttributeType(stored["type"]),
        measure=stored.get("measure", ""),
        choices=tuple(stored.get("choices", ())),
    )


def stored_attribute(attribute: Attribute) -> dict[str, Any]:
    """The form in which a unit type keeps an attribute."""
    return {
        "name": attribute.name,
        "label": attribute.label,
        "type": attribute.type.value,
        "measure": attribute.measure,
        "choices": list(attribute.choices),
    }


def parse_attribute(attribute: Attribute, text: str) -> AttributeValue | Message:
    """Return what was typed as the attribute's type, or what is wrong with it. Decimals stay text: exact."""
    if attribute.type is AttributeType.INTEGER:
        return int(text) if _is_integer(text) else message("bad_integer", "请填写整数，不超过 {n} 位", n=MAX_DIGITS)
    if attribute.type is AttributeType.DECIMAL:
        return text if _is_decimal(text) else message("bad_decimal", "请填写数值，小数点用英文句点")
    if attribute.type is AttributeType.YES_NO:
        return {"yes": True, "no": False}.get(text, message("bad_choice", "请选择是或否"))
    if attribute.type is AttributeType.CHOICE:
        return text if text in attribute.choices else message("bad_choice", "请从列出的选项中选择")
    return text if len(text) <= MAX_TEXT else message("text_long", "最多 {n} 字", n=MAX_TEXT)


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return text.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS


def _is_decimal(text: str) -> bool:
    try:
        return text.isascii() and len(text) <= 2 * MAX_DIGITS and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def typed_text(value: AttributeValue | None) -> str:
    """A stored value as it stands in an input: the inverse of `parse_attribute`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
