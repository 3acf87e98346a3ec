"""The blueprint of plans and what its views share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from saas.db import local_today
from saas.domain.errors import DomainError, InvalidTransition
from saas.domain.official_document import Heading, ListBlock, Paragraph, Table, heading_labels
from saas.org.models import OrgUnit
from saas.org.queries import list_units
from saas.plans.content import PlanContent, UnitContent, words_by_role
from saas.plans.models import Plan
from saas.plans.official import ROLE_WORDS, plan_blocks, target_table, task_table
from saas.plans.services.drafting import is_open_to_change

bp = Blueprint("plans", __name__, url_prefix="/plans")


def refuse_settled(plan: Plan) -> None:
    """Raise InvalidTransition (409) for a plan whose text may not be changed now."""
    if not is_open_to_change(plan):
        raise InvalidTransition("方案已送审或者已签发，不能修改；需要修改的，请先撤回，或者新建修订稿")


def refuse_stale(plan: Plan, seen: str | None) -> None:
    """Raise DomainError (409) if somebody else changed the plan since the page was shown."""
    if seen != str(plan.version):
        raise DomainError("方案在您打开页面后已被他人修改，请返回方案页面查看最新内容后再操作", code="stale_data")


def upper_units() -> list[OrgUnit]:
    """The county, its departments and its towns: whoever can be given a task."""
    return [unit for unit in list_units(local_today()) if unit.unit_type.level <= 2]


@bp.app_template_filter("plan_blocks")
def printed_blocks(content: PlanContent) -> list[dict[str, Any]]:
    """The text of a plan with its numbers, block by block, as it will be printed."""
    blocks = plan_blocks(content)
    return [_shown(label, block) for label, block in zip(heading_labels(blocks), blocks, strict=True)]


def _shown(label: str, block: Any) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "label": label, "text": block.text, "body": block.body}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "lead": block.lead, "text": block.text}
    if isinstance(block, ListBlock):
        return {"kind": "list", "items": block.items}
    if isinstance(block, Table):
        return shown_table(block)
    raise TypeError(type(block).__name__)


def shown_table(table: Table) -> dict[str, Any]:
    """A printed table as the page shows it."""
    return {"kind": "table", "head": [cell.text for cell in table.header[0]], "rows": table.rows}


@bp.app_template_filter("plan_attachment_table")
def attachment_table(shows: str, content: PlanContent) -> dict[str, Any] | None:
    """The table that an attachment will show, or None for a file."""
    if shows == "targets":
        return shown_table(target_table(content["targets"]))
    return shown_table(task_table(content["tasks"])) if shows == "tasks" else None


@bp.app_template_filter("role_words")
def role_words(units: list[UnitContent]) -> list[tuple[str, list[str]]]:
    """The units of a part by role, with the roles' names."""
    return [(ROLE_WORDS[role], words) for role, words in words_by_role(units).items()]
