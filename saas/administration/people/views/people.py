"""A person's page: posts past and present, links, seats, delegations."""

from __future__ import annotations

import uuid

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import ADMINISTRATORS, ROLE_LABELS, Permission
from saas.accounts import queries
from saas.accounts.delegation import delegation_state, list_delegations_of
from saas.administration.people.forms import KIND_LABELS
from saas.administration.people.queries import list_links_of_person
from saas.administration.people.views.blueprint import bp
from saas.bodies.people import list_seats_of_person
from saas.db import local_today


@bp.get("/accounts/<uuid:user_id>")
@requires(Permission.ACCOUNT_VIEW)
def show(user_id: uuid.UUID) -> ResponseReturnValue:
    user, today = queries.get_user(user_id), local_today()
    appointments = queries.list_posts_ever_held(user_id)
    return render_template(
        "people/show.html",
        user=user,
        state=queries.account_state(user),
        appointments=appointments,
        links=list_links_of_person(user_id),
        seats=list_seats_of_person(user_id),
        delegations=[(each, delegation_state(each, today)) for each in list_delegations_of(user_id)],
        open_sessions=len(queries.list_open_sessions(user_id)),
        role_labels=ROLE_LABELS,
        kind_labels=KIND_LABELS,
        administrators=ADMINISTRATORS,
        today=today,
        is_editable=current_user.permits(Permission.ACCOUNT_EDIT) and user.id != current_user.id,
        may_appoint=current_user.permits(Permission.ORG_EDIT),
    )
