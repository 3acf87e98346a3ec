"""Pages of the organisation: trees and their units, types, posts, ties, named cohorts, functions, the chart."""

from __future__ import annotations

from saas.administration.org.views import (
    chart,
    cohorts,
    comparing,
    functions,
    hierarchies,
    link_kinds,
    links,
    placing,
    posts,
    tree,
    type_posts,
    types,
    unit_list,
    units,
)
from saas.administration.org.views.blueprint import bp

__all__ = [
    "bp",
    "chart",
    "cohorts",
    "comparing",
    "functions",
    "hierarchies",
    "link_kinds",
    "links",
    "placing",
    "posts",
    "tree",
    "type_posts",
    "types",
    "unit_list",
    "units",
]
