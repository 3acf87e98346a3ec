"""Forms of bodies. Input only: what is typed, and whether it has the right shape."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from saas.accounts.models import User
from saas.bodies.models import Body, BodyKind, BodySeat, BodyTemplate, SeatBy, SeatRole
from saas.bodies.services import BodyFields, MeetingFields, SeatFields
from saas.domain.bodies import MOST, ROLES, BodyRules, Majority, Range, Share
from saas.form_fields import Required, WholeNumberField, day_field, name_field, no_formula, stripped, text_field
from saas.org.models import OrgUnit, Post, UnitType

KIND_LABELS: Mapping[BodyKind, Any] = {
    BodyKind.LEADING_GROUP: _l("领导小组"),
    BodyKind.OFFICE: _l("办公室"),
    BodyKind.WORK_GROUP: _l("工作组、专班"),
    BodyKind.COMMITTEE: _l("委员会"),
    BodyKind.OTHER: _l("其他"),
}
ROLE_LABELS: Mapping[SeatRole, Any] = {
    SeatRole.ADVISER: _l("顾问、指导员"),
    SeatRole.HEAD: _l("组长、主任"),
    SeatRole.EXECUTIVE_DEPUTY: _l("常务副组长"),
    SeatRole.DEPUTY: _l("副组长、副主任"),
    SeatRole.SECRETARY: _l("秘书"),
    SeatRole.MEMBER: _l("成员、委员"),
    SeatRole.LIAISON: _l("联络员"),
}
BY_LABELS: Mapping[SeatBy, Any] = {
    SeatBy.POST: _l("某岗位的现任（随任免变动）"),
    SeatBy.UNIT: _l("某单位"),
    SeatBy.FUNCTION: _l("负责某项工作的部门"),
    SeatBy.DESCRIPTION: _l("文字描述"),
    SeatBy.PERSON: _l("某人"),
    SeatBy.OUTSIDER: _l("系统外的人员或单位"),
}
QUORUM_LABELS: Mapping[Share, Any] = {
    Share.MORE_THAN_HALF: _l("超过应到人数的半数"),
    Share.TWO_THIRDS: _l("应到人数的三分之二以上"),
}
MAJORITY_LABELS: Mapping[Majority, Any] = {
    Majority.HALF_OF_PRESENT: _l("超过到会人数的半数"),
    Majority.HALF_OF_ENTITLED: _l("超过应到人数的半数"),
    Majority.TWO_THIRDS_OF_PRESENT: _l("到会人数的三分之二以上"),
    Majority.TWO_THIRDS_OF_ENTITLED: _l("应到人数的三分之二以上"),
}
_RANGE = Regexp(r"^\d{1,4}(-\d{0,4})?$", message=_l("写成 1、1-2 或 3-，不限的留空"))
RANGED = (*ROLES, "total")


def _blank(label: Any) -> SelectChoice:
    return SelectChoice("", label)


def _choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(each.value, label) for each, label in labels.items()]


def _order_field(default: int = 50) -> WholeNumberField:
    limits = NumberRange(0, 10_000, _l("请填写 0 到 10000 的整数"))
    return WholeNumberField(_l("排列序号"), default=default, validators=[Optional(), limits])


def _text_area(label: Any, limit: int, **options: Any) -> TextAreaField:
    return TextAreaField(
        label,
        validators=[Optional(), Length(max=limit, message=_l("最多 %(n)s 字", n=limit)), no_formula],
        filters=[stripped],
        render_kw={"rows": 3, "maxlength": limit},
        **options,
    )


class _RulesForm(FlaskForm):
    """The composition that is asked for, and when a meeting counts. Ranges are added below."""

    is_odd = BooleanField(_l("总人数应为单数"))
    is_binding = BooleanField(_l("不符合组成规定的，不能确认成立"))
    quorum = SelectField(
        _l("会议有效须到会"), choices=[_blank(_l("没有规定")), *_choices(QUORUM_LABELS)], validators=[Optional()]
    )
    majority = SelectField(
        _l("表决通过须赞成"), choices=[_blank(_l("没有规定")), *_choices(MAJORITY_LABELS)], validators=[Optional()]
    )

    def rules(self) -> BodyRules:
        """What was typed, as rules."""
        ranges = {name: _parse_range(self[f"range_{name}"].data) for name in RANGED}
        return BodyRules(
            {role: limits for role in ROLES if (limits := ranges[role]) is not None},
            ranges["total"],
            bool(self.is_odd.data),
            bool(self.is_binding.data),
            Share(self.quorum.data) if self.quorum.data else None,
            Majority(self.majority.data) if self.majority.data else None,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also see that the most is not less than the least."""
        sound = super().validate(extra_validators)
        for name in RANGED:
            field = self[f"range_{name}"]
            limits = _parse_range(field.data) if not field.errors else None
            if limits and (
                limits.least > MOST or (limits.most is not None and not limits.least <= limits.most <= MOST)
            ):
                field.errors = [gettext("最多人数不能小于最少人数，也不能超过 %(most)s", most=MOST)]
                sound = False
        return bool(sound)


