"""WTForms of collections: whom, how often and within which days, by pickers. Input only; the domain reads the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from saas.cohort_fields import CohortFields, codes_named
from saas.domain.cohorts import Operator, cohort_from_mapping
from saas.domain.errors import FormatError
from saas.domain.periods import Cadence
from saas.domain.windows import UNLIMITED, own_days_from_mapping
from saas.form_fields import WholeNumberField
from saas.org.models import OrgUnit
from saas.submissions.forms.duties import DutyFields, duties_of
from saas.submissions.models import Collection
from saas.submissions.schedule import CADENCES

CADENCE_LABELS = {
    Cadence.DAY: _l("每日"),
    Cadence.WEEK: _l("每周"),
    Cadence.TEN_DAYS: _l("每旬"),
    Cadence.HALF_MONTH: _l("每半月"),
    Cadence.MONTH: _l("每月"),
    Cadence.QUARTER: _l("每季"),
    Cadence.HALF_YEAR: _l("每半年"),
    Cadence.YEAR: _l("每年"),
    Cadence.TERM: _l("每学期"),
    Cadence.WINDOW: _l("自定起止（每年同样的月日）"),
    Cadence.EVENT: _l("按次（有事时由主管单位发起）"),
}
# A day of a window: in the period's last month or a month after it, or counted from the period's first or last day.
POINTS = {
    "month-1": _l("上月几日"),
    "month0": _l("当月几日（按期末所在月）"),
    "month1": _l("次月几日"),
    "month2": _l("期末后第二个月几日"),
    "start": _l("期初后几天（0 为第一天）"),
    "end": _l("期末后几天（0 为最后一天，可填负数）"),
    "working-start": _l("期初后第几个工作日"),
    "working-end": _l("期末后第几个工作日"),
}
SHIFTS = {"": _l("不变"), "next": _l("顺延到下一个工作日"), "previous": _l("提前到上一个工作日")}
OPERATORS = {
    Operator.EQUALS: _l("等于"),
    Operator.NOT_EQUALS: _l("不等于"),
    Operator.AT_LEAST: _l("不少于"),
    Operator.AT_MOST: _l("不多于"),
    Operator.ONE_OF: _l("是其中之一（用、隔开）"),
    Operator.IS_SET: _l("已登记（是或否）"),
}
GRACE = {"none": _l("不接受逾期补报"), "days": _l("逾期若干天内可以补报"), "unlimited": _l("随时可以补报，注明迟报")}
_NEEDED = [InputRequired(_l("请选择"))]
_DAYS = NumberRange(min=-366, max=366, message=_l("天数应在 -366 到 366 之间"))


def _choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(value), label) for value, label in labels.items()]


_MONTHS = {"": "—"} | {f"{month:02d}": f"{month}月" for month in range(1, 13)}
_MONTH_DAYS = {"": "—"} | {f"{day:02d}": f"{day}日" for day in range(1, 32)}


class CollectionForm(DutyFields, CohortFields, FlaskForm):
    """A collection (填报任务)."""

    name = StringField(
        _l("任务名称"), validators=[DataRequired(_l("请填写任务名称")), Length(max=100, message=_l("名称最多 100 字"))]
    )
    form = SelectField(_l("表单"), validators=[DataRequired(_l("请选择表单"))])
    route = SelectField(_l("审核流程"), validators=[DataRequired(_l("请选择审核流程"))])
    cadence = SelectField(
        _l("周期"),
        validators=_NEEDED,
        choices=[SelectChoice(each.value, CADENCE_LABELS[each]) for each in CADENCES],
        default="month",
    )
    starts_on = DateField(_l("从哪一天起"), validators=[InputRequired(_l("请填写开始日期"))])
    ends_on = DateField(_l("到哪一天止"), description=_l("留空表示一直填报"), validators=[Optional()])
    own_start_month = SelectField(_l("每年从几月"), choices=_choices(_MONTHS), validators=[Optional()])
    own_start_day = SelectField(_l("几日"), choices=_choices(_MONTH_DAYS), validators=[Optional()])
    own_end_month = SelectField(_l("到几月"), choices=_choices(_MONTHS), validators=[Optional()])
    own_end_day = SelectField(_l("几日"), choices=_choices(_MONTH_DAYS), validators=[Optional()])

    by = RadioField(
        _l("填报单位"),
        validators=_NEEDED,
        choices=_choices({"rule": _l("按条件"), "list": _l("按名单")}),
        default="rule",
    )
    attribute = SelectField(_l("单位属性"), validators=[Optional()])
    operator = SelectField(_l("比较"), choices=_choices(OPERATORS), default="equals")
    value = StringField(_l("值"), description=_l("“是”“否”或数字、文字"), validators=[Length(max=100)])

    opens_kind = SelectField(_l("开始填报"), validators=_NEEDED, choices=_choices(POINTS), default="start")
    opens_number = WholeNumberField(_l("几日或几天"), default=0, validators=[InputRequired(_l("请填写数字")), _DAYS])
    due_kind = SelectField(_l("截止"), validators=_NEEDED, choices=_choices(POINTS), default="month0")
    due_number = WholeNumberField(_l("几日或几天"), default=16, validators=[InputRequired(_l("请填写数字")), _DAYS])
    due_inclusive = RadioField(
        _l("截止日当天"),
        validators=_NEEDED,
        choices=_choices({"yes": _l("当天仍算按时"), "no": _l("当天之前，前一日为止")}),
        default="yes",
    )
    if_not_working = SelectField(_l("截止日遇周末、节假日"), choices=_choices(SHIFTS), validators=[Optional()])
    due_time = TimeField(_l("截止时刻"), description=_l("留空表示到当日24时"), validators=[Optional()])
    grace = SelectField(_l("逾期补报"), validators=_NEEDED, choices=_choices(GRACE), default="none")
    grace_days = WholeNumberField(
        _l("补报天数"), validators=[Optional(), NumberRange(1, 366, message=_l("1 到 366 天"))]
    )
    recheck_kind = SelectField(_l("复查从"), choices=_choices({"": _l("不复查"), **POINTS}), validators=[Optional()])
    recheck_from = WholeNumberField(_l("几日或几天"), validators=[Optional(), _DAYS])
    recheck_to_kind = SelectField(_l("复查到"), choices=_choices({"": _l("不复查"), **POINTS}), validators=[Optional()])
    recheck_to = WholeNumberField(_l("几日或几天"), validators=[Optional(), _DAYS])
    is_active = BooleanField(_l("启用"), default=True)
    version = HiddenField()

    def wrong_days(self) -> bool:
        """Note what the fields cannot say one by one, beside the field; return whether there was anything."""
        pairs = [
            (self.opens_kind, self.opens_number),
            (self.due_kind, self.due_number),
            (self.recheck_kind, self.recheck_from),
            (self.recheck_to_kind, self.recheck_to),
        ]
        for kind, number in pairs:
            if (kind.data or "").startswith("month") and not 1 <= (number.data or 0) <= 31:
                number.errors = [gettext("几日应在 1 到 31 之间，31 表示月底")]
            elif kind.data and number.data is None and not number.errors:
                number.errors = [gettext("请填写数字")]
        if bool(self.recheck_kind.data) != bool(self.recheck_to_kind.data):
            self.recheck_to_kind.errors = [gettext("复查起止应同时填写或都不填")]
        if self.grace.data == "days" and self.grace_days.data is None:
            self.grace_days.errors = [gettext("请填写补报天数")]
        self._check_own_days()
        self.check_duties()
        return bool(self.errors)

    def _check_own_days(self) -> None:
        fields = (self.own_start_month, self.own_start_day, self.own_end_month, self.own_end_day)
        if self.cadence.data == Cadence.WINDOW and not all(field.data for field in fields):
            self.own_start_month.errors = [gettext("请选择每年从几月几日到几月几日")]
        elif self.cadence.data == Cadence.WINDOW:
            try:
                own_days_from_mapping(self.own_days_mapping())
            except FormatError:
                self.own_start_month.errors = [gettext("没有这样的月日")]

    def own_days_mapping(self) -> dict[str, str]:
        """The days of an own window as docs/plan-format.md writes them; of other cadences nothing."""
        if self.cadence.data != Cadence.WINDOW:
            return {}
        return {
            "start": f"{self.own_start_month.data}-{self.own_start_day.data}",
            "end": f"{self.own_end_month.data}-{self.own_end_day.data}",
        }

    def window_mapping(self) -> dict[str, Any]:
        """The window as docs/plan-format.md writes it."""
        window: dict[str, Any] = {
            "opens": _point(self.opens_kind.data, self.opens_number.data),
            "due": _point(self.due_kind.data, self.due_number.data),
            "due_inclusive": self.due_inclusive.data == "yes",
            "grace_days": {"none": 0, "unlimited": UNLIMITED}.get(self.grace.data, self.grace_days.data),
        }
        if self.if_not_working.data:
            window["if_not_working"] = self.if_not_working.data
        if self.due_time.data is not None:
            window["due_time"] = f"{self.due_time.data:%H:%M}"
        if self.recheck_kind.data:
            window["recheck_from"] = _point(self.recheck_kind.data, self.recheck_from.data)
            window["recheck_to"] = _point(self.recheck_to_kind.data, self.recheck_to.data)
        return window

    def cohort_mapping(self, units: Sequence[OrgUnit], present: Mapping[str, Any]) -> dict[str, Any]:
        """The cohort as docs/plan-format.md writes it. Unknown units are said beside their field.

        The page shows one condition; further ones of the `present` cohort, from a file, are kept, and so are its ties.
        """
        cohort = self.left_out(units)
        if self.by.data == "list":
            return cohort | {"units": codes_named(self.units, units)}
        cohort |= self.rules()
        cohort |= {"linked": present["linked"]} if present.get("linked") else {}
        conditions = list(present.get("where", ()))[1:]
        if self.attribute.data:
            conditions.insert(0, {"attribute": self.attribute.data, self.operator.data: self._compared()})
        return cohort | ({"where": conditions} if conditions else {})

    def _compared(self) -> Any:
        text = (self.value.data or "").strip()
        if self.operator.data == Operator.IS_SET:
            return text != "否"
        if self.operator.data == Operator.ONE_OF:
            return [part.strip() for part in text.split("、") if part.strip()]
        return {"是": True, "否": False}.get(text, text)


def _point(kind: str, number: int | None) -> dict[str, Any]:
    if kind.startswith("month"):
        return {"month": int(kind.removeprefix("month")), "day": number if number and number < 31 else "end"}
    key = "working_days" if kind.startswith("working-") else "days"
    return {"from": kind.removeprefix("working-"), key: number or 0}


def settings_of(collection: Collection) -> dict[str, Any]:
    """Return a collection as the form shows it."""
    cohort, window = cohort_from_mapping(collection.cohort), collection.window
    condition = cohort.where[0] if cohort.where else None
    opens_kind, opens_number = _picked(window.get("opens", {"from": "start", "days": 0}))
    due_kind, due_number = _picked(window["due"])
    recheck_kind, recheck_from = _picked(window.get("recheck_from"))
    recheck_to_kind, recheck_to = _picked(window.get("recheck_to"))
    grace = window.get("grace_days", 0)
    own = {key: collection.own_days.get(key, "-").split("-") for key in ("start", "end")}
    return {
        "name": collection.name,
        "form": str(collection.form_id),
        "route": str(collection.route_id),
        "cadence": collection.cadence,
        "starts_on": collection.starts_on,
        "ends_on": collection.ends_on,
        "own_start_month": own["start"][0],
        "own_start_day": own["start"][1],
        "own_end_month": own["end"][0],
        "own_end_day": own["end"][1],
        "if_not_working": window.get("if_not_working", ""),
        "by": "list" if cohort.units else "rule",
        "unit_types": list(cohort.unit_types),
        "under": list(cohort.under),
        "cohorts": list(cohort.cohorts),
        "attribute": condition.attribute if condition else "",
        "operator": condition.operator.value if condition else "equals",
        "value": _shown_value(condition.value) if condition else "",
        "units": "\n".join(cohort.units),
        "excluded": "\n".join(cohort.excluded),
        "opens_kind": opens_kind,
        "opens_number": opens_number,
        "due_kind": due_kind,
        "due_number": due_number,
        "due_inclusive": "yes" if window["due_inclusive"] else "no",
        "due_time": time.fromisoformat(window["due_time"]) if "due_time" in window else None,
        "grace": "unlimited" if grace == UNLIMITED else "days" if grace else "none",
        "grace_days": grace if isinstance(grace, int) and grace else None,
        "recheck_kind": recheck_kind,
        "recheck_from": recheck_from,
        "recheck_to_kind": recheck_to_kind,
        "recheck_to": recheck_to,
        "is_active": collection.is_active,
        **duties_of(collection),
    }


def _shown_value(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _picked(point: Mapping[str, Any] | None) -> tuple[str, int | None]:
    if point is None:
        return "", None
    if "working_days" in point:
        return f"working-{point['from']}", int(point["working_days"])
    if "from" in point:
        return str(point["from"]), int(point["days"])
    return f"month{point['month']}", 31 if point["day"] == "end" else int(point["day"])


class WindowForm(FlaskForm):
    """Another window for one period (调整填报时间)."""

    opens_on = DateField(_l("开始填报"), validators=[InputRequired(_l("请填写日期"))])
    due_on = DateField(_l("截止（含当天）"), validators=[InputRequired(_l("请填写日期"))])
    recheck_from = DateField(_l("复查从"), validators=[Optional()])
    recheck_to = DateField(_l("复查到"), validators=[Optional()])
    reason = TextAreaField(
        _l("调整原因"),
        validators=[DataRequired(_l("请填写调整原因")), Length(max=500, message=_l("最多 500 字"))],
        render_kw={"rows": 3},
    )

    def wrong_days(self) -> bool:
        """Note days that stand in the wrong order beside the field; return whether there was anything wrong."""
        if self.opens_on.data and self.due_on.data and self.due_on.data < self.opens_on.data:
            self.due_on.errors = [gettext("截止日期早于开始日期")]
        if (self.recheck_from.data is None) != (self.recheck_to.data is None):
            self.recheck_to.errors = [gettext("复查起止应同时填写或都不填")]
        elif self.recheck_from.data and self.recheck_to.data < self.recheck_from.data:
            self.recheck_to.errors = [gettext("复查结束早于开始")]
        return bool(self.errors)
