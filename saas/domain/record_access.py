"""Who sees and changes which fields of a register's records (字段权限), by what they have to do with a record.

Read from and written to `register.access`; docs/registers.md describes it. What is shown of a masked answer is the
matter of `saas.domain.masking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any

from saas.domain.answers import Answers, Raw
from saas.domain.errors import FormatError
from saas.domain.fields import Field, FieldType, FormDefinition, Sensitivity, child_path, iter_fields
from saas.domain.filed import AnswerRow, RowState, answer_rows
from saas.domain.masking import HIDDEN, is_protected, mask_answer, protected_fields
from saas.domain.reading import read

MAX_FIELDS = 200


class Relation(StrEnum):
    """What a person has to do with a record. Stored in registers: never rename a value."""

    KEEPER = "keeper"  # 建档单位: the unit that keeps the record
    RESPONSIBLE = "responsible"  # 责任单位、责任人: whoever is linked to it
    SUPERIOR = "superior"  # 上级单位: above the keeper
    OFFICE = "office"  # 主管单位: owns the register


class Level(IntEnum):
    """How much of a field shows, from nothing to all. Stored by name: never rename one."""

    HIDDEN = 0  # 不显示
    SEALED = 1  # 只见掩码: and no purpose opens it
    MASKED = 2  # 掩码: shown after a purpose is given
    PLAIN = 3  # 直接显示


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Who sees a field how, and who may change it; what is not said is as by default."""

    see: Mapping[Relation, Level] = field(default_factory=dict)
    change: frozenset[Relation] | None = None


AccessRules = Mapping[str, FieldRule]
"""By the path of a field; fields of a repeat stand under `repeat[].name`."""


class AccessError(FormatError):
    """The access rules of a register are not well formed."""

    code = "bad_access"


def access_from_mapping(mapping: Mapping[str, Any]) -> AccessRules:
    """Read `register.access`. Raises AccessError with the path of the first mistake."""
    reader = read(mapping, "", AccessError, {"fields"})
    entries = reader.mapping.get("fields", {})
    if not isinstance(entries, Mapping) or len(entries) > MAX_FIELDS:
        raise AccessError("fields", "“fields”应为一组表", advice="写成 [access.fields.字段名]，最多 200 个")
    return {path: _rule(entry, f"fields.{path}") for path, entry in entries.items()}


def _rule(entry: Any, path: str) -> FieldRule:
    if not isinstance(entry, Mapping):
        raise AccessError(path, "应为一张表", advice='如 { office = "masked", change = ["keeper"] }')
    see = {}
    for relation in Relation:
        if relation in entry:
            see[relation] = _level(entry[relation], f"{path}.{relation}")
    unknown = sorted(set(entry) - {*Relation, "change"})
    if unknown:
        advice = "可用 " + "、".join([*Relation, "change"])
        raise AccessError(f"{path}.{unknown[0]}", "不认识“{name}”", advice=advice, name=unknown[0])
    return FieldRule(see, _change(entry.get("change"), f"{path}.change"))


def _level(value: Any, path: str) -> Level:
    if isinstance(value, str) and value.upper() in Level.__members__ and value.islower():
        return Level[value.upper()]
    advice = "、".join(level.name.lower() for level in Level)
    raise AccessError(path, "不认识的显示方式“{value}”", advice=f"可用 {advice}", value=value)


def _change(value: Any, path: str) -> frozenset[Relation] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or any(each not in set(Relation) for each in value):
        raise AccessError(path, "不认识的单位关系", advice="可用 " + "、".join(Relation))
    return frozenset(Relation(each) for each in value)


def access_to_mapping(rules: AccessRules) -> dict[str, Any]:
    """Write access rules as they are stored; what is by default is left out."""
    entries = {path: _rule_mapping(rule) for path, rule in sorted(rules.items())}
    kept = {path: entry for path, entry in entries.items() if entry}
    return {"fields": kept} if kept else {}


def _rule_mapping(rule: FieldRule) -> dict[str, Any]:
    entry: dict[str, Any] = {each.value: rule.see[each].name.lower() for each in Relation if each in rule.see}
    if rule.change is not None:
        entry["change"] = [each.value for each in Relation if each in rule.change]
    return entry


