"""The county's settings."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.forms import differences
from saas.administration.settings import services
from saas.administration.settings.forms import SettingsForm, present, split_names
from saas.db import local_today, unit_of_work
from saas.domain.numbering import DocumentNumber
from saas.tenancy.models import TenantSettings

bp = Blueprint("settings", __name__, url_prefix="/settings")

TEXTS = ("letterhead", "issuing_unit_name", "agency_code", "printing_unit_name")


@bp.get("")
@requires(Permission.SETTINGS_EDIT)
def edit() -> ResponseReturnValue:
    settings = services.get_settings()
    return _page(SettingsForm(data=present(settings)), settings)


@bp.post("")
@requires(Permission.SETTINGS_EDIT)
def edit_send() -> ResponseReturnValue:
    settings, form = services.get_settings(), SettingsForm()
    if not form.validate_on_submit():
        return _page(form, settings, status=422)
    if form.version.data != str(settings.version):
        form.version.data = str(settings.version)
        return _page(form, settings, status=409)
    with unit_of_work():
        services.change_settings(
            settings,
            texts={name: form[name].data for name in TEXTS},
            copied_to=split_names(form.copied_to.data or ""),
            details={
                "has_document_word": form.has_document_word.data,
                "bulletin_agency_code": form.bulletin_agency_code.data or form.agency_code.data,
            },
            actor=current_user,
        )
    flash(gettext("设置已保存，此后生成的公文按新设置印制。"), "success")
    return redirect(url_for(".edit"), code=303)


def _page(form: SettingsForm, settings: TenantSettings, status: int = 200) -> ResponseReturnValue:
    today, details = local_today(), settings.details
    codes = dict.fromkeys([settings.agency_code, details.get("bulletin_agency_code") or settings.agency_code])
    page = render_template(
        "settings/edit.html",
        form=form,
        settings=settings,
        has_document_word=bool(details.get("has_document_word")),
        numbers=[DocumentNumber(code, today.year, 1).text for code in codes if code],
        today=today,
        is_stale=status == 409,
        changed=differences(form, {k: v for k, v in present(settings).items() if k != "version"})
        if status == 409
        else (),
    )
    return page, status
