"""Undoing the last application of a pack (回退), all or nothing. Never commits.

What the pack brought goes if nothing uses it, what it changed becomes what it was if nobody has changed it since; else
nothing happens and the reader is told what stands in the way. A published version of a form or scheme never changes or
vanishes: the former content becomes the newest version again, and a form or scheme that there was none before is
retired (停用), with the route by which its results would be confirmed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, select

from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.audit.services import AuditAction, HasId, record
from saas.bodies.models import BodyTemplate
from saas.db import Base, db, utc_now
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError, InvalidTransition
from saas.forms.choice_lists import forms_using
from saas.forms.models import ChoiceList, FormDefinition, FormVersion, VersionStatus
from saas.org.models import LinkKind, NamedCohort, OrgUnit, UnitType
from saas.packs.county import County, Stored
from saas.packs.ledger import (
    MODELS,
    VOLATILE,
    Change,
    Ledger,
    Model,
    Remark,
    from_journal,
    stored_form,
    write,
)
from saas.packs.models import PackApplication
from saas.packs.services import one_at_a_time
from saas.plans.models import Plan
from saas.registers.models import Register
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.tenancy.models import TenantSettings

CHANGED_SINCE = "应用之后又有改动"
_VERSIONED: Mapping[Model, str] = {FormVersion: "form_id", SchemeVersion: "scheme_id"}
_NAMING: Mapping[Model, tuple[str, ...]] = {
    UnitType: ("parents",),
    LinkKind: ("from_types", "to_types"),
    NamedCohort: ("definition",),
    BodyTemplate: ("unit_types", "parent_code"),
    Route: ("definition",),
    Plan: ("countersign_units",),
    Collection: ("cohort",),
    Register: ("cohort",),
    AssessmentScheme: ("cohort",),
}
"""Where units, types and cohorts are named by their codes, which no foreign key guards."""
_LET_GO: Mapping[Model, Mapping[str, Any]] = {
    FormDefinition: {"owner_unit_id": None, "approved_at": None, "approved_by_id": None, "approval_number": ""},
    AssessmentScheme: {"collection_id": None},
}
"""What a form or scheme that stays, out of use, no longer holds on to."""


class RollbackRefused(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """Something stands in the way of undoing. Nothing was changed."""

    code = "rollback_refused"

    def __init__(self, obstacles: Sequence[Remark]) -> None:
        self.obstacles = tuple(obstacles)
        listing = "；".join(f"{each.label}：{each.text}" for each in self.obstacles[:10])
        super().__init__("不能回退，有 {count} 处妨碍：{listing}", count=len(obstacles), listing=listing)


@dataclass(slots=True)
class _Undoing:
    """One application being undone: what will be written and what stands in the way."""

    county: County
    actor_id: uuid.UUID | None
    ledger: Ledger = field(default_factory=Ledger)
    obstacles: list[Remark] = field(default_factory=list)
    created: dict[str, set[uuid.UUID]] = field(default_factory=dict)
    retired: set[uuid.UUID] = field(default_factory=set)

    def current(self, model: Model, row_id: uuid.UUID) -> Stored | None:
        return self.county.by(model, "id").get(row_id)

    def retire(self, change: Change, current: Stored, **values: Any) -> None:
        """Let something stay that may not vanish, out of use, and let go of what does."""
        self.retired.add(change.id)
        if current.get("published_by_id") in self.created.get("user", set()):
            values["published_by_id"] = None
        self.ledger.change(change.model, current, change.label, values)

    def obstruct(self, change: Change, text: str) -> None:
        self.obstacles.append(Remark(change.table, change.label, text))


def find_last() -> PackApplication | None:
    """The application that could be undone: the last one that was not."""
    return db.session.scalars(
        select(PackApplication)
        .where(PackApplication.rolled_back_at.is_(None))
        .order_by(PackApplication.number.desc())
        .limit(1)
    ).one_or_none()


def roll_back(application: PackApplication, *, actor: HasId | None) -> None:
    """Undo an application. Raises InvalidTransition if it is not the last one, RollbackRefused with all obstacles."""
    one_at_a_time()
    last = find_last()
    if application.rolled_back_at is not None or last is None or last.id != application.id:
        raise InvalidTransition("只能回退最近一次应用")
    undoing = plan_rollback(application, actor=actor)
    if undoing.obstacles:
        raise RollbackRefused(undoing.obstacles)
    settings = db.session.scalars(select(TenantSettings)).one_or_none()
    record(AuditAction.PACK_ROLLED_BACK, settings, actor=actor, pack=application.name, application=application.number)
    write(undoing.ledger.changes)
    application = db.session.get_one(PackApplication, (application.tenant_id, application.id))
    application.rolled_back_at = utc_now()
    application.rolled_back_by_id = actor.id if actor is not None else None
    db.session.flush()


def plan_rollback(application: PackApplication, *, actor: HasId | None) -> _Undoing:
    """Say what undoing would write, and what stands in its way. Nothing is changed."""
    undoing = _Undoing(County(), actor.id if actor is not None else None)
    changes = [_read(entry) for entry in application.changes]
    for change in changes:
        if change.before is None:
            undoing.created.setdefault(change.table, set()).add(change.id)
    for change in reversed(changes):
        _undo(change, undoing)
    removed = [each for each in undoing.ledger.changes if each.after is None or each.id in undoing.retired]
    undoing.obstacles += _uses(removed)
    undoing.obstacles += _namings(removed, undoing)
    undoing.obstacles += _choosing(removed)
    return undoing


def _read(entry: Mapping[str, Any]) -> Change:
    model = MODELS[entry["table"]]
    before, after = entry["before"], entry["after"]
    return Change(
        entry["table"],
        uuid.UUID(entry["id"]),
        entry["label"],
        None if before is None else from_journal(model, before),
        None if after is None else from_journal(model, after),
    )


def _undo(change: Change, undoing: _Undoing) -> None:
    current = undoing.current(change.model, change.id)
    if change.after is None:
        undoing.ledger.add(change.model, change.label, {**(change.before or {}), "id": change.id})
    elif change.before is None:
        _undo_new(change, current, undoing)
    elif current is None:
        undoing.obstruct(change, "已被删除")
    elif _is_older_version(change, current, undoing):
        return  # the former content comes back as a new version
    elif _differs(current, change.after):
        undoing.obstruct(change, CHANGED_SINCE)
    else:
        undoing.ledger.change(change.model, current, change.label, change.before)


def _differs(current: Stored, image: Mapping[str, Any]) -> bool:
    """Whether a row is no longer as the pack left it, apart from what changes by itself."""
    known = (key for key in image if key in current and key not in VOLATILE)
    return any(stored_form(current[key]) != stored_form(image[key]) for key in known)


def _undo_new(change: Change, current: Stored | None, undoing: _Undoing) -> None:
    if current is None:
        return  # somebody has removed it already
    above = _VERSIONED.get(change.model)
    if _differs(current, change.after or {}):
        undoing.obstruct(change, CHANGED_SINCE)
    elif above is not None and not _is_created(undoing, change.model, current[above]):
        _bring_back(change, current, above, undoing)
    elif current.get("published_at") is not None:
        undoing.retire(change, current, status=VersionStatus.RETIRED)
    elif _has_published(undoing, change):
        undoing.retire(change, current, is_active=False, **_LET_GO.get(change.model, {}))
    else:
        undoing.ledger.remove(change.model, current, change.label)


def _has_published(undoing: _Undoing, change: Change) -> bool:
    """Whether a form or scheme has versions that may not vanish, or a route serves such a scheme."""
    if change.model is FormDefinition:
        versions = undoing.county.grouped(FormVersion, "form_id").get(change.id, [])
        return any(row["published_at"] is not None for row in versions)
    if change.model is AssessmentScheme:
        versions = undoing.county.grouped(SchemeVersion, "scheme_id").get(change.id, [])
        return any(row["published_at"] is not None for row in versions)
    schemes = undoing.created.get(AssessmentScheme.__tablename__, set())
    return change.model is Route and any(
        row["route_id"] == change.id and row["id"] in schemes for row in undoing.county.rows(AssessmentScheme)
    )


def _is_created(undoing: _Undoing, model: Model, owner_id: uuid.UUID) -> bool:
    table = "form_definition" if model is FormVersion else AssessmentScheme.__tablename__
    return owner_id in undoing.created.get(table, set())


def _is_older_version(change: Change, current: Stored, undoing: _Undoing) -> bool:
    return change.model is FormVersion and not _is_created(undoing, FormVersion, current["form_id"])


def _bring_back(change: Change, current: Stored, above: str, undoing: _Undoing) -> None:
    """Let the version before the pack's be the newest again, as a version of its own."""
    versions = [row for row in undoing.county.rows(change.model) if row[above] == current[above]]
    if current["status"] is VersionStatus.DRAFT:
        undoing.ledger.remove(change.model, current, change.label)
        return
    if max(row["number"] for row in versions) != current["number"]:
        undoing.obstruct(change, "应用之后又有新的版本")
        return
    if change.model is FormVersion:
        undoing.ledger.change(FormVersion, current, change.label, {"status": VersionStatus.RETIRED})
    earlier = [row for row in versions if row["number"] < current["number"] and row["published_at"] is not None]
    former = max(earlier, key=lambda row: row["number"], default=None)
    if former is None:
        return
    values = {above: current[above], "number": current["number"] + 1, "definition": former["definition"]}
    values.update(status=VersionStatus.PUBLISHED, digest=digest(former["definition"]), published_at=utc_now())
    values["published_by_id"] = undoing.actor_id or current["published_by_id"]
    if change.model is SchemeVersion:
        values["effective_from"] = current["effective_from"]
    undoing.ledger.add(change.model, change.label, values)


