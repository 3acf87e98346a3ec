"""What stands against publishing a draft, and what is worth another look before it (发布前检查)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext

from saas.domain.errors import FormError
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, Sensitivity, count_fields, iter_fields
from saas.domain.form_editing import NEVER, is_placeholder
from saas.forms.approval import is_expired
from saas.forms.models import FormDefinition as Form
from saas.forms.outside_choices import check_sources

_PERSONAL = re.compile(r"身份证|证件号|手机|电话|住址|家庭地址|银行卡|残疾|病史|户主|(?<!单位)姓名")


@dataclass(frozen=True, slots=True)
class Hint:
    """Something about a question that its author may have overlooked. It stands against nothing."""

    path: str
    label: str
    words: str


def publishing_problems(form: Form, definition: FormDefinition) -> tuple[FormError, ...]:
    """Everything that stands against publishing, each with what to do."""
    return tuple(_problems(form, definition))


def _problems(form: Form, definition: FormDefinition) -> Iterator[FormError]:
    if not form.legal_basis:
        yield FormError("legal_basis", "没有写填报依据，不能发布", code="no_legal_basis")
    if form.owner_unit_id is None:
        yield FormError("owner_unit", "没有写制表单位，不能发布", code="no_owner")
    if is_expired(form):
        yield FormError("expires_on", "表单已过有效期，请先延长有效期", code="expired")
    try:
        check_sources(definition)
    except FormError as error:
        yield error
    if count_fields(definition) == 0:
        yield FormError("fields", "表单没有要填的内容", code="asks_nothing")
    for path, item in iter_fields(definition):
        if item.mark and item.relevant == NEVER:
            text = "核对规则“{label}”还没有选核对的项"
            yield FormError(path, text, code="empty_check", label=item.label)


def hints_on(definition: FormDefinition) -> tuple[Hint, ...]:
    """What is worth another look, in the form's order."""
    return tuple(
        Hint(path.replace("[]", ""), item.label, words)
        for path, item in iter_fields(definition)
        for words in _hints(item)
    )


def _hints(item: Field) -> Iterator[str]:
    if is_placeholder(item.label):
        yield gettext("还是新建时的文字，请改成要问的内容")
    if any(is_placeholder(choice.label) for choice in item.choices):
        yield gettext("选项还是新建时的文字，请改成要选的内容")
    if item.type in NUMBERS and not item.measure and not item.calculation:
        yield gettext("没有写计量单位：件、人次、户不能混着填")
    if item.type is FieldType.TEXT and item.sensitivity is Sensitivity.NONE and _PERSONAL.search(item.label):
        yield gettext("像是个人信息，没有设保护；确需收集的请选级别")
