"""Default bodies at a unit: making one's own copy, dropping one, going back to the default; and the overview."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies import defaults, queries
from saas.bodies.models import BodyTemplate
from saas.bodies.views.blueprint import bp, to_body
from saas.db import local_today, unit_of_work
from saas.htmx import render_page
from saas.org.models import OrgUnit
from saas.org.queries import list_unit_types


@bp.get("/body-templates/matrix")
@requires(Permission.ORG_VIEW)
def matrix() -> ResponseReturnValue:
    templates = [each for each in queries.list_templates() if each.is_active]
    types = [each for each in list_unit_types() if any(each.code in template.unit_types for template in templates)]
    wanted = request.args.get("type", "")
    wanted = wanted if wanted in {each.code for each in types} else ""
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = queries.matrix_of(templates, wanted, local_today(), page=page)
    return render_page(
        "bodies/matrix.html",
        fragment="body_matrix",
        templates=templates,
        rows=rows,
        types=types,
        wanted=wanted,
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


@bp.post("/units/<uuid:unit_id>/bodies/default/<uuid:template_id>/change")
@requires(Permission.BODY_EDIT)
def change_default(unit_id: uuid.UUID, template_id: uuid.UUID) -> ResponseReturnValue:
    unit, template = _to_edit(unit_id, template_id)
    with unit_of_work():
        body = defaults.change_default(unit, template, local_today(), actor=current_user)
    flash(gettext("已改为本单位自定，默认组以后的变化不再影响它。"), "success")
    return to_body(body)


@bp.post("/units/<uuid:unit_id>/bodies/default/<uuid:template_id>/drop")
@requires(Permission.BODY_EDIT)
def drop_default(unit_id: uuid.UUID, template_id: uuid.UUID) -> ResponseReturnValue:
    unit, template = _to_edit(unit_id, template_id)
    with unit_of_work():
        defaults.drop_default(unit, template, actor=current_user)
    flash(gettext("%(unit)s 不设 %(name)s。", unit=unit.name, name=template.name), "success")
    return redirect(url_for(".of_unit", unit_id=unit_id), code=303)


@bp.post("/units/<uuid:unit_id>/bodies/default/<uuid:template_id>/restore")
@requires(Permission.BODY_EDIT)
def restore_default(unit_id: uuid.UUID, template_id: uuid.UUID) -> ResponseReturnValue:
    unit, template = _to_edit(unit_id, template_id)
    body = queries.get_default_body(unit_id, template_id)
    with unit_of_work():
        defaults.restore_default(body, unit, local_today(), actor=current_user)
    flash(gettext("已恢复默认：%(name)s", name=template.name), "success")
    return to_body(body)


@bp.post("/units/<uuid:unit_id>/bodies/default/<uuid:template_id>/meetings")
@requires(Permission.BODY_EDIT)
def start_meeting(unit_id: uuid.UUID, template_id: uuid.UUID) -> ResponseReturnValue:
    """An inherited body gets a row of its own, which keeps its meetings; it goes on following the template."""
    unit, template = _to_edit(unit_id, template_id)
    with unit_of_work():
        body = defaults.row_of_default(unit, template)
    return redirect(url_for(".record_meeting", body_id=body.id), code=303)


def _to_edit(unit_id: uuid.UUID, template_id: uuid.UUID) -> tuple[OrgUnit, BodyTemplate]:
    return queries.get_unit_to_edit(unit_id, current_user, local_today()), queries.get_template(template_id)
