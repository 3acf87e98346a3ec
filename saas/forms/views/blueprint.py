"""The blueprint of forms and what its views share."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext

from saas.domain.errors import DomainError
from saas.forms.models import FormVersion

bp = Blueprint("forms", __name__, url_prefix="/forms")


def is_stale(version: FormVersion, seen: str | None) -> bool:
    """Whether somebody else changed the version since the page was shown."""
    return seen != str(version.version)


def refuse_stale(version: FormVersion, seen: str | None) -> None:
    """Raise DomainError (409) if somebody else changed the version since the page was shown."""
    if is_stale(version, seen):
        raise DomainError(gettext("表单已被他人修改，请返回设计页面查看最新内容后再操作。"), code="stale_data")
