"""What a WSGI server runs: `gunicorn wsgi:app`."""

from __future__ import annotations

from saas import create_app

app = create_app()