def check_access(rules: AccessRules, form: FormDefinition) -> None:
    """Raise AccessError if a rule names a field that the form does not ask, or hides one without personal data.

    What is not protected names, sorts and finds records: it could be found out although it is not shown.
    """
    known, protected = {path for path, item in iter_fields(form) if item.is_question}, protected_fields(form)
    for path, rule in rules.items():
        if path not in known:
            raise AccessError(f"fields.{path}", "表单里没有字段“{name}”", advice="请改正字段名", name=path)
        if rule.see and path not in protected:
            advice = "先在表单里把它标为个人信息（sensitivity），再设谁能看"
            raise AccessError(f"fields.{path}", "字段“{name}”不是个人信息，不能限制查看", advice=advice, name=path)


def default_level(item: Field, relation: Relation) -> Level:
    """How much of a field shows where the register does not say.

    What is not personal data shows. Personal data shows to whoever keeps the record and to others after they said what
    for; sensitive data to nobody before that.
    """
    if not is_protected(item):
        return Level.PLAIN
    is_personal = item.sensitivity is not Sensitivity.SENSITIVE
    return Level.PLAIN if is_personal and relation is Relation.KEEPER else Level.MASKED


@dataclass(frozen=True, slots=True)
class FieldAccess:
    """What one person sees of one record's fields, and which of them that person may change.

    `levels` holds the paths that do not show plainly; `protected` every field with personal data.
    """

    levels: Mapping[str, Level]
    protected: Mapping[str, Field]
    unchangeable: frozenset[str] = frozenset()

    def level(self, path: str) -> Level:
        """How much shows of a field; the path may name a row (`members[2].phone`)."""
        return self.levels.get(general_path(path), Level.PLAIN)

    def shows(self, path: str) -> bool:
        """Whether the answer shows as it is."""
        return self.level(path) is Level.PLAIN

    def may_change(self, path: str) -> bool:
        """Whether an answer may be changed: never one that the person does not see."""
        return self.shows(path) and general_path(path) not in self.unchangeable

    @property
    def revealable(self) -> tuple[str, ...]:
        """The fields that would show after a purpose was given."""
        return tuple(path for path, level in self.levels.items() if level is Level.MASKED)

    def revealed(self) -> FieldAccess:
        """The same after a purpose was given: what is sealed or hidden stays so."""
        kept = {path: level for path, level in self.levels.items() if level is not Level.MASKED}
        return FieldAccess(kept, self.protected, self.unchangeable)

    def listed(self) -> FieldAccess:
        """The same in lists, exports and prints: what is read at a glance or carried away masks protected answers."""
        masked = {path: min(self.level(path), Level.SEALED) for path in self.protected}
        return FieldAccess({**self.levels, **masked}, self.protected, self.unchangeable)


def general_path(path: str) -> str:
    """Return the path of a field without the numbers of rows: `members[2].phone` → `members[].phone`."""
    head, *rest = path.split("[")
    return head + "".join(f"[]{piece.partition(']')[2]}" for piece in rest)


def field_access(form: FormDefinition, rules: AccessRules, relations: Collection[Relation]) -> FieldAccess:
    """Return what somebody with these relations to a record sees of it.

    Of several relations the one that shows more counts. Who has none sees masks, which no purpose opens. Sensitive data
    never shows without a purpose, whatever the register says.
    """
    protected = protected_fields(form)
    levels: dict[str, Level] = {}
    unchangeable = set()
    for path, item in iter_fields(form):
        if not item.is_question:
            continue
        rule, held = rules.get(path, FieldRule()), protected.get(path, item)
        level = _level_of(held, rule, relations)
        if level is not Level.PLAIN:
            levels[path] = level
        if rule.change is not None and not rule.change & set(relations):
            unchangeable.add(path)
    while lowered := _lowered(form, levels):
        levels.update(lowered)
    return FieldAccess(levels, protected, frozenset(unchangeable))


def _lowered(form: FormDefinition, levels: Mapping[str, Level]) -> dict[str, Level]:
    """What is chosen among the answers of rows and shows more than these, with how much it may show."""
    of_name: dict[str, Level] = {}
    for path, level in levels.items():
        name = path.rpartition(".")[2]
        of_name[name] = min(level, of_name.get(name, level))
    allowed = {path: of_name[item.chosen_by] for path, item in iter_fields(form) if item.chosen_by in of_name}
    return {path: level for path, level in allowed.items() if level < levels.get(path, Level.PLAIN)}


