"""Creating a county as its row alone: for demonstrations, tests and measurements, under the owning role.

Operators found counties with `saas.operator`, under a role of their own and with a trail.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import create_engine, text

from saas.db import new_id
from saas.tenancy.address import RESERVED, SLUG

CELL = "main"


class SlugRefused(ValueError):  # noqa: N818  (reads as a sentence where it is raised)
    """The short name cannot be part of an address."""


def create_tenant(owner_url: str, slug: str, name: str) -> uuid.UUID:
    """Create a county and return its id; an existing one keeps its id and gets the name. May be run again.

    Raises SlugRefused if the slug is not 2–31 lower-case letters, digits and hyphens, or is used by the system.
    """
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise SlugRefused(f"{slug!r}: use 2 to 31 lower-case letters, digits and hyphens; not {sorted(RESERVED)}")
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            now = datetime.now(UTC)
            connection.execute(
                text("INSERT INTO cell (id, name) VALUES (:id, :name) ON CONFLICT (name) DO NOTHING"),
                {"id": new_id(), "name": CELL},
            )
            found: uuid.UUID = connection.execute(
                text(
                    "INSERT INTO tenant (id, cell_id, slug, name, status, created_at)"
                    " SELECT :id, cell.id, :slug, :name, 'active', :now FROM cell WHERE cell.name = :cell"
                    " ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id"
                ),
                {"id": new_id(), "slug": slug, "name": name, "now": now, "cell": CELL},
            ).scalar_one()
            return found
    finally:
        engine.dispose()
