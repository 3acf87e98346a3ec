"""The fields of a register as the screen of their rights shows them: what is set and what holds otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saas.domain.fields import Field, FormDefinition, Sensitivity, child_path
from saas.domain.masking import protected_fields
from saas.domain.record_access import FieldRule, Level, Relation, default_level
from saas.registers.models import Register
from saas.registers.protection import published_form, rules_of


@dataclass(frozen=True, slots=True)
class AccessLine:
    """A field. `see` is what the register says, `default` what holds where it says nothing."""

    number: int
    path: str
    label: str
    sensitivity: Sensitivity
    see: Mapping[Relation, Level]
    default: Mapping[Relation, Level]
    change: frozenset[Relation]

    @property
    def is_protected(self) -> bool:
        """Whether the field holds personal data: only then it can be kept from somebody."""
        return self.sensitivity is not Sensitivity.NONE

    @property
    def levels(self) -> tuple[Level, ...]:
        """What may be chosen: sensitive data never shows without a purpose."""
        return tuple(level for level in reversed(Level) if level is not Level.PLAIN or not self.is_sensitive)

    @property
    def is_sensitive(self) -> bool:
        return self.sensitivity is Sensitivity.SENSITIVE


def access_lines(register: Register) -> list[AccessLine]:
    """The fields of the published form that somebody answers, those with personal data first."""
    form = published_form(register)
    if form is None:
        return []
    rules, protected = rules_of(register), protected_fields(form)
    lines = []
    for number, (path, label, item) in enumerate(_questions(form)):
        rule, held = rules.get(path, FieldRule()), protected.get(path, item)
        sensitivity = held.sensitivity if path in protected else Sensitivity.NONE
        default = {relation: default_level(held, relation) for relation in Relation}
        change = frozenset(Relation) if rule.change is None else rule.change
        lines.append(AccessLine(number, path, label, sensitivity, rule.see, default, change))
    return sorted(lines, key=lambda line: (not line.is_protected, line.number))


def _questions(form: FormDefinition) -> list[tuple[str, str, Field]]:
    """The questions with their labels, those of groups and repeats before them."""
    found: list[tuple[str, str, Field]] = []

    def gather(fields: tuple[Field, ...], parent: str, above: str, *, is_repeat: bool) -> None:
        for item in fields:
            path = child_path(f"{parent}[]" if is_repeat else parent, item.name)
            label = f"{above} / {item.label}" if above else item.label
            if item.fields:
                gather(item.fields, path, label, is_repeat=item.type == "begin_repeat")
            elif item.is_question:
                found.append((path, label, item))

    gather(form.fields, "", "", is_repeat=False)
    return found
