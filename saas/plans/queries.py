"""Reading plans, and who may see them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, exists, extract, func, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.audit.models import AuditEvent
from saas.audit.services import AuditAction
from saas.db import db, local_today
from saas.domain.workflow import PlanStatus
from saas.files.models import StoredFile
from saas.org.models import Hierarchy, OrgUnit, Placement
from saas.org.queries import ADMINISTRATIVE, in_force, list_units_below
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart
from saas.targets.models import Target

PAGE = 50
SETTLED = (PlanStatus.SIGNED, PlanStatus.ISSUED)

Piece: TypeAlias = PlanSection | PlanTask | PlanStage | PlanAttachment | Target
PIECES: Mapping[str, type[Any]] = {
    "section": PlanSection,
    "task": PlanTask,
    "stage": PlanStage,
    "attachment": PlanAttachment,
    "target": Target,
}


def _visible_to(viewer: Viewer) -> Select[Plan]:
    """Drafts are for those who draft for the unit; plans on their way also for superiors and those who countersign.

    An issued plan is for the unit, everything above it and everything below it: it binds those below.
    """
    roots = viewer.unit_ids(Permission.PLAN_VIEW)
    codes = select(OrgUnit.code).where(OrgUnit.id.in_(roots)).subquery()
    countersigns = select(codes.c.code).where(Plan.countersign_units.contains(func.jsonb_build_array(codes.c.code)))
    is_above = Plan.unit_id.in_(_reach(roots, "seen"))
    return select(Plan).where(
        or_(
            may_edit_condition(viewer),
            Plan.drafted_by_id == viewer.id,
            and_(Plan.status != PlanStatus.DRAFT, or_(is_above, countersigns.exists())),
            and_(Plan.status == PlanStatus.ISSUED, Plan.unit_id.in_(_reach(roots, "superiors", is_upwards=True))),
        )
    )


def may_edit_condition(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that the viewer drafts for the plan's unit."""
    return Plan.unit_id.in_(_reach(viewer.unit_ids(Permission.PLAN_EDIT), "drafted_for"))


