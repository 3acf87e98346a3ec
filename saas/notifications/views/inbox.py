"""Opening a notification and putting them all away."""

from __future__ import annotations

import uuid

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.notifications import queries, services
from saas.notifications.views.blueprint import bp


@bp.post("/<uuid:notification_id>/open")
@requires(Permission.HOME_VIEW)
def open_notification(notification_id: uuid.UUID) -> ResponseReturnValue:
    notification = queries.get_notification(notification_id, current_user.id)
    with unit_of_work():
        services.mark_read(current_user.id, notification.path)
    return redirect(request.script_root + notification.path, code=303)


@bp.post("/read")
@requires(Permission.HOME_VIEW)
def read_all() -> ResponseReturnValue:
    with unit_of_work():
        services.mark_all_read(current_user.id)
    return redirect(url_for("home.index"), code=303)
