"""Who may open the console: a signed-in operator, at the deployment's own address, outside every county.

A county's address or a county's own host name has no console, and neither has a process without the operator's
database address: there it does not exist (404).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request, session, url_for

from saas.accounts.sessions import CountyCookies
from saas.htmx import lead_to
from saas.operator.db import is_operable, operator_work, register_operator_database
from saas.operator.operators import SignedIn, resume
from saas.tenancy.address import find_current_county, plain_host

PATH = "/operator"
View = TypeVar("View", bound=Callable[..., Any])


class ConsoleCookies(CountyCookies):
    """The signed cookie of the console has a name and a path of its own: no county's page is ever sent it."""

    def get_cookie_name(self, app: Flask) -> str:
        return _cookie_name("form") if _is_console() else super().get_cookie_name(app)

    def get_cookie_path(self, app: Flask) -> str:
        return PATH if _is_console() else super().get_cookie_path(app)


def register_console(app: Flask) -> None:
    """Give the console its cookies and its database session. Call it after the sessions of the counties."""
    app.session_interface = ConsoleCookies()
    register_operator_database(app)


def _is_console() -> bool:
    path = request.environ.get("PATH_INFO", "")
    return "jiceng.slug" not in request.environ and (path == PATH or path.startswith(PATH + "/"))


def _cookie_name(purpose: str) -> str:
    """`__Host-` would ask for the path `/`; `__Secure-` at least asks for TLS."""
    return f"{'__Secure-' if current_app.config['SESSION_COOKIE_SECURE'] else ''}operator-{purpose}"


def operator_public(view: View) -> View:
    """Open a page of the console to guests: signing in."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _refuse_elsewhere()
        return view(*args, **kwargs)

    guarded.access = "operator_public"  # type: ignore[attr-defined]
    return cast(View, guarded)


def operator_required(view: View) -> View:
    """Open a page to signed-in operators who have changed their first password."""
    return _guard(view, before_password_change=False)


def operator_before_password_change(view: View) -> View:
    """Open a page to signed-in operators, also with a first password."""
    return _guard(view, before_password_change=True)


def _guard(view: View, *, before_password_change: bool) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _refuse_elsewhere()
        who = find_operator_of_request()
        if who is None:
            return lead_to(url_for("operator.sign_in"))
        if who.must_change_password and not before_password_change:
            return lead_to(url_for("operator.change_password"))
        return view(*args, **kwargs)

    guarded.access = "operator"  # type: ignore[attr-defined]
    return cast(View, guarded)


def _refuse_elsewhere() -> None:
    is_a_countys_host = current_app.extensions["counties"].find("host", plain_host(request.host)) is not None
    if find_current_county() is not None or is_a_countys_host or not is_operable():
        abort(404)


def find_operator_of_request() -> SignedIn | None:
    """Who is operating, looked up once a request."""
    if "operator" not in g:
        g.operator = _resumed()
    return cast("SignedIn | None", g.operator)


def _resumed() -> SignedIn | None:
    token = request.cookies.get(_cookie_name("session"))
    if not token:
        return None
    config = current_app.config["JICENG"]
    with operator_work() as held:
        return resume(held, token, idle=config.session_idle, limit=config.session_limit)


def current_operator() -> SignedIn:
    """Who is operating, in a view that asks for an operator."""
    who = find_operator_of_request()
    if who is None:
        abort(404)
    return who


def remember(response: Response, token: str) -> Response:
    """Give the browser its session, for the console only, and a new form token with it."""
    session.clear()
    seconds = int(current_app.config["JICENG"].session_limit.total_seconds())
    response.set_cookie(_cookie_name("session"), token, max_age=seconds, **_cookie_settings())
    return response


def forget(response: Response) -> Response:
    """Take the session from the browser."""
    session.clear()
    response.delete_cookie(_cookie_name("session"), **_cookie_settings())
    return response


def _cookie_settings() -> dict[str, Any]:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"path": PATH, "secure": secure, "httponly": True, "samesite": "Strict"}
