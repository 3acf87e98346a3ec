"""What a new version of a form means for what was filled in the version before (版本兼容检查).

Fields of two versions are matched by their path; failing that by their name (moved), failing that by what they ask in
the same place (renamed). Each difference is a finding with a severity: nothing to mind, to be minded, or breaking:
after that the answers of both versions can no longer simply be set side by side (口径变化).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from saas.domain.fields import CONTAINERS, FILES, SELECTS, Field, FieldType, FormDefinition, Sensitivity, iter_fields


class Severity(StrEnum):
    """How much a difference matters, the gravest first."""

    BREAKING = "breaking"  # 口径变化
    MINDED = "minded"  # 需留意
    HARMLESS = "harmless"  # 无影响


class FindingKind(StrEnum):
    """What happened to a field. Audited: never rename a value."""

    REMOVED = "removed"
    TYPE_CHANGED = "type_changed"
    MEASURE_CHANGED = "measure_changed"  # 万元 → 元: the same figure means something else
    MOVED_ROWS = "moved_rows"  # into or out of a repeat
    CHOICE_REMOVED = "choice_removed"
    CHOICES_ELSEWHERE = "choices_elsewhere"  # from another list or other units
    CALCULATION_CHANGED = "calculation_changed"
    SENSITIVITY_LOWERED = "sensitivity_lowered"
    RENAMED = "renamed"
    MOVED = "moved"
    TYPE_WIDENED = "type_widened"
    ADDED_REQUIRED = "added_required"
    MADE_REQUIRED = "made_required"
    RANGE_NARROWED = "range_narrowed"
    CONSTRAINT_CHANGED = "constraint_changed"
    CONDITION_CHANGED = "condition_changed"
    DECIMALS_REDUCED = "decimals_reduced"
    LENGTH_REDUCED = "length_reduced"
    ROWS_REDUCED = "rows_reduced"
    CHOICE_REWORDED = "choice_reworded"
    NOT_APPLICABLE_REFUSED = "not_applicable_refused"
    EVIDENCE_WANTED = "evidence_wanted"
    PREFILL_LOST = "prefill_lost"
    PREFILL_CHANGED = "prefill_changed"
    ADDED = "added"
    CHOICE_ADDED = "choice_added"
    RELAXED = "relaxed"  # no longer required, a wider range, a constraint given up
    REWORDED = "reworded"


_KINDS = list(FindingKind)
_BREAKING = frozenset(_KINDS[: _KINDS.index(FindingKind.RENAMED)])
_HARMLESS = frozenset(_KINDS[_KINDS.index(FindingKind.ADDED) :])

# After these the answer of the old version is no answer of the new one.
_ASKED_ANEW = frozenset(
    {
        FindingKind.REMOVED,
        FindingKind.TYPE_CHANGED,
        FindingKind.MEASURE_CHANGED,
        FindingKind.MOVED_ROWS,
        FindingKind.CHOICES_ELSEWHERE,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `path` is that of the new version, or of the old one if the field is gone.

    `before` and `after` say what in particular, as the definition has it.
    """

    kind: FindingKind
    path: str
    label: str
    before: str = ""
    after: str = ""
    old_path: str = ""

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        if self.kind in _BREAKING:
            return Severity.BREAKING
        return Severity.HARMLESS if self.kind in _HARMLESS else Severity.MINDED

    @property
    def is_breaking(self) -> bool:
        """Whether somebody has to say that they know what it means."""
        return self.severity is Severity.BREAKING

    @property
    def is_asked_anew(self) -> bool:
        """Whether the answer of the old version is not carried over."""
        return self.kind in _ASKED_ANEW


@dataclass(frozen=True, slots=True)
class Pair:
    """A field in both versions."""

    old_path: str
    old: Field
    new_path: str
    new: Field


def compare_forms(old: FormDefinition, new: FormDefinition) -> tuple[Finding, ...]:
    """Return every difference, the gravest first, else in the order of the form."""
    pairs = match_fields(old, new)
    matched, gone = {pair.new_path: pair for pair in pairs}, _old_paths(pairs)
    found = [
        Finding(FindingKind.REMOVED, path, item.label, old_path=path)
        for path, item in iter_fields(old)
        if path not in gone and item.type not in {FieldType.GROUP, FieldType.NOTE}
    ]
    for path, item in iter_fields(new):
        if path in matched:
            found.extend(_differences(matched[path], matched))
        elif item.type not in {FieldType.GROUP, FieldType.NOTE}:
            is_required = item.required or bool(item.required_if)
            found.append(Finding(FindingKind.ADDED_REQUIRED if is_required else FindingKind.ADDED, path, item.label))
    order = list(Severity)
    return tuple(sorted(found, key=lambda each: order.index(each.severity)))