def _level_of(item: Field, rule: FieldRule, relations: Iterable[Relation]) -> Level:
    nobody = Level.SEALED if is_protected(item) or rule.see else Level.PLAIN
    level = max((rule.see.get(each, default_level(item, each)) for each in relations), default=nobody)
    return min(level, Level.MASKED) if item.sensitivity is Sensitivity.SENSITIVE else level


def shown_answers(form: FormDefinition, answers: Answers, access: FieldAccess) -> Answers:
    """Return the answers as somebody may see them: masked texts where masked, nothing where hidden.

    The result is for showing, printing and exporting. It is no longer typed: never store it.
    """
    return _shown(form.fields, answers, "", access)


def _shown(fields: Iterable[Field], answers: Mapping[str, Any], parent: str, access: FieldAccess) -> Answers:
    shown: Answers = {}
    for item in fields:
        if item.name not in answers:
            continue
        path, answer = child_path(parent, item.name), answers[item.name]
        if item.type is FieldType.GROUP:
            shown[item.name] = _shown(item.fields, answer or {}, path, access)
        elif item.type is FieldType.REPEAT:
            shown[item.name] = [_shown(item.fields, row, f"{path}[]", access) for row in answer or []]
        else:
            shown[item.name] = _shown_answer(access, path, item, answer)
    return shown


@dataclass(frozen=True, slots=True)
class Masked:
    """What shows of a protected answer: a text that must not be read as an answer."""

    text: str

    def __str__(self) -> str:
        return self.text


def _shown_answer(access: FieldAccess, path: str, item: Field, answer: Any) -> Any:
    level = access.level(path)
    if level is Level.PLAIN or answer is None:
        return answer
    if level is Level.HIDDEN:
        return None
    held = access.protected.get(general_path(path))
    return Masked(mask_answer(held, answer) if held is not None else HIDDEN)


def shown_rows(form: FormDefinition, answers: Answers, access: FieldAccess) -> tuple[AnswerRow, ...]:
    """Return the record line by line as somebody may see it: masked texts where masked, no line where hidden."""
    rows = (_shown_row(row, answers, access) for row in answer_rows(form, answers))
    return tuple(row for row in rows if row is not None)


def _shown_row(row: AnswerRow, answers: Answers, access: FieldAccess) -> AnswerRow | None:
    level = access.level(row.path)
    if level is Level.PLAIN or row.state is RowState.MISSING:
        return None if level is Level.HIDDEN else row
    if level is Level.HIDDEN:
        return None
    item = access.protected.get(general_path(row.path))
    text = mask_answer(item, answer_of_path(answers, row.path)) if item is not None else HIDDEN
    return replace(row, state=RowState.ANSWERED, text=text, files=())


def answer_of_path(answers: Answers, path: str) -> Any:
    """The answer of a path that may name rows (`members[2].phone`); None if there is none."""
    found: Any = answers
    for name in path.replace("[", ".[").split("."):
        if name.startswith("["):
            number = int(name.strip("[]"))
            found = found[number] if isinstance(found, list) and number < len(found) else None
        else:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found


def withheld_paths(form: FormDefinition, access: FieldAccess) -> frozenset[str]:
    """Return what the person may not edit: single fields, and repeats of which a field may not be edited.

    A row of which only a part is seen cannot be told from another: such a repeat stays as a whole as it is.
    """
    return frozenset(_withheld(form.fields, "", access))


def _withheld(fields: Iterable[Field], parent: str, access: FieldAccess) -> Iterable[str]:
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _withheld(item.fields, path, access)
        elif item.type is FieldType.REPEAT:
            if any(_withheld(item.fields, f"{path}[]", access)):
                yield path
        elif item.is_question and not access.may_change(path):
            yield path


def is_within(name: str, paths: Collection[str]) -> bool:
    """Whether the name of an input belongs to one of these fields or repeats: `phone`, `phone:na`, `members[2].age`."""
    general = name.partition(":")[0]
    return general in paths or any(general.startswith((f"{path}[", f"{path}.")) for path in paths)


def merged_raw(stored: Raw, posted: Raw, withheld: Collection[str]) -> Raw:
    """Return what is to be read as the record's new answers: what was posted, and of withheld fields what is stored.

    Both are as inputs carry them (`raw_from_answers`). What a browser says about a withheld field counts for nothing.
    """
    kept = {name: texts for name, texts in stored.items() if is_within(name, withheld)}
    return {name: texts for name, texts in posted.items() if not is_within(name, withheld)} | kept
