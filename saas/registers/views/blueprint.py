"""The blueprint of registers. It has no prefix: it serves /registers."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("registers", __name__)