for _name, _label in (*((role.value, label) for role, label in ROLE_LABELS.items()), ("total", _l("总人数"))):
    setattr(
        _RulesForm,
        f"range_{_name}",
        StringField(
            _l("规定人数：%(role)s", role=_label),
            validators=[Optional(), _RANGE],
            filters=[stripped],
            render_kw={"maxlength": 9, "placeholder": "1-2"},
        ),
    )


def _parse_range(text: str | None) -> Range | None:
    if not text:
        return None
    least, dash, most = text.partition("-")
    if not dash:
        return Range(int(least), int(least))
    return Range(int(least), int(most) if most else None)


def rules_data(rules: BodyRules) -> dict[str, Any]:
    """Rules as the form shows them."""
    ranges = {**dict.fromkeys(RANGED), **rules.roles, "total": rules.total}
    return {
        **{f"range_{name}": _range_text(limits) for name, limits in ranges.items()},
        "is_odd": rules.is_odd,
        "is_binding": rules.is_binding,
        "quorum": rules.quorum.value if rules.quorum else "",
        "majority": rules.majority.value if rules.majority else "",
    }


def _range_text(limits: Range | None) -> str:
    if limits is None:
        return ""
    if limits.most == limits.least:
        return str(limits.least)
    return f"{limits.least}-{'' if limits.most is None else limits.most}"


class BodyForm(_RulesForm):
    """A body of a unit (议事协调机构)."""

    version = HiddenField()
    name = name_field(_l("名称"), _l("请填写名称"))
    kind = SelectField(_l("种类"), choices=_choices(KIND_LABELS), validators=[DataRequired()])
    basis = text_field(_l("成立文件"), 120)
    duty = _text_area(_l("职责"), 2000)
    parent = SelectField(_l("设在哪个机构之下"), validators=[Optional()])
    host_unit = SelectField(_l("办公室设在"), validators=[Optional()])
    by_strokes = BooleanField(_l("成员以姓氏笔画为序"))
    sort_order = _order_field()

    def offer(self, bodies: Sequence[Body], units: Sequence[OrgUnit]) -> BodyForm:
        """Let these bodies be above it and these units be its seat."""
        self.parent.choices = [_blank(gettext("不属于其他机构")), *(SelectChoice(str(b.id), b.name) for b in bodies)]
        self.host_unit.choices = [_blank(gettext("没有")), *(SelectChoice(str(u.id), u.name) for u in units)]
        return self

    def fields(self) -> BodyFields:
        """What was typed."""
        return BodyFields(
            self.name.data,
            BodyKind(self.kind.data),
            self.duty.data or "",
            chosen_id(self.parent),
            chosen_id(self.host_unit),
            bool(self.by_strokes.data),
            self.basis.data or "",
            self.sort_order.data or 0,
            self.rules(),
        )


class NewBodyForm(BodyForm):
    """A new body: also the day from which it exists."""

    starts_on = day_field(_l("成立日期"))


class SeatForm(FlaskForm):
    """A seat and how it is filled."""

    version = HiddenField()
    role = SelectField(
        _l("席位"), choices=_choices(ROLE_LABELS), default=SeatRole.MEMBER.value, validators=[DataRequired()]
    )
    title = text_field(_l("在这里的称呼"), 20, description=_l("不填的按机构种类，如 组长、主任"))
    by = SelectField(_l("由谁担任"), choices=_choices(BY_LABELS), validators=[DataRequired()])
    post = SelectField(_l("岗位"), validators=[Optional()], description=_l("“由谁担任”选岗位时填"))
    unit = SelectField(_l("单位"), validators=[Optional()], description=_l("“由谁担任”选单位时填"))
    user = SelectField(_l("人员"), validators=[Optional()], description=_l("“由谁担任”选某人时填"))
    wording = text_field(
        _l("文字"),
        120,
        description=_l("职能名称（如 宣传）、文字描述（如 各村妇联主席）、或系统外人员的姓名和职务"),
    )
    field_of_work = text_field(_l("分工"), 120)
    is_lead = BooleanField(_l("牵头（可以有几个）"))
    sort_order = _order_field()

    def offer(self, posts: Sequence[Post], units: Sequence[OrgUnit], users: Sequence[User]) -> SeatForm:
        """Let these posts, units and people be chosen."""
        blank = _blank(gettext("请选择"))
        self.post.choices = [blank, *(SelectChoice(str(p.id), f"{p.unit.name} {p.name}") for p in posts)]
        self.unit.choices = [blank, *(SelectChoice(str(u.id), u.name) for u in units)]
        self.user.choices = [blank, *(SelectChoice(str(u.id), user_label(u)) for u in users)]
        return self

    def validate_by(self, field: Field) -> None:
        given = {"post": self.post.data, "unit": self.unit.data, "person": self.user.data}
        if not given.get(field.data, self.wording.data):
            raise ValidationError(gettext("请在下面写明或选择由谁担任"))

    def fields(self) -> SeatFields:
        """What was typed."""
        return SeatFields(
            SeatRole(self.role.data),
            SeatBy(self.by.data),
            self.title.data or "",
            chosen_id(self.post),
            chosen_id(self.unit),
            chosen_id(self.user),
            self.wording.data or "",
            self.field_of_work.data or "",
            bool(self.is_lead.data),
            self.sort_order.data or 0,
        )


