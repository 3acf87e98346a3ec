"""The form of a register: which form, which units keep it, what the list shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from saas.cohort_fields import CohortFields, codes_named
from saas.domain.cohorts import Cohort, cohort_from_mapping
from saas.form_fields import BoxesField, name_field
from saas.org.models import OrgUnit
from saas.registers.models import Register

PRESETS = {
    "ordinary": _l("在办 → 已办结"),
    "checked": _l("在办 → 待核实 → 已销号（上级核实）"),
    "confirmed": _l("疑似 → 两次复核 → 已确认"),
    "kept": _l("在册（不用办结，可移出）"),
}
KEEPERS = {"rule": _l("按条件"), "list": _l("按名单")}


def _choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class RegisterForm(CohortFields, FlaskForm):
    """A register (台账)."""

    version = HiddenField()
    name = name_field(_l("台账名称"), _l("请填写台账名称"), 40)
    description = TextAreaField(
        _l("说明"),
        description=_l("登记什么、什么时候登记，填报人在列表上方看到"),
        validators=[Length(max=500, message=_l("最多 500 字"))],
        render_kw={"rows": 2},
    )
    form = SelectField(
        _l("表单"), description=_l("每条记录填这张表；已发布的表单才能选"), validators=[DataRequired(_l("请选择表单"))]
    )
    owner = SelectField(_l("主管单位"), validators=[Optional()])
    purpose = StringField(
        _l("个人信息的用途"),
        description=_l("表单中有个人信息时填写，如“困难群众走访帮扶”"),
        validators=[Length(max=200, message=_l("最多 200 字"))],
    )
    by = RadioField(_l("登记单位"), validators=[InputRequired()], choices=_choices(KEEPERS), default="rule")
    preset = RadioField(_l("办理过程"), choices=_choices(PRESETS), default="ordinary", validators=[Optional()])
    title = SelectField(_l("标题取自"), description=_l("列表和提醒中怎样称呼一条记录"), validators=[Optional()])
    columns = BoxesField(
        _l("列表显示"), description=_l("不选则显示前几栏；标题、单位、状态、期限总是显示"), validators=[Optional()]
    )
    is_active = BooleanField(_l("启用"), description=_l("停用后不能再登记，已有记录仍可查看和办理"), default=True)

    def cohort_mapping(self, units: Sequence[OrgUnit], present: Mapping[str, Any]) -> dict[str, Any]:
        """The units as docs/plan-format.md writes them. Unknown ones are said beside their field.

        What the page does not show of the `present` cohort, from a file, is kept: conditions and ties.
        """
        cohort = self.left_out(units)
        if self.by.data == "list":
            named = codes_named(self.units, units)
            if not named and not self.units.errors:
                self.units.errors = [gettext("请填写单位名单")]
            return cohort | {"units": named}
        cohort |= self.rules()
        cohort |= {name: present[name] for name in ("where", "linked") if present.get(name)}
        if not set(cohort) - {"except"}:
            self.unit_types.errors = [gettext("请选择哪些单位登记")]
        return cohort


def settings_of(register: Register) -> dict[str, Any]:
    """Return a register as the form shows it."""
    cohort = cohort_from_mapping(register.cohort) if register.cohort else Cohort()
    return {
        "version": str(register.version),
        "name": register.name,
        "description": register.description,
        "form": str(register.form_id),
        "owner": str(register.owner_unit_id or ""),
        "purpose": register.purpose,
        "by": "list" if cohort.units else "rule",
        "unit_types": list(cohort.unit_types),
        "under": list(cohort.under),
        "cohorts": list(cohort.cohorts),
        "units": "\n".join(cohort.units),
        "excluded": "\n".join(cohort.excluded),
        "title": register.layout.get("title", ""),
        "columns": list(register.layout.get("columns", ())),
        "is_active": register.is_active,
    }
