"""The tree: one level at a time, in any hierarchy, as it stood on a day; and finding a unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org import tree
from saas.administration.org.arguments import day_argument, page_argument, uuid_argument
from saas.administration.org.views.blueprint import bp
from saas.db import local_today
from saas.htmx import render_page
from saas.org.hierarchies import list_hierarchies
from saas.org.models import Hierarchy


@bp.get("/units")
@requires(Permission.ORG_VIEW)
def index() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:80]
    if words:
        return _search_page(words, page_argument())
    today = local_today()
    on, hierarchies = day_argument("on", today), list_hierarchies()
    if not hierarchies:
        return _page(hierarchies, None, on, words="", levels={})
    shown = _chosen(hierarchies)
    opened = uuid_argument("open")
    path = tree.list_path(opened, shown.id, on) if opened else []
    wanted = tree.Wanted(shown.id, on, path, page_argument(), "closed" in request.args)
    levels = tree.list_levels(wanted)
    if not path and None in levels and levels[None].count == 1:
        path = [levels[None].branches[0].unit.id]
    return _page(hierarchies, shown, on, words="", levels=levels, path=path, wanted=wanted)


def _chosen(hierarchies: Sequence[Hierarchy]) -> Hierarchy:
    """The tree asked for; the administrative one, which comes first, unless told."""
    code = request.args.get("tree", "")
    return next((each for each in hierarchies if each.code == code), hierarchies[0])


def _page(hierarchies: Sequence[Hierarchy], shown: Hierarchy | None, on: date, **context: Any) -> ResponseReturnValue:
    kept: dict[str, Any] = {
        "tree": shown.code if shown and shown is not hierarchies[0] else None,
        "on": on.isoformat() if on != local_today() else None,
        "closed": "1" if "closed" in request.args else None,
    }
    return render_page(
        "org/index.html",
        fragment="unit_tree",
        hierarchies=hierarchies,
        shown=shown,
        on=on,
        is_today=on == local_today(),
        kept={key: value for key, value in kept.items() if value},
        level_page=tree.LEVEL_PAGE,
        list_url=url_for(".index", **kept),
        **context,
    )


def _search_page(words: str, page: int) -> ResponseReturnValue:
    found, count = tree.search_units(words, local_today(), page=page)
    return render_page(
        "org/index.html",
        fragment="unit_tree",
        hierarchies=(),
        shown=None,
        on=local_today(),
        is_today=True,
        kept={},
        words=words,
        found=found,
        count=count,
        page=page,
        page_count=-(-count // tree.PAGE),
    )
