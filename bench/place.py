"""A database of the measurement's own: one county with 150 villages, their clerks, and months of submissions."""

from __future__ import annotations

import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import conninfo
from sqlalchemy import select

from saas import create_app
from saas.access.permissions import Role
from saas.accounts.models import Appointment, User, UserSession
from saas.accounts.services import token_digest
from saas.config import ROOT, load_config
from saas.db import db, local_today, new_id, unit_of_work, utc_now
from saas.domain.canonical_json import digest
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.org.models import OrgUnit, Post, UnitType
from saas.packs.services import apply_pack
from saas.review.models import Route
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.tenancy.packs import read_pack
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.roles import ROLES, create_roles
from saas.tenancy.scope import tenant_scope

SLUG = "bench"
TIMEZONE = ZoneInfo("Asia/Shanghai")
PASSWORD = "only-for-tests"  # of the roles on a server that is thrown away
PERIODS = 6  # months of the collection; every village has a draft in each
DEFINITION: dict[str, Any] = {
    "code": "bench_monthly",
    "name": "环境卫生月报",
    "fields": [
        {"type": "integer", "name": "patrols", "label": "保洁次数", "required": True, "min": 0, "max": 31},
        {"type": "decimal", "name": "rubbish", "label": "清运垃圾", "required": True, "min": 0, "measure": "吨"},
        {"type": "integer", "name": "found", "label": "发现问题", "min": 0, "measure": "处"},
        {"type": "integer", "name": "closed", "label": "已整改", "min": 0, "measure": "处"},
        {"type": "date", "name": "checked_on", "label": "检查日期"},
        {"type": "text", "name": "remark", "label": "情况说明", "max_length": 200},
    ],
}
ANSWERS = {"patrols": 20, "rubbish": "3.5", "found": 4, "closed": 3, "remark": "按计划推进，无特殊情况。"}


@dataclass(frozen=True)
class Place:
    """Where is measured."""

    app: Flask
    environ: dict[str, str]
    tenant_id: uuid.UUID
    app_dsn: str
    office_token: str
    clerk_tokens: dict[uuid.UUID, str]  # by unit


@contextmanager
def prepared() -> Iterator[Place]:
    """Build the database; drop it afterwards. The server is named by JICENG_TEST_POSTGRES."""
    superuser = os.environ["JICENG_TEST_POSTGRES"]
    name = f"jiceng_bench_{os.getpid()}"
    create_roles(superuser, name, dict.fromkeys(ROLES, PASSWORD))
    with tempfile.TemporaryDirectory() as folder:
        environ = _environ(superuser, name, folder)
        app = create_app(load_config(environ))
        try:
            with app.app_context():
                upgrade()
                tenant_id = create_tenant(environ["DATABASE_OWNER_URL"], SLUG, "清禾县")
                with tenant_scope(tenant_id), unit_of_work():
                    office, clerks = _fill()
            yield Place(app, environ, tenant_id, environ["DATABASE_URL"], office, clerks)
        finally:
            with app.app_context():
                db.engine.dispose()
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _environ(superuser: str, name: str, folder: str) -> dict[str, str]:
    parts = conninfo.conninfo_to_dict(superuser)
    server = f"{parts.get('host')}:{parts.get('port')}/{name}"
    return {
        "JICENG_ENV": "test",
        "DATABASE_URL": f"postgresql://jiceng_app:{PASSWORD}@{server}",
        "DATABASE_OWNER_URL": f"postgresql://jiceng_owner:{PASSWORD}@{server}",
        "DATABASE_OPERATOR_URL": f"postgresql://jiceng_operator:{PASSWORD}@{server}",
        "REDIS_URL": os.environ.get("JICENG_TEST_REDIS", "redis://127.0.0.1:1/0"),
        "SECRET_KEY": secrets.token_urlsafe(40),
        "STORAGE_DIR": folder,
        "FONT_DIR": os.environ.get("FONT_DIR") or str(ROOT / "var" / "fonts"),
    }


