"""Forms of appointments. Input only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from saas.accounts.appointments import Terms
from saas.accounts.models import Appointment, AppointmentKind, User
from saas.administration.people.queries import OpenWork
from saas.form_fields import day_field, optional_day_field, text_field
from saas.local import local_day

KIND_LABELS = {
    AppointmentKind.APPOINTED: _l("任命"),
    AppointmentKind.ELECTED: _l("选举"),
    AppointmentKind.ACTING: _l("代理"),
    AppointmentKind.HIRED: _l("聘任"),
}


def _kind_field() -> SelectField:
    choices = [SelectChoice(kind.value, label) for kind, label in KIND_LABELS.items()]
    return SelectField(
        _l("产生方式"), choices=choices, default=AppointmentKind.APPOINTED.value, validators=[Optional()]
    )


def _term_end_field() -> DateField:
    return optional_day_field(_l("届满日期"), description=_l("这天起不再任职；没有任期的留空"))


def _term_field() -> StringField:
    return text_field(_l("届次"), 40, description=_l("如 第十三届"))


def _basis_field() -> StringField:
    return text_field(_l("任免文件"), 120)


def user_choices(users: Sequence[User], blank: Any = "") -> list[SelectChoice]:
    """People to choose from: names alone may be the same."""
    return [
        SelectChoice("", blank or gettext("请选择")),
        *(
            SelectChoice(str(user.id), f"{user.name}（{user.login_name}）" if user.login_name else user.name)
            for user in users
        ),
    ]


def _terms(form: Any) -> Terms:
    return Terms(
        form.term_ends_on.data,
        AppointmentKind(form.kind.data or AppointmentKind.APPOINTED),
        form.term.data or "",
        form.basis.data or "",
    )


class AppointForm(FlaskForm):
    """Who holds a post from which day on, and on what terms (任职)."""

    user = SelectField(_l("人员"), validators=[DataRequired(_l("请选择人员"))])
    starts_on = day_field(_l("任职日期"))
    kind = _kind_field()
    term = _term_field()
    term_ends_on = _term_end_field()
    basis = _basis_field()

    def offer(self, users: Sequence[User]) -> AppointForm:
        """Let these people be chosen."""
        self.user.choices = user_choices(users)
        return self

    def terms(self) -> Terms:
        """On what terms."""
        return _terms(self)


class TermsForm(FlaskForm):
    """On what terms somebody holds a post (更正任期)."""

    kind = _kind_field()
    term = _term_field()
    term_ends_on = _term_end_field()
    basis = _basis_field()

    def terms(self) -> Terms:
        """On what terms."""
        return _terms(self)


class HandOverForm(FlaskForm):
    """Who leaves a post on a day and, where somebody follows, who and with what (免职、接任)."""

    ends_on = day_field(_l("自哪天起"), description=_l("前任到这天的前一天为止，接任从这天开始"))
    successor = SelectField(
        _l("接任人"), validators=[Optional()], description=_l("暂不确定的留空，岗位空缺，列入“空缺岗位”")
    )
    kind = _kind_field()
    term = _term_field()
    term_ends_on = _term_end_field()
    basis = _basis_field()
    passed_links = SelectMultipleField(
        _l("一并移交的联系"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    passed_seats = SelectMultipleField(
        _l("一并移交的席位"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    shown = HiddenField(default="yes")

    def offer(self, users: Sequence[User], work: OpenWork) -> HandOverForm:
        """Let these people follow, and these links and seats pass over."""
        self.successor.choices = user_choices(users, gettext("暂缺"))
        self.passed_links.choices = [
            SelectChoice(str(link.id), f"{link.kind}：{link.unit.name}") for link in work.links
        ]
        self.passed_seats.choices = [
            SelectChoice(str(each.seat.id), f"{each.body.name} {each.title}（{local_day(each.seat.starts_on)}起）")
            for each in work.seats
        ]
        return self

    def terms(self) -> Terms:
        """On what terms the successor follows."""
        return _terms(self)

    def chosen(self, name: str) -> list[uuid.UUID]:
        """The ticked ids of a list."""
        return [uuid.UUID(value) for value in self[name].data or ()]


def terms_data(appointment: Appointment) -> dict[str, Any]:
    """The terms of an appointment as the form shows them."""
    return {
        "kind": appointment.kind.value,
        "term": appointment.term,
        "term_ends_on": appointment.ends_on,
        "basis": appointment.basis,
    }