# --- who uses what would go --------------------------------------------------------------------------------------


def _uses(removed: Sequence[Change]) -> list[Remark]:
    """Rows outside the application that point to rows that would go."""
    gone: dict[str, dict[uuid.UUID, Change]] = {}
    for change in removed:
        gone.setdefault(change.table, {})[change.id] = change
    found: list[Remark] = []
    for table, column, target in _pointers(gone):
        wanted = list(gone[target])
        rows = db.session.execute(
            select(table.c.id, table.c[column]).where(table.c[column].in_(wanted)).order_by(table.c.id)
        )
        users: dict[uuid.UUID, int] = {}
        for row_id, used_id in rows:
            if row_id not in gone.get(table.name, {}):
                users[used_id] = users.get(used_id, 0) + 1
        for used_id, count in users.items():
            used = gone[target][used_id]
            found.append(Remark(used.table, used.label, f"正被{USERS.get(table.name, table.name)}使用（{count} 处）"))
    return found


def _pointers(gone: Mapping[str, Any]) -> Iterator[tuple[Table, str, str]]:
    """Every column of any table that points to one of the tables."""
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            target = key.referred_table.name
            columns = [column.name for column in key.columns if column.name != "tenant_id"]
            if target in gone and columns:
                yield table, columns[0], target


