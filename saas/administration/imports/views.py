"""The first passwords of people who were imported: made when they are fetched, in that answer only."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts.bulk import give_first_passwords, without_password
from saas.accounts.models import User
from saas.administration.imports.appointments import Appointments
from saas.administration.imports.people import People
from saas.administration.imports.posts import Posts
from saas.administration.imports.units import Attributes, Units
from saas.db import unit_of_work
from saas.imports.handlers import register_import
from saas.imports.models import DataImport
from saas.imports.queries import get_import, get_summary
from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.writing import Layout, write_xlsx

bp = Blueprint("first_passwords", __name__)

for handler in (Units(), Attributes(), Posts(), Appointments(), People()):
    register_import(handler)


@bp.get("/imports/runs/<uuid:import_id>/first-passwords")
@requires(Permission.ACCOUNT_EDIT)
def show(import_id: uuid.UUID) -> ResponseReturnValue:
    data_import, ids = _created_accounts(import_id)
    return render_template(
        "first_passwords/show.html", data_import=data_import, created=len(ids), users=without_password(ids)
    )


@bp.post("/imports/runs/<uuid:import_id>/first-passwords")
@requires(Permission.ACCOUNT_EDIT)
def download(import_id: uuid.UUID) -> ResponseReturnValue:
    _, ids = _created_accounts(import_id)
    users = without_password(ids)
    if not users:
        abort(404)
    with unit_of_work():
        passwords = give_first_passwords(users, actor=current_user)
    response = Response(_password_table(passwords), mimetype=SpreadsheetType.XLSX.value)
    name = quote(gettext("首次密码表"))
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}.xlsx"
    response.headers["Cache-Control"] = "no-store"
    return response


def _created_accounts(import_id: uuid.UUID) -> tuple[DataImport, list[uuid.UUID]]:
    """An import of people with the accounts that it registered, or 404."""
    data_import = get_import(import_id, current_user)
    if data_import.kind != People.kind or data_import.applied_at is None:
        abort(404)
    outcome = get_summary(import_id).get("outcome", {})
    return data_import, [uuid.UUID(each) for each in outcome.get("accounts", [])]


def _password_table(passwords: list[tuple[User, str]]) -> bytes:
    columns = (
        Column("name", gettext("姓名")),
        Column("login_name", gettext("账号"), Kind.CODE),
        Column("password", gettext("首次密码"), Kind.CODE, help=gettext("首次登录后须修改")),
    )
    rows = [{"name": user.name, "login_name": user.login_name, "password": password} for user, password in passwords]
    return write_xlsx(Layout(gettext("首次密码表"), columns, rows))
