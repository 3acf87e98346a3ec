"""One template per page: htmx gets the named fragment of it, everyone else the whole page."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, get_flashed_messages, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_block


def wants_fragment() -> bool:
    """Return whether a fragment answers the request. Boosted links and restored history need the whole page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and "HX-Boosted" not in headers
        and "HX-History-Restore-Request" not in headers
    )


def render_page(template: str, *, fragment: str, status: int = 200, **context: Any) -> Response:
    """Render `template`, or only its block `fragment` when htmx asks for it.

    A fragment takes the waiting messages (提示) along, because the region that shows them lies outside it.
    Error answers leave them for the next page: they are shown in that region themselves.
    """
    if wants_fragment():
        html = render_block(template, fragment, **context) + (_flashed() if status < 400 else "")
    else:
        html = render_template(template, **context)
    response = make_response(html, status)
    response.vary.add("HX-Request")
    return response


def lead_to(location: str) -> Response:
    """Send somebody to another page (303), also out of a fragment: htmx would put the page into it."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": location})
    return cast(Response, redirect(location, code=303))


def _flashed() -> str:
    flashed = get_flashed_messages(with_categories=True)
    return render_template("components/flashed.html", flashed=flashed) if flashed else ""
