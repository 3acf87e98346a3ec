"""The page on which a form of 100 fields is filled, and what a change of one answer costs, beside a bare form."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bench.list_page import _statements as statements_of
from bench.measuring import Measurement, Timing, read_budget, side_by_side
from bench.place import SLUG, Place, months
from saas.db import db, local_today, new_id, unit_of_work, utc_now
from saas.domain.canonical_json import digest
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.review.models import Route
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.tenancy.scope import tenant_scope

FIELDS, REPEATS = 100, 5
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
MINIMAL = """<!doctype html><title>x</title><form>{% for item in fields %}<label>{{ item.label }}
<input name="{{ item.name }}" value="{{ answers[item.name] or "" }}"></label>{% endfor %}</form>"""
YES_NO = [{"name": "yes", "label": "是"}, {"name": "no", "label": "否"}, {"name": "na", "label": "不适用"}]


def definition() -> dict[str, Any]:
    """Ten groups of ten questions of the usual kinds, with conditions, rules and sums between them."""
    groups = [
        {"type": "begin_group", "name": f"part{place}", "label": f"第{place + 1}部分", "fields": _questions(place)}
        for place in range(FIELDS // 10)
    ]
    return {"code": "bench_long", "name": "综合月报", "fields": groups}


def _questions(place: int) -> list[dict[str, Any]]:
    def name(number: int) -> str:
        return f"q{place}_{number}"

    found: list[dict[str, Any]] = [
        {"type": "integer", "name": name(0), "label": "检查户数", "required": True, "min": 0, "measure": "户"},
        {
            "type": "integer",
            "name": name(1),
            "label": "合格户数",
            "min": 0,
            "measure": "户",
            "constraint": f". <= ${{{name(0)}}}",
            "constraint_message": "合格户数不能多于检查户数",
        },
        {
            "type": "decimal",
            "name": name(2),
            "label": "合格率",
            "calculation": f"${{{name(1)}}} div ${{{name(0)}}} * 100",
        },
        {"type": "decimal", "name": name(3), "label": "清运垃圾", "min": 0, "measure": "吨", "not_applicable": True},
        {"type": "select_one", "name": name(4), "label": "是否发现问题", "choices": YES_NO, "required": True},
        {
            "type": "integer",
            "name": name(5),
            "label": "发现问题",
            "relevant": f"${{{name(4)}}} = 'yes'",
            "measure": "处",
        },
        {
            "type": "text",
            "name": name(6),
            "label": "问题说明",
            "relevant": f"${{{name(4)}}} = 'yes'",
            "max_length": 200,
        },
        {"type": "date", "name": name(7), "label": "检查日期"},
        {"type": "select_multiple", "name": name(8), "label": "检查内容", "choices": _kinds()},
        {"type": "image", "name": name(9), "label": "现场照片", "max_count": 3},
    ]
    return found


def _kinds() -> list[dict[str, str]]:
    words = ("道路", "沟渠", "院落", "公厕", "垃圾池", "广场")
    return [{"name": f"k{number}", "label": word} for number, word in enumerate(words)]


def _answers() -> dict[str, Any]:
    return {
        f"part{place}": {
            f"q{place}_0": 20, f"q{place}_1": 18, f"q{place}_2": "90", f"q{place}_3": "3.5", f"q{place}_4": "yes",
            f"q{place}_5": 2, f"q{place}_6": "路边有零星垃圾", f"q{place}_7": "2026-03-05",
            f"q{place}_8": ["k1", "k2"], f"q{place}_9": None,
        }
        for place in range(FIELDS // 10)
    }  # fmt: skip


def measure(place: Place) -> list[Measurement]:
    """Both run in this process through the same test client. One measurement is five pages."""
    unit_id, token, path, submission_id = _prepared(place)
    client = place.app.test_client(use_cookies=False)
    headers = {"Cookie": f"{SLUG}-session={token}"}
    bare = _bare(place, submission_id).test_client(use_cookies=False)
    typed, allowed_to_post = _typed(), _with_token(client, path, headers)
    typed["csrf_token"] = allowed_to_post.pop("token")

    def page() -> None:
        for _ in range(REPEATS):
            answer = client.get(f"/{SLUG}{path}", headers=headers)
            assert answer.status_code == 200, answer.status_code
            assert answer.text.count("part9.") >= 10

    def react() -> None:
        for _ in range(REPEATS):
            answer = client.post(f"/{SLUG}{path}", headers={**allowed_to_post, "HX-Request": "true"}, data=typed)
            assert answer.status_code == 200, (answer.status_code, answer.text[:500])

    def floor() -> None:
        for _ in range(REPEATS):
            assert bare.get("/").text.count("<input") == FIELDS

    assert unit_id
    shown, shown_floor = side_by_side(page, floor)
    asked, asked_floor = side_by_side(react, floor)
    count = statements_of(place, client, path, headers)
    size = len(client.get(f"/{SLUG}{path}", headers=headers).get_data()) // 1024
    allowed = float(read_budget()["fill_statements"]["limit"])
    note = f"{count} statements, {size} KiB; floor: ORM, row security, bare inputs"
    return [
        Measurement("fill_page", f"page of a form of {FIELDS} fields", _each(shown), _each(shown_floor), note),
        Measurement("react", "one answer changed, the questions again", _each(asked), _each(asked_floor), "same floor"),
        Measurement(
            "fill_statements", f"{count} statements for that page", Timing((float(count),)), Timing((allowed,))
        ),
    ]


def _each(timing: Timing) -> Timing:
    return Timing(tuple(second / REPEATS for second in timing.seconds))


def _typed() -> dict[str, Any]:
    typed: dict[str, Any] = {"version": "1"}
    for part, answers in _answers().items():
        typed |= {f"{part}.{name}": value for name, value in answers.items() if value is not None}
    return typed


def _with_token(client: Any, path: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers of somebody who has opened the page, and under `token` what the form carries."""
    page = client.get(f"/{SLUG}{path}", headers=headers)
    found = TOKEN.search(page.text)
    assert found is not None
    cookies = [each.partition(";")[0] for each in page.headers.getlist("Set-Cookie")]
    return {"Cookie": "; ".join([headers["Cookie"], *cookies]), "token": found[1]}


