"""A county as it is founded: a root, two towns, three villages, and somebody at its office."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import db, local_today
from saas.domain.canonical_json import canonical_json
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import OrgUnit, UnitType
from saas.packs.county import County
from saas.packs.ledger import ORDER, VOLATILE, stored_form
from saas.packs.services import find_root_code
from saas.tenancy.packs import Pack, read_pack
from tests.factories import make_user

ROOT = "qingshan"
PASSWORD = "Right-password-1"


def found_county(root: str = ROOT) -> User:
    """Found the bound county and return the holder of its office post."""
    types = {
        code: UnitType(code=code, name=name, level=level, parents=[])
        for code, name, level in (("county", "县", 1), ("township", "乡镇", 2), ("village", "村", 3))
    }
    db.session.add_all(types.values())
    db.session.flush()
    since = date(2024, 1, 1)
    top = NewUnit(root, "青山县", types["county"].id, None, since, "青山")
    towns = [NewUnit(f"T{n}", f"第{n}镇", types["township"].id, top.id, since, sort_order=n) for n in (1, 2)]
    villages = [
        NewUnit(f"V{n}", f"第{n}村", types["village"].id, towns[n % 2].id, since, sort_order=10 + n) for n in (1, 2, 3)
    ]
    insert_units([top, *towns, *villages])
    unit = db.session.scalars(select(OrgUnit).where(OrgUnit.code == root)).one()
    return make_user(Role.OFFICE, unit=unit)


def read(folder: Path) -> Pack:
    """Read a pack for the bound county and the present year."""
    return read_pack(folder, year=local_today().year, root=find_root_code())


def digests() -> dict[str, str]:
    """One digest for the rows of each table that packs write, without what counts up by itself."""
    county = County()
    found = {}
    for model in ORDER:
        rows = [{key: value for key, value in row.items() if key not in VOLATILE} for row in county.rows(model)]
        text = "\n".join(canonical_json(stored_form(row)) for row in rows)
        found[model.__tablename__] = hashlib.sha256(text.encode()).hexdigest()
    return found
