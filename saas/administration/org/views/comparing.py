"""Trees side by side (两种口径), and counts taken apart and reconciled (分项对账)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.arguments import day_argument, uuid_argument
from saas.administration.org.views.blueprint import bp
from saas.administration.org.views.hierarchies import hierarchy_trail
from saas.db import local_today
from saas.domain.hierarchy import Tree
from saas.domain.tree_comparison import compare_counts, reconcile, tree_differences
from saas.org import hierarchies as trees
from saas.org.queries import list_unit_types, list_units_by_id
from saas.org.versions import UnitFacts, facts_on
from saas.tenancy.pack_schema import AttributeType

SHOWN = 300


@bp.get("/hierarchies/compare")
@requires(Permission.ORG_VIEW)
def compare_hierarchies() -> ResponseReturnValue:
    rows = trees.list_hierarchies()
    on = day_argument("on", local_today())
    other_on = day_argument("other_on", on)
    first, second = _chosen(rows, "first", 0), _chosen(rows, "second", 1)
    context: dict[str, Any] = {"first": first, "second": second, "on": on, "other_on": other_on}
    if first is not None and second is not None:
        context |= _comparison(first.id, on, second.id, other_on)
    return render_template("org/compare.html", hierarchies=rows, trail=list(hierarchy_trail()), **context)


def _chosen(rows: Any, name: str, otherwise: int) -> Any:
    wanted = uuid_argument(name)
    found = next((row for row in rows if row.id == wanted), None)
    return found or (rows[min(otherwise, len(rows) - 1)] if rows else None)


def _comparison(first_id: uuid.UUID, on: date, second_id: uuid.UUID, other_on: date) -> dict[str, Any]:
    first, second = trees.tree_on(first_id, on), trees.tree_on(second_id, other_on)
    units = list_units_by_id(frozenset(first.parents) | frozenset(second.parents))
    names = {each.code: each.name for each in list_unit_types()}
    differences = tree_differences(first, second)
    return {
        "units": units,
        "type_names": names,
        "counts": compare_counts(first, second, {key: unit.unit_type.code for key, unit in units.items()}),
        "differences": differences[:SHOWN],
        "difference_count": len(differences),
        "totals": (len(first.parents), len(second.parents)),
    }


@bp.get("/hierarchies/<uuid:hierarchy_id>/reconcile")
@requires(Permission.ORG_VIEW)
def reconcile_hierarchy(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy, on = trees.get_hierarchy(hierarchy_id), day_argument("on", local_today())
    return render_template(
        "org/reconcile.html",
        hierarchy=hierarchy,
        on=on,
        trail=list(hierarchy_trail(hierarchy)),
        **_reconciliation(trees.tree_on(hierarchy.id, on), on),
    )


def _reconciliation(tree: Tree[uuid.UUID], on: date) -> dict[str, Any]:
    """What is counted below which unit, beside the figures of which attribute, as the address asks."""
    facts, types = facts_on(on), list_unit_types()
    codes = {each.id: each.code for each in types}
    by_unit = {unit_id: codes[each.unit_type_id] for unit_id, each in facts.items()}
    present = [each for each in types if each.code in set(by_unit.values())]
    wanted = request.args.get("type", present[-1].code if present else "")
    attribute, root = request.args.get("attribute", ""), uuid_argument("root")
    root = root if root in tree.parents else next(iter(tree.roots), None)
    return {
        "types": present,
        "wanted": wanted,
        "attributes": _whole_numbers(types),
        "attribute": attribute,
        "names": {unit_id: each.name for unit_id, each in facts.items()},
        "root": root,
        "above": tree.parent_of(root) if root else None,
        "found": reconcile(tree, root, wanted, by_unit, _recorded(facts, attribute)) if root else None,
    }


def _whole_numbers(types: Any) -> dict[str, str]:
    """The attributes that hold a count, by name, under any of the types that carry them."""
    return {
        each["name"]: each["label"]
        for unit_type in types
        for each in unit_type.attributes
        if each["type"] == AttributeType.INTEGER.value
    }


def _recorded(facts: Mapping[uuid.UUID, UnitFacts], attribute: str) -> dict[uuid.UUID, int]:
    figures = {unit_id: each.attributes.get(attribute) for unit_id, each in facts.items()}
    return {
        unit_id: figure
        for unit_id, figure in figures.items()
        if isinstance(figure, int) and not isinstance(figure, bool)
    }
