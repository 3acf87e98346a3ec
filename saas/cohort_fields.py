"""The fields that say which units something is asked of, for every form that has them: by rule, or one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from saas.db import local_today
from saas.form_fields import BoxesField
from saas.org.cohorts import list_choices
from saas.org.models import OrgUnit, UnitType

_RULES = ("unit_types", "under", "cohorts")


class CohortFields:
    """Units by type, by those above them and by named cohorts, or by name; and those left out."""

    unit_types = BoxesField(_l("单位类型"), validators=[Optional()])
    under = BoxesField(_l("所属上级"), description=_l("不选表示不限"), validators=[Optional()])
    cohorts = BoxesField(_l("单位名册"), description=_l("属于所选名册之一；不选表示不限"), validators=[Optional()])
    units = TextAreaField(
        _l("单位名单"), description=_l("选“按名单”时填写，每行一个单位名称或编码"), render_kw={"rows": 4}
    )
    excluded = TextAreaField(_l("除外单位"), description=_l("每行一个单位名称或编码"), render_kw={"rows": 2})

    def offer_units(self, units: Sequence[OrgUnit], types: Sequence[UnitType]) -> None:
        """Offer the unit types, the territorial units that have others below them, and the named cohorts."""
        self.unit_types.choices = [SelectChoice(each.code, each.name) for each in types]
        above = [unit for unit in units if unit.unit_type.is_territorial and is_above_others(unit, types)]
        self.under.choices = [SelectChoice(unit.code, unit.name) for unit in above]
        self.cohorts.choices = [SelectChoice(*pair) for pair in list_choices(local_today())]

    def rules(self) -> dict[str, Any]:
        """What was chosen by rule, as docs/plan-format.md writes it."""
        return {name: chosen for name in _RULES if (chosen := getattr(self, name).data)}

    def left_out(self, units: Sequence[OrgUnit]) -> dict[str, Any]:
        """The units that were left out, in the same way."""
        excluded = codes_named(self.excluded, units)
        return {"except": excluded} if excluded else {}


def is_above_others(unit: OrgUnit, types: Sequence[UnitType]) -> bool:
    """Whether a unit's type is not the lowest one."""
    return unit.unit_type.level < max((each.level for each in types), default=0)


def codes_named(field: Any, units: Sequence[OrgUnit]) -> list[str]:
    """Return the codes of the units named one a line; a name that is nobody's or several units' is an error."""
    by_name: dict[str, list[str]] = {}
    for unit in units:
        for name in {unit.name, unit.code, unit.short_name} - {""}:
            by_name.setdefault(name, []).append(unit.code)
    lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
    unknown = [line for line in lines if len(by_name.get(line, ())) != 1]
    if unknown:
        field.errors = [gettext("找不到或有重名的单位：%(names)s；重名的请写编码", names="、".join(unknown[:10]))]
    return list(dict.fromkeys(by_name[line][0] for line in lines if line not in unknown))