def asked_besides(old: FormDefinition, new: FormDefinition) -> tuple[str, ...]:
    """Return the paths of the questions that the new version asks and the old one did not, or not so (补报什么)."""
    anew = {each.path for each in compare_forms(old, new) if each.is_asked_anew}
    known = {pair.new_path for pair in match_fields(old, new)}
    return tuple(
        path
        for path, item in iter_fields(new)
        if item.is_asked and not item.read_only and (path not in known or path in anew)
    )


# --- which field is which ----------------------------------------------------------------------------------------


def match_fields(old: FormDefinition, new: FormDefinition) -> tuple[Pair, ...]:
    """Pair the fields of both versions: by path, by a name that occurs once in what is left, by what they ask."""
    before, after = dict(iter_fields(old)), dict(iter_fields(new))
    pairs = {path: path for path in after if path in before}
    for key in (_by_name, _by_question):
        left = {path: item for path, item in before.items() if path not in set(pairs.values())}
        wanted = {path: item for path, item in after.items() if path not in pairs}
        pairs.update(_paired(left, wanted, key))
    return tuple(Pair(pairs[path], before[pairs[path]], path, item) for path, item in after.items() if path in pairs)


def _by_name(path: str, item: Field) -> tuple[object, ...]:
    return (item.name, item.type in CONTAINERS)


def _by_question(path: str, item: Field) -> tuple[object, ...]:
    return (path.rpartition(".")[0], item.type, "".join(item.label.split()), item.measure)


def _paired(
    left: Mapping[str, Field], wanted: Mapping[str, Field], key: Callable[[str, Field], tuple[object, ...]]
) -> dict[str, str]:
    """What is the only one of its kind on both sides, new path to old path."""
    old_keys = {path: key(path, item) for path, item in left.items()}
    new_keys = {path: key(path, item) for path, item in wanted.items()}
    counts, new_counts = Counter(old_keys.values()), Counter(new_keys.values())
    by_key = {value: path for path, value in old_keys.items() if counts[value] == 1}
    return {path: by_key[value] for path, value in new_keys.items() if new_counts[value] == 1 and value in by_key}


def _old_paths(pairs: tuple[Pair, ...]) -> frozenset[str]:
    return frozenset(pair.old_path for pair in pairs)


def _repeats(path: str) -> list[str]:
    """The paths of the repeats that a field stands in, outermost first."""
    return [path[: found.start()] for found in re.finditer(r"\[\]", path)]


# --- what differs ------------------------------------------------------------------------------------------------


def _differences(pair: Pair, matched: Mapping[str, Pair]) -> Iterator[Finding]:
    def finding(kind: FindingKind, before: str = "", after: str = "") -> Finding:
        return Finding(kind, pair.new_path, pair.new.label, before, after, pair.old_path)

    old, new = pair.old, pair.new
    if old.name != new.name:
        yield finding(FindingKind.RENAMED, old.name, new.name)
    elif pair.old_path != pair.new_path:
        rows = [matched[path].old_path if path in matched else "" for path in _repeats(pair.new_path)]
        same_rows = rows == _repeats(pair.old_path)
        yield finding(FindingKind.MOVED if same_rows else FindingKind.MOVED_ROWS, pair.old_path, pair.new_path)
    if old.type is not new.type:
        kind = FindingKind.TYPE_WIDENED if (old.type, new.type) in _WIDER else FindingKind.TYPE_CHANGED
        yield finding(kind, old.type.value, new.type.value)
        if kind is FindingKind.TYPE_CHANGED:
            return
    for kind, difference in _CHECKS.items():
        said = difference(old, new)
        if said is not None:
            yield finding(kind, *said)


_WIDER = {
    (FieldType.INTEGER, FieldType.DECIMAL),
    (FieldType.SELECT_ONE, FieldType.SELECT_MULTIPLE),
    (FieldType.IMAGE, FieldType.FILE),
}
_WORDING = ("label", "hint", "measure", "required_message", "constraint_message", "appearance", "default")
Said = tuple[str, str] | None


def _changed(name: str, *, is_any: bool = False) -> Callable[[Field, Field], Said]:
    """Whether something that both versions have differs; with `is_any` also what one of them lacks."""

    def difference(old: Field, new: Field) -> Said:
        before, after = str(getattr(old, name)), str(getattr(new, name))
        return (before, after) if before != after and (is_any or (before and after)) else None

    return difference


def _measure(old: Field, new: Field) -> Said:
    is_other = old.measure and new.measure and old.measure != new.measure
    return (old.measure, new.measure) if is_other else None


def _choices_removed(old: Field, new: Field) -> Said:
    if new.type not in SELECTS or old.choices_from != new.choices_from or old.choices_from:
        return None
    kept = {choice.name for choice in new.choices}
    gone = "、".join(choice.label for choice in old.choices if choice.name not in kept)
    return (gone, "") if gone else None


def _choices_added(old: Field, new: Field) -> Said:
    known = {choice.name for choice in old.choices}
    more = "、".join(choice.label for choice in new.choices if choice.name not in known)
    return ("", more) if more and not new.choices_from else None


