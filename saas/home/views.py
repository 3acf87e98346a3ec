"""The first page."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from saas.access.decorators import public, requires
from saas.access.permissions import Permission
from saas.tenancy.address import find_current_county

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def root() -> ResponseReturnValue:
    if find_current_county() is None:
        return render_template("home/root.html")
    return redirect(url_for("home.index"), code=303)


@bp.get("/home")
@requires(Permission.HOME_VIEW)
def index() -> ResponseReturnValue:
    return render_template("home/index.html")


@bp.get("/healthz")
@public
def health() -> ResponseReturnValue:
    return jsonify(status="ok")
