"""The wiring: one application from its parts, nothing else."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import saas
from saas import models
from saas.access.decorators import public, refuse_undeclared_views
from saas.accounts.sessions import register_sessions
from saas.cli import register_commands
from saas.config import ROOT, Config, load_config
from saas.db import db, migrate
from saas.errors import register_error_handlers
from saas.home.context import register_context
from saas.operator.access import register_console
from saas.queue import register_queue
from saas.security import refuse_powerful_role, register_headers
from saas.tenancy.address import register_addresses

PREPARED_AFTER = 5  # uses of a statement on a connection: what is asked that often is planned once
MAX_UPLOAD = 32 * 1024 * 1024
MAX_FORM = 2 * 1024 * 1024
MAX_FORM_PARTS = 4000
FEATURES = (
    "home",
    "accounts",
    "bodies",
    "administration.people",
    "administration.org",
    "administration.audit",
    "administration.settings",
    "administration.reorganisation",
    "administration.reports",
    "administration.divisions",
    "packs",
    "files",
    "review",
    "forms",
    "documents",
    "imports",
    "administration.imports",
    "notifications",
    "registers",
    "submissions",
    "plans",
    "assessment",
    "operator",
)


def build_app(config: Config | None = None) -> Flask:
    """Build the application from its settings. Refuses to start where it could not keep its promises."""
    config = config or load_config()
    app = Flask(
        "saas", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"), static_url_path="/static"
    )
    _configure(app, config)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    CSRFProtect(app)
    Babel(app, default_locale="zh_Hans_CN", default_timezone=config.timezone.key)
    register_addresses(app)
    register_sessions(app)
    register_console(app)
    register_headers(app)
    register_error_handlers(app)
    register_queue(app)
    register_context(app)
    register_commands(app)
    for feature in FEATURES:
        app.register_blueprint(import_module(f"saas.{feature}.views").bp)
        if find_spec(f"saas.{feature}.jobs"):  # a page that asks for background work must know its kind
            import_module(f"saas.{feature}.jobs")
    public(app.view_functions["static"])
    refuse_undeclared_views(app)
    if config.is_production:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0)  # type: ignore[method-assign]
        refuse_powerful_role(app)
    return app


def _configure(app: Flask, config: Config) -> None:
    app.config.update(
        JICENG=config,
        VERSION=saas.__version__,
        SECRET_KEY=config.secret_key,
        TESTING=config.environment == "test",
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": True,
            "hide_parameters": True,  # no row's values in a log
            "pool_size": config.pool_size,
            "connect_args": {
                "prepare_threshold": PREPARED_AFTER if config.prepares_statements else None,
                "connect_timeout": 5,
            },
        },
        TRUSTED_HOSTS=list(config.trusted_hosts) or None,
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=MAX_FORM,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SESSION_COOKIE_SECURE=config.is_production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # the token ends with the session
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "saas" / "translations"),
    )
    app.extensions["tables"] = models.__all__
