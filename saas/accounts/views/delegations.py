"""Handing a post's work to somebody else for a time (委托代办), by its holder or by the security administrator."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts import delegation as delegations
from saas.accounts import queries
from saas.accounts.forms import DelegationForm
from saas.accounts.models import Delegation, User
from saas.accounts.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import Trail, form_page, refused
from saas.local import local_day
from saas.org.models import Post
from saas.tenancy.once import find_earlier_answer, remember_answer

BESIDE = {
    "bad_dates": "starts_on",
    "overlapping": "starts_on",
    "not_holder": "post",
    "administrator": "post",
    "invalid_transition": "post",
}


@bp.get("/account/delegations/new")
@requires(Permission.HOME_VIEW)
def delegate_own() -> ResponseReturnValue:
    return _page(_offered(current_user.id), _own_trail(), url_for(".delegate_own_send"))


@bp.post("/account/delegations")
@requires(Permission.HOME_VIEW)
def delegate_own_send() -> ResponseReturnValue:
    giver = queries.get_user(current_user.id)
    return _send(giver, _own_trail(), url_for(".delegate_own_send"), url_for(".show"))


@bp.get("/accounts/<uuid:user_id>/delegations/new")
@requires(Permission.ACCOUNT_EDIT)
def delegate(user_id: uuid.UUID) -> ResponseReturnValue:
    giver = queries.get_user(user_id)
    return _page(_offered(user_id), _trail(giver), url_for(".delegate_send", user_id=user_id))


@bp.post("/accounts/<uuid:user_id>/delegations")
@requires(Permission.ACCOUNT_EDIT)
def delegate_send(user_id: uuid.UUID) -> ResponseReturnValue:
    giver = queries.get_user(user_id)
    there = url_for("people.show", user_id=user_id)
    return _send(giver, _trail(giver), url_for(".delegate_send", user_id=user_id), there)


def _send(giver: User, trail: Trail, address: str, there: str) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _offered(giver.id)
    if not form.validate_on_submit():
        return _page(form, trail, address, status=422)
    try:
        with unit_of_work():
            made = _delegate(form, giver)
            remember_answer(there)
    except DomainError as error:
        refused(form, error, BESIDE, "to")
        return _page(form, trail, address, status=422)
    said = gettext("已委托 %(name)s 代办，%(day)s 起生效。", name=_name(form), day=local_day(made.starts_on))
    flash(said, "success")
    return redirect(there, code=303)


def _delegate(form: DelegationForm, giver: User) -> Delegation:
    posts = {str(post.id): post for post in _posts(giver.id)}
    return delegations.delegate(
        posts[form.post.data],
        giver,
        queries.get_user(uuid.UUID(form.to.data)),
        form.starts_on.data,
        form.ends_on(),
        reason=form.reason.data,
        today=local_today(),
        actor=current_user,
    )


def _name(form: DelegationForm) -> str:
    return queries.get_user(uuid.UUID(form.to.data)).name


def _posts(user_id: uuid.UUID) -> Sequence[Post]:
    """The posts that a person holds, not those delegated to him."""
    return queries.list_held_posts(user_id, local_today())


def _offered(giver_id: uuid.UUID) -> DelegationForm:
    return DelegationForm().offer(_posts(giver_id), delegations.list_possible_delegates(giver_id))


def _own_trail() -> Trail:
    return [(gettext("我的账号"), url_for(".show"))]


def _trail(giver: User) -> Trail:
    return [(gettext("账号"), url_for(".index")), (giver.name, url_for("people.show", user_id=giver.id))]


def _page(form: DelegationForm, trail: Trail, address: str, status: int = 200) -> ResponseReturnValue:
    lead = gettext(
        "受委托人在这些天里可以办理这个岗位的事，办理意见会注明“受委托”。本人填报、起草的，受委托人也不能审批。"
        "管理员岗位不能委托，受托的岗位不能转托。"
    )
    title = gettext("委托代办")
    return form_page(form, title, trail, lead=lead, submit=gettext("委托"), status=status, creates_at=address)


@bp.post("/account/delegations/<uuid:delegation_id>/revoke")
@requires(Permission.HOME_VIEW)
def revoke_own(delegation_id: uuid.UUID) -> ResponseReturnValue:
    found = delegations.get_delegation(delegation_id, of=current_user.id)
    with unit_of_work():
        delegations.revoke(found, local_today(), actor=current_user)
    flash(gettext("委托已撤销，立即失效。"), "success")
    return redirect(url_for(".show"), code=303)


@bp.post("/delegations/<uuid:delegation_id>/revoke")
@requires(Permission.ACCOUNT_EDIT)
def revoke(delegation_id: uuid.UUID) -> ResponseReturnValue:
    found = delegations.get_delegation(delegation_id)
    with unit_of_work():
        delegations.revoke(found, local_today(), actor=current_user)
    flash(gettext("委托已撤销，立即失效。"), "success")
    return redirect(url_for("people.show", user_id=found.from_user_id), code=303)


@bp.get("/delegations")
@requires(Permission.ACCOUNT_VIEW)
def delegations_in_force() -> ResponseReturnValue:
    return render_template(
        "accounts/delegations.html", delegations=delegations.list_delegations_in_force(local_today())
    )
