"""The blueprint of collections and submissions. It has no prefix: it serves /collections and /submissions."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("submissions", __name__)
