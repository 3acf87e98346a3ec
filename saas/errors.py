"""Errors become pages here and nowhere else."""

from __future__ import annotations

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError, NoResultFound, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from saas.db import db
from saas.domain.errors import DomainError
from saas.htmx import render_page
from saas.tenancy.address import current_county
from saas.tenancy.once import find_earlier_answer, forget_carried_out, is_repeated_send
from saas.tenancy.scope import tenant_scope

MESSAGES = {
    400: (_l("请求无效"), _l("页面已过期或内容有误，请刷新页面后重试。")),
    401: (_l("请先登录"), _l("登录已失效，请重新登录。")),
    403: (_l("无权访问"), _l("您没有访问该页面的权限。如需开通，请联系本单位管理员。")),
    404: (_l("页面不存在"), _l("该页面不存在，或不属于您的单位。")),
    405: (_l("操作无效"), _l("该页面不支持这样的操作，请从页面上的按钮进入。")),
    413: (_l("文件过大"), _l("上传的内容超过了大小限制，请压缩后重试。")),
    429: (_l("操作太频繁"), _l("操作过于频繁，请稍后再试。")),
    500: (_l("系统错误"), _l("系统出现错误，错误已记录，请稍后重试。")),
    503: (_l("系统繁忙"), _l("系统暂时无法处理请求，请稍后重试。您的数据没有丢失。")),
    "stale_data": (_l("操作未完成"), _l("数据已被他人更新，请刷新页面后重试。")),
}


def register_error_handlers(app: Flask) -> None:
    """One handler for each kind of error."""
    _register_database_errors(app)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error  # a redirect made by Werkzeug itself
        return _error_page(error.code, *MESSAGES.get(error.code, MESSAGES[400]))

    @app.errorhandler(NoResultFound)
    def not_found(error: NoResultFound) -> ResponseReturnValue:
        return _error_page(404, *MESSAGES[404])

    @app.errorhandler(StaleDataError)
    def changed_meanwhile(error: StaleDataError) -> ResponseReturnValue:
        return _error_page(409, *MESSAGES["stale_data"])

    @app.errorhandler(DomainError)
    def rule_broken(error: DomainError) -> ResponseReturnValue:
        return _error_page(409, gettext("操作未完成"), str(error.message))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        app.logger.exception("unexpected error at %s", request.endpoint)
        return _error_page(500, *MESSAGES[500])


def _register_database_errors(app: Flask) -> None:
    """What the database refuses, and a database that does not answer."""

    @app.errorhandler(DataError)
    def unusable_value(error: DataError) -> ResponseReturnValue:
        app.logger.warning("the database refused a value: %s", type(error.orig).__name__)
        return _error_page(400, *MESSAGES[400])

    @app.errorhandler(OverflowError)
    def unusable_number(error: OverflowError) -> ResponseReturnValue:
        app.logger.warning("a number of too many digits at %s", request.endpoint)
        return _error_page(400, *MESSAGES[400])

    @app.errorhandler(IntegrityError)
    def refused_by_the_database(error: IntegrityError) -> ResponseReturnValue:
        db.session.rollback()
        if is_repeated_send(error):
            with tenant_scope(current_county().id):
                return redirect(find_earlier_answer() or request.script_root + "/", code=303)
        app.logger.exception("the database refused a change at %s", request.endpoint)
        return _error_page(409, *MESSAGES["stale_data"])

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> ResponseReturnValue:
        app.logger.error("the database is away: %s", type(error.orig).__name__)
        return _error_page(503, *MESSAGES[503])


def _error_page(status: int, title: object, text: object) -> ResponseReturnValue:
    db.session.rollback()
    forget_carried_out()
    response = render_page("errors/page.html", fragment="message", status=status, title=title, text=text)
    # For htmx: show the message above the page instead of replacing what the user was working on.
    response.headers["HX-Retarget"] = "#messages"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
