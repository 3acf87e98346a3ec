"""What both measurements of forms need: 10,000 villages of a town, and a form that the town fills for them."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import select

from bench.place import Place, months
from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.db import db, new_id, unit_of_work, utc_now
from saas.domain.canonical_json import digest
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import OrgUnit, Post, UnitType
from saas.submissions.models import Collection, Submission
from saas.submissions.tables.scope import TableAddress

UNITS, RUNS = 10_000, 3
FIGURES = ("巡查次数", "清运车次", "发现问题", "整改问题", "保洁人数", "宣传场次")
FIELDS: list[dict[str, Any]] = [
    {"type": "integer", "name": "patrols", "label": "保洁次数", "required": True, "min": 0, "max": 31},
    {"type": "decimal", "name": "rubbish", "label": "清运垃圾", "required": True, "min": 0, "measure": "吨"},
    {"type": "integer", "name": "found", "label": "发现", "min": 0, "measure": "处"},
    {"type": "integer", "name": "closed", "label": "整改", "min": 0, "constraint": ". <= ${found}"},
    {"type": "date", "name": "checked_on", "label": "检查日期"},
    {"type": "text", "name": "remark", "label": "情况说明", "max_length": 200},
    *(
        {"type": "integer", "name": f"figure_{number}", "label": label, "min": 0, "measure": "次"}
        for number, label in enumerate(FIGURES)
    ),
]
FIRST_DAY, DAYS = date(2026, 3, 1), 31


def row(number: int) -> tuple[Any, ...]:
    """What a village writes: small figures and days that come again, and a text that nobody else has."""
    found, day = number % 23, FIRST_DAY + timedelta(days=number % DAYS)
    said = f"第{number}号台账所列问题已按计划推进。"
    figures = (number * 7 % (60 + each) for each in range(len(FIGURES)))
    typed = f"{day.year}.{day.month}.{day.day}"
    return (number % 32, number % 400 / 4, found, found // 2, typed, said, *figures)


def answers(number: int) -> dict[str, Any]:
    """The same as it is stored."""
    patrols, rubbish, found, closed, _typed, said, *figures = row(number)
    return {
        "patrols": patrols,
        "rubbish": f"{rubbish:g}",
        "found": found,
        "closed": closed,
        "checked_on": (FIRST_DAY + timedelta(days=number % DAYS)).isoformat(),
        "remark": said,
        **{f"figure_{place}": figure for place, figure in enumerate(figures)},
    }


def prepare() -> TableAddress:
    """10,000 villages of one town, and a form that the town fills for them."""
    town, start = _officer_unit(), months()[0]
    approver = officer().id
    with unit_of_work():
        village = db.session.scalars(select(UnitType.id).where(UnitType.code == "village")).one()
        parent = db.session.scalars(select(OrgUnit).where(OrgUnit.id == town)).one()
        insert_units([NewUnit(f"B{n:05}", f"第{n}村", village, town, date(2020, 1, 1)) for n in range(UNITS)])
        form = FormDefinition(
            id=new_id(),
            code=f"bench_table_{uuid.uuid4().hex[:8]}",
            name="环境卫生统计表",
            approved_at=utc_now(),
            approved_by_id=approver,
            approval_number="测量",
            approved_fields=len(FIELDS),
        )
        db.session.add(form)
        db.session.flush()
        definition = {"code": "bench_table", "name": form.name, "fields": FIELDS}
        version = FormVersion(
            id=new_id(),
            form_id=form.id,
            number=1,
            status=VersionStatus.PUBLISHED,
            definition=definition,
            digest=digest(definition),
            published_at=utc_now(),
        )
        route = db.session.scalars(select(Collection.route_id).limit(1)).one()
        collection = Collection(
            id=new_id(),
            code="bench_table",
            name="环境卫生统计",
            form_id=form.id,
            route_id=route,
            cadence="month",
            cohort={"unit_types": ["village"], "under": [parent.code]},
            window={"opens": {"month": 0, "day": 1}, "due": {"month": 1, "day": 5}, "due_inclusive": True},
            filled_by={"superior": "parent"},
            starts_on=start,
        )
        db.session.add_all([version, collection])
    return TableAddress(collection.id, start)


def officer() -> Viewer:
    """Who fills for them."""
    user = db.session.scalars(
        select(User)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Post, Post.id == Appointment.post_id)
        .where(Post.roles.contains([Role.TOWN_OFFICER.value]))
        .order_by(User.login_name)
        .limit(1)
    ).one()
    return make_viewer(user)


def _officer_unit() -> uuid.UUID:
    return officer().units_with_role(Role.TOWN_OFFICER)[0]


def bare_rows(place: Place, address: TableAddress, *, keep: bool = False) -> float:
    """The same rows, ready in memory, written with one statement behind the wall."""
    version_id = db.session.scalars(
        select(FormVersion.id)
        .join(Collection, Collection.form_id == FormVersion.form_id)
        .where(Collection.id == address.collection_id)
    ).one()
    units = db.session.scalars(select(OrgUnit.id).where(OrgUnit.code.like("B%"))).all()
    end = db.session.scalars(
        select(Submission.period_end).where(Submission.period_start == address.period_start).limit(1)
    ).one()
    db.session.remove()
    rows = [
        {"id": str(new_id()), "unit_id": str(unit), "answers": answers(number)} for number, unit in enumerate(units)
    ]
    status = SubmissionStatus.SUBMITTED if keep else SubmissionStatus.DRAFT
    began = time.perf_counter()
    with psycopg.connect(place.app_dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(place.tenant_id)])
        cursor.execute(
            "INSERT INTO submission (tenant_id, id, collection_id, form_version_id, unit_id, period_start, period_end,"
            " revision, status, kind, answers, origins, marks, choice_labels, is_not_applicable, not_applicable_reason,"
            " is_late, digest, contributors, created_at, updated_at, version)"
            " SELECT %s, id, %s, %s, unit_id, %s, %s, 1, %s, 'original', answers, '{}', '[]', '{}', false, '', false,"
            " '', '[]', now(), now(), 1 FROM jsonb_to_recordset(%s) AS x(id uuid, unit_id uuid, answers jsonb)",
            [place.tenant_id, address.collection_id, version_id, address.period_start, end, status.value, Jsonb(rows)],
        )
        took = time.perf_counter() - began
        if not keep:
            connection.rollback()
    return took


def codes() -> list[str]:
    """The codes of the villages."""
    return sorted(db.session.scalars(select(OrgUnit.code).where(OrgUnit.code.like("B%"))))


def forget(address: TableAddress) -> None:
    """Delete what was filed, so that every run finds the county as the first one did."""
    _delete("DELETE FROM submission WHERE collection_id = %s", [address.collection_id])


def take_back(address: TableAddress) -> None:
    """Leave the county as it was found."""
    forget(address)
    _delete("DELETE FROM collection WHERE id = %s", [address.collection_id])
    for table in ("placement", "unit_version", "post"):
        _delete(f"DELETE FROM {table} WHERE unit_id IN (SELECT id FROM org_unit WHERE code LIKE 'B%%')", [])
    _delete("DELETE FROM org_unit WHERE code LIKE 'B%%'", [])


def _delete(statement: str, values: Sequence[object]) -> None:
    """Delete without asking every other table after each row, which would take longer than all that is measured."""
    database = str(db.engine.url.database)
    db.session.remove()
    with psycopg.connect(os.environ["JICENG_TEST_POSTGRES"], dbname=database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode(), values)
