"""The printable organisation chart: a root, a depth, a tree and a day; on pages where it is too wide for one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org import tree as tree_queries
from saas.administration.org.arguments import day_argument, page_argument, uuid_argument
from saas.administration.org.views.blueprint import bp
from saas.charts.organisation import Box, count_leaves, organisation_chart, split_pages
from saas.charts.svg import Svg
from saas.db import local_today
from saas.domain.hierarchy import Tree
from saas.local import local_day
from saas.org.hierarchies import list_hierarchies, tree_on
from saas.org.models import Hierarchy

PAPERS = {"a4": 46, "a3": 70}  # columns of names that a sheet, laid across, still shows in readable type
DEPTHS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Chart:
    """What was asked for and what came of it. `pages` are the sheets; too wide a branch has a sheet of its own."""

    hierarchy: Hierarchy
    on: date
    depth: int
    paper: str
    root: uuid.UUID | None
    root_name: str
    page: int
    pages: list[Box]

    @property
    def title(self) -> str:
        """What the picture is called."""
        text: str = gettext("%(name)s机构图（%(tree)s）", name=self.root_name, tree=self.hierarchy.name)
        return text

    @property
    def is_too_wide(self) -> bool:
        """Whether this sheet is too wide to be read on paper."""
        return count_leaves(self.pages[self.page - 1]) > PAPERS[self.paper]

    def picture(self) -> Svg:
        """The sheet as a picture."""
        description = gettext(
            "%(day)s 的机构，共 %(pages)s 页，第 %(page)s 页",
            day=local_day(self.on),
            pages=len(self.pages),
            page=self.page,
        )
        return organisation_chart(self.pages[self.page - 1], title=self.title, description=description)

    def arguments(self) -> dict[str, Any]:
        """The same chart in an address, without the page."""
        return {
            "tree": self.hierarchy.code,
            "on": self.on.isoformat(),
            "depth": self.depth,
            "paper": self.paper,
            "root": self.root,
        }


@bp.get("/units/chart")
@requires(Permission.ORG_VIEW)
def chart() -> ResponseReturnValue:
    found, rows = _chart(), list_hierarchies()
    return render_template(
        "org/chart.html",
        chart=found,
        picture=found.picture() if found else None,
        hierarchies=rows,
        depths=DEPTHS,
        page_url=url_for(".chart", **found.arguments()) if found else "",
        today=local_today(),
    )


@bp.get("/units/chart.svg")
@requires(Permission.ORG_VIEW)
def download_chart() -> ResponseReturnValue:
    found = _chart()
    text = str(found.picture()) if found else str(organisation_chart(Box(""), title="", description=""))
    response = Response(text, mimetype="image/svg+xml")
    response.headers["Content-Disposition"] = "attachment; filename=organisation-chart.svg"
    return response


def _chart() -> Chart | None:
    rows = list_hierarchies()
    if not rows:
        return None
    code, on = request.args.get("tree", ""), day_argument("on", local_today())
    hierarchy = next((each for each in rows if each.code == code), rows[0])
    depth = min(max(request.args.get("depth", 2, type=int), DEPTHS[0]), DEPTHS[-1])
    paper = request.args.get("paper", "a4") if request.args.get("paper") in PAPERS else "a4"
    tree = tree_on(hierarchy.id, on)
    root = uuid_argument("root")
    root = root if root in tree.parents else (tree.roots[0] if len(tree.roots) == 1 else None)
    names = tree_queries.names_on(_shown_ids(tree, root, depth), on)
    box = _box(tree, root, depth, names) if root else _forest(tree, depth, names, hierarchy.name)
    pages = split_pages(box, PAPERS[paper])
    return Chart(hierarchy, on, depth, paper, root, box.name, min(page_argument(), len(pages)), pages)


def _shown_ids(tree: Tree[uuid.UUID], root: uuid.UUID | None, depth: int) -> list[uuid.UUID]:
    row = [root] if root else list(tree.roots)
    found = list(row)
    for _ in range(depth):
        row = [child for unit in row for child in tree.children_of(unit)]
        found += row
    return found


def _box(tree: Tree[uuid.UUID], unit: uuid.UUID, depth: int, names: Mapping[uuid.UUID, str]) -> Box:
    below = tree.children_of(unit)
    if depth == 0:
        return Box(names.get(unit, ""), more=len(below))
    return Box(names.get(unit, ""), tuple(_box(tree, child, depth - 1, names) for child in below))


def _forest(tree: Tree[uuid.UUID], depth: int, names: Mapping[uuid.UUID, str], name: str) -> Box:
    """Several units at the top stand below the name of the tree."""
    return Box(name, tuple(_box(tree, root, depth - 1, names) for root in tree.roots))
