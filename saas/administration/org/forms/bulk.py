"""The form of one change for many units. Input only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from saas.administration.org.cohort_rows import known_attributes
from saas.domain.errors import Message
from saas.form_fields import optional_day_field, text_field
from saas.org.attributes import Attribute, parse_attribute
from saas.org.bulk_editing import BulkEdit, Subject
from saas.org.models import UnitType
from saas.tenancy.pack_schema import AttributeType

_ATTRIBUTE = "attribute:"
MAX_SHORT_NAME = 20


class BulkForm(FlaskForm):
    """What becomes of the chosen units, and since when."""

    what = SelectField(_l("修改什么"), validators=[InputRequired(_l("请选择修改什么"))])
    value = text_field(_l("改成"), 200, description=_l("是否类填“是”或“否”；留空表示清除该属性"))
    mode = RadioField(
        _l("这次修改是"),
        choices=[
            SelectChoice("correct", _l("更正录入错误：一直就应是这样")),
            SelectChoice("change", _l("自某日起变更：以前各期仍按当时口径")),
        ],
        default="correct",
    )
    starts_on = optional_day_field(_l("自哪天起变更"), description=_l("选“自某日起变更”时填写"))

    _known: dict[str, Attribute]

    def offer(self, types: Sequence[UnitType]) -> BulkForm:
        """Let the attributes of these types be chosen, beside the short name and a function."""
        self._known = known_attributes(types)
        self.what.choices = [
            SelectChoice("", gettext("请选择")),
            *(SelectChoice(_ATTRIBUTE + name, each.full_label) for name, each in self._known.items()),
            SelectChoice(Subject.SHORT_NAME.value, gettext("简称")),
            SelectChoice(Subject.FUNCTION.value, gettext("增加一项职能")),
        ]
        return self

    @property
    def label(self) -> str:
        """What is changed, in words."""
        return next(str(label) for value, label, *_ in self.what.iter_choices() if value == self.what.data)

    def validate_what(self, _field: Field) -> None:
        found = self._parsed()  # an empty value is asked about here: an optional field has no further questions
        if isinstance(found, Message):
            raise ValidationError(gettext(found.text).format(**found.params))

    def validate_mode(self, field: Field) -> None:
        if field.data == "change" and self.starts_on.data is None:
            raise ValidationError(gettext("请填写自哪天起变更"))

    def edit(self) -> BulkEdit:
        """What was typed, once the form is sound."""
        starts_on = self.starts_on.data if self.mode.data == "change" else None
        if self.what.data.startswith(_ATTRIBUTE):
            name = self.what.data.removeprefix(_ATTRIBUTE)
            return BulkEdit(Subject.ATTRIBUTE, self._parsed(), name, starts_on)
        return BulkEdit(Subject(self.what.data), self._parsed(), starts_on=starts_on)

    def _parsed(self) -> Any:
        text, what = (self.value.data or "").strip(), self.what.data or ""
        if what == Subject.FUNCTION:
            return text if 0 < len(text) <= 40 else Message("bad_function", "请填写职能，最多 40 字")
        if what == Subject.SHORT_NAME:
            return (text or None) if len(text) <= MAX_SHORT_NAME else Message("long", "简称最多 20 字")
        attribute = self._known.get(what.removeprefix(_ATTRIBUTE))
        if attribute is None or not text:
            return None
        if attribute.type is AttributeType.YES_NO:
            text = {"是": "yes", "否": "no"}.get(text, text)
        return parse_attribute(attribute, text)