class NewSeatForm(SeatForm):
    """A new seat: also the day from which it exists."""

    starts_on = day_field(_l("自哪天起"))


def seat_data(seat: BodySeat, version: int) -> dict[str, Any]:
    """A seat as the form shows it."""
    return {
        "version": version,
        "role": seat.role.value,
        "title": seat.title,
        "by": seat.filled_by.value,
        "post": str(seat.post_id or ""),
        "unit": str(seat.unit_id or ""),
        "user": str(seat.user_id or ""),
        "wording": seat.wording,
        "field_of_work": seat.field_of_work,
        "is_lead": seat.is_lead,
        "sort_order": seat.sort_order,
    }


class EndForm(FlaskForm):
    """The first day without a body or a seat."""

    version = HiddenField()
    ends_on = day_field(_l("自哪天起不再有效"), description=_l("这天之前的记录不受影响"))


def _count_field(label: Any, **options: Any) -> WholeNumberField:
    limits = NumberRange(0, 100_000, _l("请填写 0 到 100000 的整数"))
    return WholeNumberField(label, validators=[Required(_l("请填写人数")), limits], **options)


class MeetingForm(FlaskForm):
    """What is recorded of a meeting. Whether it counts and what is carried is computed."""

    held_on = day_field(_l("会议日期"))
    topic = name_field(_l("议题"), _l("请填写议题"), 120)
    entitled = _count_field(_l("应到人数"))
    present = _count_field(_l("实到人数"))
    in_favour = _count_field(_l("赞成"), default=0, description=_l("没有表决的，三项都填 0"))
    against = _count_field(_l("反对"), default=0)
    abstained = _count_field(_l("弃权"), default=0)
    resolution = _text_area(_l("决定事项"), 2000)

    def fields(self) -> MeetingFields:
        """What was typed."""
        return MeetingFields(
            self.held_on.data,
            self.topic.data,
            self.entitled.data,
            self.present.data,
            self.in_favour.data,
            self.against.data,
            self.abstained.data,
            self.resolution.data or "",
        )


class TemplateForm(_RulesForm):
    """A default body. Its seats are read by `saas.bodies.seat_rows`."""

    version = HiddenField()
    name = name_field(_l("名称"), _l("请填写名称"))
    kind = SelectField(
        _l("种类"), choices=_choices(KIND_LABELS), default=BodyKind.WORK_GROUP.value, validators=[DataRequired()]
    )
    unit_types = SelectMultipleField(
        _l("哪些类型的单位都有"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    parent_code = SelectField(_l("设在哪个默认组之下"), validators=[Optional()])
    duty = _text_area(_l("职责"), 2000)
    sort_order = _order_field()

    def offer(self, types: Sequence[UnitType], templates: Sequence[BodyTemplate]) -> TemplateForm:
        """Let these types have it and these default bodies be above it."""
        self.unit_types.choices = [SelectChoice(each.code, each.name) for each in types]
        self.parent_code.choices = [_blank(gettext("没有")), *(SelectChoice(t.code, t.name) for t in templates)]
        return self

    def validate_unit_types(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(gettext("请至少选择一种单位类型"))


class NewTemplateForm(TemplateForm):
    """A new default body: also its code, which never changes."""

    code = StringField(
        _l("编码"),
        description=_l("建成后不能修改"),
        validators=[
            DataRequired(_l("请填写编码")),
            Regexp(
                r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", message=_l("编码只能用字母、数字、下划线和连字符，最多 40 个字符")
            ),
        ],
        filters=[stripped],
        render_kw={"maxlength": 40, "autocapitalize": "none"},
    )


def user_label(user: User) -> str:
    """A person in a list to choose from: names alone may be the same."""
    return f"{user.name}（{user.login_name}）" if user.login_name else user.name


def chosen_id(field: Field) -> uuid.UUID | None:
    """The id that was chosen; the form has checked that it was offered."""
    return uuid.UUID(field.data) if field.data else None
