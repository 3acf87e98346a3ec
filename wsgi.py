"""What a WSGI server runs: `gunicorn wsgi:app`."""

from __future__ import annotations

import gc

from saas import create_app

app = create_app()
gc.collect()
gc.freeze()  # what is loaded stays: no collection walks through it while somebody waits, and forked processes share it