def _reach(unit_ids: Sequence[uuid.UUID], name: str, *, is_upwards: bool = False) -> Select[uuid.UUID | None]:
    """These units and everything below (or above) them today. One statement may reach several times, by names."""
    on = local_today()
    tree = (
        select(Placement.parent_id if is_upwards else Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.unit_id.in_(unit_ids), in_force(on))
        .cte(name, recursive=True)
    )
    reached = tree.c[0]
    step, its_tree = aliased(Placement), aliased(Hierarchy)
    found, start = (step.parent_id, step.unit_id) if is_upwards else (step.unit_id, step.parent_id)
    tree = tree.union(
        select(found)
        .join(tree, start == reached)
        .join(its_tree, its_tree.id == step.hierarchy_id)
        .where(its_tree.code == ADMINISTRATIVE, step.starts_on <= on, or_(step.ends_on.is_(None), step.ends_on > on))
    )
    return select(tree.c[0]).where(tree.c[0].is_not(None))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of plans is narrowed to."""

    year: int | None = None
    status: PlanStatus | None = None
    unit_id: uuid.UUID | None = None
    words: str = ""


def _filtered(viewer: Viewer, filters: Filters) -> Select[Plan]:
    statement = _visible_to(viewer)
    if filters.year is not None:
        statement = statement.where(extract("year", Plan.starts_on) == filters.year)
    if filters.status is not None:
        statement = statement.where(Plan.status == filters.status)
    if filters.unit_id is not None:
        statement = statement.where(Plan.unit_id == filters.unit_id)
    if filters.words:
        statement = statement.where(Plan.title.contains(filters.words, autoescape=True))
    return statement


def list_plans(viewer: Viewer, filters: Filters = Filters(), *, page: int = 1) -> Sequence[tuple[Plan, str]]:
    """Plans with the names of their units, the latest year first."""
    rows = db.session.execute(
        _filtered(viewer, filters)
        .add_columns(OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == Plan.unit_id)
        .order_by(Plan.starts_on.desc(), Plan.title, Plan.revision.desc(), Plan.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(plan, unit_name) for plan, unit_name in rows]


def count_plans(viewer: Viewer, filters: Filters) -> int:
    found = _filtered(viewer, filters).with_only_columns(Plan.id).subquery()
    return db.session.scalars(select(func.count()).select_from(found)).one()


def list_choices(viewer: Viewer) -> tuple[list[int], list[tuple[uuid.UUID, str]]]:
    """The years and the units that the visible plans have, for the filters."""
    plans = _visible_to(viewer).subquery()
    rows = db.session.execute(
        select(extract("year", plans.c.starts_on), OrgUnit.id, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == plans.c.unit_id)
        .distinct()
        .order_by(OrgUnit.name)
    ).all()
    years = sorted({int(year) for year, _id, _name in rows}, reverse=True)
    return years, list(dict.fromkeys((unit_id, name) for _year, unit_id, name in rows))


def get_plan(plan_id: uuid.UUID, viewer: Viewer) -> Plan:
    """Return a plan, or raise NoResultFound (404) if the viewer may not know of it."""
    return db.session.scalars(_visible_to(viewer).where(Plan.id == plan_id)).one()


def get_plan_to_edit(plan_id: uuid.UUID, viewer: Viewer) -> Plan:
    """Return a plan that the viewer drafts for, locked until the transaction ends. NoResultFound otherwise."""
    return db.session.scalars(
        select(Plan)
        .where(Plan.id == plan_id, may_edit_condition(viewer))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def may_edit(plan: Plan, viewer: Viewer) -> bool:
    """Whether the viewer drafts for the plan's unit, whatever the plan's status."""
    return db.session.scalars(select(Plan.id).where(Plan.id == plan.id, may_edit_condition(viewer))).first() is not None


def find_plan(plan_id: uuid.UUID) -> Plan | None:
    """A plan by its id, for services that were told which one."""
    return db.session.scalars(select(Plan).where(Plan.id == plan_id)).one_or_none()


def list_pieces(plan_id: uuid.UUID, kind: str) -> Sequence[Any]:
    """The sections, tasks, stages, attachments or targets of a plan, in its order."""
    model = PIECES[kind]
    return db.session.scalars(select(model).where(model.plan_id == plan_id).order_by(model.sort_order, model.id)).all()


def get_piece(plan_id: uuid.UUID, kind: str, piece_id: uuid.UUID) -> Any:
    """Return a piece of a plan, or raise NoResultFound (404)."""
    model = PIECES[kind]
    return db.session.scalars(select(model).where(model.plan_id == plan_id, model.id == piece_id)).one()


def list_authors(plan: Plan) -> set[uuid.UUID]:
    """Everybody who wrote on a plan: none of them decides on it."""
    changed = db.session.scalars(
        select(AuditEvent.actor_id).where(
            AuditEvent.subject_id == plan.id,
            AuditEvent.action == AuditAction.PLAN_CHANGED.value,
            AuditEvent.actor_id.is_not(None),
        )
    ).all()
    return {plan.drafted_by_id, *(actor_id for actor_id in changed if actor_id is not None)}


def list_revisions(plan: Plan, viewer: Viewer) -> Sequence[Plan]:
    """The revisions of a plan that the viewer may know of, the latest first."""
    return db.session.scalars(_visible_to(viewer).where(Plan.code == plan.code).order_by(Plan.revision.desc())).all()


def is_visible(plan_id: uuid.UUID, viewer: Viewer) -> bool:
    """Whether the viewer may know of a plan."""
    return db.session.scalars(_visible_to(viewer).where(Plan.id == plan_id)).first() is not None


def list_drafting_units(viewer: Viewer) -> Sequence[OrgUnit]:
    """The units that the viewer drafts plans for: counties, departments and towns, not villages."""
    today = local_today()
    units = list_units_below(viewer.unit_ids(Permission.PLAN_EDIT), today)
    return [unit for unit in units if unit.unit_type.level <= 2]


def list_attachments(plan_id: uuid.UUID) -> Sequence[tuple[PlanAttachment, StoredFile | None]]:
    """The attachments of a plan with their files."""
    rows = db.session.execute(
        select(PlanAttachment, StoredFile)
        .outerjoin(StoredFile, StoredFile.id == PlanAttachment.file_id)
        .where(PlanAttachment.plan_id == plan_id)
        .order_by(PlanAttachment.sort_order)
    ).all()
    return [(attachment, file) for attachment, file in rows]


def get_part(plan_id: uuid.UUID, part_id: uuid.UUID) -> PlanTaskPart:
    """Return a part of a task of a plan, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(PlanTaskPart)
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .where(PlanTask.plan_id == plan_id, PlanTaskPart.id == part_id)
    ).one()


def list_plans_in_force(viewer: Viewer, on: date) -> Sequence[Plan]:
    """The issued plans whose period holds on a day, or that ended in the same year; not those that were replaced."""
    newer = aliased(Plan)
    return db.session.scalars(
        _visible_to(viewer)
        .where(
            Plan.status == PlanStatus.ISSUED,
            Plan.starts_on <= on,
            extract("year", Plan.ends_on) >= on.year,
            ~exists().where(newer.supersedes_id == Plan.id, newer.status == PlanStatus.ISSUED),
        )
        .order_by(Plan.starts_on, Plan.title, Plan.id)
    ).all()


def may_report_target(plan: Plan, target: Target, viewer: Viewer) -> bool:
    """Whether the viewer reports on a target: for the responsible unit, for the plan's unit, or for single units."""
    if not viewer.permits(Permission.TARGET_REPORT):
        return False
    counts_units = target.definition.get("scope", "total") != "total"
    reach = _reach(viewer.unit_ids(Permission.TARGET_REPORT), "reporting")
    wanted = [unit_id for unit_id in (target.responsible_unit_id, plan.unit_id) if unit_id is not None]
    found = db.session.scalars(select(OrgUnit.id).where(OrgUnit.id.in_(wanted), OrgUnit.id.in_(reach))).first()
    return counts_units or found is not None


def get_reportable_target(plan: Plan, target_id: uuid.UUID, viewer: Viewer) -> Target:
    """Return a target that the viewer reports on, or raise NoResultFound (404)."""
    target = db.session.scalars(select(Target).where(Target.plan_id == plan.id, Target.id == target_id)).one()
    if not may_report_target(plan, target, viewer):
        raise NoResultFound("not reported by this viewer")
    return target


def unit_name(unit_id: uuid.UUID | None) -> str:
    """The name of a unit, empty for none."""
    return db.session.scalars(select(OrgUnit.name).where(OrgUnit.id == unit_id)).one_or_none() or ""
