"""Pages of registers and their records."""

from __future__ import annotations

from saas.registers.views import (
    access,
    bulk,
    configuring,
    exports,
    listing,
    protected,
    readings,
    records,
    states,
    uploading,
    writing,
)
from saas.registers.views.blueprint import bp

__all__ = [
    "access",
    "bp",
    "bulk",
    "configuring",
    "exports",
    "listing",
    "protected",
    "readings",
    "records",
    "states",
    "uploading",
    "writing",
]
