"""WTForms of days: events, sensitive periods, the county's calendar, its terms, and when it reminds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from saas.domain.errors import DomainError
from saas.domain.periods import SchoolTerms, check_terms
from saas.domain.sending_hours import SendingHours, check_hours
from saas.domain.working_days import YearTable, check_year, span_days
from saas.form_fields import WholeNumberField, day_field
from saas.submissions.calendars import CountyDays

_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*(?:至|到|—|～|~)\s*(\d{4}-\d\d-\d\d))?", flags=re.ASCII)
_TERM = re.compile(r"(\d{4}-\d\d-\d\d)\s*(?:至|到|—|～|~)\s*(\d{4}-\d\d-\d\d)", flags=re.ASCII)
_DAYS_LIST = re.compile(r"\d{1,2}(?:\s*[、，,\s]\s*\d{1,2}){0,4}", flags=re.ASCII)
MAX_DAYS = 60
_UNITS = _l("每行一个单位名称或编码；留空表示任务的全部填报单位")


class EventForm(FlaskForm):
    """One event (发起一次填报)."""

    title = StringField(
        _l("事由"),
        description=_l("如：9月3日强降雨"),
        validators=[DataRequired(_l("请填写事由")), Length(max=60, message=_l("事由最多 60 字"))],
    )
    day = day_field(_l("日期"))
    units = TextAreaField(_l("填报单位"), description=_UNITS, render_kw={"rows": 5})


class SensitiveForm(FlaskForm):
    """A sensitive period (敏感时段)."""

    title = StringField(
        _l("时段名称"),
        description=_l("如：春节、汛期"),
        validators=[DataRequired(_l("请填写时段名称")), Length(max=30, message=_l("名称最多 30 字"))],
    )
    starts_on = day_field(_l("从哪一天"))
    ends_on = day_field(_l("到哪一天（含当天）"))
    due_time = TimeField(_l("每日几时前报"), description=_l("留空表示到当日24时"), validators=[Optional()])
    units = TextAreaField(_l("填报单位"), description=_UNITS, render_kw={"rows": 5})

    def wrong_days(self) -> bool:
        """Note days in the wrong order beside the field; return whether there was anything wrong."""
        if self.starts_on.data and self.ends_on.data and self.ends_on.data < self.starts_on.data:
            self.ends_on.errors = [gettext("结束早于开始")]
        return bool(self.errors)


class YearForm(FlaskForm):
    """The holidays of one year (节假日和调休上班日)."""

    source = StringField(
        _l("依据"),
        description=_l("写明发布机关和通知名称"),
        validators=[DataRequired(_l("请填写依据")), Length(max=100, message=_l("最多 100 字"))],
    )
    holidays = TextAreaField(
        _l("放假的日子"),
        description=_l("每行一天，或一段，如 2024-10-01 至 2024-10-07"),
        validators=[DataRequired(_l("请填写放假的日子"))],
        render_kw={"rows": 8},
    )
    working_days = TextAreaField(_l("调休上班的周末"), description=_l("每行一天；没有的留空"), render_kw={"rows": 5})
    version = HiddenField()

    def table(self, year: int) -> YearTable | None:
        """The table that was typed, or None with what is wrong beside the field."""
        off, worked = _days(self.holidays), _days(self.working_days)
        if self.errors:
            return None
        try:
            return check_year(year, off, worked, self.source.data.strip())
        except DomainError as error:
            self.holidays.errors = [str(error)]
            return None


def _days(field: Any) -> list[date]:
    found: list[date] = []
    for line in (each.strip() for each in (field.data or "").splitlines() if each.strip()):
        match = _SPAN.fullmatch(line)
        try:
            if match is None:
                raise ValueError(line)
            first = date.fromisoformat(match[1])
            found += span_days(first, date.fromisoformat(match[2]) if match[2] else first)
        except (ValueError, DomainError):
            field.errors = [gettext("“%(line)s”不是日期或一段日期", line=line[:40])]
    return found


def shown_days(days: Sequence[date]) -> str:
    """Days as the form shows them: one a line, days in a row as a span."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and (day - spans[-1][-1]).days == 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    return "\n".join(f"{span[0]} 至 {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


class TermsForm(FlaskForm):
    """The county's school terms (学期)."""

    terms = TextAreaField(
        _l("学期起止"),
        description=_l("每行一个学期，如 2024-09-01 至 2025-01-17；寒暑假不属于任何学期"),
        render_kw={"rows": 8},
    )
    version = HiddenField()

    def read(self) -> SchoolTerms | None:
        """The terms that were typed, or None with what is wrong beside the field."""
        found: list[tuple[date, date]] = []
        for line in (each.strip() for each in (self.terms.data or "").splitlines() if each.strip()):
            match = _TERM.fullmatch(line)
            try:
                if match is None:
                    raise ValueError(line)
                found.append((date.fromisoformat(match[1]), date.fromisoformat(match[2])))
            except ValueError:
                self.terms.errors = [gettext("“%(line)s”不是学期的起止", line=line[:40])]
                return None
        try:
            return check_terms(found)
        except DomainError as error:
            self.terms.errors = [str(error)]
            return None


class RemindingForm(FlaskForm):
    """When people are reminded (催报)."""

    reminder_days = StringField(_l("截止前几天提醒"), description=_l("如 3、1；最多五个，留空表示不提醒"))
    overdue_days = StringField(_l("逾期后第几天催报"), description=_l("如 1、3；最多五个，留空表示不催"))
    escalation_days = WholeNumberField(
        _l("逾期几天告知上级"),
        description=_l("每再过同样天数仍未报的，告知更上一级；0 表示不告知"),
        validators=[InputRequired(_l("请填写天数")), NumberRange(0, MAX_DAYS, message=_l("0 到 60 天"))],
    )
    sending_from = TimeField(_l("每天从几点起发提醒"), validators=[InputRequired(_l("请填写时刻"))])
    sending_to = TimeField(
        _l("到几点为止"),
        description=_l("其余时间不发到手机和邮箱，等到次日早上"),
        validators=[InputRequired(_l("请填写时刻"))],
    )
    reminds_on_rest_days = BooleanField(
        _l("周末和节假日也提醒"), description=_l("不勾选时提前到放假前一个工作日；每日填报的任务每天都提醒")
    )
    version = HiddenField()

    def hours(self) -> SendingHours | None:
        """The hours that were typed; what is wrong with them is said beside the field."""
        if self.sending_from.data is None or self.sending_to.data is None:
            return None
        try:
            return check_hours(self.sending_from.data, self.sending_to.data)
        except DomainError as error:
            self.sending_to.errors = [str(error)]
            return None

    def days(self, name: str) -> list[int]:
        """The days of a field; what is no list of days is said beside it."""
        text = (self[name].data or "").strip()
        if not text:
            return []
        found = [int(number) for number in re.findall(r"\d+", text)] if _DAYS_LIST.fullmatch(text) else []
        low = 0 if name == "reminder_days" else 1
        if not found or not all(low <= number <= MAX_DAYS for number in found):
            self[name].errors = [gettext("请填写最多五个天数，如 3、1")]
        return found


def present_days(days: CountyDays) -> dict[str, Any]:
    """The county's terms and reminders as the forms show them."""
    return {
        "terms": "\n".join(f"{start} 至 {end}" for start, end in days.terms.terms),
        "reminder_days": "、".join(map(str, days.reminder_days)),
        "overdue_days": "、".join(map(str, days.overdue_days)),
        "escalation_days": days.escalation_days,
        "sending_from": days.hours.start,
        "sending_to": days.hours.end,
        "reminds_on_rest_days": days.reminds_on_rest_days,
    }