def _choices_reworded(old: Field, new: Field) -> Said:
    labels = {choice.name: choice.label for choice in old.choices}
    other = [
        (labels[choice.name], choice.label)
        for choice in new.choices
        if labels.get(choice.name, choice.label) != choice.label
    ]
    return ("、".join(before for before, _ in other), "、".join(after for _, after in other)) if other else None


def _sensitivity(old: Field, new: Field) -> Said:
    grades = list(Sensitivity)
    if grades.index(new.sensitivity) >= grades.index(old.sensitivity):
        return None
    return old.sensitivity.value, new.sensitivity.value


def _required(old: Field, new: Field) -> Said:
    if new.required and not old.required:
        return old.required_if, ""
    return ("", new.required_if) if new.required_if not in ("", old.required_if) and not old.required else None


def _narrowed(old: Field, new: Field) -> Said:
    is_narrower = _is_tightened(old.minimum, new.minimum, is_lower=True) or _is_tightened(
        old.maximum, new.maximum, is_lower=False
    )
    return (_span(old), _span(new)) if is_narrower else None


def _is_tightened(before: Any, now: Any, *, is_lower: bool) -> bool:
    if now is None or type(before) is not type(now):
        return now is not None
    return bool(now > before if is_lower else now < before)


def _span(item: Field) -> str:
    low, high = ("…" if bound is None else str(bound) for bound in (item.minimum, item.maximum))
    return f"{low}–{high}"


def _constraint(old: Field, new: Field) -> Said:
    if new.unique and not old.unique:
        return old.constraint, "unique"
    return (old.constraint, new.constraint) if new.constraint not in ("", old.constraint) else None


def _decimals(old: Field, new: Field) -> Said:
    if new.decimals is None or (old.decimals is not None and old.decimals <= new.decimals):
        return None
    return "" if old.decimals is None else str(old.decimals), str(new.decimals)


def _length(old: Field, new: Field) -> Said:
    is_text = new.type is FieldType.TEXT and new.max_length < old.max_length
    return (str(old.max_length), str(new.max_length)) if is_text else None


def _rows(old: Field, new: Field) -> Said:
    if new.type is not FieldType.REPEAT and new.type not in FILES:
        return None
    is_less = new.row_limit < old.row_limit or new.min_count > old.min_count
    return (f"{old.min_count}–{old.row_limit}", f"{new.min_count}–{new.row_limit}") if is_less else None


def _not_applicable(old: Field, new: Field) -> Said:
    return ("", "") if old.not_applicable and not new.not_applicable else None


def _evidence(old: Field, new: Field) -> Said:
    return (old.evidence, new.evidence) if new.evidence and new.evidence != old.evidence else None


def _prefill_lost(old: Field, new: Field) -> Said:
    return (old.prefill, "") if old.prefill and not new.prefill else None


def _prefill_changed(old: Field, new: Field) -> Said:
    return (old.prefill, new.prefill) if new.prefill and new.prefill != old.prefill else None


def _relaxed(old: Field, new: Field) -> Said:
    is_freer = (
        (old.required and not new.required and not new.required_if)
        or (bool(old.constraint) and not new.constraint)
        or (_narrowed(new, old) is not None and _narrowed(old, new) is None)
    )
    return ("", "") if is_freer else None


def _reworded(old: Field, new: Field) -> Said:
    if _measure(old, new) or all(getattr(old, name) == getattr(new, name) for name in _WORDING):
        return None
    return (old.label, new.label) if old.label != new.label else ("", "")


_CHECKS: Mapping[FindingKind, Callable[[Field, Field], Said]] = {
    FindingKind.MEASURE_CHANGED: _measure,
    FindingKind.CHOICES_ELSEWHERE: _changed("choices_from", is_any=True),
    FindingKind.CHOICE_REMOVED: _choices_removed,
    FindingKind.CALCULATION_CHANGED: _changed("calculation", is_any=True),
    FindingKind.SENSITIVITY_LOWERED: _sensitivity,
    FindingKind.MADE_REQUIRED: _required,
    FindingKind.RANGE_NARROWED: _narrowed,
    FindingKind.CONSTRAINT_CHANGED: _constraint,
    FindingKind.CONDITION_CHANGED: _changed("relevant", is_any=True),
    FindingKind.DECIMALS_REDUCED: _decimals,
    FindingKind.LENGTH_REDUCED: _length,
    FindingKind.ROWS_REDUCED: _rows,
    FindingKind.CHOICE_REWORDED: _choices_reworded,
    FindingKind.NOT_APPLICABLE_REFUSED: _not_applicable,
    FindingKind.EVIDENCE_WANTED: _evidence,
    FindingKind.PREFILL_LOST: _prefill_lost,
    FindingKind.PREFILL_CHANGED: _prefill_changed,
    FindingKind.CHOICE_ADDED: _choices_added,
    FindingKind.RELAXED: _relaxed,
    FindingKind.REWORDED: _reworded,
}
