"""What a check has found out, kept until it is confirmed: so that ten thousand units need not be read and judged twice.

It counts only while everything that the check looked at is the same: units, drafts, versions, rights, window and day.
If anything differs, or the answers may depend on more than that, the file is read and checked again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from saas.accounts.viewer import Viewer
from saas.db import local_today
from saas.domain.fields import FormDefinition, iter_fields, sources_of
from saas.domain.fields.model import EXPRESSIONS
from saas.forms.definitions import definition_of_version
from saas.imports.handlers import Check
from saas.submissions.tables.judging import Plan
from saas.submissions.tables.scope import TableScope, TableUnit

_CLOCK: Final = re.compile(r"\b(today|now)\b")


def keep_plans(check: Check, scope: TableScope, viewer: Viewer) -> dict[str, Any] | None:
    """What is to be written, as plain values; None if it depends on more than `_seen` holds."""
    if not all(_is_closed(definition_of_version(each)) for each in scope.versions.values()):
        return None
    plans: list[Plan] = [each.plan for each in check.rows if each.plan is not None]
    return {
        "seen": _seen(scope, viewer),
        "plans": [[str(plan.unit.unit.id), plan.answers, plan.is_handed_in] for plan in plans],
    }


def recall_plans(kept: Mapping[str, Any], scope: TableScope, viewer: Viewer) -> list[Plan] | None:
    """What was kept, for the county of now; None if anything that the check looked at has changed."""
    if kept["seen"] != _seen(scope, viewer):
        return None
    units = {str(each.unit.id): each for each in scope.units}
    return [
        Plan(scope, units[unit_id], scope.definition_for(units[unit_id]), answers, is_handed_in)
        for unit_id, answers, is_handed_in in kept["plans"]
    ]


def _is_closed(definition: FormDefinition) -> bool:
    """Whether what an answer means hangs on the form and the unit alone: not on the hour, lists or other reports."""
    if sources_of(definition):
        return False
    return not any(item.prefill or _asks_the_clock(item) for _, item in iter_fields(definition))


def _asks_the_clock(item: object) -> bool:
    return any(_CLOCK.search(getattr(item, key)) for key in EXPRESSIONS)


def _seen(scope: TableScope, viewer: Viewer) -> str:
    """The digest of everything that a check looks at besides the file itself."""
    whole = {
        "viewer": viewer.id,
        "today": local_today(),
        "collection": scope.collection.id,
        "period": (scope.period.start, scope.period.end, scope.is_one_unit),
        "published": scope.version.id,
        "versions": sorted((str(each.id), each.digest) for each in scope.versions.values()),
        "units": [_unit(each, scope) for each in scope.units],
    }
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False, default=str).encode()).hexdigest()


def _unit(each: TableUnit, scope: TableScope) -> Sequence[Any]:
    unit, filed, problem = each.unit, each.filed, scope.problem_of(each)
    return (
        unit.id,
        (unit.code, unit.name, unit.short_name, each.name, each.above.name if each.above else ""),
        unit.attributes,
        each.may_fill,
        problem and str(problem),
        filed and (filed.id, filed.version, filed.status, filed.revision, filed.form_version_id, filed.answers),
    )
