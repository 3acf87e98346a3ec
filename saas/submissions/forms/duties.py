"""Who fills and who compiles, as fields of the collection's form. Input only; the domain reads the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from saas.domain.compiling import MAX_DAYS, SUPERIOR
from saas.domain.fillers import PARENT
from saas.form_fields import WholeNumberField
from saas.org.models import OrgUnit, UnitType
from saas.submissions.models import Collection

FILLERS = {
    "own": _l("各单位自己填"),
    "unit": _l("一个单位代填"),
    "function": _l("负责某项职能的单位代填"),
    "superior": _l("上级单位代填"),
}


class DutyFields:
    """The part of the form about who fills for the units (由谁填报) and who compiles (汇总)."""

    filler = RadioField(
        _l("由谁填报"),
        choices=[SelectChoice(value, label) for value, label in FILLERS.items()],
        default="own",
        validators=[Optional()],
    )
    filler_unit = SelectField(_l("代填单位"), validators=[Optional()])
    filler_function = SelectField(_l("职能"), validators=[Optional()])
    filler_superior = SelectField(_l("代填的上级"), validators=[Optional()])
    compiling_by = SelectField(_l("汇总单位"), validators=[Optional()])
    compiling_days = WholeNumberField(
        _l("单位截止后几天内汇总"),
        validators=[Optional(), NumberRange(0, MAX_DAYS, message=_l("0 到 60 天"))],
    )
    compiling_working_days = BooleanField(_l("按工作日计"))

    def offer_duties(self, units: Sequence[OrgUnit], types: Sequence[UnitType], functions: Sequence[str]) -> None:
        """Fill the pickers: units that may fill for others, functions that some unit has, types that stand above."""
        lowest = max((each.level for each in types), default=0)
        fillers = [unit for unit in units if not unit.unit_type.is_territorial or unit.unit_type.level < lowest]
        blank = SelectChoice("", gettext("请选择"))
        self.filler_unit.choices = [blank, *(SelectChoice(unit.code, unit.name) for unit in fillers)]
        self.filler_function.choices = [blank, *(SelectChoice(name, name) for name in functions)]
        above = [SelectChoice(each.code, each.name) for each in types if each.is_territorial and each.level < lowest]
        self.filler_superior.choices = [blank, SelectChoice(PARENT, gettext("直接上级")), *above]
        none = SelectChoice("", gettext("不汇总，各单位直接报送"))
        self.compiling_by.choices = [none, SelectChoice(SUPERIOR, gettext("直接上级")), *above]
        self._keep(self.filler_function, self.filler_function.data)
        self._keep(self.filler_superior, self.filler_superior.data)
        self._keep(self.compiling_by, self.compiling_by.data)

    @staticmethod
    def _keep(field: Any, value: str | None) -> None:
        """What is set already can be chosen, also a level or a function that nobody has now."""
        if value and value not in {choice.value for choice in field.choices}:
            field.choices = [*field.choices, SelectChoice(value, value)]

    def check_duties(self) -> None:
        """Note beside its field what is missing of what was picked."""
        wanted = {"unit": self.filler_unit, "function": self.filler_function, "superior": self.filler_superior}
        field = wanted.get(self.filler.data or "own")
        if field is not None and not field.data:
            field.errors = [gettext("请选择由谁代填")]
        if self.compiling_by.data and self.compiling_days.data is None and not self.compiling_days.errors:
            self.compiling_days.errors = [gettext("请填写几天内汇总")]

    def filler_mapping(self) -> dict[str, Any]:
        """Who fills, as docs/plan-format.md writes it."""
        chosen: dict[str, dict[str, Any]] = {
            "unit": {"unit": self.filler_unit.data},
            "function": {"function": self.filler_function.data},
            "superior": {"superior": _level_or_code(self.filler_superior.data)},
        }
        return chosen.get(self.filler.data or "own", {})

    def compiling_mapping(self) -> dict[str, Any]:
        """Who compiles, as docs/plan-format.md writes it; nothing if nobody does."""
        if not self.compiling_by.data:
            return {}
        mapping: dict[str, Any] = {
            "by": _level_or_code(self.compiling_by.data),
            "days": self.compiling_days.data or 0,
        }
        return mapping | ({"working_days": True} if self.compiling_working_days.data else {})


def _level_or_code(text: str | None) -> str | int:
    """A level is stored as a number and travels through the form as text."""
    return int(text) if text and text.isdigit() else text or ""


def duties_of(collection: Collection) -> Mapping[str, Any]:
    """Who fills and compiles, as the form shows it."""
    filled_by, compiling = collection.filled_by or {}, collection.compiling or {}
    return {
        "filler": next(iter(filled_by), "own"),
        "filler_unit": filled_by.get("unit", ""),
        "filler_function": filled_by.get("function", ""),
        "filler_superior": str(filled_by.get("superior", "")),
        "compiling_by": str(compiling.get("by", "")),
        "compiling_days": compiling.get("days"),
        "compiling_working_days": bool(compiling.get("working_days")),
    }