USERS: Mapping[str, str] = {
    "submission": "填报",
    "collection": "填报任务",
    "collection_window": "填报时间调整",
    "review_case": "审签件",
    "assessment_round": "考核轮次",
    "assessment_scheme": "考核方案",
    "target_value": "指标数据",
    "task_report": "任务反馈",
    "document": "公文",
    "user_session": "登录会话",
    "audit_event": "操作记录",
    "delegation": "委托代办",
    "appointment": "任职",
    "post": "岗位",
    "placement": "隶属关系",
    "org_unit": "单位",
    "unit_version": "单位",
    "plan": "实施方案",
    "plan_task_unit": "方案任务",
    "target": "目标",
    "body": "议事协调机构",
    "body_seat": "机构成员",
    "form_version": "表单版本",
    "register": "台账",
    "register_record": "台账记录",
    "form_definition": "表单",
    "unit_link": "联系",
    "unit_function": "职能",
    "job": "后台任务",
}


def _namings(removed: Sequence[Change], undoing: _Undoing) -> list[Remark]:
    """Definitions that name by its code a unit, a type or a cohort that would go."""
    coded = {UnitType.__tablename__, OrgUnit.__tablename__, NamedCohort.__tablename__, BodyTemplate.__tablename__}
    codes = {(each.before or {})["code"]: each for each in removed if each.table in coded and each.after is None}
    gone = {change.id for change in removed}
    restored = {change.id: change.after or {} for change in undoing.ledger.changes if change.before is not None}
    found: list[Remark] = []
    for model, columns in _NAMING.items() if codes else ():
        for row in undoing.county.rows(model):
            if row["id"] in gone:
                continue
            image = {**row, **restored.get(row["id"], {})}
            named = {code for column in columns for code in _texts(image[column])} & codes.keys()
            for code in sorted(named):
                used, name = codes[code], image.get("name") or image.get("title")
                found.append(Remark(used.table, used.label, f"“{name}”还写着它的代码"))
    return found


def _choosing(removed: Sequence[Change]) -> list[Remark]:
    """Forms that stay and take their choices from a shared list that would go."""
    gone = {change.id for change in removed}
    lists = {(each.before or {})["code"]: each for each in removed if each.model is ChoiceList}
    return [
        Remark(lists[code].table, lists[code].label, f"表单“{form.name}”还在用它")
        for code, forms in forms_using(list(lists)).items()
        for form in forms
        if form.id not in gone
    ]


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value; of `unit:code` and `ancestor:type` the code."""
    if isinstance(value, str):
        yield value.rpartition(":")[2]
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
