"""Form fields that every feature uses."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, IntegerField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from saas.db import local_today
from saas.tenancy.pack_files import looks_like_formula

MAX_DIGITS = 18  # what a database column holds
EARLIEST, LATEST = date(1949, 10, 1), date(2199, 12, 31)


class BoxesField(SelectMultipleField):
    """Several of several, as boxes to tick: no key to hold down, and big enough for a finger."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WholeNumberField(IntegerField):
    """A whole number. One with more digits than could be kept is refused beside the field, before any arithmetic."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist and len(str(valuelist[0]).strip()) > MAX_DIGITS:
            raise ValueError(gettext("数字过大"))
        super().process_formdata(valuelist)


def no_formula(_form: Any, field: Field) -> None:
    """Refuse what a spreadsheet would run when the name is exported."""
    if field.data and looks_like_formula(field.data):
        raise ValidationError(gettext("不能以等号、加号等公式符号开头"))


def stripped(text: str | None) -> str | None:
    """What was typed without the spaces around it."""
    return text.strip() if text else text


def _sound_day(_form: Any, field: Field) -> None:
    if field.raw_data and field.raw_data[0] and field.data is None:
        field.errors = []
        raise StopValidation(gettext("日期格式不对，应如 2026-03-01"))
    if field.data is not None and not EARLIEST <= field.data <= LATEST:
        raise ValidationError(gettext("日期不在合理范围内"))


class Required(DataRequired):
    """Asks for a value; a day that could not be read is told so by its own validator."""

    def __call__(self, form: Any, field: Field) -> None:
        if not (field.raw_data and field.raw_data[0]):
            super().__call__(form, field)


def day_field(label: Any, **options: Any) -> DateField:
    """A day that must be given."""
    return DateField(label, validators=[Required(_l("请填写日期")), _sound_day], default=local_today, **options)


def name_field(label: Any, missing: Any, limit: int = 80, **options: Any) -> StringField:
    """A short text that must be given."""
    validators = [DataRequired(missing), Length(max=limit, message=_l("最多 %(n)s 字", n=limit)), no_formula]
    return StringField(label, validators=validators, filters=[stripped], render_kw={"maxlength": limit}, **options)


def optional_day_field(label: Any, **options: Any) -> DateField:
    """A day that may be left out."""
    return DateField(label, validators=[_sound_day, Optional()], **options)


def text_field(label: Any, limit: int = 80, **options: Any) -> StringField:
    """A short text that may be left out."""
    validators = [Optional(), Length(max=limit, message=_l("最多 %(n)s 字", n=limit)), no_formula]
    return StringField(label, validators=validators, filters=[stripped], render_kw={"maxlength": limit}, **options)
