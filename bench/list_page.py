"""The list of submissions: a whole page of 50 with frame, rights and filters, beside the bare minimum of it."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import event, select
from sqlalchemy.orm import joinedload

from bench.measuring import Measurement, Timing, read_budget, side_by_side
from bench.place import SLUG, Place, months
from saas.db import db
from saas.org.models import OrgUnit
from saas.submissions.models import Submission
from saas.tenancy.scope import tenant_scope

ROWS, REPEATS = 50, 10
MINIMAL = """<!doctype html><title>x</title><table>{% for row in rows %}<tr>
<td>{{ row.collection.name }}<td>{{ row.unit.name }}<td>{{ row.period_start }}<td>{{ row.status.value }}
<td>{{ row.submitted_at or "" }}<td>{{ row.id }}</tr>{% endfor %}</table>"""


def measure(place: Place) -> list[Measurement]:
    """Both run in this process through the same test client. One measurement is ten pages."""
    client = place.app.test_client(use_cookies=False)
    headers = {"Cookie": f"{SLUG}-session={place.office_token}"}
    bare = _bare(place).test_client(use_cookies=False)

    def ours() -> None:
        for _ in range(REPEATS):
            answer = client.get(f"/{SLUG}/submissions", headers=headers)
            assert answer.status_code == 200, answer.status_code
            assert answer.text.count("<tr>") > ROWS

    def floor() -> None:
        for _ in range(REPEATS):
            assert bare.get("/").text.count("<tr>") == ROWS

    took, floor_took = side_by_side(ours, floor)
    full = _statements(place, client, "/submissions", headers)
    one = _statements(place, client, f"/submissions?month={months()[0]:%Y-%m}&status=returned", headers)
    size = len(client.get(f"/{SLUG}/submissions", headers=headers).get_data())
    note = f"{full} statements, {size // 1024} KiB; floor: ORM, row security, minimal template"
    allowed = float(min(one, read_budget()["list_statements"]["limit"]))
    counted = Timing((float(full),)), Timing((allowed,))
    return [
        Measurement("list_page", "list page of 50", _per_page(took), _per_page(floor_took), note),
        Measurement("list_statements", f"{full} statements for a page of 50, {one} for an empty one", *counted),
    ]


def _per_page(timing: Timing) -> Timing:
    return Timing(tuple(second / REPEATS for second in timing.seconds))


def _bare(place: Place) -> Flask:
    """A Flask application with the same models and the same wall, and nothing else."""
    app = Flask("floor")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=place.app.config["SQLALCHEMY_DATABASE_URI"],
        SQLALCHEMY_ENGINE_OPTIONS=place.app.config["SQLALCHEMY_ENGINE_OPTIONS"],
    )
    db.init_app(app)

    @app.get("/")
    def page() -> str:
        with tenant_scope(place.tenant_id):
            rows = db.session.scalars(
                select(Submission)
                .join(OrgUnit, OrgUnit.id == Submission.unit_id)
                .options(joinedload(Submission.unit), joinedload(Submission.collection))
                .order_by(Submission.period_start.desc(), OrgUnit.sort_order)
                .limit(ROWS)
            ).all()
            return render_template_string(MINIMAL, rows=rows)

    return app


def _statements(place: Place, client: Any, path: str, headers: dict[str, str]) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "set_config" not in statement:
            seen.append(statement)

    client.get(f"/{SLUG}{path}", headers=headers)
    with place.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        client.get(f"/{SLUG}{path}", headers=headers)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
