"""What every answer carries for the browser, and what the database must not let us do."""

from __future__ import annotations

from flask import Flask, Response, request
from sqlalchemy import text

from saas.db import db

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
YEAR = 365 * 24 * 3600


def register_headers(app: Flask) -> None:
    """Headers of every answer: nothing inline, nothing from elsewhere, nothing kept in a shared cache."""

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        if app.config["JICENG"].is_production:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def refuse_powerful_role(app: Flask) -> None:
    """Stop the start if the database role could step over the wall: a superuser, a bypassing role, an owner."""
    with app.app_context():
        powerful = db.session.execute(
            text(
                "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR EXISTS ("
                "  SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p', 'v', 'm'))"
                " FROM pg_roles WHERE rolname = current_user"
            )
        ).scalar_one()
        db.session.remove()
        db.engine.dispose()  # a server that loads the application before it forks must not share a connection
    if powerful:
        raise RuntimeError(
            "the database role of DATABASE_URL is a superuser, may bypass row security or owns tables: use jiceng_app"
        )
