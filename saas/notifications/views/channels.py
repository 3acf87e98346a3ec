"""The county's channels: group robots and addresses that are told of its reminders."""

from __future__ import annotations

import uuid

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import form_page, refused, stale_page, worded
from saas.htmx import render_page
from saas.notifications import channels
from saas.notifications.forms import ChannelForm, EditChannelForm, present
from saas.notifications.kinds import CHANNEL_LABELS, DELIVERY_LABELS, NOTICE_LABELS
from saas.notifications.models import ChannelKind
from saas.notifications.views.blueprint import bp
from saas.org.queries import list_units, list_units_by_id
from saas.tenancy.hours import sending_pause
from saas.tenancy.once import find_earlier_answer, remember_answer

FIELDS = {"name_taken": "name", "bad_signing_key": "signing_key", "bad_address": "address"}


@bp.get("/channels")
@requires(Permission.SETTINGS_EDIT)
def list_channels() -> ResponseReturnValue:
    rows = channels.list_channels()
    return render_template(
        "notifications/list_channels.html",
        rows=rows,
        units=list_units_by_id(frozenset(row.unit_id for row in rows)),
        channel_labels=CHANNEL_LABELS,
        notice_labels=NOTICE_LABELS,
        has_mail=current_app.config["JICENG"].mail is not None,
    )


@bp.get("/channels/new")
@requires(Permission.SETTINGS_EDIT)
def new_channel() -> ResponseReturnValue:
    form = ChannelForm(data={"kinds": ["reminder", "overdue"]})
    form.offer(list_units(local_today()))
    return _new_page(form)


@bp.post("/channels")
@requires(Permission.SETTINGS_EDIT)
def add_channel() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, units = ChannelForm(), list_units(local_today())
    form.offer(units)
    if not form.validate_on_submit():
        return _new_page(form, status=422)
    try:
        with unit_of_work():
            settings = form.settings(ChannelKind(form.kind.data), units)
            location = url_for(".show_channel", channel_id=channels.add_channel(settings, actor=current_user).id)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, FIELDS, "name")
        return _new_page(form, status=422)
    flash(gettext("渠道已建立，请发一条测试消息。"), "success")
    return redirect(location, code=303)


@bp.get("/channels/<uuid:channel_id>")
@requires(Permission.SETTINGS_EDIT)
def show_channel(channel_id: uuid.UUID) -> ResponseReturnValue:
    channel, is_quiet = channels.get_channel(channel_id), bool(sending_pause())
    recent = channels.list_recent(channel)
    return render_page(
        "notifications/show_channel.html",
        fragment="deliveries",
        channel=channel,
        unit=list_units_by_id([channel.unit_id])[channel.unit_id],
        recent=recent,
        is_quiet=is_quiet,
        is_sending=any(channels.is_about_to_go(each, is_quiet=is_quiet) for each in recent),
        channel_labels=CHANNEL_LABELS,
        notice_labels=NOTICE_LABELS,
        delivery_labels=DELIVERY_LABELS,
        has_mail=current_app.config["JICENG"].mail is not None,
    )


@bp.get("/channels/<uuid:channel_id>/edit")
@requires(Permission.SETTINGS_EDIT)
def edit_channel(channel_id: uuid.UUID) -> ResponseReturnValue:
    channel = channels.get_channel(channel_id)
    form = EditChannelForm(data=present(channel)).offer(list_units(local_today()))
    return _edit_page(form, channel_id)


@bp.post("/channels/<uuid:channel_id>/edit")
@requires(Permission.SETTINGS_EDIT)
def edit_channel_send(channel_id: uuid.UUID) -> ResponseReturnValue:
    channel, units = channels.get_channel(channel_id), list_units(local_today())
    form = EditChannelForm().offer(units)
    if not form.validate_on_submit():
        return _edit_page(form, channel_id, status=422)
    if form.version.data != str(channel.version):
        shown = {"name": channel.name}
        return stale_page(form, shown, channel.version, gettext("修改提醒渠道"), _trail(channel_id))
    try:
        with unit_of_work():
            channels.edit_channel(channel, form.settings(channel.kind, units), actor=current_user)
    except DomainError as error:
        refused(form, error, FIELDS, "name")
        return _edit_page(form, channel_id, status=422)
    flash(gettext("渠道已保存。"), "success")
    return redirect(url_for(".show_channel", channel_id=channel_id), code=303)


@bp.post("/channels/<uuid:channel_id>/active")
@requires(Permission.SETTINGS_EDIT)
def switch_channel(channel_id: uuid.UUID) -> ResponseReturnValue:
    channel, is_active = channels.get_channel(channel_id), request.form.get("active") == "yes"
    with unit_of_work():
        channels.switch_channel(channel, is_active, actor=current_user)
    flash(gettext("渠道已启用。") if is_active else gettext("渠道已停用，待发的消息不再发送。"), "success")
    return redirect(url_for(".show_channel", channel_id=channel_id), code=303)


@bp.post("/channels/<uuid:channel_id>/test")
@requires(Permission.SETTINGS_EDIT)
def try_channel(channel_id: uuid.UUID) -> ResponseReturnValue:
    channel = channels.get_channel(channel_id)
    try:
        with unit_of_work():
            channels.try_channel(channel, actor=current_user)
    except DomainError as error:
        flash(worded(error), "danger")
    else:
        flash(gettext("测试消息正在发送，结果见下面的发送记录。"), "success")
    return redirect(url_for(".show_channel", channel_id=channel_id), code=303)


def _new_page(form: ChannelForm, status: int = 200) -> ResponseReturnValue:
    trail = [(gettext("设置"), url_for("settings.edit")), (gettext("提醒渠道"), url_for(".list_channels"))]
    return form_page(form, gettext("新建提醒渠道"), trail, status=status, creates_at=url_for(".add_channel"))


def _edit_page(form: EditChannelForm, channel_id: uuid.UUID, status: int = 200) -> ResponseReturnValue:
    return form_page(form, gettext("修改提醒渠道"), _trail(channel_id), status=status)


def _trail(channel_id: uuid.UUID) -> list[tuple[str, str]]:
    return [
        (gettext("提醒渠道"), url_for(".list_channels")),
        (channels.get_channel(channel_id).name, url_for(".show_channel", channel_id=channel_id)),
    ]
