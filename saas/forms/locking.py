"""What a pack locked in a form, asked whenever somebody changes a draft (锁定)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition as Definition
from saas.domain.form_editing import find_field
from saas.domain.form_locks import keep_locks, lock_breach, locked_paths
from saas.forms.models import FormDefinition, FormVersion

PackNames = Callable[[uuid.UUID, uuid.UUID | None], str]
_names: list[PackNames] = []


def register_pack_names(names: PackNames) -> None:
    """Let the packs say which of them brought a form, or one version of it, by the ids; "" if none did."""
    _names[:] = [names]


def pack_of(form: FormDefinition, version: FormVersion | None = None) -> str:
    """The title of the pack that a form, or this version of it, came with; "" if it was made here."""
    return next((names(form.id, version.id if version else None) for names in _names), "")


def refuse_locked(form: FormDefinition, definition: Definition, path: str) -> None:
    """Raise FormError if a pack locked the field at a path."""
    if path in locked_paths(definition):
        raise _locked(form, find_field(definition, path).label)


def within_locks(form: FormDefinition, before: Definition, after: Definition) -> Definition:
    """Return the changed definition with the locks that it had. Raise FormError if it breaks one of them."""
    locked = lock_breach(before, after)
    if locked is not None:
        raise _locked(form, locked.label)
    return keep_locks(before, after)


def _locked(form: FormDefinition, label: str) -> FormError:
    text = "“{label}”由配置包“{pack}”锁定，本县不能修改、移动或删除"
    return FormError("", text, code="locked", advice="由新版配置包统一调整", label=label, pack=pack_of(form))