def _prepared(place: Place) -> tuple[uuid.UUID, str, str, uuid.UUID]:
    unit_id, token = next(iter(place.clerk_tokens.items()))
    start = months()[0]
    with place.app.app_context(), tenant_scope(place.tenant_id), unit_of_work():
        somebody = db.session.scalars(select(CollectionWindow.changed_by_id)).first()
        form = FormDefinition(
            id=new_id(),
            code="bench_long",
            name="综合月报",
            approved_at=utc_now(),
            approved_by_id=somebody,
            approved_fields=FIELDS,
        )
        version = FormVersion(
            id=new_id(),
            form_id=form.id,
            number=1,
            status=VersionStatus.PUBLISHED,
            definition=definition(),
            digest=digest(definition()),
            published_at=utc_now(),
        )
        route = db.session.scalars(select(Route).where(Route.code == "submission_three_levels")).one()
        collection = Collection(
            id=new_id(),
            code="bench_long",
            name="综合月报",
            form_id=form.id,
            route_id=route.id,
            cadence="month",
            cohort={"unit_types": ["village"]},
            window={"opens": {"month": 0, "day": 1}, "due": {"month": 1, "day": 5}, "due_inclusive": True},
            starts_on=start,
        )
        for row in (form, version, collection):
            db.session.add(row)
            db.session.flush()
        submission = _draft(collection, version, unit_id, start)
        return unit_id, token, f"/submissions/fill/{collection.id}/{unit_id}/{start}", submission.id


def _draft(collection: Collection, version: FormVersion, unit_id: uuid.UUID, start: Any) -> Submission:
    somebody = db.session.scalars(select(CollectionWindow.changed_by_id)).first()
    draft = Submission(
        collection_id=collection.id,
        form_version_id=version.id,
        unit_id=unit_id,
        period_start=start,
        period_end=local_today(),
        answers=_answers(),
        contributors=[str(somebody)],
    )
    opened = CollectionWindow(
        collection_id=collection.id,
        period_start=start,
        opens_on=start,
        due_on=local_today(),
        reason="测量",
        changed_by_id=somebody,
    )
    db.session.add_all([draft, opened])
    db.session.flush()
    return draft


def _bare(place: Place, submission_id: uuid.UUID) -> Flask:
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
            row = db.session.scalars(
                select(Submission)
                .where(Submission.id == submission_id)
                .options(
                    joinedload(Submission.unit),
                    joinedload(Submission.collection),
                    joinedload(Submission.form_version),
                )
            ).one()
            fields = [item for group in row.form_version.definition["fields"] for item in group["fields"]]
            answers = {name: answer for group in row.answers.values() for name, answer in group.items()}
            return render_template_string(MINIMAL, fields=fields, answers=answers)

    return app
