"""The browser's side of a session: cookies named by county, and who is looking."""

from __future__ import annotations

from flask import Flask, Request, Response, current_app, flash, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import LoginManager

from saas.accounts.services import resume_session
from saas.accounts.viewer import Viewer
from saas.db import db, unit_of_work
from saas.tenancy.scope import find_bound_tenant_id


class CountyCookies(SecureCookieSessionInterface):
    """The signed cookie (form token, messages to show once), named by the county: two counties never share one."""

    def get_cookie_name(self, app: Flask) -> str:
        return cookie_name("form")


def cookie_name(purpose: str) -> str:
    """The name of a cookie of the county in the address; at a county's own host name the host tells them apart.

    Read from the address itself: the cookies are opened before the county is looked up. `__Host-` binds a cookie to
    this host and to TLS; without TLS, in development, browsers would drop it.
    """
    prefix = "__Host-" if current_app.config["SESSION_COOKIE_SECURE"] else ""
    return f"{prefix}{request.environ.get('jiceng.slug', 'site')}-{purpose}"


def register_sessions(app: Flask) -> None:
    """Let `current_user` be the person whose session cookie of this county the browser sends."""
    app.session_interface = CountyCookies()
    login = LoginManager(app)
    app.extensions["login"] = login
    app.extensions["password_change"] = _ask_for_new_password
    login.request_loader(_load_viewer)
    login.unauthorized_handler(_ask_to_sign_in)


def _load_viewer(incoming: Request) -> Viewer | None:
    token = incoming.cookies.get(cookie_name("session"))
    if not token or find_bound_tenant_id() is None:
        return None
    config = current_app.config["JICENG"]
    viewer = resume_session(token, idle=config.session_idle, limit=config.session_limit)
    if db.session.dirty:  # the session was touched: keep that, whatever becomes of the request
        with unit_of_work():
            pass
    return viewer


def remember(response: Response, token: str) -> Response:
    """Give the browser its session. A new form token comes with it: an old one must not outlive the sign-in."""
    session.clear()
    config = current_app.config["JICENG"]
    response.set_cookie(
        cookie_name("session"),
        token,
        max_age=int(config.session_limit.total_seconds()),
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: Response) -> Response:
    """Take the session from the browser."""
    session.clear()
    response.delete_cookie(
        cookie_name("session"),
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _ask_to_sign_in() -> ResponseReturnValue:
    if "X-Autosave" in request.headers or "X-CSRFToken" in request.headers:
        return Response(status=401)  # a script asked: the page stays, and says what to do
    target = url_for("accounts.sign_in", next=_page_to_return_to())
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": target})
    if request.method == "POST":
        flash(gettext("登录已过期，刚才的内容没有提交。请重新登录，再回到原来的页面。"), "warning")
    return redirect(target, code=303)


def _page_to_return_to() -> str | None:
    """The page that was asked for, or on which the form stood that was sent: a path of this county."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    here = request.host_url.rstrip("/") + request.script_root
    sent_from = request.referrer or ""
    return sent_from.removeprefix(here) if sent_from.startswith(here + "/") else None


def _ask_for_new_password() -> ResponseReturnValue:
    flash(gettext("首次登录请先修改密码。"), "warning")
    return redirect(url_for("accounts.change_password"), code=303)