def _fill() -> tuple[str, dict[uuid.UUID, str]]:
    pack = read_pack(Path(ROOT) / "tenants" / "rural-county", year=local_today().year)
    apply_pack(pack, first_password=secrets.token_urlsafe(12) + "aA1", must_change_password=False)
    collection, version = _collection()
    villages = db.session.scalars(
        select(OrgUnit).join(UnitType, UnitType.id == OrgUnit.unit_type_id).where(UnitType.code == "village")
    ).all()
    clerks = {unit_id: user_id for user_id, unit_id in _holders(Role.VILLAGE_CLERK)}
    for start in months():
        _add_drafts(collection, version, villages, clerks, start)
    office = _session_of(_holders(Role.OFFICE)[0][0])
    return office, {unit.id: _session_of(clerks[unit.id]) for unit in villages}


def add_drafts(start: date) -> int:
    """Let every village begin its report of one more month; return how many there are."""
    collection = db.session.scalars(select(Collection).where(Collection.code == "bench_monthly")).one()
    version = db.session.scalars(select(FormVersion).where(FormVersion.form_id == collection.form_id)).one()
    clerks = {unit_id: user_id for user_id, unit_id in _holders(Role.VILLAGE_CLERK)}
    villages = db.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(clerks))).all()
    return _add_drafts(collection, version, villages, clerks, start)


def _add_drafts(
    collection: Collection,
    version: FormVersion,
    villages: Sequence[OrgUnit],
    clerks: Mapping[uuid.UUID, uuid.UUID],
    start: date,
) -> int:
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    db.session.add(_open_window(collection, start, clerks[villages[0].id]))
    drafts = [_draft(collection, version, unit, start, end, clerks[unit.id]) for unit in villages]
    db.session.add_all(drafts)
    db.session.flush()
    return len(drafts)


def months() -> list[date]:
    """The first days of the last months, the newest first."""
    found = [datetime.now(TIMEZONE).date().replace(day=1)]
    while len(found) < PERIODS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def _collection() -> tuple[Collection, FormVersion]:
    approver = _holders(Role.OFFICE)[0][0]
    form = FormDefinition(
        id=new_id(),
        code="bench_monthly",
        name="环境卫生月报",
        approved_at=utc_now(),
        approved_by_id=approver,
        approval_number="测量",
        approved_fields=len(DEFINITION["fields"]),
    )
    version = FormVersion(
        id=new_id(),
        form_id=form.id,
        number=1,
        status=VersionStatus.PUBLISHED,
        definition=DEFINITION,
        digest=digest(DEFINITION),
        published_at=utc_now(),
    )
    route = db.session.scalars(select(Route).where(Route.code == "submission_three_levels")).one()
    collection = Collection(
        id=new_id(),
        code="bench_monthly",
        name="环境卫生月报",
        form_id=form.id,
        route_id=route.id,
        cadence="month",
        cohort={"unit_types": ["village"]},
        window={"opens": {"month": 0, "day": 1}, "due": {"month": 1, "day": 5}, "due_inclusive": True},
        starts_on=months()[-1] - timedelta(days=4 * 365),
    )
    for row in (form, version, collection):
        db.session.add(row)
        db.session.flush()
    return collection, version


def _open_window(collection: Collection, start: date, changed_by: uuid.UUID) -> CollectionWindow:
    return CollectionWindow(
        collection_id=collection.id,
        period_start=start,
        opens_on=start,
        due_on=local_today() + timedelta(days=30),
        reason="测量",
        changed_by_id=changed_by,
    )


def _draft(
    collection: Collection, version: FormVersion, unit: OrgUnit, start: date, end: date, clerk: uuid.UUID
) -> Submission:
    return Submission(
        collection_id=collection.id,
        form_version_id=version.id,
        unit_id=unit.id,
        period_start=start,
        period_end=end,
        status=SubmissionStatus.DRAFT,
        answers=ANSWERS,
        contributors=[str(clerk)],
    )


def _holders(role: Role) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """People whose post carries the role, with the unit of the post."""
    rows = db.session.execute(
        select(User.id, Post.unit_id)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Post, Post.id == Appointment.post_id)
        .where(Post.roles.contains([role.value]))
        .order_by(User.login_name)
    ).all()
    return [(row.id, row.unit_id) for row in rows]


def _session_of(user_id: uuid.UUID) -> str:
    token = secrets.token_urlsafe(16)
    db.session.add(UserSession(user_id=user_id, token_digest=token_digest(token)))
    return token
